//! An API destination. Pure.

use std::sync::Arc;

use http::Method;

use super::connection::Connection;
use super::endpoint::Endpoint;
use super::http_parameters::HttpParameters;

/// An API destination.
#[derive(Debug)]
pub struct Destination {
    /// Its name.
    pub name: String,
    /// The method of every call.
    pub(crate) method: Method,
    /// The URL of every call.
    pub endpoint: Endpoint,
    /// `InvocationRateLimitPerSecond`.
    pub(crate) rate: u32,
    /// Credentials and further parameters.
    pub(crate) connection: Arc<Connection>,
}

/// An API destination as a target or as an enrichment, with the parameters that a pipe gives it.
#[derive(Debug)]
pub struct HttpTarget {
    /// Shared by all pipes that use it, and so is its rate.
    pub destination: Arc<Destination>,
    /// `HttpParameters`.
    pub(crate) parameters: HttpParameters,
}
