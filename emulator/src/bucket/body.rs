//! Door: bodies come in piece by piece and go out piece by piece; none is held in memory as a
//! whole.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http::{Extensions, HeaderMap};
use http_body_util::BodyExt as _;
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3Result, TrailingHeaders, s3_error};

use super::checksum::{Algorithm, Asked};
use super::chunked::Trailers;
use super::draft::Draft;
use super::objects::{BucketError, Buckets, OpenBody};
use super::stored::{PIECE, Stored, piece_end};

/// A body up to this length, in bytes, is verified before its first byte is sent, so that damage is
/// answered with an error. Of a longer one each piece is verified before it is sent, and damage
/// ends the connection.
const VERIFIED_FIRST: u64 = 16 * 1024 * 1024;

/// What a body has to be.
#[derive(Debug, Default)]
pub(super) struct Promise {
    /// `Content-MD5`.
    md5: Option<String>,
    checksum: Option<Asked>,
    /// The checksum may come behind the body, where the library has it, or [`super::chunked`].
    verified: Option<TrailingHeaders>,
    unverified: Option<Trailers>,
}

impl Promise {
    pub(super) fn of(
        headers: &HeaderMap,
        extensions: &Extensions,
        verified: Option<TrailingHeaders>,
        md5: Option<String>,
    ) -> S3Result<Promise> {
        Ok(Promise {
            md5,
            checksum: Asked::of(headers)?,
            verified,
            unverified: extensions.get().cloned(),
        })
    }

    /// The algorithm that was asked for.
    pub(super) fn algorithm(&self) -> Option<Algorithm> {
        Some(self.checksum.as_ref()?.algorithm)
    }

    /// A copy promises nothing; it may be asked to be summed.
    pub(super) fn summed(checksum: Option<Asked>) -> Promise {
        Promise {
            checksum,
            ..Promise::default()
        }
    }

    /// Summed in this way when nothing else is asked for.
    #[must_use]
    pub(super) fn or_summed(self, checksum: Option<Asked>) -> Promise {
        Promise {
            checksum: self.checksum.or(checksum),
            ..self
        }
    }

    /// Holds the body to it.
    pub(super) fn check(&self, draft: &mut Draft) -> S3Result<()> {
        check_md5(self.md5.as_deref(), draft)?;
        let Some(asked) = &self.checksum else {
            return Ok(());
        };
        let trailers = self.verified.as_ref().and_then(TrailingHeaders::take);
        let trailers = trailers.or_else(|| self.unverified.as_ref()?.take());
        let expected = asked.clone().or_behind(trailers.as_ref()).value;
        let is_it = |expected: &String| {
            draft
                .checksum()
                .is_some_and(|checksum| checksum.value == *expected)
        };
        match expected.as_ref().is_none_or(is_it) {
            true => Ok(()),
            false => Err(s3_error!(
                BadDigest,
                "The {} you specified did not match the calculated checksum.",
                asked.algorithm.name()
            )),
        }
    }
}

fn check_md5(given: Option<&str>, draft: &Draft) -> S3Result<()> {
    use base64::Engine as _;
    let Some(given) = given else { return Ok(()) };
    let digest = base64::engine::general_purpose::STANDARD.decode(given);
    let digest = digest.ok().filter(|digest| digest.len() == 16);
    let digest = digest
        .ok_or_else(|| s3_error!(InvalidDigest, "The Content-MD5 you specified was invalid."))?;
    if hex::encode(digest) == draft.etag() {
        return Ok(());
    }
    Err(s3_error!(
        BadDigest,
        "The Content-MD5 you specified did not match what we received."
    ))
}

impl Buckets {
    /// Writes a body to a draft as it comes in, and checks what was promised of it.
    pub(super) async fn receive(
        &self,
        body: Option<StreamingBlob>,
        promise: &Promise,
    ) -> S3Result<Draft> {
        let mut draft = self.draft().map_err(S3Error::from)?;
        draft = draft.summing(promise.checksum.as_ref().map(|asked| asked.algorithm));
        if let Some(blob) = body {
            let mut body = s3s::Body::from(blob);
            while let Some(frame) = body.frame().await {
                let frame = frame.map_err(unreadable)?;
                if let Some(data) = frame.data_ref() {
                    draft.write(data)?;
                }
            }
        }
        promise.check(&mut draft)?;
        Ok(draft)
    }
}

/// A body that broke off: the client's, or a stored one that is copied.
fn unreadable(error: Box<dyn std::error::Error + Send + Sync>) -> S3Error {
    match error.downcast::<Unreadable>() {
        Ok(stored) => BucketError::from(stored.0).into(),
        // The library does not name the type of this error.
        Err(error) if error.to_string().ends_with("SignatureMismatch") => {
            s3_error!(SignatureDoesNotMatch)
        }
        Err(error) => s3_error!(io::Error::other(error), IncompleteBody),
    }
}

/// A stored body cannot be read on.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Unreadable(io::Error);

/// A part of an open body.
pub(super) async fn stream(body: OpenBody, range: Range<u64>) -> S3Result<StreamingBlob> {
    let stored = match body {
        OpenBody::Memory(bytes) => return Ok(piece(&bytes, range)),
        OpenBody::File(stored) => Arc::new(stored),
    };
    let (length, part, file) = (range.end - range.start, range.clone(), stored.clone());
    if length <= PIECE {
        let bytes = reading(move || file.read(&part))
            .await
            .map_err(BucketError::from)?;
        return Ok(StreamingBlob::from(s3s::Body::from(bytes)));
    }
    if length <= VERIFIED_FIRST {
        reading(move || file.verify(part))
            .await
            .map_err(BucketError::from)?;
    }
    Ok(StreamingBlob::wrap(stream::try_unfold(
        (stored, range),
        next_piece,
    )))
}

/// What is read of a file, and what is left to be read.
type Rest = (Arc<Stored>, Range<u64>);

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
