//! As what service, and as whom, a call to AWS is signed.

use kit::service::Identity;

use super::fill;
use crate::api::{IntegrationIdentity, ServiceUri};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;

/// What the signature of a call says.
#[derive(Debug, Clone)]
pub struct Signing<'a> {
    /// The service that is called.
    pub uri: &'a ServiceUri,
    /// Whose credentials sign.
    pub identity: Identity,
}

impl<'a> Signing<'a> {
    /// What the integration of an exchange says.
    ///
    /// # Errors
    /// The caller is to sign, and is not known.
    pub(super) fn of(exchange: &Exchange<'a>, uri: &'a ServiceUri) -> Result<Signing<'a>, Fault> {
        let integration = &exchange.route.method.integration;
        let identity = match &integration.identity {
            IntegrationIdentity::Gateway => Identity::Environment,
            IntegrationIdentity::Role(arn) => {
                let arn = fill::stage_variables(arn, &exchange.route.stage.variables);
                if arn.is_empty() {
                    let reason = "the credentials are empty: the stage variable does not exist";
                    return Err(exchange.misconfigured(reason));
                }
                Identity::Role(arn.into_owned())
            }
            IntegrationIdentity::Caller => match &exchange.caller_credentials {
                Some(credentials) => Identity::Fixed(credentials.clone()),
                None => {
                    return Err(exchange.misconfigured(
                        "the credentials arn:aws:iam::*:user/* need a caller whom AWS_IAM identified",
                    ));
                }
            },
        };
        Ok(Signing { uri, identity })
    }
}
