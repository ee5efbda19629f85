//! Uploads by a browser's form (POST Object): fields first, among them a signed policy, then one
//! file.
//!
//! The library parses forms too, but with other answers than S3's, so forms are read here, and
//! become puts. See `docs/aws/s3.md#posted-forms`.

mod fields;
mod policy;
mod response;
mod signature;

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, StatusCode};
use multer::{Field, Multipart};
use s3s::dto::{
    ObjectCannedACL, PutObjectInput, ServerSideEncryption, StorageClass, Tagging,
    Timestamp as Date, TimestampFormat,
};
use s3s::xml::{Deserialize as _, Deserializer};
use s3s::{S3Error, S3Result, s3_error};
use time::OffsetDateTime;

use super::address::{address, target};
use super::body::integrity::ExpectedDigests;
use super::convert::headers::DescribesObject as _;
use super::errors::error_response;
use super::object::asked_checksum::AskedChecksum;
use super::object::condition::WriteCondition;
use super::object::head::Headers;
use super::object::tags;
use super::operations::members::{Account, check};
use super::storage::buckets::Buckets;
use super::storage::staging::StagedObject;
use crate::signature::Credentials;
use fields::FormFields;
use policy::{Policy, PolicyError};

/// All fields in front of the file have 20 KB at most, says S3; other clients may have more to say.
const LONGEST: usize = 1024 * 1024;

/// Why a form is not taken: an error of S3, or the whole answer when it shows figures.
#[derive(Debug)]
enum FormRefusal {
    Error(S3Error),
    Answer(Box<Response>),
}

impl From<S3Error> for FormRefusal {
    fn from(error: S3Error) -> FormRefusal {
        FormRefusal::Error(error)
    }
}

impl From<PolicyError> for FormRefusal {
    fn from(refused: PolicyError) -> FormRefusal {
        let code = match refused {
            PolicyError::Invalid(_) => s3s::S3ErrorCode::InvalidPolicyDocument,
            PolicyError::Expired | PolicyError::Condition(_) | PolicyError::Extra(_) => {
                s3s::S3ErrorCode::AccessDenied
            }
        };
        FormRefusal::Error(S3Error::with_message(code, refused.to_string()))
    }
}

impl From<multer::Error> for FormRefusal {
    fn from(error: multer::Error) -> FormRefusal {
        let text = "The body of your POST request is not well-formed multipart/form-data.";
        FormRefusal::Error(s3_error!(error, MalformedPOSTRequest, "{text}"))
    }
}

/// Whether a request posts to a bucket, and to nothing that its query names.
pub(crate) fn is_form(request: &Request<Body>) -> bool {
    let (bucket, is_object) = target(request.headers(), request.uri());
    let names_nothing = request.uri().query().is_none_or(str::is_empty);
    request.method() == Method::POST && !bucket.is_empty() && !is_object && names_nothing
}

/// Answers a posted form.
pub(crate) async fn answer(
    buckets: &Buckets,
    credentials: Option<&Credentials>,
    request: Request<Body>,
) -> Response {
    match take(buckets, credentials, request).await {
        Ok(response) => response,
        Err(FormRefusal::Answer(response)) => *response,
        Err(FormRefusal::Error(error)) => match error.to_http_response() {
            Ok(response) => response.map(Body::new),
            Err(_) => error_response(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", "", &[]),
        },
    }
}

async fn take(
    buckets: &Buckets,
    credentials: Option<&Credentials>,
    request: Request<Body>,
) -> Result<Response, FormRefusal> {
    let (bucket, _) = target(request.headers(), request.uri());
    let (parts, body) = request.into_parts();
    let kind = parts
        .headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| no_form())?;
    let mut form = Multipart::new(body.into_data_stream(), boundary);
    let (fields, mut file) = read(&mut form).await?;
    let key = fields.said("key").ok_or_else(|| missing("key"))?.to_owned();
    buckets.exists(&bucket).map_err(S3Error::from)?;
    let length = admit(&fields, &bucket, credentials)?;
    let (input, headers) = put(&fields, &bucket, &key)?;
    check(&input, parts.extensions.get::<Account>())?;
    let headers = buckets.encrypted(&bucket, tagged(headers, &fields)?)?;
    let promise = ExpectedDigests::of(
        &of_fields(&fields),
        &http::Extensions::new(),
        None,
        input.content_md5,
    )?;
    let promise = promise.or_computed(Some(AskedChecksum::usual()));
    let staged = receive(buckets, &mut file, &promise, length).await?;
    let (into, at) = (bucket.clone(), key.clone());
    let store = buckets.clone();
    let store = move || store.put(&into, &at, headers, staged, &WriteCondition::Always);
    let object = tokio::task::spawn_blocking(store)
        .await
        .map_err(S3Error::internal_error)?
        .map_err(S3Error::from)?;
    let location = address(&parts.headers, &parts.uri, &bucket, &key);
    Ok(response::success(&fields, &bucket, &object.head, &location))
}

