//! The digests that a request gives of its body, and the check of the received body against them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Extensions, HeaderMap};
use s3s::{S3Result, TrailingHeaders, s3_error};

use super::chunked::Trailers;
use crate::s3::object::algorithm::Algorithm;
use crate::s3::object::asked_checksum::AskedChecksum;
use crate::s3::storage::staging::StagedObject;

/// The digests that a request gives of its body.
#[derive(Debug, Default)]
pub(crate) struct ExpectedDigests {
    /// `Content-MD5`.
    md5: Option<String>,
    checksum: Option<AskedChecksum>,
    /// Where the checksum is when it comes behind the body: the library has the trailers of a
    /// verified request, and [`Trailers`] those of an unverified one.
    verified: Option<TrailingHeaders>,
    unverified: Option<Trailers>,
}

impl ExpectedDigests {
    pub(crate) fn of(
        headers: &HeaderMap,
        extensions: &Extensions,
        verified: Option<TrailingHeaders>,
        md5: Option<String>,
    ) -> S3Result<ExpectedDigests> {
        Ok(ExpectedDigests {
            md5,
            checksum: AskedChecksum::of(headers)?,
            verified,
            unverified: extensions.get().cloned(),
        })
    }

    /// The algorithm of the checksum that the request gives or asks for.
    pub(crate) fn algorithm(&self) -> Option<Algorithm> {
        Some(self.checksum.as_ref()?.algorithm)
    }

    /// The digests of a copy: none is given, and a checksum may be asked for.
    pub(crate) fn of_copy(checksum: Option<AskedChecksum>) -> ExpectedDigests {
        ExpectedDigests {
            checksum,
            ..ExpectedDigests::default()
        }
    }

    /// The same, with a checksum to compute when the request names none.
    #[must_use]
    pub(crate) fn or_computed(self, checksum: Option<AskedChecksum>) -> ExpectedDigests {
        ExpectedDigests {
            checksum: self.checksum.or(checksum),
            ..self
        }
    }

    /// Checks a received body.
    ///
    /// # Errors
    /// The body has other digests.
    pub(crate) fn check(&self, staged: &mut StagedObject) -> S3Result<()> {
        check_md5(self.md5.as_deref(), staged)?;
        let Some(asked) = &self.checksum else {
            return Ok(());
        };
        let trailers = self.verified.as_ref().and_then(TrailingHeaders::take);
        let trailers = trailers.or_else(|| self.unverified.as_ref()?.take());
        let expected = asked.clone().or_behind(trailers.as_ref()).value;
        let is_it = |expected: &String| {
            staged
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

fn check_md5(given: Option<&str>, staged: &StagedObject) -> S3Result<()> {
    let Some(given) = given else { return Ok(()) };
    let digest = STANDARD.decode(given);
    let digest = digest.ok().filter(|digest| digest.len() == 16);
    let digest = digest
        .ok_or_else(|| s3_error!(InvalidDigest, "The Content-MD5 you specified was invalid."))?;
    if hex::encode(digest) == staged.etag() {
        return Ok(());
    }
    Err(s3_error!(
        BadDigest,
        "The Content-MD5 you specified did not match what we received."
    ))
}
