//! What the head of a request says of itself: headers, path and query string.

use http::HeaderMap;
use http::request::Parts;

/// In front of the action's name in `X-Amz-Target`.
pub(crate) const TARGET: &str = "AmazonSQS.";

/// `AKID/20260101/region/service/aws4_request`, from the header or from a presigned URL.
pub(super) fn credential(parts: &Parts) -> Option<String> {
    if let Some(authorization) = header(&parts.headers, "authorization") {
        let rest = authorization.split_once("Credential=")?.1;
        return Some(rest.split([',', ' ']).next()?.to_owned());
    }
    let query = parts.uri.query()?;
    let found =
        form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "X-Amz-Credential");
    found.map(|(_, value)| value.into_owned())
}

/// The value of a header, if it is text.
pub(crate) fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// The service of a credential scope: the last part before `aws4_request`. Signature Version
/// 4A names no region in front of it.
pub(super) fn service(credential: &str) -> Option<&str> {
    let scope = credential
        .strip_suffix("/aws4_request")
        .unwrap_or(credential);
    scope.rsplit_once('/').map(|(_, service)| service)
}

/// Whether a form or query string has an `Action`.
pub(super) fn has_action(form: &str) -> bool {
    form.split('&').any(|pair| pair.starts_with("Action="))
}

/// Whether a path can be that of a queue: `/{twelve digits}/{name}`.
pub(crate) fn is_queue_path(path: &str) -> bool {
    let Some((account, name)) = path.trim_matches('/').split_once('/') else {
        return false;
    };
    account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && !name.is_empty()
        && !name.contains('/')
}

/// Whether the body says that it is a form.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    header(headers, "content-type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}
