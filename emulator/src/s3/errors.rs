//! Errors in S3's form that the library cannot make.

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use s3s::xml::{SerResult, Serializer};
use s3s::{S3Error, S3ErrorCode};

/// An error whose code the library does not know.
pub(crate) fn custom(code: &'static str, status: StatusCode, text: &'static str) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::Custom(code.into()), text);
    error.set_status_code(status);
    error
}

/// The response to a request that the library never sees. `more` are the members of the error
/// document after code and message.
pub(crate) fn error_response(
    status: StatusCode,
    code: &str,
    message: &str,
    more: &[(&str, &str)],
) -> Response {
    let mut bytes = Vec::new();
    if let Err(error) = write_error(&mut bytes, code, message, more) {
        tracing::error!("an error cannot be written as XML: {error}");
    }
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}

fn write_error(bytes: &mut Vec<u8>, code: &str, message: &str, more: &[(&str, &str)]) -> SerResult {
    let mut writer = Serializer::new(bytes);
    writer.decl()?;
    writer.element("Error", |writer| {
        writer.content("Code", code)?;
        writer.content("Message", message)?;
        more.iter()
            .try_for_each(|(name, value)| writer.content(name, *value))
    })
}
