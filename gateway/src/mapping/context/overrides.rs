//! The overrides that templates set in `$context.requestOverride` and `$context.responseOverride`.

use serde_json::{Map as Members, Value as Json};

/// The names of the two overrides, and the maps that each starts with.
pub(super) const OVERRIDES: [(&str, &[&str]); 2] = [
    ("requestOverride", &["path", "header", "querystring"]),
    ("responseOverride", &["header"]),
];

/// The overrides for the call, from `$context.requestOverride`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestOverride {
    /// Headers of the call.
    pub header: Vec<(String, String)>,
    /// Path parameters of the call.
    pub path: Vec<(String, String)>,
    /// Query parameters of the call.
    pub querystring: Vec<(String, String)>,
}

/// The overrides for the answer, from `$context.responseOverride`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseOverride {
    /// The status, if it was set to a whole number that can be one.
    pub status: Option<u16>,
    /// Headers of the answer.
    pub header: Vec<(String, String)>,
}

impl RequestOverride {
    /// The overrides for the call, of those that templates set.
    pub(super) fn of(overrides: &Members<String, Json>) -> RequestOverride {
        let set = overrides.get("requestOverride");
        RequestOverride {
            header: texts(set, "header"),
            path: texts(set, "path"),
            querystring: texts(set, "querystring"),
        }
    }
}

impl ResponseOverride {
    /// The overrides for the answer, of those that templates set.
    pub(super) fn of(overrides: &Members<String, Json>) -> ResponseOverride {
        let set = overrides.get("responseOverride");
        let status = set.and_then(|set| single(set.get("status")?)?.parse().ok());
        ResponseOverride {
            status: status.filter(|status| (100..600).contains(status)),
            header: texts(set, "header"),
        }
    }
}

/// A string, number or boolean as text.
pub(super) fn single(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(_) | Json::Bool(_) => Some(json.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn texts(set: Option<&Json>, name: &str) -> Vec<(String, String)> {
    let members = set.and_then(|set| set.get(name)?.as_object());
    members
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), single(value)?)))
        .collect()
}