/// Reads the fields, up to the file. What comes behind the file is ignored.
async fn read(form: &mut Multipart<'static>) -> Result<(FormFields, Field<'static>), FormRefusal> {
    let (mut pairs, mut length) = (Vec::new(), 0);
    while let Some(mut field) = form.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        if name.eq_ignore_ascii_case("file") {
            let path = field.file_name().unwrap_or_default().to_owned();
            return Ok((FormFields::new(pairs).with_filename(&path), field));
        }
        let mut value = Vec::new();
        while let Some(chunk) = field.chunk().await? {
            length += chunk.len();
            if length > LONGEST {
                let text = "Your POST request fields preceding the upload file were too large.";
                return Err(s3_error!(MaxPostPreDataLengthExceededError, "{text}").into());
            }
            value.extend_from_slice(&chunk);
        }
        pairs.push((name, String::from_utf8_lossy(&value).into_owned()));
    }
    let text = "POST requires exactly one file upload per request.";
    let more = [("ArgumentName", "file"), ("ArgumentValue", "0")];
    Err(FormRefusal::Answer(Box::new(error_response(
        StatusCode::BAD_REQUEST,
        "InvalidArgument",
        text,
        &more,
    ))))
}

/// Signature and policy; what the policy says of the file's length comes back. A form without a
/// policy is let in where everybody is.
fn admit(
    fields: &FormFields,
    bucket: &str,
    credentials: Option<&Credentials>,
) -> Result<Option<(u64, u64)>, FormRefusal> {
    let Some(encoded) = fields.said("policy") else {
        return match credentials {
            None => Ok(None),
            Some(_) => Err(s3_error!(AccessDenied, "Access Denied").into()),
        };
    };
    signature::check(fields, encoded, credentials)?;
    let policy = Policy::read(encoded)?;
    policy.check(fields, bucket, OffsetDateTime::now_utc())?;
    Ok(policy.length())
}

/// The put that the fields describe, and the headers of its object.
fn put(fields: &FormFields, bucket: &str, key: &str) -> S3Result<(PutObjectInput, Headers)> {
    let text = |name: &str| fields.said(name).map(ToOwned::to_owned);
    let date = |name: &str| {
        fields
            .said(name)
            .map(|text| Date::parse(TimestampFormat::HttpDate, text))
            .transpose()
    };
    let flag = |name: &str| {
        fields
            .said(name)
            .map(|text| text.eq_ignore_ascii_case("true"))
    };
    let metadata = fields
        .pairs()
        .filter_map(|(name, value)| Some((name.strip_prefix("x-amz-meta-")?, value)));
    let input = PutObjectInput {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        acl: text("acl").map(ObjectCannedACL::from),
        grant_full_control: text("x-amz-grant-full-control"),
        grant_read: text("x-amz-grant-read"),
        grant_read_acp: text("x-amz-grant-read-acp"),
        grant_write_acp: text("x-amz-grant-write-acp"),
        content_md5: text("content-md5"),
        content_type: text("content-type"),
        content_encoding: text("content-encoding"),
        content_language: text("content-language"),
        content_disposition: text("content-disposition"),
        cache_control: text("cache-control"),
        // Browsers' forms hold whatever a page writes; a date that is none is none.
        expires: date("expires").unwrap_or_default(),
        storage_class: text("x-amz-storage-class").map(StorageClass::from),
        website_redirect_location: text("x-amz-website-redirect-location"),
        server_side_encryption: text("x-amz-server-side-encryption")
            .map(ServerSideEncryption::from),
        ssekms_key_id: text("x-amz-server-side-encryption-aws-kms-key-id"),
        ssekms_encryption_context: text("x-amz-server-side-encryption-context"),
        bucket_key_enabled: flag("x-amz-server-side-encryption-bucket-key-enabled"),
        sse_customer_algorithm: text("x-amz-server-side-encryption-customer-algorithm"),
        sse_customer_key: text("x-amz-server-side-encryption-customer-key"),
        object_lock_mode: text("x-amz-object-lock-mode").map(s3s::dto::ObjectLockMode::from),
        object_lock_legal_hold_status: text("x-amz-object-lock-legal-hold")
            .map(s3s::dto::ObjectLockLegalHoldStatus::from),
        expected_bucket_owner: text("x-amz-expected-bucket-owner"),
        metadata: Some(
            metadata
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        ),
        ..PutObjectInput::default()
    };
    let headers = input.object_headers()?;
    Ok((input, headers))
}

