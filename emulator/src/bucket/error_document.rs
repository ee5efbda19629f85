//! The last look at an error before it leaves: S3's error document names a message, the request,
//! and what the error is about. The library's own errors, made before an operation begins, mostly
//! have a code alone.
//!
//! Source: "Error responses" of the S3 API reference; the members of single codes are those of S3's
//! answers.

use axum::body::Body;
use axum::response::Response;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, RANGE};
use http::{Method, Request, Uri};
use http_body_util::BodyExt as _;
use kit::time::Timestamp;
use percent_encoding::percent_decode_str;
use s3s::xml::Serializer;

use super::crossing::{host, target};
use super::host::bucket_of;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
const COPY_SOURCE: HeaderName = HeaderName::from_static("x-amz-copy-source");
const AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");

/// S3's limit for a key, in bytes.
const LONGEST_KEY: usize = 1024;

/// How far a client's clock may be off, in milliseconds.
const SKEW: &str = "900000";

/// What an error document shows of the request. It is taken before the request is read; its parts
/// are cheap to clone.
#[derive(Debug)]
pub(super) struct Asked {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl Asked {
    pub(super) fn of(request: &Request<Body>) -> Asked {
        let shown = [
            http::header::HOST,
            AUTHORIZATION,
            RANGE,
            COPY_SOURCE,
            AMZ_DATE,
        ];
        let header = |name: HeaderName| Some((name.clone(), request.headers().get(name)?.clone()));
        let headers = shown.into_iter().filter_map(header).collect();
        Asked {
            method: request.method().clone(),
            uri: request.uri().clone(),
            headers,
        }
    }

    /// The answer with the request's id, and a whole document when it is an error.
    pub(super) async fn complete(&self, mut response: Response) -> Response {
        let id = format!("{:016X}", fastrand::u64(..));
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        let status = response.status();
        if self.method == Method::HEAD || !(status.is_client_error() || status.is_server_error()) {
            return response;
        }
        let (mut parts, body) = response.into_parts();
        // An error is in memory already, and short.
        let document = body
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default();
        let whole = std::str::from_utf8(&document)
            .ok()
            .and_then(|text| self.whole(text, &id));
        parts.headers.remove(CONTENT_LENGTH);
        Response::from_parts(
            parts,
            whole.map_or_else(|| Body::from(document), Body::from),
        )
    }

    /// The error document with what it lacks; nothing when this is none.
    fn whole(&self, document: &str, id: &str) -> Option<String> {
        let (head, rest) = document.split_once("<Error>")?;
        let (members, _) = rest.split_once("</Error>")?;
        let code = between(members, "Code")?;
        let has = |name: &str| between(members, name).is_some_and(|text| !text.is_empty());
        let shown = self
            .members(code)
            .into_iter()
            .chain([("RequestId", id.to_owned())]);
        let more: String = shown
            .filter(|(name, _)| !has(name))
            .map(|(name, value)| element(name, &value))
            .collect();
        let (before, rest) = members.split_once("</Code>")?;
        let (message, rest) = match has("Message") && !replaces(code) {
            true => (String::new(), rest.to_owned()),
            false => (element("Message", &message(code)), without_message(rest)),
        };
        Some(format!(
            "{head}<Error>{before}</Code>{message}{rest}{more}</Error>"
        ))
    }

