//! Host, method and path to a stage, a resource and its path parameters. See
//! `docs/aws/api-gateway.md#routing`.
//!
//! Precedence for each part of the path: literal, then `{name}`, then `{name+}`. A branch that
//! leads to no method is left again, as API Gateway does.

use indexmap::IndexMap;
use percent_encoding::percent_decode_str;

use crate::api::{Api, Apis, DefaultEndpoint, Method, Resource, Segment, Stage};

/// Where a request belongs.
#[derive(Debug)]
pub struct Route<'a> {
    /// The API.
    pub api: &'a Api,
    /// The stage.
    pub stage: &'a Stage,
    /// The resource.
    pub resource: &'a Resource,
    /// The method.
    pub method: &'a Method,
    /// Path parameters by name, percent-decoded once.
    pub path: IndexMap<String, String>,
    /// `$context.path`: with the stage in front, unless a custom domain was used.
    pub context_path: String,
}

/// Why there is no route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoute {
    /// The host or the stage is unknown: 403 `Forbidden`.
    Forbidden,
    /// The path or the method is unknown: 403 `Missing Authentication Token`.
    MissingAuthenticationToken,
}

/// Finds the route of a request. `host` is the `Host` header; `path` is the raw path, still
/// percent-encoded.
///
/// # Errors
/// See [`NoRoute`].
pub fn route<'a>(
    apis: &'a Apis,
    host: &str,
    verb: &http::Method,
    path: &str,
) -> Result<Route<'a>, NoRoute> {
    let host = host_name(host).to_lowercase();
    if let Some(mappings) = apis.domains.get(&host) {
        return by_domain(apis, mappings, verb, path);
    }
    let label = host.split('.').next().unwrap_or_default();
    if let Some(api) = apis.apis.iter().find(|api| api.id == label) {
        return match api.endpoint {
            DefaultEndpoint::Open => by_stage_path(api, verb, path),
            DefaultEndpoint::Disabled => Err(NoRoute::Forbidden),
        };
    }
    let mut reason = NoRoute::Forbidden;
    for api in &apis.apis {
        match by_default(apis, api, verb, path) {
            Err(error) if reason == NoRoute::Forbidden => reason = error,
            Err(_) => {}
            found => return found,
        }
    }
    Err(reason)
}

/// The host without its port; an IPv6 address keeps its brackets.
fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !name.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

fn by_domain<'a>(
    apis: &'a Apis,
    mappings: &'a [crate::api::BasePathMapping],
    verb: &http::Method,
    path: &str,
) -> Result<Route<'a>, NoRoute> {
    let fits = |base: &str| base.is_empty() || strip_base(path, base).is_some();
    let longest = mappings
        .iter()
        .filter(|mapping| fits(&mapping.base_path))
        .max_by_key(|mapping| mapping.base_path.len());
    let mapping = longest.ok_or(NoRoute::Forbidden)?;
    let api = apis
        .apis
        .iter()
        .find(|api| api.id == mapping.api_id)
        .ok_or(NoRoute::Forbidden)?;
    let rest = strip_base(path, &mapping.base_path).unwrap_or(path);
    match &mapping.stage {
        Some(stage) => find(
            api,
            api.stage(stage).ok_or(NoRoute::Forbidden)?,
            verb,
            rest,
            path.to_owned(),
        ),
        None => by_stage_path(api, verb, rest),
    }
}

fn strip_base<'p>(path: &'p str, base: &str) -> Option<&'p str> {
    let rest = path.strip_prefix('/')?.strip_prefix(base)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

fn by_stage_path<'a>(api: &'a Api, verb: &http::Method, path: &str) -> Result<Route<'a>, NoRoute> {
    let (stage, rest) = stage_in_path(api, path).ok_or(NoRoute::Forbidden)?;
    find(api, stage, verb, rest, path.to_owned())
}

fn stage_in_path<'a, 'p>(api: &'a Api, path: &'p str) -> Option<(&'a Stage, &'p str)> {
    let rest = path.strip_prefix('/')?;
    let (first, _) = rest.split_once('/').unwrap_or((rest, ""));
    Some((api.stage(first)?, &rest[first.len()..]))
}

/// On any other host: the stage that the path names, else the default stage.
fn by_default<'a>(
    apis: &'a Apis,
    api: &'a Api,
    verb: &http::Method,
    path: &str,
) -> Result<Route<'a>, NoRoute> {
    if stage_in_path(api, path).is_some() {
        return by_stage_path(api, verb, path);
    }
    let stage = match &apis.default_stage {
        Some(name) => api.stage(name),
        None if api.stages.len() == 1 => api.stages.first(),
        None => api.stage("default"),
    };
    let stage = stage.ok_or(NoRoute::Forbidden)?;
    find(api, stage, verb, path, format!("/{}{path}", stage.name))
}

