//! Compresses answers of APIs that set a `minimumCompressionSize`. See
//! `docs/aws/api-gateway.md#compression`.

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use kit::call::Reply;

use crate::api::Encoding;
use crate::method_request::Request;
use crate::method_response::MethodResponse;
use crate::payload::{Coding, compress, preferred};

/// Bodies from this size on are compressed beside the tasks that serve other requests.
const LONG: usize = 64 * 1024;

/// The answer in the coding that its client prefers. It stays as it is when it is too small, when
/// the client names no coding, or when the reply, or the answer itself, has one already.
pub(super) async fn compressed(
    mut response: MethodResponse,
    reply: &Reply,
    request: &Request,
    encoding: &Encoding,
) -> MethodResponse {
    let Some(coding) = coding(&response, reply, request, encoding) else {
        return response;
    };
    let Some(packed) = packed(response.body.clone(), coding).await else {
        return response;
    };
    response.body = packed;
    let header = (
        CONTENT_ENCODING.as_str().to_owned(),
        coding.name().to_owned(),
    );
    response.headers.push(header);
    response
}

fn coding(
    response: &MethodResponse,
    reply: &Reply,
    request: &Request,
    encoding: &Encoding,
) -> Option<Coding> {
    let smallest = encoding.minimum_compression_size?;
    // An empty body is its own best form: our choice for a size of 0.
    if response.body.len() < smallest.max(1) {
        return None;
    }
    let is_named =
        |(name, _): &(String, String)| name.eq_ignore_ascii_case(CONTENT_ENCODING.as_str());
    if reply.headers.contains_key(CONTENT_ENCODING) || response.headers.iter().any(is_named) {
        return None;
    }
    preferred(&request.all_of_header("accept-encoding")?)
}

/// [`None`] when it cannot be compressed, which a buffer in memory always can.
async fn packed(body: Bytes, coding: Coding) -> Option<Bytes> {
    let packed = if body.len() < LONG {
        compress(&body, coding)
    } else {
        let work = tokio::task::spawn_blocking(move || compress(&body, coding));
        work.await.ok()?
    };
    packed.ok().map(Bytes::from)
}
