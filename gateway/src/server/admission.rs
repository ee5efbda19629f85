//! Admission control: reads the payload of a request within every limit. See
//! `docs/aws/api-gateway.md#limits-of-a-request`.
//!
//! Payloads under way share one budget of bytes, and take from it as their bytes arrive: a client
//! that announces much, or sends nothing, holds nothing. Small payloads take nothing and never wait
//! behind large ones.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::Uri;
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderValue};
use http_body_util::BodyExt as _;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::gateway_responses::{Fault, PAYLOAD_LIMIT};

const URL_LIMIT: usize = 10_240;
const HEADER_LIMIT: usize = 10_240;

/// The bytes of every payload that do not count.
const FREE: usize = 8 * 1024;

/// The budget is taken in steps of this many bytes.
const STEP: usize = 64 * 1024;

/// How much one gateway works on at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Bytes of payload in memory. A payload is there up to four times: as it came, as text,
    /// rendered, and in the call.
    pub payloads: usize,
    /// Requests between their last byte and their answer.
    pub under_way: usize,
    /// How long a payload waits for bytes of the budget.
    pub patience: Duration,
    /// How long a client may take to send its body.
    pub deadline: Duration,
}

impl Default for Limits {
    /// 5,000 is also the burst that API Gateway allows an account, and 29 s its longest exchange.
    fn default() -> Limits {
        Limits {
            payloads: 256 * 1024 * 1024,
            under_way: 5_000,
            patience: Duration::from_secs(5),
            deadline: Duration::from_secs(29),
        }
    }
}

/// The gateway's budget of payload bytes and requests.
#[derive(Debug)]
pub(super) struct Admission {
    bytes: Semaphore,
    slots: Semaphore,
    limits: Limits,
}

/// A request's share of the budget, held until the request is answered.
#[derive(Debug)]
pub(super) struct Permit<'a> {
    bytes: Option<SemaphorePermit<'a>>,
    _slot: SemaphorePermit<'a>,
}

impl Admission {
    pub(super) fn new(limits: Limits) -> Admission {
        Admission {
            bytes: Semaphore::new(limits.payloads / STEP),
            slots: Semaphore::new(limits.under_way),
            limits,
        }
    }

    /// Reads a body to its end.
    ///
    /// # Errors
    /// The fault to answer with: a limit is exceeded, the client is too slow, or the budget is used
    /// up and nothing came free in time.
    pub(super) async fn read(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<(Bytes, Permit<'_>), Fault> {
        check_head(uri, headers)?;
        let collected = timeout(self.limits.deadline, self.collect(body)).await;
        let (body, bytes) = collected.map_err(|_| Fault::RequestTimeout)??;
        let slot = self.slots.try_acquire().map_err(|_| Fault::Throttled)?;
        Ok((body, Permit { bytes, _slot: slot }))
    }

    async fn collect(&self, mut body: Body) -> Result<(Bytes, Option<SemaphorePermit<'_>>), Fault> {
        let mut read = BytesMut::new();
        let mut bytes = None;
        while let Some(frame) = body.frame().await {
            // The client broke the connection: nobody reads the answer.
            let Ok(data) = frame.map_err(|_| Fault::RequestTimeout)?.into_data() else {
                continue;
            };
            if read.len() + data.len() > PAYLOAD_LIMIT {
                return Err(Fault::RequestTooLarge);
            }
            self.take(&mut bytes, read.len() + data.len()).await?;
            read.extend_from_slice(&data);
        }
        Ok((read.freeze(), bytes))
    }

    /// Lets a payload that was read grow to `length` bytes.
    pub(super) async fn widen<'a>(
        &'a self,
        permit: &mut Permit<'a>,
        length: usize,
    ) -> Result<(), Fault> {
        self.take(&mut permit.bytes, length).await
    }

    /// Takes as many more bytes of the budget as a payload of `length` bytes needs.
    async fn take<'a>(
        &'a self,
        bytes: &mut Option<SemaphorePermit<'a>>,
        length: usize,
    ) -> Result<(), Fault> {
        let held = bytes.as_ref().map_or(0, SemaphorePermit::num_permits);
        let needed = length.saturating_sub(FREE).div_ceil(STEP);
        if needed <= held {
            return Ok(());
        }
        let more = u32::try_from(needed - held).map_err(|_| Fault::RequestTooLarge)?;
        let more = timeout(self.limits.patience, self.bytes.acquire_many(more)).await;
        let more = more.ok().and_then(Result::ok).ok_or(Fault::Throttled)?;
        match bytes {
            Some(held) => held.merge(more),
            None => *bytes = Some(more),
        }
        Ok(())
    }
}

