//! Door: bodies come in piece by piece and go out piece by piece; none is held in memory as a whole.

use std::ops::Range;

use bytes::Bytes;
use http::{Extensions, HeaderMap};
use http_body_util::BodyExt as _;
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3Result, TrailingHeaders, s3_error};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::checksum::Asked;
use super::chunked::Trailers;
use super::draft::Draft;
use super::objects::{BucketError, Buckets, OpenBody};

/// How much of a file is read at once.
const READ: usize = 64 * 1024;

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
    ) -> Promise {
        Promise { md5, checksum: Asked::of(headers), verified, unverified: extensions.get().cloned() }
    }

    /// A copy promises nothing; it may be asked to be summed.
    pub(super) fn summed(checksum: Option<Asked>) -> Promise {
        Promise { checksum, ..Promise::default() }
    }

    /// Summed in this way when nothing else is asked for.
    #[must_use]
    pub(super) fn or_summed(self, checksum: Option<Asked>) -> Promise {
        Promise { checksum: self.checksum.or(checksum), ..self }
    }

    /// Holds the body to it.
    fn check(&self, draft: &mut Draft) -> S3Result<()> {
        check_md5(self.md5.as_deref(), draft)?;
        let Some(asked) = &self.checksum else { return Ok(()) };
        let trailers = self.verified.as_ref().and_then(TrailingHeaders::take);
        let trailers = trailers.or_else(|| self.unverified.as_ref()?.take());
        let expected = asked.clone().or_behind(trailers.as_ref()).value;
        let is_it = |expected: &String| draft.checksum().is_some_and(|checksum| checksum.value == *expected);
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
    let digest = digest.ok_or_else(|| s3_error!(InvalidDigest, "The Content-MD5 you specified was invalid."))?;
    if hex::encode(digest) == draft.etag() {
        return Ok(());
    }
    Err(s3_error!(BadDigest, "The Content-MD5 you specified did not match what we received."))
}

impl Buckets {
    /// Writes a body to a draft as it comes in, and checks what was promised of it.
    pub(super) async fn receive(&self, body: Option<StreamingBlob>, promise: &Promise) -> S3Result<Draft> {
        let mut draft = self.draft().map_err(S3Error::from)?;
        draft = draft.summing(promise.checksum.as_ref().map(|asked| asked.algorithm));
        if let Some(blob) = body {
            let mut body = s3s::Body::from(blob);
            while let Some(frame) = body.frame().await {
                let frame = frame.map_err(|error| s3_error!(std::io::Error::other(error), IncompleteBody))?;
                if let Some(data) = frame.data_ref() {
                    draft.write(data)?;
                }
            }
        }
        promise.check(&mut draft)?;
        Ok(draft)
    }
}

/// A part of an open body.
pub(super) async fn stream(body: OpenBody, range: Range<u64>) -> S3Result<StreamingBlob> {
    match body {
        OpenBody::Memory(bytes) => Ok(piece(&bytes, range)),
        OpenBody::File(file) => {
            let mut file = tokio::fs::File::from_std(file);
            file.seek(std::io::SeekFrom::Start(range.start)).await.map_err(BucketError::from)?;
            let part = file.take(range.end - range.start);
            Ok(StreamingBlob::wrap(ReaderStream::with_capacity(part, READ)))
        }
    }
}

fn piece(bytes: &Bytes, range: Range<u64>) -> StreamingBlob {
    // The range lies within bytes that are in memory.
    let place = |at: u64| usize::try_from(at).unwrap_or(bytes.len());
    let part = bytes.slice(place(range.start)..place(range.end));
    StreamingBlob::from(s3s::Body::from(part))
}
