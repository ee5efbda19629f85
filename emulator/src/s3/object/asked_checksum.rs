//! The checksum that a request gives, or asks for. Pure. See `docs/aws/s3.md#etags-and-checksums`.
//!
//! SDKs send a CRC with every put, in a header or behind the body.

use http::HeaderMap;
use s3s::S3Result;

use super::algorithm::Algorithm;
use super::checksum_members::only_one;

/// The checksum that a request gives or asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AskedChecksum {
    pub algorithm: Algorithm,
    /// The expected value. It may come behind the body instead; or a request names the algorithm
    /// alone, and the server computes the value.
    pub value: Option<String>,
}

impl AskedChecksum {
    /// The checksum of an object whose request names none.
    pub(crate) fn usual() -> AskedChecksum {
        AskedChecksum {
            algorithm: Algorithm::Crc64Nvme,
            value: None,
        }
    }

    /// The checksum in the headers of a put or of a part.
    ///
    /// # Errors
    /// They name an unknown algorithm, several values, or a value that the algorithm cannot have.
    pub(crate) fn of(headers: &HeaderMap) -> S3Result<Option<AskedChecksum>> {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let value = |algorithm: Algorithm| Some((algorithm, text(&algorithm.header())?.to_owned()));
        let given: Vec<_> = Algorithm::ALL.into_iter().filter_map(value).collect();
        if let Some((algorithm, value)) = only_one(given)? {
            algorithm.check_value(&value)?;
            return Ok(Some(AskedChecksum {
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
        Ok(algorithm.map(|algorithm| AskedChecksum {
            algorithm,
            value: None,
        }))
    }

    /// The same, with the value from behind the body if there is one.
    pub(crate) fn or_behind(self, trailers: Option<&HeaderMap>) -> AskedChecksum {
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
        AskedChecksum {
            algorithm: self.algorithm,
            value: self.value.clone().or_else(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_value_comes_in_a_header_or_behind_the_body_or_not_at_all() {
        let asked = |pairs| {
            AskedChecksum::of(&headers(pairs))
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
            assert!(AskedChecksum::of(&headers(wrong)).is_err(), "{wrong:?}");
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
        let announced = AskedChecksum {
            algorithm: Algorithm::Crc32,
            value: None,
        };
        let behind = announced.or_behind(Some(&headers(&[("x-amz-checksum-crc32", " v ")])));
        assert_eq!(behind.value.as_deref(), Some("v"));
    }
}