fn find<'a>(
    api: &'a Api,
    stage: &'a Stage,
    verb: &http::Method,
    path: &str,
    context_path: String,
) -> Result<Route<'a>, NoRoute> {
    let parts: Vec<&str> = path
        .strip_prefix('/')
        .unwrap_or(path)
        .trim_end_matches('/')
        .split('/')
        .collect();
    let parts = if parts == [""] { &[][..] } else { &parts[..] };
    let best = api
        .resources
        .iter()
        .filter_map(|resource| {
            Some((
                resource,
                resource.method(verb)?,
                fit(&resource.segments, parts)?,
            ))
        })
        .min_by(|(_, _, a), (_, _, b)| a.rank.cmp(&b.rank));
    let (resource, method, fit) = best.ok_or(NoRoute::MissingAuthenticationToken)?;
    let path = fit
        .values
        .into_iter()
        .map(|(name, value)| (name.to_owned(), decode(&value)))
        .collect();
    Ok(Route {
        api,
        stage,
        resource,
        method,
        path,
        context_path,
    })
}

/// How a path fits a resource: what each part was matched by, and the parameters.
struct Fit<'a> {
    /// Per part: 0 literal, 1 parameter, 2 greedy. The smallest list wins, which is what trying
    /// literals first and turning back at dead ends amounts to.
    rank: Vec<u8>,
    values: Vec<(&'a str, String)>,
}

