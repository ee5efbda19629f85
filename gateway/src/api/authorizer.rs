//! Authorizers: what lets a caller in.

use std::time::Duration;

use kit::java_regex::Regex;

use super::backend::ServiceUri;
use super::payload_format::PayloadFormat;

/// An authorizer of an API. See `docs/aws/api-gateway.md#access`.
#[derive(Debug)]
pub struct Authorizer {
    /// Its name.
    pub name: String,
    /// What decides.
    pub kind: AuthorizerKind,
}

/// What decides who is let in.
#[derive(Debug)]
pub enum AuthorizerKind {
    /// A Lambda function, by the policy that it answers with: `TOKEN`, `REQUEST`.
    Lambda(LambdaAuthorizer),
    /// The signature of a token: `COGNITO_USER_POOLS`, and other issuers of JWTs.
    Token(TokenAuthorizer),
}

/// A Lambda authorizer.
#[derive(Debug)]
pub struct LambdaAuthorizer {
    /// What the function is asked with.
    pub event: AuthorizerEvent,
    /// What its function answers with.
    pub answer: AuthorizerAnswer,
    /// `authorizerUri`.
    pub uri: ServiceUri,
    /// `authorizerCredentials`: the role with which the function is called.
    pub role: Option<String>,
    /// Where the values come from that identify a caller.
    pub identity: Vec<IdentitySource>,
    /// `authorizerResultTtlInSeconds`; nothing is kept when it is zero.
    pub ttl: Duration,
}

/// The event of a Lambda authorizer.
#[derive(Debug)]
pub enum AuthorizerEvent {
    /// `TOKEN`: one header, which `identityValidationExpression` must match as a whole.
    Token(Option<Regex>),
    /// `REQUEST`: the whole request but its body.
    Request,
    /// `REQUEST` of an HTTP API, in the format that the authorizer asks for.
    HttpRequest(PayloadFormat),
}

/// What the function of a Lambda authorizer answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AuthorizerAnswer {
    /// A policy.
    #[default]
    Policy,
    /// `enableSimpleResponses`: whether the caller is let in. Only HTTP APIs have it, in format 2.0.
    Simple,
}

/// Where a value comes from that identifies a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentitySource {
    /// `method.request.header.N`
    Header(String),
    /// `method.request.querystring.N`
    QueryString(String),
    /// `stageVariables.N`
    StageVariable(String),
    /// `context.a.b`, in parts.
    Context(Vec<String>),
}

/// An authorizer that verifies JSON Web Tokens.
#[derive(Debug)]
pub struct TokenAuthorizer {
    /// Where the token is.
    pub source: IdentitySource,
    /// Whose tokens are accepted.
    pub issuers: Vec<Issuer>,
    /// `identityValidationExpression`, for the audience of the token.
    pub audience_pattern: Option<Regex>,
    /// `jwtConfiguration.audience`; empty when any will do.
    pub audiences: Vec<String>,
}

/// An issuer of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuer {
    /// A user pool of Cognito, from its ARN.
    UserPool {
        /// `eu-west-1`
        region: String,
        /// `eu-west-1_ABC123`
        id: String,
    },
    /// An OpenID provider, by its URL.
    Provider(String),
}

impl Issuer {
    /// The URL that the token's `iss` claim must hold.
    pub fn url(&self) -> String {
        match self {
            Issuer::UserPool { region, id } => {
                let suffix = if region.starts_with("cn-") {
                    "amazonaws.com.cn"
                } else {
                    "amazonaws.com"
                };
                format!("https://cognito-idp.{region}.{suffix}/{id}")
            }
            Issuer::Provider(url) => url.clone(),
        }
    }
}
