//! The parts of a request that its error document may show.

use axum::body::Body;
use http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, RANGE};
use http::{Method, Request, Uri};
use kit::time::Timestamp;
use percent_encoding::percent_decode_str;

use crate::s3::address::{host, target};
use crate::s3::host::bucket_of;

pub(super) const COPY_SOURCE: HeaderName = HeaderName::from_static("x-amz-copy-source");
const AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");

/// S3's limit for a key, in bytes.
const LONGEST_KEY: usize = 1024;

/// The difference that S3 allows between its clock and a client's, in milliseconds.
const SKEW: &str = "900000";

/// The parts of a request that its error document may show. They are taken before the request is
/// read, and are cheap to clone.
#[derive(Debug)]
pub(crate) struct RequestSummary {
    pub(super) method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl RequestSummary {
    pub(crate) fn of(request: &Request<Body>) -> RequestSummary {
        let shown = [HOST, AUTHORIZATION, RANGE, COPY_SOURCE, AMZ_DATE];
        let header = |name: HeaderName| Some((name.clone(), request.headers().get(name)?.clone()));
        let headers = shown.into_iter().filter_map(header).collect();
        RequestSummary {
            method: request.method().clone(),
            uri: request.uri().clone(),
            headers,
        }
    }

    /// The members that S3 shows beside the message.
    pub(super) fn members(&self, code: &str) -> Vec<(&'static str, String)> {
        let (bucket, has_key) = target(&self.headers, &self.uri);
        // A copy names two objects, and it is not known which of them the error is about.
        let is_copy = self.headers.contains_key(COPY_SOURCE);
        match code {
            "NoSuchBucket" | "NoSuchKey" if is_copy => Vec::new(),
            "NoSuchKey" if has_key => vec![("Key", self.key())],
            "KeyTooLongError" => {
                vec![
                    ("Size", self.key().len().to_string()),
                    ("MaxSizeAllowed", LONGEST_KEY.to_string()),
                ]
            }
            "NoSuchUpload" => self
                .asked("uploadId")
                .map(|id| ("UploadId", id))
                .into_iter()
                .collect(),
            "MethodNotAllowed" => {
                let kind = if has_key { "OBJECT" } else { "BUCKET" };
                vec![
                    ("Method", self.method.to_string()),
                    ("ResourceType", kind.to_owned()),
                ]
            }
            "InvalidURI" => vec![("URI", self.uri.path().to_owned())],
            "InvalidRange" => self
                .header(&RANGE)
                .map(|range| ("RangeRequested", range))
                .into_iter()
                .collect(),
            "InvalidAccessKeyId" => self.access_key().into_iter().collect(),
            "SignatureDoesNotMatch" => self
                .access_key()
                .into_iter()
                .chain(self.signature())
                .collect(),
            "RequestTimeTooSkewed" => {
                let asked = self
                    .header(&AMZ_DATE)
                    .or_else(|| self.asked("X-Amz-Date"))
                    .unwrap_or_default();
                let now = Timestamp::wall().to_string();
                vec![
                    ("RequestTime", asked),
                    ("ServerTime", now),
                    ("MaxAllowedSkewMilliseconds", SKEW.to_owned()),
                ]
            }
            _ if !bucket.is_empty() && is_of_bucket(code) => vec![("BucketName", bucket)],
            _ => Vec::new(),
        }
    }

    fn key(&self) -> String {
        let path = self.uri.path().trim_start_matches('/');
        let key = match bucket_of(host(&self.headers, &self.uri)) {
            Some(_) => path,
            None => path.split_once('/').map_or("", |(_, key)| key),
        };
        percent_decode_str(key).decode_utf8_lossy().into_owned()
    }

    fn header(&self, name: &HeaderName) -> Option<String> {
        Some(self.headers.get(name)?.to_str().ok()?.to_owned())
    }

    /// A parameter of the query.
    fn asked(&self, name: &str) -> Option<String> {
        let mut pairs = form_urlencoded::parse(self.uri.query()?.as_bytes());
        pairs
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.into_owned())
    }

    fn access_key(&self) -> Option<(&'static str, String)> {
        let header = self.header(&AUTHORIZATION).unwrap_or_default();
        let credential = match header.strip_prefix("AWS ") {
            Some(second) => second.split(':').next().map(ToOwned::to_owned),
            None => header
                .split_once("Credential=")
                .map(|(_, rest)| rest.to_owned()),
        };
        let credential = credential
            .or_else(|| self.asked("X-Amz-Credential"))
            .or_else(|| self.asked("AWSAccessKeyId"))?;
        Some(("AWSAccessKeyId", credential.split('/').next()?.to_owned()))
    }

    fn signature(&self) -> Option<(&'static str, String)> {
        let header = self.header(&AUTHORIZATION).unwrap_or_default();
        let given = match header.strip_prefix("AWS ") {
            Some(second) => second
                .split_once(':')
                .map(|(_, signature)| signature.to_owned()),
            None => header
                .split_once("Signature=")
                .map(|(_, rest)| rest.to_owned()),
        };
        let given = given
            .or_else(|| self.asked("X-Amz-Signature"))
            .or_else(|| self.asked("Signature"))?;
        Some(("SignatureProvided", given))
    }
}

/// Whether S3 shows the name of the bucket with an error code.
fn is_of_bucket(code: &str) -> bool {
    const CODES: [&str; 15] = [
        "BucketAlreadyExists",
        "BucketAlreadyOwnedByYou",
        "BucketNotEmpty",
        "InvalidBucketName",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchCORSConfiguration",
        "NoSuchLifecycleConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchTagSet",
        "NoSuchWebsiteConfiguration",
        "ObjectLockConfigurationNotFoundError",
        "OwnershipControlsNotFoundError",
        "ReplicationConfigurationNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
    ];
    CODES.contains(&code)
}
