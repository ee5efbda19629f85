//! Door: why a data folder cannot be written, in the words of who can change it: the owner of the
//! folder, the user of this process, and what makes the two meet.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::store::OpenError;

/// A user and a group, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Owner {
    user: u32,
    group: u32,
}

/// What to do about a data folder that this process may not write, if that is what `error` says.
pub(crate) fn advice(folder: &Path, error: &OpenError) -> Option<String> {
    let OpenError::Io { cause, .. } = error else {
        return None;
    };
    if cause.kind() != io::ErrorKind::PermissionDenied {
        return None;
    }
    // The folder, or the one in which it would be made.
    let existing = folder.ancestors().find(|path| path.exists())?;
    let found = existing.metadata().ok()?;
    let owner = Owner {
        user: found.uid(),
        group: found.gid(),
    };
    let process = Owner {
        user: rustix::process::geteuid().as_raw(),
        group: rustix::process::getegid().as_raw(),
    };
    Some(text(existing, owner, process))
}

fn text(folder: &Path, owner: Owner, process: Owner) -> String {
    let Owner { user, group } = process;
    format!(
        "the data folder cannot be written: {folder} belongs to user {}:{}, and this process runs as \
         {user}:{group}; in a container, start it with `--user {}:{}`, or make {folder} the process's \
         own with `chown {user}:{group}`, or choose another folder with --data or EMULATOR_DATA",
        owner.user,
        owner.group,
        owner.user,
        owner.group,
        folder = folder.display(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: Owner = Owner {
        user: 65532,
        group: 65532,
    };

    #[test]
    fn the_text_names_both_users_and_every_way_out() {
        let owner = Owner {
            user: 1000,
            group: 100,
        };
        assert_eq!(
            text(Path::new("/data"), owner, OURS),
            "the data folder cannot be written: /data belongs to user 1000:100, and this process runs as \
             65532:65532; in a container, start it with `--user 1000:100`, or make /data the process's own \
             with `chown 65532:65532`, or choose another folder with --data or EMULATOR_DATA"
        );
    }

    #[test]
    fn only_a_lack_of_rights_gets_the_advice() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("a/b");
        let error = |kind: io::ErrorKind| OpenError::Io {
            path: missing.clone(),
            cause: kind.into(),
        };
        let denied = advice(&missing, &error(io::ErrorKind::PermissionDenied)).unwrap();
        let parent = folder.path().display().to_string();
        assert!(
            denied.contains(&format!("{parent} belongs to user")),
            "{denied}"
        );
        assert_eq!(advice(&missing, &error(io::ErrorKind::StorageFull)), None);
        assert_eq!(advice(&missing, &OpenError::InUse(missing.clone())), None);
    }
}
