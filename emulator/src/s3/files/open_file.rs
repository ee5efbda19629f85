//! Door: reads and verifies the body of a stored object. Damaged bytes are never returned.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use kit::time::Timestamp;
use md5::{Digest as _, Md5};

use super::block_sums;
use super::format::{self, Format};
use crate::lines::OncePerMinuteEach;
use crate::s3::object::checksum::ChecksumKind;
use crate::s3::object::checksum_members::digest;
use crate::s3::object::head::Head;

/// The bytes that are read and verified at once: whole blocks.
pub(crate) const PIECE: u64 = 4 * block_sums::BLOCK;

/// An open file of an object. It can be read to its end whatever happens to the object meanwhile.
#[derive(Debug)]
pub(crate) struct OpenFile {
    file: File,
    path: PathBuf,
    format: Format,
    size: u64,
}

impl OpenFile {
    /// Opens an object's file.
    ///
    /// # Errors The file is missing, cannot be read, or is damaged (`InvalidData`).
    pub(crate) fn open(path: &Path) -> io::Result<(Head, OpenFile)> {
        let (file, head, format) = format::open(path)?;
        Ok((
            head.clone(),
            OpenFile {
                file,
                path: path.to_owned(),
                format,
                size: head.size,
            },
        ))
    }

    /// Reads a part of the body.
    ///
    /// # Errors
    /// The file cannot be read, or is damaged there.
    pub(crate) fn read(&self, part: &Range<u64>) -> io::Result<Bytes> {
        let part = part.start..part.end.min(self.size);
        if part.is_empty() {
            return Ok(Bytes::new());
        }
        let blocks = block_sums::blocks(&part);
        let span = block_sums::span(&blocks, self.size);
        let bytes = format::read(&self.file, span.clone())?;
        if self.format == Format::Summed {
            let at = |block: u64| self.size + block * block_sums::SUM;
            let expected = format::read(&self.file, at(blocks.start)..at(blocks.end))?;
            if let Some(number) = block_sums::damaged(&bytes, &expected) {
                let place = span.start + number as u64 * block_sums::BLOCK;
                let end = (place + block_sums::BLOCK).min(self.size);
                return Err(self.damaged(&format!(
                    "bytes {place} to {end} do not match their checksum"
                )));
            }
        }
        let inside = |at: u64| usize::try_from(at - span.start).unwrap_or(bytes.len());
        let (from, to) = (inside(part.start), inside(part.end));
        Ok(Bytes::from(bytes).slice(from..to))
    }

    /// Reads a part of the body piece by piece.
    pub(crate) fn pieces(&self, part: Range<u64>) -> impl Iterator<Item = io::Result<Bytes>> {
        let mut next = part.start;
        std::iter::from_fn(move || {
            let piece = next..piece_end(next).min(part.end);
            next = piece.end;
            (!piece.is_empty()).then(|| self.read(&piece))
        })
    }

    /// Verifies a part of the body.
    ///
    /// # Errors The part is damaged, or cannot be read.
    pub(crate) fn verify(&self, part: Range<u64>) -> io::Result<()> {
        self.pieces(part).try_for_each(|piece| piece.map(|_| ()))
    }

    /// Verifies a file of the first format, which has no checksums of blocks, as a whole: against
    /// its ETag or its checksum. The head of an object in parts may have neither.
    ///
    /// # Errors The body has other digests, or cannot be read.
    pub(crate) fn verify_first_format(&self, head: &Head) -> io::Result<()> {
        if self.format == Format::Summed {
            return Ok(());
        }
        let full = head
            .checksum
            .as_ref()
            .filter(|checksum| checksum.kind == ChecksumKind::FullObject);
        let (mut md5, mut hasher) = (Md5::new(), full.map(|checksum| checksum.algorithm.hasher()));
        for piece in self.pieces(0..self.size) {
            let piece = piece?;
            md5.update(&piece);
            hasher.iter_mut().for_each(|hasher| hasher.update(&piece));
        }
        // The ETag of joined parts is not a digest of the bytes.
        if !head.etag.contains('-') && hex::encode(md5.finalize()) != head.etag {
            return Err(self.damaged("the MD5 of its body is not its ETag"));
        }
        let sum = full
            .zip(hasher)
            .and_then(|(full, hasher)| digest(full.algorithm, hasher));
        match sum.zip(full).is_none_or(|(sum, full)| sum == full.value) {
            true => Ok(()),
            false => Err(self.damaged("its body does not match the checksum in its head")),
        }
    }

    fn damaged(&self, what: &str) -> io::Error {
        static LINES: OncePerMinuteEach = OncePerMinuteEach::new();
        let line = format!("{}: {what}", self.path.display());
        if LINES.is_due(&line, Timestamp::now()) {
            tracing::error!("{line}");
        }
        format::damaged(what)
    }
}

/// The end of the piece that begins at `start`. Pieces end with a block.
pub(crate) fn piece_end(start: u64) -> u64 {
    (start / block_sums::BLOCK * block_sums::BLOCK).saturating_add(PIECE)
}
