//! The five members that the library's types have for checksums, one per algorithm.

use s3s::checksum::ChecksumHasher;
use s3s::dto::{
    self, CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart,
    CopyObjectResult, CopyPartResult, GetObjectOutput, HeadObjectOutput, ObjectPart, Part,
    PutObjectOutput, UploadPartOutput,
};
use s3s::{S3Result, s3_error};

use super::algorithm::Algorithm;

/// A type of the library that has a member for the checksum of each algorithm.
pub(crate) trait ChecksumMembers {
    fn member(&mut self, algorithm: Algorithm) -> &mut Option<String>;
}

macro_rules! checksum_members {
    ($($name:ty)*) => {
        $(impl ChecksumMembers for $name {
            fn member(&mut self, algorithm: Algorithm) -> &mut Option<String> {
                match algorithm {
                    Algorithm::Crc32 => &mut self.checksum_crc32,
                    Algorithm::Crc32C => &mut self.checksum_crc32c,
                    Algorithm::Crc64Nvme => &mut self.checksum_crc64nvme,
                    Algorithm::Sha1 => &mut self.checksum_sha1,
                    Algorithm::Sha256 => &mut self.checksum_sha256,
                }
            }
        })*
    };
}

checksum_members! {
    dto::Checksum CompleteMultipartUploadInput CompleteMultipartUploadOutput CompletedPart
    CopyObjectResult CopyPartResult GetObjectOutput HeadObjectOutput ObjectPart Part
    PutObjectOutput UploadPartOutput
}

/// The checksum that a request gives. An object has one, so a request may give one.
///
/// # Errors
/// The request gives several.
pub(crate) fn given_checksum(
    input: &mut impl ChecksumMembers,
) -> S3Result<Option<(Algorithm, String)>> {
    let given = Algorithm::ALL
        .into_iter()
        .filter_map(|algorithm| Some((algorithm, input.member(algorithm).take()?)));
    only_one(given.collect())
}

/// The only one of the checksums that a request gives.
///
/// # Errors
/// There are several.
pub(super) fn only_one(
    mut given: Vec<(Algorithm, String)>,
) -> S3Result<Option<(Algorithm, String)>> {
    let text =
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
    match given.len() {
        0 | 1 => Ok(given.pop()),
        _ => Err(s3_error!(InvalidRequest, "{text}")),
    }
}

/// The result of a hasher, in base64. `None` when it was made for another algorithm.
pub(crate) fn digest(algorithm: Algorithm, hasher: ChecksumHasher) -> Option<String> {
    hasher.finalize().member(algorithm).take()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// "123456789" is what the catalogues of checksums use.
    #[test]
    fn values_are_those_of_the_catalogues() {
        let of = |algorithm: Algorithm| {
            let mut hasher = algorithm.hasher();
            hasher.update(b"123456789");
            hex::encode(STANDARD.decode(digest(algorithm, hasher).unwrap()).unwrap())
        };
        assert_eq!(of(Algorithm::Crc32), "cbf43926");
        assert_eq!(of(Algorithm::Crc32C), "e3069283");
        assert_eq!(of(Algorithm::Crc64Nvme), "ae8b14860a799888");
        assert_eq!(
            of(Algorithm::Sha1),
            "f7c3bc1d808e04732adf679965ccc34ca7ae3441"
        );
    }
}
