//! Door: a stored body goes out piece by piece, each verified before it is sent.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use s3s::S3Result;
use s3s::dto::StreamingBlob;

use super::unreadable::Unreadable;
use crate::s3::files::open_file::{OpenFile, PIECE, piece_end};
use crate::s3::storage::error::StorageError;
use crate::s3::storage::object::OpenBody;

/// A body up to this length, in bytes, is verified before its first byte is sent, so that damage is
/// an error response. Of a longer body, each piece is verified before it is sent, and damage ends
/// the connection.
const VERIFIED_FIRST: u64 = 16 * 1024 * 1024;

/// A range of an open body, as a stream.
pub(crate) async fn stream(body: OpenBody, range: Range<u64>) -> S3Result<StreamingBlob> {
    let stored = match body {
        OpenBody::Memory(bytes) => return Ok(piece(&bytes, range)),
        OpenBody::File(stored) => Arc::new(stored),
    };
    let (length, part, file) = (range.end - range.start, range.clone(), stored.clone());
    if length <= PIECE {
        let bytes = reading(move || file.read(&part))
            .await
            .map_err(StorageError::from)?;
        return Ok(StreamingBlob::from(s3s::Body::from(bytes)));
    }
    if length <= VERIFIED_FIRST {
        reading(move || file.verify(part))
            .await
            .map_err(StorageError::from)?;
    }
    Ok(StreamingBlob::wrap(stream::try_unfold(
        (stored, range),
        next_piece,
    )))
}

/// A file, and the range of it that is left to send.
type Rest = (Arc<OpenFile>, Range<u64>);

async fn next_piece((stored, range): Rest) -> Result<Option<(Bytes, Rest)>, Unreadable> {
    if range.is_empty() {
        return Ok(None);
    }
    let (end, file) = (piece_end(range.start).min(range.end), stored.clone());
    let bytes = reading(move || file.read(&(range.start..end)))
        .await
        .map_err(Unreadable)?;
    Ok(Some((bytes, (stored, end..range.end))))
}

async fn reading<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

fn piece(bytes: &Bytes, range: Range<u64>) -> StreamingBlob {
    // The range lies within bytes that are in memory.
    let place = |at: u64| usize::try_from(at).unwrap_or(bytes.len());
    let part = bytes.slice(place(range.start)..place(range.end));
    StreamingBlob::from(s3s::Body::from(part))
}
