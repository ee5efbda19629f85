//! The stages that a host and a path can mean: `docs/aws/api-gateway.md#routing`.
//!
//! A custom domain decides by its base paths, the host of an API by the first part of the path. Any
//! other host means every API: by the first part of the path, else by the default stage.

use std::borrow::Cow;

use crate::api::{Api, Apis, BasePathMapping, DefaultEndpoint, EndpointType, Stage};

/// A stage that a request can be for.
pub(super) struct Address<'a, 'p> {
    pub api: &'a Api,
    pub stage: &'a Stage,
    /// The path below the stage.
    pub path: &'p str,
    /// The path as `$context.path` shows it, behind the implied stage.
    pub shown: &'p str,
    /// Whether a custom domain led here.
    pub is_domain: bool,
    /// The base path of the custom domain that led here.
    pub base_path: Option<&'a str>,
    /// The stage's name, when neither the path nor a custom domain names the stage.
    pub implied: Option<&'a str>,
}

impl Address<'_, '_> {
    /// `$context.path`.
    pub(super) fn context_path(&self) -> String {
        match self.implied {
            Some(stage) => format!("/{stage}{}", self.shown),
            None => self.shown.to_owned(),
        }
    }
}

/// The host that a request is for: where it names a private API (`x-apigw-api-id`), as clients of a
/// VPC endpoint do that ask for the endpoint's own name, that API's.
pub(crate) fn asked_host<'h>(apis: &Apis, host: &'h str, api_id: Option<&str>) -> Cow<'h, str> {
    let name = host_name(host).to_lowercase();
    let is_own = own_host(apis, &name).is_some() && !name.starts_with("vpce-");
    let is_private = |id: &str| {
        apis.apis
            .iter()
            .any(|api| api.id == id && api.endpoint_type == EndpointType::Private)
    };
    match api_id {
        Some(id) if !is_own && !apis.domains.contains_key(&name) && is_private(id) => {
            format!("{id}.execute-api").into()
        }
        _ => host.into(),
    }
}

/// The stages that a request to `host` can be for, in the order in which they are tried.
pub(super) fn possible<'a, 'p>(apis: &'a Apis, host: &str, path: &'p str) -> Vec<Address<'a, 'p>> {
    let host = host_name(host).to_lowercase();
    if let Some(mappings) = apis.domains.get(&host) {
        return by_domain(apis, mappings, path).into_iter().collect();
    }
    if let Some(id) = own_host(apis, &host) {
        // Several files may hold stages of one API.
        let own = apis.apis.iter().filter(|api| api.id == id);
        let open = own.filter(|api| api.endpoint == DefaultEndpoint::Open);
        let own = |api| by_path(api, path).or_else(|| by_dollar(api, path));
        return open.filter_map(own).collect();
    }
    let by_any = |api| {
        by_path(api, path)
            .or_else(|| by_dollar(api, path))
            .or_else(|| by_default(apis, api, path))
    };
    let open = apis
        .apis
        .iter()
        .filter(|api| !is_behind_mutual_tls(apis, api));
    open.filter_map(by_any).collect()
}

/// Whether an API is to be reached by domains with mutual TLS only: it has one, and its default
/// host is disabled.
fn is_behind_mutual_tls(apis: &Apis, api: &Api) -> bool {
    let leads_there = |domain| {
        let mappings = apis.domains.get(domain).into_iter().flatten();
        mappings.into_iter().any(|mapping| mapping.api_id == api.id)
    };
    api.endpoint == DefaultEndpoint::Disabled && apis.mutual_tls.keys().any(leads_there)
}

/// The API whose own host this is, which answers for no other API: any host `{id}.execute-api.…`,
/// with the id of a VPC endpoint behind it (`{id}-{vpce}.execute-api.…`), and any other host whose
/// first label is the id of an API.
fn own_host<'h>(apis: &Apis, host: &'h str) -> Option<&'h str> {
    let (label, rest) = host.split_once('.').unwrap_or((host, ""));
    let id = label.split_once("-vpce-").map_or(label, |(id, _)| id);
    let is_execute_api = rest.split('.').next() == Some("execute-api");
    let is_known = || apis.apis.iter().any(|api| api.id == id);
    (is_execute_api || is_known()).then_some(id)
}

/// A path without the slashes in front of its first part: API Gateway drops them.
fn without_extra_slashes(path: &str) -> &str {
    let rest = path.trim_start_matches('/');
    let slashes = path.len() - rest.len();
    &path[slashes.saturating_sub(1)..]
}

/// The host without its port; an IPv6 address keeps its brackets.
pub(crate) fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !name.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// The longest base path of a custom domain that the path begins with.
fn by_domain<'a, 'p>(
    apis: &'a Apis,
    mappings: &'a [BasePathMapping],
    path: &'p str,
) -> Option<Address<'a, 'p>> {
    let path = without_extra_slashes(path);
    let begins = |base: &str| base.is_empty() || below(path, base).is_some();
    let mapping = mappings
        .iter()
        .filter(|mapping| begins(&mapping.base_path))
        .max_by_key(|mapping| mapping.base_path.len())?;
    let api = apis.apis.iter().find(|api| api.id == mapping.api_id)?;
    let rest = below(path, &mapping.base_path).unwrap_or(path);
    match &mapping.stage {
        Some(stage) => Some(Address {
            api,
            stage: api.stage(stage)?,
            path: rest,
            shown: path,
            is_domain: true,
            base_path: Some(&mapping.base_path),
            implied: None,
        }),
        None => by_path(api, rest).map(|address| Address {
            base_path: Some(&mapping.base_path),
            ..address
        }),
    }
}

/// What is left of a path behind its base path.
fn below<'p>(path: &'p str, base: &str) -> Option<&'p str> {
    let rest = path.strip_prefix('/')?.strip_prefix(base)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// The stage that the first part of the path names.
fn by_path<'a, 'p>(api: &'a Api, path: &'p str) -> Option<Address<'a, 'p>> {
    let path = without_extra_slashes(path);
    let rest = path.strip_prefix('/')?;
    let (first, _) = rest.split_once('/').unwrap_or((rest, ""));
    Some(Address {
        api,
        stage: api.stage(first)?,
        path: &rest[first.len()..],
        shown: path,
        is_domain: false,
        base_path: None,
        implied: None,
    })
}

/// The stage `$default` of an HTTP API, which no path names.
fn by_dollar<'a, 'p>(api: &'a Api, path: &'p str) -> Option<Address<'a, 'p>> {
    Some(Address {
        api,
        stage: api.stage("$default")?,
        path,
        shown: path,
        is_domain: false,
        base_path: None,
        implied: None,
    })
}

/// The stage for paths that name none: that of `--stage`, else the only one, else `default`.
fn by_default<'a, 'p>(apis: &'a Apis, api: &'a Api, path: &'p str) -> Option<Address<'a, 'p>> {
    let stage = match &apis.default_stage {
        Some(name) => api.stage(name),
        None if api.stages.len() == 1 => api.stages.first(),
        None => api.stage("default"),
    }?;
    Some(Address {
        api,
        stage,
        path,
        shown: path,
        is_domain: false,
        base_path: None,
        implied: Some(&stage.name),
    })
}
