//! What tells two cached responses of a method apart. See `docs/aws/api-gateway.md#cache`.

use super::parameter_mapping::{MappingSource, ParameterLocation};

/// `cacheNamespace` and `cacheKeyParameters` of an integration.
#[derive(Debug, Default)]
pub struct CacheKey {
    /// Methods with the same namespace share their responses; `None` is the resource's own.
    pub namespace: Option<String>,
    /// What the key consists of beside the namespace.
    pub parameters: Vec<CacheKeyParameter>,
}

/// One of `cacheKeyParameters`.
#[derive(Debug)]
pub enum CacheKeyParameter {
    /// `method.request.{path|querystring|header}.N`
    Method(MappingSource),
    /// `integration.request.{path|querystring|header}.N`: the value that is mapped there.
    Integration(ParameterLocation, String),
}
