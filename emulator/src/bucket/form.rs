//! The signature of a posted form, made a field that S3 ignores. A form's policy stays and is held to.
//!
//! S3 ignores fields whose names begin with `x-ignore-`; the new names are as long as the old ones, so that nothing else
//! changes. Source: "POST policy", S3 API reference.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame};

use super::unsign::Malformed;

/// All fields in front of the file have 20 KB at most, says S3; other clients may have more to say.
const LONGEST: usize = 1024 * 1024;

/// The last field. What comes behind it is nobody's but the object's.
const FILE: &[u8] = br#"name="file""#;

const FIELDS: [(&[u8], &[u8]); 2] =
    [(br#"name="x-amz-signature""#, br#"name="x-ignore-signed""#), (br#"name="signature""#, br#"name="x-ignore-""#)];

/// Reads the fields, and leaves the file to be streamed.
pub(super) async fn unsign(mut body: Body) -> Result<Body, Malformed> {
    let mut fields = BytesMut::new();
    let mut file = None;
    while file.is_none() && fields.len() <= LONGEST {
        let Some(frame) = body.frame().await else { break };
        if let Ok(data) = frame.map_err(|_| Malformed::Form)?.into_data() {
            fields.extend_from_slice(&data);
            file = find(&fields, FILE);
        }
    }
    let end = file.unwrap_or(fields.len());
    for (signature, ignored) in FIELDS {
        if let Some(at) = find(&fields[..end], signature) {
            fields[at..at + ignored.len()].copy_from_slice(ignored);
        }
    }
    Ok(Body::new(Chained { first: Some(fields.freeze()), rest: body }))
}

fn find(text: &[u8], piece: &[u8]) -> Option<usize> {
    text.windows(piece.len()).position(|window| window.eq_ignore_ascii_case(piece))
}

/// What was read, and the rest.
struct Chained {
    first: Option<Bytes>,
    rest: Body,
}

impl HttpBody for Chained {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(Frame::data(first)))),
            None => Pin::new(&mut self.rest).poll_frame(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk\r\n\
        --b\r\nContent-Disposition: form-data; name=\"X-Amz-Signature\"\r\n\r\nabc\r\n\
        --b\r\nContent-Disposition: form-data; name=\"signature\"\r\n\r\nabc\r\n\
        --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nname=\"signature\"\r\n--b--";

    #[tokio::test]
    async fn fields_change_and_the_file_does_not_wherever_the_form_is_cut() {
        let expected = FORM.replacen("X-Amz-Signature", "x-ignore-signed", 1).replacen(
            "name=\"signature\"",
            "name=\"x-ignore-\"",
            1,
        );
        for cut in 0..FORM.len() {
            let (first, rest) = FORM.as_bytes().split_at(cut);
            let whole = Chained { first: Some(Bytes::from_static(first)), rest: Body::from(rest) };
            let form = unsign(Body::new(whole)).await.unwrap().collect().await.unwrap().to_bytes();
            assert_eq!(form, expected, "cut at {cut}");
        }
    }
}
