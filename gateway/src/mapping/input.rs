//! `$input`: the body and the parameters of a request.
//!
//! The body is JSON once a template asks for a path; it is read once, leniently as API Gateway's own reader does.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use indexmap::IndexMap;
use kit::jsonpath::{self, JsonPath, Segment};
use serde_json::Value as Json;

use super::text_map;
use crate::vtl::method::{Outcome, Thrown, Work};
use crate::vtl::value::{Map, MapKind, json_string};
use crate::vtl::{Known, Value, limits};

/// What a template maps: the payload of the request, or of the backend's reply; and the client's parameters.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The payload as text.
    pub body: &'a str,
    /// The client's parameters, in a response template too.
    pub parameters: &'a Parameters,
}

/// `$input.params()`: one value for each name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    /// Path parameters.
    pub path: IndexMap<String, String>,
    /// Query parameters, decoded.
    pub querystring: IndexMap<String, String>,
    /// Headers.
    pub header: IndexMap<String, String>,
}

impl Parameters {
    /// The first of path, query string and header that has `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        [&self.path, &self.querystring, &self.header].into_iter().find_map(|map| map.get(name)).map(String::as_str)
    }
}

/// `$input` of one rendering.
pub(super) struct Reader<'a> {
    body: &'a str,
    parameters: &'a Parameters,
    text: OnceCell<Arc<str>>,
    document: Option<Json>,
    /// The document as templates hold and change it, once one asked for a part of it; and the count of changes up to
    /// which `document` is the same.
    live: Option<(Value, u64)>,
    parameter_map: Option<Map>,
    /// Paths that were read, so that a loop reads each once.
    paths: Vec<(Arc<str>, JsonPath)>,
}

/// What `$input` has.
pub(super) const KNOWN: Known =
    Known { variable: "input", members: &["body", "path", "json", "params", "getBody"], check: check_path };

fn check_path(method: &str, argument: &str) -> Result<(), String> {
    match method {
        "path" | "json" => JsonPath::parse(argument).map(drop).map_err(|why| why.to_string()),
        _ => Ok(()),
    }
}

/// Paths that one rendering remembers.
const PATHS: usize = 32;

