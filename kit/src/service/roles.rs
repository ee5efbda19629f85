//! The roles that calls are made as, each assumed once and kept until shortly before it ends.

use std::collections::HashMap;

use aws_credential_types::provider::SharedCredentialsProvider;

use super::assumed_role::AssumedRole;
use super::caller::Caller;
use super::credential_cache::CredentialCache;
use super::endpoint;
use crate::aws;
use crate::lock::Mutex;

/// How API Gateway's sessions are called.
const SESSION: &str = "BackplaneAssumeRoleSession";

/// Every role that was assumed, by its ARN.
#[derive(Debug)]
pub(super) struct Roles {
    caller: Caller,
    environment: CredentialCache,
    known: Mutex<HashMap<String, CredentialCache>>,
    at_endpoints: bool,
    /// Whether a service is at AWS, not at an endpoint of the environment's, by its name. To read
    /// that from the environment takes a hundredth of a message's time.
    at_aws: Mutex<HashMap<String, bool>>,
}

impl Roles {
    /// Roles that `environment`'s credentials may assume, for calls to AWS.
    pub(super) fn new(caller: Caller, environment: CredentialCache) -> Roles {
        Roles {
            caller,
            environment,
            known: Mutex::default(),
            at_endpoints: false,
            at_aws: Mutex::default(),
        }
    }

    /// The same, for calls to endpoints of the environment's, too.
    pub(super) fn at_endpoints(self) -> Roles {
        Roles {
            at_endpoints: true,
            ..self
        }
    }

    /// Whether calls to a service are made as roles.
    pub(super) fn are_assumed_for(&self, service: &str) -> bool {
        if self.at_endpoints {
            return true;
        }
        let mut known = self.at_aws.lock();
        if let Some(is_at_aws) = known.get(service) {
            return *is_at_aws;
        }
        let is_at_aws = endpoint::of(&self.caller.config, service).is_none();
        known.insert(service.to_owned(), is_at_aws);
        is_at_aws
    }

    /// The credentials of a role.
    pub(super) fn of(&self, arn: &str) -> CredentialCache {
        let mut known = self.known.lock();
        if let Some(cache) = known.get(arn) {
            return cache.clone();
        }
        let role = AssumedRole {
            caller: self.caller.clone(),
            environment: self.environment.clone(),
            arn: arn.to_owned(),
            session: SESSION,
            region: aws::region(&self.caller.config).to_owned(),
        };
        let provider = SharedCredentialsProvider::new(role);
        let cache = CredentialCache::new(Some(provider));
        known.insert(arn.to_owned(), cache.clone());
        cache
    }
}
