//! Method and path to a resource of an API: `docs/aws/api-gateway.md#matching-a-resource`.
//!
//! Precedence for each part of the path: literal, then `{name}`, then `{name+}`. A branch that
//! leads to no method is left again, as API Gateway does.

use indexmap::IndexMap;
use percent_encoding::percent_decode_str;

use crate::api::{Api, DEFAULT_ROUTE, Method, Resource, Segment};

/// A resource that has the method, and the parameters that it found in the path.
pub(super) struct MatchedResource<'a> {
    pub resource: &'a Resource,
    pub method: &'a Method,
    /// By name, percent-decoded once.
    pub parameters: IndexMap<String, String>,
    /// By name, as they came.
    pub encoded: IndexMap<String, String>,
}

/// The most literal resource that matches the path and has the method.
pub(super) fn find<'a>(
    api: &'a Api,
    verb: &http::Method,
    path: &str,
) -> Option<MatchedResource<'a>> {
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
                matched(&resource.segments, parts)?,
            ))
        })
        .min_by(|(_, _, a), (_, _, b)| a.rank.cmp(&b.rank));
    let (resource, method, matched) = best.or_else(|| default_route(api, verb))?;
    let named = |(name, value): &(&str, String)| ((*name).to_owned(), value.clone());
    let encoded: IndexMap<String, String> = matched.values.iter().map(named).collect();
    let parameters = encoded
        .iter()
        .map(|(name, value)| (name.clone(), decode(value)))
        .collect();
    Some(MatchedResource {
        resource,
        method,
        parameters,
        encoded,
    })
}

/// The route of an HTTP API that takes what no other does.
fn default_route<'a>(
    api: &'a Api,
    verb: &http::Method,
) -> Option<(&'a Resource, &'a Method, PathMatch<'a>)> {
    let resource = api.resources.iter().find(|one| one.path == DEFAULT_ROUTE)?;
    let matched = PathMatch {
        rank: Vec::new(),
        values: Vec::new(),
    };
    Some((resource, resource.method(verb)?, matched))
}

/// How a path matches a resource: what matched each part, and the parameters.
struct PathMatch<'a> {
    /// Per part: 0 literal, 1 parameter, 2 greedy. The smallest list wins, which is what trying
    /// literals first and turning back at dead ends amounts to.
    rank: Vec<u8>,
    values: Vec<(&'a str, String)>,
}

fn matched<'a>(segments: &'a [Segment], parts: &[&str]) -> Option<PathMatch<'a>> {
    let mut matched = PathMatch {
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
            Segment::Literal(text) if text == first => matched.rank.push(0),
            Segment::Literal(_) => return None,
            Segment::Parameter(name) => {
                matched.rank.push(1);
                matched.values.push((name, (*first).to_owned()));
            }
            Segment::Greedy(name) => {
                matched.rank.push(2);
                matched.values.push((name, rest.join("/")));
                return Some(matched);
            }
        }
        rest = tail;
    }
    rest.iter().all(|part| part.is_empty()).then_some(matched)
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
