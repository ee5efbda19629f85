//! Settings of access: who may call.

use std::path::PathBuf;
use std::time::Duration;

use kit::cli;

use crate::authorization::{Credentials, KeySource};
use crate::vpc_endpoints::VpcEndpoint;

/// Who may call methods that are guarded.
#[derive(Debug, Clone, clap::Args)]
pub struct AccessArgs {
    /// An access key that methods with AWS_IAM accept: KEY:SECRET, KEY:SECRET:TOKEN for a session,
    /// followed by @ARN if the caller is not a user of the API's account. Repeatable; in the
    /// environment, separate values with commas
    #[arg(
        long,
        value_name = "KEY:SECRET",
        env = "GATEWAY_CREDENTIALS",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub iam_credentials: Vec<Credentials>,
    /// A file of such callers: access keys, sessions with their end, and in its own policy what
    /// each may do. Read again with the definition
    #[arg(long, value_name = "FILE", env = "GATEWAY_IAM_CALLERS")]
    pub iam_callers: Option<PathBuf>,
    /// A VPC endpoint by which private APIs are reached, and the network whose requests come
    /// through it: ID=NETWORK, or ID@VPC=NETWORK. Repeatable; in the environment, separate values
    /// with commas
    #[arg(
        long,
        value_name = "ID=NETWORK",
        env = "GATEWAY_VPC_ENDPOINT",
        value_delimiter = ','
    )]
    pub vpc_endpoint: Vec<VpcEndpoint>,
    /// Where to find the keys of an issuer of tokens, if not where the issuer publishes them: a
    /// JWKS file or a URL. ISSUER is the issuer's URL, or the id of a user pool. Repeatable; in the
    /// environment, separate values with commas
    #[arg(
        long,
        value_name = "ISSUER=FILE-OR-URL",
        env = "GATEWAY_JWKS",
        value_delimiter = ','
    )]
    pub jwks: Vec<KeySource>,
    /// The shortest time between two requests for an issuer's keys, in seconds: a token with an
    /// unknown key makes the gateway fetch them again
    #[arg(long, value_name = "SECONDS", env = "GATEWAY_JWKS_INTERVAL", default_value_t = 10,
          value_parser = cli::number::<u64>(1..=86_400, "seconds"))]
    pub jwks_interval: u64,
    /// The longest wait for the answer of a Lambda authorizer, in seconds
    #[arg(long, value_name = "SECONDS", env = "GATEWAY_AUTHORIZER_TIMEOUT", default_value_t = 10,
          value_parser = cli::number::<u64>(1..=29, "seconds"))]
    pub authorizer_timeout: u64,
}

impl AccessArgs {
    /// `jwks_interval`
    pub(crate) fn jwks_interval(&self) -> Duration {
        Duration::from_secs(self.jwks_interval)
    }

    /// `authorizer_timeout`
    pub(crate) fn authorizer_timeout(&self) -> Duration {
        Duration::from_secs(self.authorizer_timeout)
    }
}
