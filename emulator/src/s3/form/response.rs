//! The response to an accepted form, as the form's fields ask for it. Pure.

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::xml::{SerResult, Serializer};

use super::fields::FormFields;
use crate::s3::object::head::Head;

const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The response: 303 to `success_action_redirect`, else `success_action_status`, else 204.
pub(super) fn success(fields: &FormFields, bucket: &str, head: &Head, location: &str) -> Response {
    let redirect = fields
        .said("success_action_redirect")
        .or_else(|| fields.said("redirect"));
    let redirect = redirect.and_then(|page| redirected(page, bucket, head));
    let mut response = match (&redirect, fields.get("success_action_status")) {
        (Some(_), _) => empty(StatusCode::SEE_OTHER),
        (None, Some("200")) => empty(StatusCode::OK),
        (None, Some("201")) => document(bucket, head, location),
        (None, _) => empty(StatusCode::NO_CONTENT),
    };
    let headers = response.headers_mut();
    let mut insert = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    insert(ETAG, &quoted(head));
    insert(LOCATION, redirect.as_deref().unwrap_or(location));
    let encryption = head
        .headers
        .encryption
        .as_ref()
        .map_or("AES256", |encryption| &encryption.algorithm);
    insert(
        HeaderName::from_static("x-amz-server-side-encryption"),
        encryption,
    );
    if let Some(checksum) = &head.checksum {
        let name = format!(
            "x-amz-checksum-{}",
            checksum.algorithm.name().to_ascii_lowercase()
        );
        if let Ok(name) = name.parse() {
            insert(name, &checksum.value);
        }
        insert(
            HeaderName::from_static("x-amz-checksum-type"),
            checksum.kind.name(),
        );
    }
    response
}

/// The page with bucket, key and ETag in its query. S3 ignores a page that is not a URL.
fn redirected(page: &str, bucket: &str, head: &Head) -> Option<String> {
    let uri: http::Uri = page.parse().ok()?;
    uri.scheme()?;
    let encoded = |text: &str| utf8_percent_encode(text, IN_QUERY).to_string();
    let (page, fragment) = page
        .split_once('#')
        .map_or((page, ""), |(page, fragment)| (page, fragment));
    let mark = if page.contains('?') { '&' } else { '?' };
    let query = format!(
        "bucket={}&key={}&etag={}",
        encoded(bucket),
        encoded(&head.key),
        encoded(&quoted(head))
    );
    let tail = if fragment.is_empty() {
        String::new()
    } else {
        format!("#{fragment}")
    };
    Some(format!("{page}{mark}{query}{tail}"))
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn document(bucket: &str, head: &Head, location: &str) -> Response {
    let mut bytes = Vec::new();
    if let Err(error) = write(&mut bytes, bucket, head, location) {
        tracing::error!("an answer cannot be written as XML: {error}");
    }
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = StatusCode::CREATED;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}

fn write(bytes: &mut Vec<u8>, bucket: &str, head: &Head, location: &str) -> SerResult {
    let mut writer = Serializer::new(bytes);
    writer.decl()?;
    writer.element("PostResponse", |writer| {
        writer.content("Location", location)?;
        writer.content("Bucket", bucket)?;
        writer.content("Key", &head.key)?;
        writer.content("ETag", &quoted(head))
    })
}

/// The ETag of an object, in the quotation marks that S3 shows it in.
fn quoted(head: &Head) -> String {
    format!("\"{}\"", head.etag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    fn answered(name: &str, value: &str) -> Response {
        let head = Head {
            key: "a b".into(),
            etag: "e".into(),
            ..Head::default()
        };
        success(
            &FormFields::new([(name.to_owned(), value.to_owned())]),
            "box",
            &head,
            "http://h/box/a%20b",
        )
    }

    #[tokio::test]
    async fn the_form_says_how_it_wants_to_be_answered() {
        for (name, value, status, location) in [
            ("key", "k", 204, "http://h/box/a%20b"),
            ("success_action_status", "200", 200, "http://h/box/a%20b"),
            ("success_action_status", "404", 204, "http://h/box/a%20b"),
            (
                "success_action_redirect",
                "no url",
                204,
                "http://h/box/a%20b",
            ),
            (
                "success_action_redirect",
                "http://p/x?y=1",
                303,
                "http://p/x?y=1&bucket=box&key=a%20b&etag=%22e%22",
            ),
            (
                "redirect",
                "http://p/",
                303,
                "http://p/?bucket=box&key=a%20b&etag=%22e%22",
            ),
        ] {
            let response = answered(name, value);
            assert_eq!(
                (response.status().as_u16(), &response.headers()[LOCATION]),
                (status, &location.parse().unwrap())
            );
            assert_eq!(response.headers()[ETAG], "\"e\"");
        }
        let created = answered("success_action_status", "201");
        assert_eq!(created.status(), 201);
        let body = created.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        assert!(
            text.contains(
                "<Location>http://h/box/a%20b</Location><Bucket>box</Bucket><Key>a b</Key>"
            ),
            "{text}"
        );
    }
}
