//! Door: any call to an AWS service, signed and sent byte for byte as it was planned.
//!
//! Credentials and endpoints are the SDK's: the standard provider chain, `AWS_ENDPOINT_URL` and
//! `AWS_ENDPOINT_URL_<SERVICE>`. Other modules decide what to call and what a response means.

mod answer;
mod assumed_role;
mod caller;
mod clock_skew;
mod codes;
mod credential_cache;
mod endpoint;
mod error;
mod identity;
mod roles;
#[cfg(test)]
mod tests;

pub use answer::{element, error_code, error_message};
pub use codes::{is_throttling_code, is_transient_code};
pub use endpoint::{endpoint_variable, variable_endpoint};
pub use error::ServiceError;
pub use identity::Identity;

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

use crate::aws;
use crate::call::{Call, Reply};
use crate::send::SendError;
use caller::{Bounds, Caller};
use credential_cache::CredentialCache;
use roles::Roles;

/// How much of an answer is read: 10 MB, API Gateway's payload.
const LONGEST_ANSWER: usize = 10_485_760;

/// Calls AWS services, at AWS or at the endpoint that the environment names. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Services {
    caller: Caller,
    environment: CredentialCache,
    roles: Arc<Roles>,
}

impl Services {
    /// Services that are called with the environment's credentials, or with those of roles where
    /// AWS itself is called. Reads the system's certificate authorities.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn new(config: SdkConfig) -> std::io::Result<Services> {
        let environment = CredentialCache::new(config.credentials_provider());
        let caller = Caller::new(config)?;
        Ok(Services {
            roles: Arc::new(Roles::new(caller.clone(), environment.clone())),
            caller,
            environment,
        })
    }

    /// The same, that assume roles for calls to an endpoint of the environment's, too.
    #[must_use]
    pub fn with_roles_at_endpoints(self) -> Services {
        let roles = Roles::new(self.caller.clone(), self.environment.clone());
        Services {
            roles: Arc::new(roles.at_endpoints()),
            ..self
        }
    }

    /// Where a service is, by its name in endpoint variables: `SQS`.
    pub fn endpoint_of(&self, service: &str) -> aws::Endpoint {
        aws::Endpoint::of(&self.caller.config, service)
    }

    /// Where a service is, by the name that it signs by.
    pub fn endpoint_of_signing(&self, service: &str) -> aws::Endpoint {
        self.endpoint_of(&endpoint::service_id(service))
    }

    /// The same call at the endpoint that the environment names for its service, if it names one.
    pub fn at_endpoint(&self, call: Call, service: &str) -> Call {
        self.caller.at_endpoint(call, service)
    }

    /// Whether calls to the service that signs by this name go to an endpoint of the environment's.
    pub fn has_endpoint(&self, service: &str) -> bool {
        endpoint::of(&self.caller.config, service).is_some()
    }

    /// The credentials that sign calls to `service` for an identity, fetched or kept.
    ///
    /// # Errors
    /// There are none; the reason in plain words.
    pub async fn credentials(
        &self,
        identity: &Identity,
        service: &str,
    ) -> Result<Credentials, String> {
        let now = self.caller.now();
        self.cache(identity, service).credentials(now).await
    }

    fn cache(&self, identity: &Identity, service: &str) -> CredentialCache {
        match identity {
            Identity::Role(arn) if self.roles.are_assumed_for(service) => self.roles.of(arn),
            Identity::Environment | Identity::Role(_) => self.environment.clone(),
            Identity::Fixed(credentials) => {
                CredentialCache::new(Some(SharedCredentialsProvider::new(credentials.clone())))
            }
        }
    }

    /// Signs `call` for its service with the environment's credentials and sends it, to the
    /// endpoint that the environment names or else where its URL says. `deadline` is for all of it,
    /// credentials included.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn send(
        &self,
        call: Call,
        service: &str,
        region: &str,
        deadline: Duration,
    ) -> Result<Reply, ServiceError> {
        self.send_as(&Identity::Environment, call, service, region, deadline)
            .await
    }

    /// The same as another identity.
    ///
    /// # Errors
    /// As [`Services::send`].
    pub async fn send_as(
        &self,
        identity: &Identity,
        call: Call,
        service: &str,
        region: &str,
        deadline: Duration,
    ) -> Result<Reply, ServiceError> {
        let call = self.caller.at_endpoint(call, service);
        let bounds = Bounds {
            deadline,
            limit: LONGEST_ANSWER,
        };
        self.within(
            &call,
            (service, region),
            &self.cache(identity, service),
            bounds,
        )
        .await
    }

    /// Signs `call` for its service and sends it to its URL as it is. Reads up to `limit` bytes of
    /// the response.
    ///
    /// # Errors
    /// As [`Services::send`].
    pub async fn send_to(
        &self,
        call: &Call,
        service: &str,
        region: &str,
        deadline: Duration,
        limit: usize,
    ) -> Result<Reply, ServiceError> {
        self.send_to_as(
            &Identity::Environment,
            call,
            (service, region),
            deadline,
            limit,
        )
        .await
    }

    /// The same as another identity.
    ///
    /// # Errors
    /// As [`Services::send`].
    pub async fn send_to_as(
        &self,
        identity: &Identity,
        call: &Call,
        scope: (&str, &str),
        deadline: Duration,
        limit: usize,
    ) -> Result<Reply, ServiceError> {
        let bounds = Bounds { deadline, limit };
        let credentials = self.cache(identity, scope.0);
        self.within(call, scope, &credentials, bounds).await
    }

    async fn within(
        &self,
        call: &Call,
        scope: (&str, &str),
        credentials: &CredentialCache,
        bounds: Bounds,
    ) -> Result<Reply, ServiceError> {
        let exchange = self.caller.send(call, scope, credentials, bounds);
        tokio::time::timeout(bounds.deadline, exchange)
            .await
            .unwrap_or(Err(SendError::Timeout(bounds.deadline).into()))
    }
}
