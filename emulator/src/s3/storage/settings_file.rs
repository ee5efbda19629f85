//! Door: the file that holds the settings of one bucket. It is replaced as a whole.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use super::setting::Texts;
use crate::s3::files::folders::sync_folder;

/// The file's name in the bucket's folder. No shard's name begins with a dot.
pub(super) const FILE: &str = ".settings.json";

/// Reads the settings. A bucket without the file has none.
///
/// # Errors
/// The file cannot be read, or is damaged.
pub(super) fn read(folder: &Path) -> io::Result<Texts> {
    let path = folder.join(FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Texts::new()),
        Err(error) => return Err(error),
    };
    let damaged = |error| {
        let text = format!(
            "{} is damaged ({error}): remove it to continue without these settings",
            path.display()
        );
        io::Error::new(io::ErrorKind::InvalidData, text)
    };
    serde_json::from_slice(&bytes).map_err(damaged)
}

/// Replaces the file: writes and syncs a second one, renames it, and syncs the folder.
///
/// # Errors
/// The disk is full or broken.
pub(super) fn write(folder: &Path, texts: &Texts) -> io::Result<()> {
    let (path, draft) = (folder.join(FILE), folder.join(format!("{FILE}.new")));
    let written = write_draft(&draft, texts).and_then(|()| fs::rename(&draft, &path));
    if written.is_err() && fs::remove_file(&draft).is_err() {
        tracing::debug!("{} stays behind", draft.display());
    }
    written?;
    sync_folder(folder)
}

fn write_draft(draft: &Path, texts: &Texts) -> io::Result<()> {
    let mut file = File::create(draft)?;
    file.write_all(&serde_json::to_vec_pretty(texts)?)?;
    file.sync_all()
}
