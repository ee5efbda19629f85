//! The checksum of an object or a part, beside its ETag. Pure. See
//! `docs/aws/s3.md#etags-and-checksums`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use s3s::dto::ChecksumType;
use serde::{Deserialize, Serialize};

use super::algorithm::Algorithm;
use super::checksum_members::{ChecksumMembers, digest};

/// The bytes that the checksum of an object in parts covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ChecksumKind {
    /// All bytes.
    FullObject,
    /// The checksums of the parts.
    Composite,
}

/// The checksum of an object or a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checksum {
    pub algorithm: Algorithm,
    pub kind: ChecksumKind,
    /// Base64. Empty in the head of an upload, whose object does not exist yet.
    pub value: String,
}

impl Checksum {
    /// The checksum of the checksums of an upload's parts, in their order. `None` when a part has
    /// no such checksum.
    pub(crate) fn composite<'p>(
        algorithm: Algorithm,
        parts: impl ExactSizeIterator<Item = Option<&'p Checksum>>,
    ) -> Option<Checksum> {
        let (mut hasher, count) = (algorithm.hasher(), parts.len());
        for part in parts {
            let part = part.filter(|part| part.algorithm == algorithm)?;
            hasher.update(&STANDARD.decode(&part.value).ok()?);
        }
        let value = format!("{}-{count}", digest(algorithm, hasher)?);
        Some(Checksum {
            algorithm,
            kind: ChecksumKind::Composite,
            value,
        })
    }
}

impl ChecksumKind {
    /// As in `ChecksumType`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ChecksumKind::FullObject => ChecksumType::FULL_OBJECT,
            ChecksumKind::Composite => ChecksumType::COMPOSITE,
        }
    }

    pub(crate) fn named(name: &str) -> Option<ChecksumKind> {
        [ChecksumKind::FullObject, ChecksumKind::Composite]
            .into_iter()
            .find(|kind| kind.name() == name)
    }

    /// The kind of an upload's checksum when the request that begins the upload names none.
    pub(crate) fn usual(algorithm: Algorithm) -> ChecksumKind {
        if algorithm == Algorithm::Crc64Nvme {
            ChecksumKind::FullObject
        } else {
            ChecksumKind::Composite
        }
    }
}

/// Shows a checksum in a type of the library.
pub(crate) fn with_checksum<T: ChecksumMembers>(checksum: Option<&Checksum>, mut output: T) -> T {
    if let Some(checksum) = checksum {
        *output.member(checksum.algorithm) = Some(checksum.value.clone());
    }
    output
}

/// The kind of a checksum, as the library's types show it.
pub(crate) fn shown_kind(checksum: Option<&Checksum>) -> Option<ChecksumType> {
    Some(ChecksumType::from_static(checksum?.kind.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_composite_needs_a_checksum_of_every_part() {
        let part = |value: &str| Checksum {
            algorithm: Algorithm::Crc32,
            kind: ChecksumKind::FullObject,
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