fn fit<'a>(segments: &'a [Segment], parts: &[&str]) -> Option<Fit<'a>> {
    let mut fit = Fit {
        rank: Vec::with_capacity(segments.len()),
        values: Vec::new(),
    };
    let mut rest = parts;
    for segment in segments {
        // Double slashes count as one, except inside a greedy value.
        while let [first, tail @ ..] = rest
            && first.is_empty()
        {
            rest = tail;
        }
        let (first, tail) = rest.split_first()?;
        match segment {
            Segment::Literal(text) if text == first => fit.rank.push(0),
            Segment::Literal(_) => return None,
            Segment::Parameter(name) => {
                fit.rank.push(1);
                fit.values.push((name, (*first).to_owned()));
            }
            Segment::Greedy(name) => {
                fit.rank.push(2);
                fit.values.push((name, rest.join("/")));
                return Some(fit);
            }
        }
        rest = tail;
    }
    rest.iter().all(|part| part.is_empty()).then_some(fit)
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Backend, BasePathMapping, Integration, Passthrough, Templates, Verb};
    use std::time::Duration;

    fn method() -> Method {
        let integration = Integration {
            backend: Backend::Mock,
            request_parameters: Vec::new(),
            request_templates: Templates::default(),
            passthrough: Passthrough::Never,
            timeout: Duration::from_secs(29),
            responses: Vec::new(),
        };
        Method {
            statuses: Vec::new(),
            integration,
        }
    }

    fn resource(path: &str, verbs: &[&str]) -> Resource {
        let verb = |verb: &&str| {
            if *verb == "ANY" {
                Verb::Any
            } else {
                Verb::One(verb.parse().unwrap())
            }
        };
        let methods = verbs.iter().map(|name| (verb(name), method())).collect();
        Resource {
            path: path.into(),
            id: path.into(),
            segments: Segment::parse_path(path).unwrap(),
            methods,
        }
    }

    fn apis() -> Apis {
        let stage = |name: &str| Stage {
            name: name.into(),
            deployment_id: "d".into(),
            variables: IndexMap::new(),
        };
        let api = Api {
            id: "abc".into(),
            name: "n".into(),
            stages: vec![stage("default"), stage("prod")],
            endpoint: DefaultEndpoint::Open,
            resources: vec![
                resource("/events/{proxy+}", &["POST"]),
                resource("/test", &["POST"]),
                resource("/test/{id}", &["GET"]),
                resource("/test/fixed", &["PUT"]),
                resource("/{proxy+}", &["OPTIONS"]),
                resource("/any", &["ANY", "GET"]),
            ],
        };
        let mapping = |base: &str, stage: Option<&str>| BasePathMapping {
            base_path: base.into(),
            api_id: "abc".into(),
            stage: stage.map(Into::into),
        };
        let domains = [(
            "sub.example".to_owned(),
            vec![mapping("", Some("prod")), mapping("v1/x", Some("default"))],
        )]
        .into();
        Apis {
            apis: vec![api],
            domains,
            default_stage: None,
        }
    }

    /// Stage, resource and path parameters.
    type Found<'a> = Result<(&'a str, &'a str, &'a [(&'a str, &'a str)]), NoRoute>;

    #[track_caller]
    fn check(host: &str, verb: &str, path: &str, expected: Found<'_>) {
        let apis = apis();
        let found = route(&apis, host, &verb.parse().unwrap(), path).map(|route| {
            let parameters: Vec<_> = route
                .path
                .iter()
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect();
            (
                route.stage.name.clone(),
                route.resource.path.clone(),
                parameters,
            )
        });
        let own = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
        let expected = expected.map(|(stage, path, parameters)| {
            (
                stage.to_owned(),
                path.to_owned(),
                parameters.iter().map(own).collect(),
            )
        });
        assert_eq!(found, expected, "{verb} {host} {path}");
    }

    const MISSING: Found<'_> = Err(NoRoute::MissingAuthenticationToken);

    #[test]
    fn the_most_literal_resource_with_the_method_wins() {
        check(
            "localhost:8080",
            "POST",
            "/events/sub",
            Ok(("default", "/events/{proxy+}", &[("proxy", "sub")])),
        );
        check(
            "localhost",
            "GET",
            "/test/fixed",
            Ok(("default", "/test/{id}", &[("id", "fixed")])),
        );
        check(
            "localhost",
            "PUT",
            "/test/fixed",
            Ok(("default", "/test/fixed", &[])),
        );
        check(
            "localhost",
            "OPTIONS",
            "/test",
            Ok(("default", "/{proxy+}", &[("proxy", "test")])),
        );
        check("localhost", "DELETE", "/any", Ok(("default", "/any", &[])));
        check("localhost", "TRACE", "/any", MISSING);
        check("localhost", "POST", "/nowhere", MISSING);
        check("localhost", "POST", "/events", MISSING);
        check("localhost", "POST", "/events/", MISSING);
    }

    #[test]
    fn slashes_and_encodings_follow_aws() {
        check(
            "localhost",
            "POST",
            "/events/a//b/",
            Ok(("default", "/events/{proxy+}", &[("proxy", "a//b")])),
        );
        check(
            "localhost",
            "POST",
            "//events/a%2Fb%20c",
            Ok(("default", "/events/{proxy+}", &[("proxy", "a/b c")])),
        );
        check("localhost", "POST", "/test/", Ok(("default", "/test", &[])));
    }

    #[test]
    fn hosts_and_stage_paths_choose_the_stage() {
        check(
            "localhost",
            "POST",
            "/prod/test",
            Ok(("prod", "/test", &[])),
        );
        check(
            "abc.execute-api.eu-west-1.amazonaws.com",
            "POST",
            "/prod/test",
            Ok(("prod", "/test", &[])),
        );
        check(
            "abc.execute-api.eu-west-1.amazonaws.com",
            "POST",
            "/test",
            Err(NoRoute::Forbidden),
        );
        check(
            "SUB.example:443",
            "POST",
            "/test",
            Ok(("prod", "/test", &[])),
        );
        check(
            "sub.example",
            "POST",
            "/v1/x/test",
            Ok(("default", "/test", &[])),
        );
        check("sub.example", "POST", "/v1/xy", MISSING);
    }

    #[test]
    fn a_disabled_default_endpoint_leaves_the_custom_domain() {
        let mut apis = apis();
        apis.apis[0].endpoint = DefaultEndpoint::Disabled;
        let find = |host, path| {
            route(&apis, host, &http::Method::POST, path).map(|route| route.stage.name.clone())
        };
        assert_eq!(
            find("abc.execute-api.eu-west-1.amazonaws.com", "/prod/test"),
            Err(NoRoute::Forbidden)
        );
        assert_eq!(find("sub.example", "/test").as_deref(), Ok("prod"));
    }

    #[test]
    fn the_context_path_has_the_stage_unless_a_domain_hides_it() {
        let apis = apis();
        let path = |host, path| {
            route(&apis, host, &http::Method::POST, path)
                .unwrap()
                .context_path
        };
        assert_eq!(path("localhost", "/test"), "/default/test");
        assert_eq!(path("localhost", "/prod//test"), "/prod//test");
        assert_eq!(path("sub.example", "/test"), "/test");
    }
}