    /// What S3 shows beside the message.
    fn members(&self, code: &str) -> Vec<(&'static str, String)> {
        let (bucket, has_key) = target(&self.headers, &self.uri);
        // Of a copy it is not known which of its two objects is meant.
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

/// The text of a member.
fn between<'m>(members: &'m str, name: &str) -> Option<&'m str> {
    let (_, rest) = members.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}

fn without_message(members: &str) -> String {
    match (
        members.split_once("<Message>"),
        members.split_once("</Message>"),
    ) {
        (Some((before, _)), Some((_, behind))) => format!("{before}{behind}"),
        _ => members.replace("<Message/>", ""),
    }
}

/// One member, escaped.
fn element(name: &str, value: &str) -> String {
    let mut bytes = Vec::new();
    if let Err(error) = Serializer::new(&mut bytes).content(name, value) {
        tracing::error!("a member of an error cannot be written as XML: {error}");
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// Codes whose message the library words otherwise than S3, and no better.
fn replaces(code: &str) -> bool {
    matches!(code, "InvalidAccessKeyId" | "RequestTimeTooSkewed")
}

/// Errors about a bucket, of which S3 shows the name.
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

/// What S3 says with a code that comes without a text.
fn message(code: &str) -> std::borrow::Cow<'static, str> {
    let found = MESSAGES.iter().find(|(known, _)| *known == code);
    found.map_or_else(
        || format!("S3 refuses this request with {code}.").into(),
        |(_, text)| (*text).into(),
    )
}

/// Every code that the library makes by itself, also those that it gives a text today.
const MESSAGES: [(&str, &str); 23] = [
    ("AccessDenied", "Access Denied"),
    (
        "BadDigest",
        "The Content-MD5 or checksum value that you specified did not match what the server received.",
    ),
    (
        "EntityTooLarge",
        "Your proposed upload exceeds the maximum allowed object size.",
    ),
    (
        "EntityTooSmall",
        "Your proposed upload is smaller than the minimum allowed object size.",
    ),
    (
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
    ),
    (
        "InternalError",
        "We encountered an internal error. Please try again.",
    ),
    (
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
    ),
    ("InvalidArgument", "Invalid Argument"),
    ("InvalidBucketName", "The specified bucket is not valid."),
    (
        "InvalidPolicyDocument",
        "The content of the form does not meet the conditions specified in the policy document.",
    ),
    ("InvalidRange", "The requested range is not satisfiable"),
    ("InvalidRequest", "Invalid Request"),
    ("InvalidURI", "Couldn't parse the specified URI."),
    ("KeyTooLongError", "Your key is too long"),
    (
        "MalformedPOSTRequest",
        "The body of your POST request is not well-formed multipart/form-data.",
    ),
    (
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    ),
    ("MaxMessageLengthExceeded", "Your request was too big."),
    (
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
    ),
    (
        "MissingContentLength",
        "You must provide the Content-Length HTTP header.",
    ),
    ("MissingRequestBodyError", "Request Body is empty"),
    (
        "NotImplemented",
        "A header you provided implies functionality that is not implemented",
    ),
    (
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
    ),
    (
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing \
         method.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use s3s::{S3Error, S3ErrorCode};

    fn asked(uri: &str, headers: &[(HeaderName, &str)]) -> Asked {
        let mut request = Request::get(uri).body(Body::empty()).unwrap();
        request.headers_mut().extend(
            headers
                .iter()
                .map(|(name, value)| (name.clone(), value.parse().unwrap())),
        );
        Asked::of(&request)
    }

    async fn completed(asked: &Asked, error: S3Error) -> String {
        let response = asked
            .complete(error.to_http_response().unwrap().map(Body::new))
            .await;
        let id = response.headers()[REQUEST_ID].to_str().unwrap().to_owned();
        let text = String::from_utf8(
            response
                .into_body()
                .collect()
                .await
                .unwrap()
                .to_bytes()
                .to_vec(),
        )
        .unwrap();
        assert!(
            text.ends_with(&format!("<RequestId>{id}</RequestId></Error>")),
            "{text}"
        );
        text
    }

    fn code(name: &str) -> S3ErrorCode {
        name.parse().unwrap()
    }

    #[tokio::test]
    async fn every_code_leaves_with_a_message() {
        let asked = asked("http://h/box/k", &[]);
        let all = MESSAGES
            .iter()
            .map(|(name, text)| (*name, (*text).to_owned()));
        let unknown = ("Odd", "S3 refuses this request with Odd.".to_owned());
        for (name, expected) in all.chain([unknown]) {
            for bare in [
                S3Error::new(code(name)),
                S3Error::with_message(code(name), ""),
            ] {
                let text = completed(&asked, bare).await;
                assert!(
                    text.contains(&format!("<Code>{name}</Code><Message>")),
                    "{text}"
                );
                let message = quick(&text);
                assert_eq!(message, expected, "{text}");
                assert_eq!(text.matches("<Message").count(), 1, "{text}");
            }
        }
    }

    /// The message, unescaped.
    fn quick(text: &str) -> String {
        between(text, "Message")
            .unwrap()
            .replace("&apos;", "'")
            .replace("&#39;", "'")
    }

    #[tokio::test]
    async fn a_text_of_its_own_stays_unless_the_library_words_it_otherwise() {
        let asked = asked("http://h/box/k", &[]);
        let own = completed(
            &asked,
            S3Error::with_message(code("InvalidRequest"), "a < b"),
        )
        .await;
        assert!(own.contains("<Message>a &lt; b</Message>"), "{own}");
        let worded = completed(
            &asked,
            S3Error::with_message(code("RequestTimeTooSkewed"), "other"),
        )
        .await;
        assert_eq!(
            quick(&worded),
            "The difference between the request time and the current time is too large."
        );
        assert!(!worded.contains("other"), "{worded}");
    }

    #[tokio::test]
    async fn an_error_shows_what_it_is_about() {
        let signed = "AWS4-HMAC-SHA256 Credential=KEY/20260101/r/s3/aws4_request, SignedHeaders=host, Signature=abc";
        let long = format!("http://h/box/{}", "k".repeat(1025));
        for (uri, header, name, members) in [
            (
                "http://h/Bad_Name",
                None,
                "InvalidBucketName",
                "<BucketName>Bad_Name</BucketName>",
            ),
            (
                "http://h/box?cors",
                None,
                "NoSuchCORSConfiguration",
                "<BucketName>box</BucketName>",
            ),
            (
                "http://h/box/a%20b/c",
                None,
                "NoSuchKey",
                "<Key>a b/c</Key>",
            ),
            (
                "http://box.s3.localhost.localstack.cloud/a/b",
                None,
                "NoSuchKey",
                "<Key>a/b</Key>",
            ),
            (
                &long,
                None,
                "KeyTooLongError",
                "<Size>1025</Size><MaxSizeAllowed>1024</MaxSizeAllowed>",
            ),
            (
                "http://h/box/k?uploadId=u%2B",
                None,
                "NoSuchUpload",
                "<UploadId>u+</UploadId>",
            ),
            (
                "http://h/box/%ff",
                None,
                "InvalidURI",
                "<URI>/box/%ff</URI>",
            ),
            (
                "http://h/box/k",
                None,
                "MethodNotAllowed",
                "<Method>GET</Method><ResourceType>OBJECT</ResourceType>",
            ),
            (
                "http://h/box/k",
                Some((RANGE, "bytes=9-")),
                "InvalidRange",
                "<RangeRequested>bytes=9-</RangeRequested>",
            ),
            (
                "http://h/",
                Some((AUTHORIZATION, signed)),
                "SignatureDoesNotMatch",
                "<AWSAccessKeyId>KEY</AWSAccessKeyId><SignatureProvided>abc</SignatureProvided>",
            ),
            (
                "http://h/",
                Some((AUTHORIZATION, "AWS KEY:abc=")),
                "SignatureDoesNotMatch",
                "<AWSAccessKeyId>KEY</AWSAccessKeyId><SignatureProvided>abc=</SignatureProvided>",
            ),
            (
                "http://h/box/k?AWSAccessKeyId=KEY&Signature=a%2Fb&Expires=1",
                None,
                "SignatureDoesNotMatch",
                "<AWSAccessKeyId>KEY</AWSAccessKeyId><SignatureProvided>a/b</SignatureProvided>",
            ),
            (
                "http://h/box/k?X-Amz-Credential=KEY%2F20260101%2Fr%2Fs3%2Faws4_request",
                None,
                "InvalidAccessKeyId",
                "<AWSAccessKeyId>KEY</AWSAccessKeyId>",
            ),
        ] {
            let asked = asked(uri, &header.into_iter().collect::<Vec<_>>());
            let text = completed(&asked, S3Error::new(code(name))).await;
            assert!(
                text.contains(&format!("</Message>{members}<RequestId>")),
                "{name}: {text}"
            );
        }
    }

    #[tokio::test]
    async fn of_a_copy_no_name_is_shown_and_what_is_no_error_document_stays() {
        let copy = asked("http://h/box/k", &[(COPY_SOURCE, "box/absent")]);
        let text = completed(&copy, S3Error::new(code("NoSuchKey"))).await;
        assert!(!text.contains("<Key>"), "{text}");
        let mut response = Response::new(Body::from("busy"));
        *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
        let body = copy
            .complete(response)
            .await
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes();
        assert_eq!(&body[..], b"busy");
    }
}
