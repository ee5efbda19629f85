//! Compresses answers of APIs that set a `minimumCompressionSize`. See
//! `docs/aws/api-gateway.md#compression`.

use bytes::Bytes;
use http::header::CONTENT_ENCODING;

use crate::api::Encoding;
use crate::method_request::Request;
use crate::method_response::MethodResponse;
use crate::payload::{Coding, compress, preferred};

/// Bodies from this size on are compressed beside the tasks that serve other requests.
const LONG: usize = 64 * 1024;

/// The answer in the coding that its client prefers. It stays as it is when it is too small, when
/// the client names no coding, or when the reply (`is_encoded`) or the answer itself has one
/// already.
pub(super) async fn compressed(
    mut response: MethodResponse,
    is_encoded: bool,
    request: &Request,
    encoding: &Encoding,
) -> MethodResponse {
    let accepted = request.all_of_header("accept-encoding");
    let Some(coding) = coding(&response, is_encoded, accepted.as_deref(), encoding) else {
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
    is_encoded: bool,
    accepted: Option<&str>,
    encoding: &Encoding,
) -> Option<Coding> {
    let smallest = encoding.minimum_compression_size?;
    // An empty body is its own best form: our choice for a size of 0.
    if response.body.len() < smallest.max(1) {
        return None;
    }
    let is_named =
        |(name, _): &(String, String)| name.eq_ignore_ascii_case(CONTENT_ENCODING.as_str());
    if is_encoded || response.headers.iter().any(is_named) {
        return None;
    }
    preferred(accepted?)
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

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn response(body: &'static str, headers: &[(&str, &str)]) -> MethodResponse {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        MethodResponse {
            status: StatusCode::OK,
            headers: headers.iter().map(owned).collect(),
            body: body.into(),
        }
    }

    #[test]
    fn an_answer_is_compressed_once_and_from_its_size_on() {
        let from = |size| Encoding {
            minimum_compression_size: size,
            ..Encoding::default()
        };
        let gzip = Some("gzip");
        let five = || response("12345", &[]);
        let mapped = response("12345", &[("Content-Encoding", "x")]);
        for (response, is_encoded, accepted, size, expected) in [
            (five(), false, gzip, Some(5), Some(Coding::Gzip)),
            (five(), false, gzip, Some(6), None),
            (five(), false, gzip, None, None),
            (five(), false, None, Some(0), None),
            (five(), true, gzip, Some(0), None),
            (mapped, false, gzip, Some(0), None),
            (response("", &[]), false, gzip, Some(0), None),
        ] {
            assert_eq!(
                coding(&response, is_encoded, accepted, &from(size)),
                expected
            );
        }
    }

    #[tokio::test]
    async fn long_bodies_are_compressed_too() {
        let body = Bytes::from("0123456789".repeat(LONG));
        let packed = packed(body.clone(), Coding::Gzip).await.unwrap();
        let mut unpacked = Vec::new();
        let mut decoder = flate2::read::GzDecoder::new(&packed[..]);
        std::io::Read::read_to_end(&mut decoder, &mut unpacked).unwrap();
        assert_eq!(unpacked, body);
    }
}
