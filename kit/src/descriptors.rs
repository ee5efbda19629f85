//! How many files and connections this process may have open at once.

use std::io;

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The highest limit that is requested: some systems allow more than any table of theirs could
/// hold.
const MOST: u64 = 1024 * 1024;

/// Raises the limit as far as the system lets this process, which is often much further than it
/// starts with.
pub(crate) fn raise_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(MOST).min(MOST);
    if current.is_some_and(|current| current < wanted) {
        let raised = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: Some(wanted),
                maximum,
            },
        );
        if let Err(error) = raised {
            tracing::debug!("the limit of open files stays {current:?}: {error}");
        }
    }
}

/// Whether an error means that there are no descriptors left: in this process, or in the whole
/// system.
pub fn are_used_up(error: &io::Error) -> bool {
    [Errno::MFILE, Errno::NFILE]
        .map(|errno| Some(errno.raw_os_error()))
        .contains(&error.raw_os_error())
}

/// The limit.
pub fn limit() -> usize {
    let current = getrlimit(Resource::Nofile)
        .current
        .unwrap_or(MOST)
        .min(MOST);
    usize::try_from(current).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_to_what_the_system_allows() {
        raise_limit();
        let hard = getrlimit(Resource::Nofile)
            .maximum
            .unwrap_or(MOST)
            .min(MOST);
        assert_eq!(limit() as u64, hard.max(limit() as u64));
        assert!(limit() as u64 >= hard);
    }
}
