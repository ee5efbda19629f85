//! Completes an error before it leaves: S3's error document has a message, the id of the request,
//! and the subject of the error. The library's own errors, made before an operation begins, mostly
//! have a code alone.
//!
//! Source: "Error responses" of the S3 API reference; the members of single codes are those of S3's
//! responses.

mod messages;
mod request_summary;
#[cfg(test)]
mod tests;

use axum::body::Body;
use axum::response::Response;
use http::Method;
use http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use http_body_util::BodyExt as _;
use s3s::xml::Serializer;

use messages::{message, replaces};

pub(crate) use request_summary::RequestSummary;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");

impl RequestSummary {
    /// The response with the id of the request, and with a complete document if it is an error.
    pub(crate) async fn complete(&self, mut response: Response) -> Response {
        let id = format!("{:016X}", fastrand::u64(..));
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        let status = response.status();
        if self.method == Method::HEAD || !(status.is_client_error() || status.is_server_error()) {
            return response;
        }
        let (mut parts, body) = response.into_parts();
        // The body of an error is short and in memory.
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

    /// The error document with the members that it lacks; `None` if `document` is not one.
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
