//! The values that parameter mappings and gateway responses take from a request and its context:
//! `docs/aws/api-gateway.md#parameter-mappings`.

use std::fmt::Debug;

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::parameters::is_hidden;
use super::request::Request;
use crate::api::MappingSource;
use crate::gateway_responses::Fault;
use crate::mapping::Context;

/// Where the values of parameters come from, as far as the request and its context have them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sources<'a> {
    /// The client's request.
    pub request: &'a Request,
    /// Path parameters by name.
    pub path: &'a IndexMap<String, String>,
    /// `$stageVariables`.
    pub variables: &'a IndexMap<String, String>,
    /// `$context`.
    pub context: &'a dyn ContextFields,
}

/// The fields of a `$context`, which need not be there before one is asked for.
pub(crate) trait ContextFields: Debug {
    /// The text of a field, as [`Context::get`].
    fn field(&self, path: &[String]) -> Option<String>;
}

impl ContextFields for Context {
    fn field(&self, path: &[String]) -> Option<String> {
        self.get(path)
    }
}

impl Sources<'_> {
    /// The values of a source that lies in the request. One that lies in the reply has none.
    ///
    /// # Errors
    /// The source lies in a body that begins like JSON but cannot be read.
    pub(crate) fn values(&self, source: &MappingSource) -> Result<Vec<String>, Fault> {
        let request = self.request;
        let one = |value: Option<&str>| value.map(ToOwned::to_owned).into_iter().collect();
        Ok(match source {
            MappingSource::Static(text) => vec![text.clone()],
            MappingSource::Path(name) => one(self.path.get(name).map(String::as_str)),
            MappingSource::QueryString(name) => one(request.query_value(name)),
            MappingSource::MultiValueQueryString(name) => request
                .query
                .iter()
                .filter(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
                .collect(),
            MappingSource::Header(name) | MappingSource::MultiValueHeader(name)
                if is_hidden(name) =>
            {
                Vec::new()
            }
            MappingSource::Header(name) => one(request.header(name)),
            MappingSource::MultiValueHeader(name) => {
                request.all_of_header(name).into_iter().collect()
            }
            MappingSource::Body(None) => vec![String::from_utf8_lossy(&request.body).into_owned()],
            MappingSource::Body(Some(path)) => {
                let found = in_json(&request.body, |json| path.lookup(json));
                found
                    .map_err(|NotJson| Fault::InvalidJson)?
                    .into_iter()
                    .collect()
            }
            MappingSource::StageVariable(name) => one(self.variables.get(name).map(String::as_str)),
            MappingSource::Context(path) => self.context.field(path).into_iter().collect(),
            MappingSource::ReplyHeader(_)
            | MappingSource::ReplyMultiValueHeader(_)
            | MappingSource::ReplyBody(_) => Vec::new(),
        })
    }
}

/// A body begins like JSON and cannot be read as JSON.
pub(crate) struct NotJson;

/// What a path finds in a body, as text: strings as they are, everything else as JSON. A body that
/// does not even begin like JSON has no values.
pub(crate) fn in_json(
    body: &[u8],
    look: impl FnOnce(&Json) -> Option<Json>,
) -> Result<Option<String>, NotJson> {
    match serde_json::from_slice::<Json>(body) {
        Ok(json) => Ok(look(&json).and_then(text)),
        Err(_) if matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')) => Err(NotJson),
        Err(_) => Ok(None),
    }
}

fn text(value: Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}
