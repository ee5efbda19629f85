//! Server-side encryption: what a request asks for, and what a response shows. Nothing is encrypted
//! here; the settings are stored and shown.

use s3s::dto::{
    CompleteMultipartUploadOutput, CopyObjectOutput, CreateMultipartUploadOutput, GetObjectOutput,
    HeadObjectOutput, PutObjectOutput, ServerSideEncryption, UploadPartCopyOutput,
    UploadPartOutput,
};
use s3s::{S3Result, s3_error};

use crate::s3::object::head::{Encryption, Headers};

/// An output of the library that shows how its object is encrypted.
pub(crate) trait EncryptionMembers {
    fn show(&mut self, algorithm: ServerSideEncryption, encryption: Option<&Encryption>);
}

macro_rules! encryption_members {
    ($($output:ident)*) => {
        $(impl EncryptionMembers for $output {
            fn show(&mut self, algorithm: ServerSideEncryption, encryption: Option<&Encryption>) {
                self.server_side_encryption = Some(algorithm);
                self.ssekms_key_id = encryption.and_then(|encryption| encryption.key.clone());
                self.bucket_key_enabled = encryption.and_then(|encryption| encryption.bucket_key);
            }
        })*
    };
}

encryption_members! {
    CompleteMultipartUploadOutput CopyObjectOutput CreateMultipartUploadOutput GetObjectOutput
    HeadObjectOutput PutObjectOutput UploadPartCopyOutput UploadPartOutput
}

/// Shows how an object is encrypted. S3 encrypts with AES256 when nothing else was asked for.
pub(crate) fn with_encryption<T: EncryptionMembers>(headers: &Headers, mut output: T) -> T {
    let encryption = headers.encryption.as_ref();
    let algorithm = encryption.map_or(ServerSideEncryption::AES256, |encryption| {
        &encryption.algorithm
    });
    output.show(ServerSideEncryption::from(algorithm.to_owned()), encryption);
    output
}

/// The encryption that a request asks for.
pub(crate) fn encryption(
    algorithm: Option<&ServerSideEncryption>,
    key: Option<String>,
    context: Option<String>,
    bucket_key: Option<bool>,
) -> S3Result<Option<Encryption>> {
    const KNOWN: [&str; 3] = [
        ServerSideEncryption::AES256,
        ServerSideEncryption::AWS_KMS,
        ServerSideEncryption::AWS_KMS_DSSE,
    ];
    let algorithm = algorithm.map(ServerSideEncryption::as_str);
    if algorithm.is_some_and(|name| !KNOWN.contains(&name)) {
        return Err(s3_error!(
            InvalidArgument,
            "The encryption method specified is not supported"
        ));
    }
    let of_kms = algorithm.is_some_and(|name| name != ServerSideEncryption::AES256);
    if key.is_some() && !of_kms {
        let text = "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : \
                    aws:kms";
        return Err(s3_error!(InvalidArgument, "{text}"));
    }
    Ok(algorithm.map(|algorithm| Encryption {
        algorithm: algorithm.to_owned(),
        key,
        context,
        bucket_key,
    }))
}