/// Checks what is known before the first byte of the body.
fn check_head(uri: &Uri, headers: &HeaderMap) -> Result<(), Fault> {
    if uri
        .path_and_query()
        .is_some_and(|url| url.as_str().len() > URL_LIMIT)
    {
        return Err(Fault::UriTooLong);
    }
    if headers.values().map(HeaderValue::len).sum::<usize>() > HEADER_LIMIT {
        return Err(Fault::HeadersTooLarge);
    }
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > PAYLOAD_LIMIT) {
        return Err(Fault::RequestTooLarge);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(50);

    fn small() -> Limits {
        Limits {
            payloads: 2 * STEP,
            under_way: 2,
            patience: SHORT,
            deadline: Duration::from_secs(5),
        }
    }

    async fn read<'a>(
        admission: &'a Admission,
        body: impl Into<Body>,
    ) -> Result<(Bytes, Permit<'a>), Fault> {
        admission
            .read(&Uri::from_static("/"), &HeaderMap::new(), body.into())
            .await
    }

    /// A body of which nothing comes for as long as the other end is kept.
    fn silent() -> (Body, tokio::io::DuplexStream) {
        let (client, server) = tokio::io::duplex(64);
        (
            Body::from_stream(tokio_util::io::ReaderStream::new(server)),
            client,
        )
    }

    #[tokio::test]
    async fn silent_clients_hold_nothing() {
        let admission = Admission::new(Limits {
            deadline: SHORT,
            ..small()
        });
        let (bodies, _clients): (Vec<_>, Vec<_>) = (0..100).map(|_| silent()).unzip();
        let mut many: Vec<_> = bodies
            .into_iter()
            .map(|body| Box::pin(read(&admission, body)))
            .collect();
        for waiting in &mut many {
            assert!(
                timeout(Duration::ZERO, waiting).await.is_err(),
                "it waits for its body"
            );
        }
        let (body, permit) = read(&admission, vec![b'x'; 2 * STEP]).await.unwrap();
        assert_eq!(body.len(), 2 * STEP);
        drop(permit);
        assert_eq!(many.remove(0).await.unwrap_err(), Fault::RequestTimeout);
    }

    #[tokio::test]
    async fn large_payloads_wait_for_the_budget_but_not_for_ever_and_small_ones_never() {
        let admission = Admission::new(small());
        let large = read(&admission, vec![b'x'; FREE + 2 * STEP]).await.unwrap();
        assert_eq!(
            read(&admission, vec![b'x'; FREE + 1]).await.unwrap_err(),
            Fault::Throttled
        );
        assert!(read(&admission, vec![b'x'; FREE]).await.is_ok());
        drop(large);
        assert!(read(&admission, vec![b'x'; FREE + 1]).await.is_ok());
    }

    #[tokio::test]
    async fn requests_under_way_are_bounded() {
        let admission = Admission::new(small());
        let _held = (
            read(&admission, "a").await.unwrap(),
            read(&admission, "b").await.unwrap(),
        );
        assert_eq!(read(&admission, "c").await.unwrap_err(), Fault::Throttled);
    }

    #[tokio::test]
    async fn each_limit_has_its_fault() {
        let admission = Admission::new(Limits::default());
        let read = async |uri: &str, headers: &[(&'static str, &str)], body: Vec<u8>| {
            let headers = headers
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            let uri = uri.parse().unwrap();
            admission
                .read(&uri, &headers.collect(), body.into())
                .await
                .map(|(body, _)| body.len())
        };
        let long = "%ED%95%9C".repeat(1200);
        assert_eq!(
            read(&format!("/a?{long}"), &[], Vec::new()).await,
            Err(Fault::UriTooLong)
        );
        assert_eq!(
            read(&format!("/{}", "a".repeat(10_239)), &[], Vec::new()).await,
            Ok(0)
        );
        let wide = [("a", "x".repeat(6_000)), ("b", "x".repeat(4_241))];
        let wide = wide.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(
            read("/", &wide, Vec::new()).await,
            Err(Fault::HeadersTooLarge)
        );
        assert_eq!(
            read("/", &[("content-length", "10485761")], Vec::new()).await,
            Err(Fault::RequestTooLarge)
        );
        assert_eq!(
            read("/", &[], vec![0; PAYLOAD_LIMIT]).await,
            Ok(PAYLOAD_LIMIT)
        );
        assert_eq!(
            read("/", &[], vec![0; PAYLOAD_LIMIT + 1]).await,
            Err(Fault::RequestTooLarge)
        );
    }
}
