//! Checksums beside the ETag: which one a request gives or asks for, and what it must be. Pure.
//!
//! See `docs/aws/s3.md#etags-and-checksums`. One object has one checksum; SDKs send a CRC with
//! every put, in a header or behind the body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
use s3s::dto::{Checksum as Shown, ChecksumType};
use s3s::{S3Result, s3_error};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Algorithm {
    Crc32,
    Crc32C,
    Crc64Nvme,
    Sha1,
    Sha256,
}

/// What the checksum of an object that came in parts is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    /// All bytes.
    FullObject,
    /// The checksums of the parts.
    Composite,
}

/// The checksum of an object or a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checksum {
    pub algorithm: Algorithm,
    pub kind: Kind,
    /// Base64. Empty in the head of an upload, which says only what its object shall have.
    pub value: String,
}

/// What a request says of its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub algorithm: Algorithm,
    /// What the checksum must be. It may come behind the body instead, and SDKs may leave the
    /// computing to the server.
    pub value: Option<String>,
}

impl Algorithm {
    pub(super) const ALL: [Algorithm; 5] = [
        Algorithm::Crc32,
        Algorithm::Crc32C,
        Algorithm::Crc64Nvme,
        Algorithm::Sha1,
        Algorithm::Sha256,
    ];

    /// As in `ChecksumAlgorithm`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Algorithm::Crc32 => "CRC32",
            Algorithm::Crc32C => "CRC32C",
            Algorithm::Crc64Nvme => "CRC64NVME",
            Algorithm::Sha1 => "SHA1",
            Algorithm::Sha256 => "SHA256",
        }
    }

    /// The algorithm of a name that must be known.
    pub(super) fn known(name: &str) -> S3Result<Algorithm> {
        let unknown = || {
            s3_error!(
                InvalidRequest,
                "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, \
                 CRC64NVME, SHA1, SHA256]"
            )
        };
        Algorithm::named(name).ok_or_else(unknown)
    }

    fn length(self) -> usize {
        match self {
            Algorithm::Crc32 | Algorithm::Crc32C => 4,
            Algorithm::Crc64Nvme => 8,
            Algorithm::Sha1 => 20,
            Algorithm::Sha256 => 32,
        }
    }

    fn check_value(self, value: &str) -> S3Result<()> {
        let digest = STANDARD
            .decode(value)
            .ok()
            .filter(|digest| digest.len() == self.length());
        let invalid = || {
            s3_error!(
                InvalidRequest,
                "Value for {} header is invalid.",
                self.header()
            )
        };
        digest.map(|_| ()).ok_or_else(invalid)
    }

    pub(super) fn named(name: &str) -> Option<Algorithm> {
        Algorithm::ALL
            .into_iter()
            .find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    /// The header that holds a value.
    fn header(self) -> String {
        format!("x-amz-checksum-{}", self.name().to_ascii_lowercase())
    }

    pub(super) fn hasher(self) -> ChecksumHasher {
        let mut hasher = ChecksumHasher::default();
        match self {
            Algorithm::Crc32 => hasher.crc32 = Some(Crc32::new()),
            Algorithm::Crc32C => hasher.crc32c = Some(Crc32c::new()),
            Algorithm::Crc64Nvme => hasher.crc64nvme = Some(Crc64Nvme::new()),
            Algorithm::Sha1 => hasher.sha1 = Some(Sha1::new()),
            Algorithm::Sha256 => hasher.sha256 = Some(Sha256::new()),
        }
        hasher
    }

    /// The value of this algorithm among the members that S3 has for all of them.
    pub(super) fn pick(self, members: Shown) -> Option<String> {
        match self {
            Algorithm::Crc32 => members.checksum_crc32,
            Algorithm::Crc32C => members.checksum_crc32c,
            Algorithm::Crc64Nvme => members.checksum_crc64nvme,
            Algorithm::Sha1 => members.checksum_sha1,
            Algorithm::Sha256 => members.checksum_sha256,
        }
    }

    /// The kind that an upload's object has when the request names none; the one that S3 has.
    pub(super) fn usual_kind(self) -> Kind {
        if self == Algorithm::Crc64Nvme {
            Kind::FullObject
        } else {
            Kind::Composite
        }
    }
}

/// The only one: an object has one checksum.
pub(super) fn one(mut given: Vec<(Algorithm, String)>) -> S3Result<Option<(Algorithm, String)>> {
    let text =
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
    match given.len() {
        0 | 1 => Ok(given.pop()),
        _ => Err(s3_error!(InvalidRequest, "{text}")),
    }
}

impl Asked {
    /// The algorithm of objects that are put without a word about checksums.
    pub(super) fn usual() -> Asked {
        Asked {
            algorithm: Algorithm::Crc64Nvme,
            value: None,
        }
    }

    /// What the headers of a put or of a part say.
    ///
    /// # Errors
    /// They name an unknown algorithm, several values, or a value that the algorithm cannot have.
    pub(super) fn of(headers: &HeaderMap) -> S3Result<Option<Asked>> {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let value = |algorithm: Algorithm| Some((algorithm, text(&algorithm.header())?.to_owned()));
        let given: Vec<_> = Algorithm::ALL.into_iter().filter_map(value).collect();
        if let Some((algorithm, value)) = one(given)? {
            algorithm.check_value(&value)?;
            return Ok(Some(Asked {
                algorithm,
                value: Some(value),
            }));
        }
        let behind = text("x-amz-trailer").unwrap_or_default();
        let announced = |algorithm: &Algorithm| {
            behind
                .split(',')
                .any(|name| name.trim() == algorithm.header())
        };
        let algorithm = Algorithm::ALL.into_iter().find(announced).map(Ok);
        let named = || {
            text("x-amz-sdk-checksum-algorithm")
                .filter(|name| !name.is_empty())
                .map(Algorithm::known)
        };
        let algorithm = algorithm.or_else(named).transpose()?;
        Ok(algorithm.map(|algorithm| Asked {
            algorithm,
            value: None,
        }))
    }

