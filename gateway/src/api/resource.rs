//! The resources of an API: a path, and the methods that it has.

use std::collections::HashMap;

use super::method::Method;

/// The path of the route of an HTTP API that takes what no other does.
pub const DEFAULT_ROUTE: &str = "$default";

/// A path with its methods.
#[derive(Debug)]
pub struct Resource {
    /// The path as it is declared: `/events/{proxy+}`.
    pub path: String,
    /// `$context.resourceId`.
    pub id: String,
    /// The path in parts.
    pub segments: Vec<Segment>,
    /// In the order of the definition. A method for one verb has precedence over [`Verb::Any`].
    pub methods: Vec<(Verb, Method)>,
}

/// One part of a resource's path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment {
    /// Matches the same text.
    Literal(String),
    /// `{name}`: one part.
    Parameter(String),
    /// `{name+}`: the rest of the path, at least one part.
    Greedy(String),
}

/// The verb of a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// `ANY`: DELETE, GET, HEAD, OPTIONS, PATCH, POST and PUT.
    Any,
    /// One verb.
    One(http::Method),
}

impl Resource {
    /// The method for a verb: the one declared for it, else that of `ANY`.
    pub fn method(&self, verb: &http::Method) -> Option<&Method> {
        self.declared(verb).map(|(_, method)| method)
    }

    /// The same, with the verb that it is declared for.
    pub fn declared(&self, verb: &http::Method) -> Option<(&Verb, &Method)> {
        let own = self
            .methods
            .iter()
            .find(|(declared, _)| matches!(declared, Verb::One(own) if own == verb));
        let any = || {
            self.methods
                .iter()
                .find(|(declared, _)| *declared == Verb::Any && in_any(verb))
        };
        own.or_else(any).map(|(verb, method)| (verb, method))
    }
}

/// The verbs that `ANY` covers: `docs/aws/api-gateway.md#matching-a-resource`.
fn in_any(verb: &http::Method) -> bool {
    matches!(
        verb.as_str(),
        "DELETE" | "GET" | "HEAD" | "OPTIONS" | "PATCH" | "POST" | "PUT"
    )
}

/// The parameters that the paths of an API have, to find two of one parent.
#[derive(Debug, Default)]
pub(crate) struct Siblings(HashMap<(Vec<Segment>, bool), Segment>);

impl Siblings {
    /// Adds a path.
    ///
    /// # Errors
    /// A part of it is a parameter, and its parent has a parameter of another name already: API
    /// Gateway refuses that.
    pub(crate) fn add(&mut self, path: &[Segment]) -> Result<(), String> {
        for (depth, segment) in path.iter().enumerate() {
            let is_greedy = matches!(segment, Segment::Greedy(_));
            if !is_greedy && !matches!(segment, Segment::Parameter(_)) {
                continue;
            }
            let key = (path[..depth].to_vec(), is_greedy);
            let known = self.0.entry(key).or_insert_with(|| segment.clone());
            if known != segment {
                return Err(format!(
                    "A sibling ({known}) of this resource already has a variable path part -- only one is allowed"
                ));
            }
        }
        Ok(())
    }
}

impl std::fmt::Display for Verb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Verb::Any => "ANY",
            Verb::One(method) => method.as_str(),
        })
    }
}

impl std::fmt::Display for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Segment::Literal(text) => f.write_str(text),
            Segment::Parameter(name) => write!(f, "{{{name}}}"),
            Segment::Greedy(name) => write!(f, "{{{name}+}}"),
        }
    }
}

impl Segment {
    /// Splits a declared path into parts.
    ///
    /// # Errors
    /// The path does not begin with a slash, a part of it is empty or holds a parameter and other
    /// text, or a greedy part is not the last.
    pub fn parse_path(path: &str) -> Result<Vec<Segment>, String> {
        let rest = path
            .strip_prefix('/')
            .ok_or_else(|| format!("path {path} must begin with a slash"))?;
        if rest.is_empty() {
            return Ok(Vec::new());
        }
        let segments = rest
            .split('/')
            .map(Segment::parse)
            .collect::<Result<Vec<_>, _>>()?;
        match segments
            .iter()
            .position(|segment| matches!(segment, Segment::Greedy(_)))
        {
            Some(index) if index + 1 < segments.len() => {
                Err(format!("path {path}: only the last part may be greedy"))
            }
            _ => Ok(segments),
        }
    }

    fn parse(part: &str) -> Result<Segment, String> {
        let Some(inner) = part
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
        else {
            return match part {
                "" => Err("a part of the path is empty".to_owned()),
                _ if part.contains(['{', '}']) => Err(format!(
                    "{part}: a parameter must be a whole part of the path"
                )),
                _ => Ok(Segment::Literal(part.to_owned())),
            };
        };
        match inner.strip_suffix('+') {
            Some(name) if !name.is_empty() => Ok(Segment::Greedy(name.to_owned())),
            None if !inner.is_empty() => Ok(Segment::Parameter(inner.to_owned())),
            _ => Err(format!("{part}: the parameter has no name")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_split_into_parts() {
        let segments = Segment::parse_path("/events/{id}/{proxy+}").unwrap();
        let expected = [
            Segment::Literal("events".into()),
            Segment::Parameter("id".into()),
            Segment::Greedy("proxy".into()),
        ];
        assert_eq!(segments, expected);
        assert_eq!(Segment::parse_path("/").unwrap(), []);
        for wrong in ["events", "/a//b", "/{a+}/b", "/x{a}", "/{}", "/{+}"] {
            assert!(Segment::parse_path(wrong).is_err(), "{wrong}");
        }
    }
}
