//! Reads a response, as far as its caller wants it.

use std::sync::OnceLock;

use bytes::BytesMut;
use http::{Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use super::error::SendError;
use crate::call::Reply;

/// How many bytes of an unsuccessful response are kept where only the status is asked for.
const HEAD: usize = 1024;

/// How much of a response's body is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    All,
    Head,
    Nothing,
}

/// One response, and how it is read.
#[derive(Debug)]
pub(super) struct Reading {
    limit: usize,
    keep: Keep,
    status: OnceLock<StatusCode>,
}

impl Reading {
    /// Reads up to `limit` bytes.
    pub(super) fn new(limit: usize, keep: Keep) -> Reading {
        Reading {
            limit,
            keep,
            status: OnceLock::new(),
        }
    }

    /// The status, as soon as it is there.
    pub(super) fn status(&self) -> Option<StatusCode> {
        self.status.get().copied()
    }

    /// Reads the response.
    ///
    /// # Errors
    /// The connection broke.
    pub(super) async fn read(&self, response: Response<Incoming>) -> Result<Reply, SendError> {
        let (parts, mut body) = response.into_parts();
        _ = self.status.set(parts.status);
        // The reason of an unsuccessful response is worth a line.
        let keep = match self.keep {
            Keep::Nothing if !parts.status.is_success() => Keep::Head,
            keep => keep,
        };
        let (mut bytes, mut room, mut complete) = (BytesMut::new(), self.limit, true);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| SendError::Broken(error.to_string()))?;
            let Some(data) = frame.data_ref() else {
                continue;
            };
            let fits = data.len().min(room);
            let kept = match keep {
                Keep::All => fits,
                Keep::Head => fits.min(HEAD.saturating_sub(bytes.len())),
                Keep::Nothing => 0,
            };
            bytes.extend_from_slice(&data[..kept]);
            if data.len() > room {
                complete = false;
                break;
            }
            room -= fits;
        }
        Ok(Reply {
            status: parts.status,
            headers: parts.headers,
            body: bytes.freeze(),
            complete,
        })
    }
}
