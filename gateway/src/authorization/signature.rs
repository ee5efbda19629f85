//! Callers that sign with Signature Version 4: `AWS_IAM`. The texts are AWS's:
//! `docs/aws/api-gateway.md#access`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kit::sigv4::{SentHead, Signed, Unreadable};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use time::macros::format_description;

use super::credentials::Credentials;
use super::facts::Caller;
use super::method_arn::Owner;
use crate::gateway_responses::Fault;
use crate::method_request::Request;

/// How far a client's clock may be off.
const SKEW: Duration = Duration::from_secs(5 * 60);

/// Seconds that a presigned address may live at most.
const LONGEST: u64 = 7 * 24 * 60 * 60;

const SERVICE: &str = "execute-api";

/// A caller whose signature is right, and what it signed with.
#[derive(Debug)]
pub(super) struct Signer<'k> {
    pub caller: Caller,
    pub credentials: &'k Credentials,
}

/// Verifies the signature of a request with the credentials that are known.
///
/// # Errors
/// The answer of AWS to what is wrong with it.
pub(super) fn verify<'k>(
    known: &'k [Credentials],
    request: &Request,
    owner: &Owner,
) -> Result<Signer<'k>, Fault> {
    let head = SentHead {
        method: request.sent_method.as_str(),
        path: &request.path,
        query: &request.raw_query,
        headers: &request.headers,
    };
    let signed = Signed::read(&head).map_err(|reason| unreadable(&reason, request))?;
    let credentials = known.iter().find(|known| known.key == signed.key);
    let token = signed.token(&head);
    let credentials = credentials
        .filter(|known| known.has_token(token.as_deref()))
        .ok_or(Fault::UnrecognizedClient)?;
    if credentials.has_expired(request.received) {
        return Err(Fault::ExpiredToken);
    }
    check_scope(&signed, owner)?;
    let now = UNIX_EPOCH + Duration::from_millis(request.received.as_millis());
    let at = check_time(&signed, now)?;
    let payload = payload(request)?;
    let canonical = signed.canonical_request(&head, &payload);
    let text = signed.string_to_sign(&canonical);
    if !signed.is_by(credentials.secret(), at, &text) {
        return Err(Fault::WrongSignature(mismatch(&canonical, &text)));
    }
    Ok(Signer {
        caller: credentials.caller(&owner.account),
        credentials,
    })
}

fn mismatch(canonical: &str, text: &str) -> String {
    format!(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
         Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this \
         request should have been\n'{canonical}'\n\nThe String-to-Sign should have been\n'{text}'\n"
    )
}

fn unreadable(reason: &Unreadable, request: &Request) -> Fault {
    let given = request.headers.get("authorization");
    let hash = STANDARD.encode(Sha256::digest(
        given.map_or(&[][..], |value| value.as_bytes()),
    ));
    Fault::IncompleteSignature(match reason {
        Unreadable::Unsigned => return Fault::MissingAuthenticationToken,
        Unreadable::NoPair => return Fault::InvalidSignature(hash),
        Unreadable::Missing(fields) => missing(fields, &hash),
        Unreadable::MissingInQuery(name) => format!(
            "AWS query-string parameters must include '{name}'. Re-examine the query-string parameters."
        ),
        Unreadable::Credential(given) => format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{given}'"
        ),
    })
}

fn missing(fields: &[&str], hash: &str) -> String {
    let mut text = String::new();
    for field in fields {
        text += &match *field {
            "X-Amz-Date" => "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ".to_owned(),
            field => format!("Authorization header requires '{field}' parameter. "),
        };
    }
    if fields.is_empty() {
        text += "Unsupported AWS 'algorithm': expected 'AWS4-HMAC-SHA256'. ";
    }
    text + "(Hashed with SHA-256 and encoded with Base64) Authorization=" + hash
}

fn check_scope(signed: &Signed, owner: &Owner) -> Result<(), Fault> {
    let [day, region, service, end] = &signed.scope;
    let mut text = String::new();
    if *region != owner.region {
        text += &format!("Credential should be scoped to a valid region, not '{region}'. ");
    }
    if service != SERVICE {
        text += &format!("Credential should be scoped to correct service: '{SERVICE}'. ");
    }
    if end != "aws4_request" {
        text += "Credential should be scoped with a valid terminator: 'aws4_request'. ";
    }
    if !signed.date.starts_with(day.as_str()) || day.len() != 8 {
        let from = signed.date.get(..8).unwrap_or_default();
        text += &format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{day}' != \
             '{from}', from '{}'. ",
            signed.date
        );
    }
    if !signed.headers.iter().any(|name| name == "host") {
        text += "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization. ";
    }
    match text.trim_end() {
        "" => Ok(()),
        text => Err(Fault::WrongSignature(text.to_owned())),
    }
}

/// Checks that a signature is neither too old nor from the future, and gives its time.
fn check_time(signed: &Signed, now: SystemTime) -> Result<SystemTime, Fault> {
    let refuse = |text: String| Err(Fault::WrongSignature(text));
    let Some(at) = signed.time() else {
        return refuse(format!(
            "Date must be in ISO-8601 'basic format'. Got '{}'.",
            signed.date
        ));
    };
    if signed.expires.is_some_and(|seconds| seconds > LONGEST) {
        return refuse(format!(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than \
             {LONGEST} seconds"
        ));
    }
    let life = signed.expires.map_or(SKEW, Duration::from_secs);
    let (date, shown) = (&signed.date, basic(now));
    if at + life < now {
        let edge = basic(now.checked_sub(life).unwrap_or(UNIX_EPOCH));
        let minutes = life.as_secs() / 60;
        return refuse(format!(
            "Signature expired: {date} is now earlier than {edge} ({shown} - {minutes} min.)"
        ));
    }
    if now + SKEW < at {
        let edge = basic(now + SKEW);
        return refuse(format!(
            "Signature not yet current: {date} is still later than {edge} ({shown} + 5 min.)"
        ));
    }
    Ok(at)
}

/// `20260101T000000Z`
fn basic(at: SystemTime) -> String {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    OffsetDateTime::from(at).format(format).unwrap_or_default()
}

/// What stands for the body in the canonical request: its digest, or `UNSIGNED-PAYLOAD` where the
/// client says so.
fn payload(request: &Request) -> Result<String, Fault> {
    let body = request.sent_body.as_ref().unwrap_or(&request.body);
    let digest = hex::encode(Sha256::digest(body));
    let declared = request
        .header("x-amz-content-sha256")
        .or_else(|| request.query_value("X-Amz-Content-Sha256"));
    match declared {
        None => Ok(digest),
        Some("UNSIGNED-PAYLOAD") => Ok("UNSIGNED-PAYLOAD".to_owned()),
        Some(declared) if declared == digest => Ok(digest),
        Some(_) => Err(Fault::WrongSignature(
            "The value passed in as x-amz-content-sha256 does not match the computed payload hash. \
             Computed digest: "
                .to_owned()
                + &digest + ".",
        )),
    }
}
