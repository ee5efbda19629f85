//! Admission control: reads the payload of a request within every limit. See
//! `docs/aws/api-gateway.md#limits-of-a-request`.
//!
//! A payload is received first and admitted when it is whole. While it is received it lies in
//! memory as long as it is small, else on disk, so that slow clients occupy nothing that others
//! wait for. Whole payloads that are worked on share one budget of memory; others wait for it, and
//! since no client holds a part of it while it sends, it always comes free again.

mod intake;
mod share;
mod spool;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderValue};
use http::request::Parts;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::gateway_responses::{Fault, PAYLOAD_LIMIT};
use intake::{Intake, Whole};
use share::{STEP, merge, missing};
use spool::Spool;

/// The longest that a payload waits which has a part of the budget already: others that do the same
/// may wait for this one.
const HOLDING: Duration = Duration::from_secs(5);

/// How much one gateway works on at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Bytes of one payload.
    pub payload: usize,
    /// Bytes of a URL.
    pub url: usize,
    /// Bytes of all header values.
    pub headers: usize,
    /// Bytes of whole payloads in memory. A payload is there up to four times: as it came, as text,
    /// rendered, and in the call.
    pub payloads: usize,
    /// Bytes of payloads in memory that are being received.
    pub receiving: usize,
    /// Bytes of payloads on disk.
    pub disk: usize,
    /// Requests between their last byte and their answer.
    pub under_way: usize,
    /// How long a whole payload waits for memory.
    pub patience: Duration,
    /// How long a client may pause within its payload.
    pub pause: Duration,
    /// How long a client may take to send its payload.
    pub deadline: Duration,
}

impl Default for Limits {
    /// Payload, URL and headers as API Gateway has them; 5,000 is also the burst that it allows an
    /// account, and 29 s its longest exchange.
    fn default() -> Limits {
        Limits {
            payload: PAYLOAD_LIMIT,
            url: 10_240,
            headers: 10_240,
            payloads: 128 * 1024 * 1024,
            receiving: 32 * 1024 * 1024,
            disk: 4 * 1024 * 1024 * 1024,
            under_way: 5_000,
            patience: Duration::from_secs(29),
            pause: Duration::from_secs(10),
            deadline: Duration::from_secs(120),
        }
    }
}

/// The gateway's budget of payload bytes and requests.
#[derive(Debug)]
pub(super) struct Admission {
    bytes: Semaphore,
    receiving: Semaphore,
    spool: Spool,
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
        Admission::with_spool(limits, None)
    }

    /// The same with a folder for payloads that are being received; without it, the system's for
    /// temporary files.
    pub(super) fn with_spool(limits: Limits, folder: Option<PathBuf>) -> Admission {
        Admission {
            bytes: Semaphore::new(limits.payloads / STEP),
            receiving: Semaphore::new(limits.receiving / STEP),
            spool: Spool::new(folder, limits.disk / STEP),
            slots: Semaphore::new(limits.under_way),
            limits,
        }
    }

    /// Reads a body to its end.
    ///
    /// # Errors
    /// The fault to answer with: the payload is too long, the client is too slow or its chunks are
    /// malformed, or the budget is used up and nothing came free in time.
    pub(super) async fn read(&self, body: Body) -> Result<(Bytes, Permit<'_>), Fault> {
        let received = timeout(self.limits.deadline, self.receive(body)).await;
        let whole = received.map_err(|_| Fault::RequestTimeout)??;
        let mut bytes = None;
        let body = match whole {
            Whole::Memory(body, _receiving) => {
                self.take(&mut bytes, body.len()).await?;
                body
            }
            Whole::Admitted(body, permit) => {
                bytes = permit;
                body
            }
            Whole::Disk(spooled) => {
                self.take(&mut bytes, spooled.len()).await?;
                spooled.load().await?
            }
        };
        let slot = self.slots.try_acquire().map_err(|_| Fault::Throttled)?;
        Ok((body, Permit { bytes, _slot: slot }))
    }

    async fn receive(&self, body: Body) -> Result<Whole<'_>, Fault> {
        let intake = Intake {
            receiving: &self.receiving,
            bytes: &self.bytes,
            spool: &self.spool,
            longest: self.limits.payload,
            pause: self.limits.pause,
        };
        intake.read(body).await
    }

    /// Lets a payload that was read grow to `length` bytes.
    pub(super) async fn widen<'a>(
        &'a self,
        permit: &mut Permit<'a>,
        length: usize,
    ) -> Result<(), Fault> {
        self.take_within(self.limits.patience.min(HOLDING), &mut permit.bytes, length)
            .await
    }

    /// Takes as many more bytes of the budget as a payload of `length` bytes needs.
    async fn take<'a>(
        &'a self,
        bytes: &mut Option<SemaphorePermit<'a>>,
        length: usize,
    ) -> Result<(), Fault> {
        self.take_within(self.limits.patience, bytes, length).await
    }

    async fn take_within<'a>(
        &'a self,
        patience: Duration,
        bytes: &mut Option<SemaphorePermit<'a>>,
        length: usize,
    ) -> Result<(), Fault> {
        let Some(more) = missing(bytes.as_ref(), length)? else {
            return Ok(());
        };
        let more = timeout(patience, self.bytes.acquire_many(more)).await;
        let more = more.ok().and_then(Result::ok).ok_or(Fault::Throttled)?;
        merge(bytes, more);
        Ok(())
    }

    /// The bytes of memory that payloads have which are being received, and those that are whole.
    pub(super) fn taken(&self) -> [usize; 2] {
        let taken = |all: usize, free: &Semaphore| {
            (all / STEP).saturating_sub(free.available_permits()) * STEP
        };
        [
            taken(self.limits.receiving, &self.receiving),
            taken(self.limits.payloads, &self.bytes),
        ]
    }

    /// Checks what is known before the first byte of the body.
    ///
    /// # Errors
    /// The fault to answer with: a limit is exceeded.
    pub(super) fn check_head(&self, Parts { uri, headers, .. }: &Parts) -> Result<(), Fault> {
        let url = uri.path_and_query().map_or(0, |url| url.as_str().len());
        if url > self.limits.url {
            return Err(Fault::UriTooLong);
        }
        if headers.values().map(HeaderValue::len).sum::<usize>() > self.limits.headers {
            return Err(Fault::HeadersTooLarge);
        }
        let announced = headers
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > self.limits.payload) {
            return Err(Fault::RequestTooLarge);
        }
        Ok(())
    }
}