    /// The value that the body must have, when it came behind the body.
    pub(super) fn or_behind(self, trailers: Option<&HeaderMap>) -> Asked {
        let value = || {
            Some(
                trailers?
                    .get(self.algorithm.header())?
                    .to_str()
                    .ok()?
                    .trim()
                    .to_owned(),
            )
        };
        Asked {
            algorithm: self.algorithm,
            value: self.value.clone().or_else(value),
        }
    }
}

impl Checksum {
    /// The members that S3 shows.
    pub(super) fn shown(checksum: Option<&Checksum>) -> Shown {
        let Some(Checksum {
            algorithm,
            kind,
            value,
        }) = checksum
        else {
            return Shown::default();
        };
        let mut shown = Shown::default();
        let member = match algorithm {
            Algorithm::Crc32 => &mut shown.checksum_crc32,
            Algorithm::Crc32C => &mut shown.checksum_crc32c,
            Algorithm::Crc64Nvme => &mut shown.checksum_crc64nvme,
            Algorithm::Sha1 => &mut shown.checksum_sha1,
            Algorithm::Sha256 => &mut shown.checksum_sha256,
        };
        *member = Some(value.clone());
        shown.checksum_type = Some(ChecksumType::from_static(kind.name()));
        shown
    }

    /// The checksum of checksums: of the parts of an upload, in their order. `None` when a part has
    /// no such checksum.
    pub(super) fn composite<'p>(
        algorithm: Algorithm,
        parts: impl ExactSizeIterator<Item = Option<&'p Checksum>>,
    ) -> Option<Checksum> {
        let (mut hasher, count) = (algorithm.hasher(), parts.len());
        for part in parts {
            let part = part.filter(|part| part.algorithm == algorithm)?;
            hasher.update(&STANDARD.decode(&part.value).ok()?);
        }
        let value = format!("{}-{count}", algorithm.pick(hasher.finalize())?);
        Some(Checksum {
            algorithm,
            kind: Kind::Composite,
            value,
        })
    }
}

impl Kind {
    /// As in `ChecksumType`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::FullObject => ChecksumType::FULL_OBJECT,
            Kind::Composite => ChecksumType::COMPOSITE,
        }
    }

    pub(super) fn named(name: &str) -> Option<Kind> {
        [Kind::FullObject, Kind::Composite]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_value_comes_in_a_header_or_behind_the_body_or_not_at_all() {
        let asked = |pairs| {
            Asked::of(&headers(pairs))
                .unwrap()
                .map(|asked| (asked.algorithm, asked.value))
        };
        assert_eq!(
            asked(&[("x-amz-checksum-crc32", "AAAAAA==")]),
            Some((Algorithm::Crc32, Some("AAAAAA==".into())))
        );
        for wrong in [
            &[("x-amz-checksum-sha256", "v")][..],
            &[("x-amz-checksum-crc32", "AAAA")],
            &[
                ("x-amz-checksum-crc32", "AAAAAA=="),
                ("x-amz-checksum-crc32c", "AAAAAA=="),
            ],
            &[("x-amz-sdk-checksum-algorithm", "MD4")],
        ] {
            assert!(Asked::of(&headers(wrong)).is_err(), "{wrong:?}");
        }
        assert_eq!(
            asked(&[("x-amz-trailer", "x-amz-checksum-crc32c")]),
            Some((Algorithm::Crc32C, None))
        );
        assert_eq!(
            asked(&[("x-amz-sdk-checksum-algorithm", "CRC64NVME")]),
            Some((Algorithm::Crc64Nvme, None))
        );
        assert_eq!(asked(&[("x-amz-trailer", "x-amz-meta")]), None);
        let announced = Asked {
            algorithm: Algorithm::Crc32,
            value: None,
        };
        let behind = announced.or_behind(Some(&headers(&[("x-amz-checksum-crc32", " v ")])));
        assert_eq!(behind.value.as_deref(), Some("v"));
    }

    /// "123456789" is what the catalogues of checksums use.
    #[test]
    fn values_are_those_of_the_catalogues() {
        let of = |algorithm: Algorithm| {
            let mut hasher = algorithm.hasher();
            hasher.update(b"123456789");
            hex::encode(
                STANDARD
                    .decode(algorithm.pick(hasher.finalize()).unwrap())
                    .unwrap(),
            )
        };
        assert_eq!(of(Algorithm::Crc32), "cbf43926");
        assert_eq!(of(Algorithm::Crc32C), "e3069283");
        assert_eq!(of(Algorithm::Crc64Nvme), "ae8b14860a799888");
        assert_eq!(
            of(Algorithm::Sha1),
            "f7c3bc1d808e04732adf679965ccc34ca7ae3441"
        );
    }

    #[test]
    fn a_composite_needs_a_checksum_of_every_part() {
        let part = |value: &str| Checksum {
            algorithm: Algorithm::Crc32,
            kind: Kind::FullObject,
            value: STANDARD.encode(value),
        };
        let (one, two) = (part("1234"), part("56789"));
        let composite =
            Checksum::composite(Algorithm::Crc32, [Some(&one), Some(&two)].into_iter()).unwrap();
        assert_eq!(
            composite.value,
            format!("{}-2", STANDARD.encode([0xcb, 0xf4, 0x39, 0x26]))
        );
        assert_eq!(
            Checksum::composite(Algorithm::Crc32, [Some(&one), None].into_iter()),
            None
        );
        assert_eq!(
            Checksum::composite(Algorithm::Sha1, [Some(&one)].into_iter()),
            None
        );
    }
}
