//! Signs calls and sends them.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;

use super::clock_skew::ClockSkew;
use super::credential_cache::CredentialCache;
use super::endpoint;
use super::error::ServiceError;
use crate::call::{Call, Reply};
use crate::send::Sender;
use crate::sigv4;
use crate::time::wall;

/// Signs calls with the credentials that it is given, and sends them. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub config: SdkConfig,
    sender: Sender,
    clock_skew: Arc<ClockSkew>,
}

/// How much of a reply is read, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub deadline: Duration,
    pub limit: usize,
}

impl Caller {
    /// A caller that finds services where `config` says.
    ///
    /// # Errors
    /// The system's certificate authorities cannot be read.
    pub(super) fn new(config: SdkConfig) -> std::io::Result<Caller> {
        Ok(Caller {
            config,
            sender: Sender::through_proxies()?,
            clock_skew: Arc::default(),
        })
    }

    /// The same call at the endpoint that the environment names for its service, if it names one.
    pub(super) fn at_endpoint(&self, mut call: Call, service: &str) -> Call {
        if let Some(url) = endpoint::of(&self.config, service) {
            endpoint::move_to(&mut call.url, &url);
        }
        call
    }

    /// Sends a call, signed for a service in a region. One that is rejected because this machine's
    /// clock is wrong had no effect, and is signed and sent once more.
    pub(super) async fn send(
        &self,
        call: &Call,
        (service, region): (&str, &str),
        credentials: &CredentialCache,
        Bounds { deadline, limit }: Bounds,
    ) -> Result<Reply, ServiceError> {
        let mut signed_at = self.clock_skew.correct(wall());
        let mut is_repeated = false;
        loop {
            let keys = credentials.credentials(signed_at).await;
            let keys = keys.map_err(ServiceError::Credentials)?;
            let mut signed = call.clone();
            sigv4::sign(&mut signed, &keys, service, region, signed_at)?;
            let reply = self.sender.send(signed, deadline, limit).await?;
            if is_repeated || !self.clock_skew.learn(&reply, signed_at, wall()) {
                return Ok(reply);
            }
            is_repeated = true;
            signed_at = self.clock_skew.correct(wall());
        }
    }

    /// The time at AWS.
    pub(super) fn now(&self) -> std::time::SystemTime {
        self.clock_skew.correct(wall())
    }
}