/// The field `tagging` holds a document, where a header would hold a query string.
fn tagged(headers: Headers, fields: &FormFields) -> S3Result<Headers> {
    let Some(document) = fields.said("tagging") else {
        return Ok(headers);
    };
    let malformed =
        "The XML you provided was not well-formed or did not validate against our published schema";
    let tagging = Tagging::deserialize(&mut Deserializer::new(document.as_bytes()));
    let tagging = tagging.map_err(|_| s3_error!(MalformedXML, "{malformed}"))?;
    let pairs = tags::of(&tagging.tag_set)?;
    tags::check(&pairs, tags::OF_OBJECT)?;
    Ok(Headers {
        tags: pairs,
        ..headers
    })
}

/// The fields that say something of a checksum, as the headers of a put say it.
fn of_fields(fields: &FormFields) -> HeaderMap {
    let of_checksum =
        |name: &str| name.starts_with("x-amz-checksum-") || name == "x-amz-sdk-checksum-algorithm";
    let header = |(name, value): (&str, &str)| {
        Some((
            name.parse::<HeaderName>().ok()?,
            HeaderValue::from_str(value).ok()?,
        ))
    };
    fields
        .pairs()
        .filter(|(name, _)| of_checksum(name))
        .filter_map(header)
        .collect()
}

/// Writes the file as it comes in. One that is too large is read to its end, for the answer says
/// how large it is.
async fn receive(
    buckets: &Buckets,
    file: &mut Field<'static>,
    promise: &ExpectedDigests,
    length: Option<(u64, u64)>,
) -> Result<StagedObject, FormRefusal> {
    let staged = buckets.stage().map_err(S3Error::from)?;
    let mut staged = staged.summing(promise.algorithm());
    let (least, most) = length.unwrap_or((0, u64::MAX));
    let mut size = 0;
    while let Some(chunk) = file.chunk().await? {
        size += chunk.len() as u64;
        if size <= most {
            staged.write(&chunk).map_err(S3Error::from)?;
        }
    }
    let refused = |code: &str, text: &str, name: &str, limit: u64| {
        let (size, limit) = (size.to_string(), limit.to_string());
        let more = [("ProposedSize", size.as_str()), (name, limit.as_str())];
        FormRefusal::Answer(Box::new(error_response(
            StatusCode::BAD_REQUEST,
            code,
            text,
            &more,
        )))
    };
    if size > most {
        let text = "Your proposed upload exceeds the maximum allowed size";
        return Err(refused("EntityTooLarge", text, "MaxSizeAllowed", most));
    }
    if size < least {
        let text = "Your proposed upload is smaller than the minimum allowed size";
        return Err(refused("EntityTooSmall", text, "MinSizeAllowed", least));
    }
    promise.check(&mut staged)?;
    Ok(staged)
}

fn missing(name: &str) -> FormRefusal {
    let text = format!(
        "Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields."
    );
    let more = [("ArgumentName", name), ("ArgumentValue", "")];
    FormRefusal::Answer(Box::new(error_response(
        StatusCode::BAD_REQUEST,
        "InvalidArgument",
        &text,
        &more,
    )))
}

fn no_form() -> FormRefusal {
    let text = "At least one of the pre-conditions you specified did not hold";
    let more = [(
        "Condition",
        "Bucket POST must be of the enclosure-type multipart/form-data",
    )];
    let answer = error_response(
        StatusCode::PRECONDITION_FAILED,
        "PreconditionFailed",
        text,
        &more,
    );
    FormRefusal::Answer(Box::new(answer))
}
