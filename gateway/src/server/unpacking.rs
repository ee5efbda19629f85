//! Unpacks compressed requests within the budget of payloads: what a few bytes become is counted as
//! it grows. See `docs/aws/api-gateway.md#compression`.

use bytes::{Bytes, BytesMut};
use http::header::HeaderMap;

use super::admission::{Admission, Permit};
use crate::gateway_responses::{Fault, PAYLOAD_LIMIT};
use crate::payload::{Packing, Unpacker};

/// How much is unpacked at a time.
const PIECE: usize = 16 * 1024;

/// The payload as it was before its client compressed it. An empty one stays empty, whatever its
/// headers say.
///
/// # Errors
/// Its coding is not known or it is corrupt, it becomes longer than payloads may be (our choice:
/// AWS does not say), or the budget is used up.
pub(super) async fn unpacked<'a>(
    admission: &'a Admission,
    headers: &HeaderMap,
    body: Bytes,
    permit: &mut Permit<'a>,
) -> Result<Bytes, Fault> {
    let packing = Packing::of(headers);
    if body.is_empty() || packing == Packing::Identity {
        return Ok(body);
    }
    let mut unpacker = Unpacker::new(packing, &body).ok_or(Fault::UnsupportedMediaType)?;
    let mut whole = BytesMut::new();
    let mut piece = vec![0; PIECE];
    loop {
        let length = unpacker
            .read(&mut piece)
            .map_err(|_| Fault::UnsupportedMediaType)?;
        if length == 0 {
            return Ok(whole.freeze());
        }
        if whole.len() + length > PAYLOAD_LIMIT {
            return Err(Fault::RequestTooLarge);
        }
        admission
            .widen(permit, body.len() + whole.len() + length)
            .await?;
        whole.extend_from_slice(&piece[..length]);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use axum::body::Body;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::super::admission::Limits;
    use super::*;

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    async fn sent(limits: Limits, coding: &str, body: Vec<u8>) -> Result<Bytes, Fault> {
        let admission = Admission::new(limits);
        let headers = [(http::header::CONTENT_ENCODING, coding.parse().unwrap())]
            .into_iter()
            .collect();
        let (body, mut permit) = admission.read(Body::from(body)).await?;
        unpacked(&admission, &headers, body, &mut permit).await
    }

    #[tokio::test]
    async fn what_was_packed_arrives_whole() {
        let text = b"0123456789".repeat(10_000);
        let limits = Limits::default();
        assert_eq!(sent(limits, "gzip", gzip(&text)).await.unwrap(), text);
        assert_eq!(sent(limits, "identity", text.clone()).await.unwrap(), text);
        assert_eq!(sent(limits, "br", Vec::new()).await.unwrap(), "");
        for (coding, body) in [("br", b"{}".to_vec()), ("gzip", b"not gzip".to_vec())] {
            assert_eq!(
                sent(limits, coding, body).await,
                Err(Fault::UnsupportedMediaType)
            );
        }
    }

    #[tokio::test]
    async fn a_bomb_does_not_go_off() {
        let bomb = gzip(&vec![0; PAYLOAD_LIMIT + 1]);
        assert!(bomb.len() < 20_000);
        assert_eq!(
            sent(Limits::default(), "gzip", bomb.clone()).await,
            Err(Fault::RequestTooLarge)
        );
        let tight = Limits {
            payloads: 1024 * 1024,
            patience: std::time::Duration::from_millis(10),
            ..Limits::default()
        };
        assert_eq!(
            sent(tight, "gzip", bomb).await,
            Err(Fault::Throttled),
            "it takes its share of the budget"
        );
    }
}