impl<'a> Reader<'a> {
    pub(super) fn new(input: &Input<'a>) -> Reader<'a> {
        // An empty payload shows as `{}`. Fact sheet section 4.2.
        let body = if input.body.is_empty() { "{}" } else { input.body };
        Reader {
            body,
            parameters: input.parameters,
            text: OnceCell::new(),
            document: None,
            live: None,
            parameter_map: None,
            paths: Vec::new(),
        }
    }

    pub(super) fn property(&mut self, name: &str) -> Value {
        match name {
            "body" => Value::Text(self.text.get_or_init(|| self.body.into()).clone()),
            _ => Value::Null,
        }
    }

    pub(super) fn call(&mut self, name: &str, arguments: &[Value], work: &mut Work) -> Option<Outcome> {
        Some(match (name, arguments) {
            ("getBody", []) => Ok(self.property("body")),
            ("path", [Value::Text(path)]) => self.path(path, work),
            ("json", [Value::Text(path)]) => self.json(path, work),
            ("params", []) => self.all_parameters().map(Value::Map).map_err(Thrown::from),
            // Unlike any other missing thing, a missing parameter is the empty string: it counts as true.
            ("params", [Value::Text(name)]) => Ok(self.parameters.get(name).unwrap_or_default().into()),
            ("params", [_]) => Ok("".into()),
            _ => return None,
        })
    }

    fn all_parameters(&mut self) -> Result<Map, limits::Exceeded> {
        if let Some(map) = &self.parameter_map {
            return Ok(map.clone());
        }
        let Parameters { path, querystring, header } = self.parameters;
        let mut kinds = Vec::with_capacity(3);
        for (name, entries) in [("path", path), ("querystring", querystring), ("header", header)] {
            kinds.push((name.into(), Value::Map(text_map(entries)?)));
        }
        let map = Map::of(MapKind::Plain, kinds)?;
        self.parameter_map = Some(map.clone());
        Ok(map)
    }

    /// What a path leads to, as a value. A list or map is the document's own: what a template changes there, later
    /// paths see.
    fn path(&mut self, path: &Arc<str>, work: &mut Work) -> Outcome {
        let (own, found) = self.find(path, work)?;
        match found.as_deref() {
            None => return Ok(Value::Null),
            Some(Json::Array(_) | Json::Object(_)) if own => {}
            Some(copied) => {
                work.budget.bytes(size(copied))?;
                return Ok(Value::from_json(copied)?);
            }
        }
        let root = self.live(work)?;
        let place = self.remember(path)?;
        let parsed = &self.paths[place].1;
        let part = parsed.walk(root, |value, segment| match (value, segment) {
            (Value::Map(map), Segment::Name(name)) => map.get_text(name),
            (Value::List(list), Segment::Place(place)) => list.get(place),
            _ => None,
        });
        Ok(part.unwrap_or(Value::Null))
    }

    /// What a path leads to, as JSON text; `""` in quotes when it leads nowhere.
    fn json(&mut self, path: &Arc<str>, work: &mut Work) -> Outcome {
        let (_, found) = self.find(path, work)?;
        let text = match found.as_deref() {
            Some(Json::String(text)) => json_string(text),
            Some(other) => Value::from_json(other)?.to_json_text()?,
            None => "\"\"".to_owned(),
        };
        work.budget.bytes(text.len())?;
        Ok(text.into())
    }

    /// Whether a path leads to a part of the document (not to a list or object made of parts), and where it leads.
    fn find(&mut self, path: &Arc<str>, work: &mut Work) -> Result<(bool, Option<Cow<'_, Json>>), Thrown> {
        self.read(work)?;
        let place = self.remember(path)?;
        let document = self.document.as_ref().expect("the body was just read");
        let mut visits = jsonpath::VISITS;
        let found = self.paths[place].1.find(document, &mut visits);
        work.budget.steps((jsonpath::VISITS - visits) as u64 / 2)?;
        if visits == 0 {
            return Err(exception(format!("the path `{path}` visits too many values")));
        }
        Ok((matches!(found, Some(Cow::Borrowed(_))), found))
    }

    /// Reads the body, or takes over what a template changed in it.
    fn read(&mut self, work: &mut Work) -> Result<(), Thrown> {
        if self.document.is_none() {
            let read = jsonpath::read_lenient(self.body);
            self.document = Some(read.map_err(|why| exception(format!("the body is no JSON: {why}")))?);
        }
        if let Some((root, edits)) = &mut self.live
            && *edits != work.edits
        {
            let document = root.to_json()?;
            work.budget.bytes(size(&document))?;
            self.document = Some(document);
            *edits = work.edits;
        }
        Ok(())
    }

    fn live(&mut self, work: &Work) -> Result<Value, Thrown> {
        let document = self.document.as_ref().expect("a path was just looked up");
        if self.live.is_none() {
            self.live = Some((Value::from_json(document)?, work.edits));
        }
        Ok(self.live.as_ref().map_or(Value::Null, |(root, _)| root.clone()))
    }

    fn remember(&mut self, path: &Arc<str>) -> Result<usize, Thrown> {
        if let Some(place) = self.paths.iter().position(|(text, _)| text == path) {
            return Ok(place);
        }
        let parsed = JsonPath::parse(path).map_err(|why| exception(why.to_string()))?;
        self.paths.truncate(PATHS);
        self.paths.push((path.clone(), parsed));
        Ok(self.paths.len() - 1)
    }
}

/// About how much memory a value of a template takes for this JSON.
fn size(json: &Json) -> usize {
    match json {
        Json::String(text) => 16 + text.len(),
        Json::Array(items) => 48 + items.iter().map(|item| 32 + size(item)).sum::<usize>(),
        Json::Object(members) => {
            48 + members.iter().map(|(name, member)| 96 + name.len() + size(member)).sum::<usize>()
        }
        _ => 0,
    }
}

fn exception(message: String) -> Thrown {
    Thrown::Exception(message)
}
