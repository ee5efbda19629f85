//! `$input`: the body and the parameters of a request.
//!
//! The body is parsed as JSON when a template first asks for a path, as leniently as API Gateway
//! parses it.

use std::cell::OnceCell;
use std::sync::Arc;

use kit::jsonpath::{self, JsonPath, Located, Part, Segment};
use serde_json::Value as Json;

use super::document;
use super::parameters::Parameters;
use crate::vtl::limits::Exceeded;
use crate::vtl::method::{MethodResult, Thrown, Work};
use crate::vtl::value::{List, ListKind, Map, MapKind, write_json};
use crate::vtl::{KnownObject, Value};

/// The input of a template: the payload of the request or of the backend's reply, and the client's
/// parameters.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The payload as text.
    pub body: &'a str,
    /// The client's parameters, in a response template too.
    pub parameters: &'a Parameters,
}

/// `$input` of one rendering.
pub(super) struct InputView<'a> {
    body: &'a str,
    parameters: &'a Parameters,
    text: OnceCell<Arc<str>>,
    document: Option<Json>,
    /// The document as the template holds and changes it, once it asked for a part; and the count
    /// of changes up to which `document` is the same.
    live: Option<(Value, u64)>,
    parameter_map: Option<Map>,
    /// Paths that were read, so that a loop reads each once.
    paths: Vec<(Arc<str>, JsonPath)>,
}

/// What lints know of `$input`.
pub(super) const KNOWN: KnownObject = KnownObject {
    variable: "input",
    members: &["body", "path", "json", "params", "getBody"],
    is_map: false,
    check: check_path,
};

fn check_path(method: &str, argument: &str) -> Result<(), String> {
    match method {
        "path" | "json" => JsonPath::parse(argument)
            .map(drop)
            .map_err(|why| why.to_string()),
        _ => Ok(()),
    }
}

/// Paths that one rendering remembers.
const PATHS: usize = 32;

impl<'a> InputView<'a> {
    pub(super) fn new(input: &Input<'a>) -> InputView<'a> {
        // An empty payload shows as `{}`: `docs/aws/api-gateway.md#input`.
        let body = if input.body.is_empty() {
            "{}"
        } else {
            input.body
        };
        InputView {
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

    pub(super) fn call(
        &mut self,
        name: &str,
        arguments: &[Value],
        work: &mut Work,
    ) -> Option<MethodResult> {
        Some(match (name, arguments) {
            ("getBody", []) => Ok(self.property("body")),
            ("path", [Value::Text(path)]) => self.path(path, work),
            ("json", [Value::Text(path)]) => self.json(path, work),
            ("params", []) => self.all_parameters().map(Value::Map).map_err(Thrown::from),
            // Unlike any other missing thing, a missing parameter is the empty string: it counts as
            // true.
            ("params", [Value::Text(name)]) => {
                Ok(self.parameters.get(name).unwrap_or_default().into())
            }
            ("params", [_]) => Ok("".into()),
            _ => return None,
        })
    }

    fn all_parameters(&mut self) -> Result<Map, Exceeded> {
        if let Some(map) = &self.parameter_map {
            return Ok(map.clone());
        }
        let Parameters {
            path,
            querystring,
            header,
            header_case,
        } = self.parameters;
        let kinds = [
            ("path", Map::of_texts(MapKind::Plain, path)?),
            ("querystring", Map::of_texts(MapKind::Plain, querystring)?),
            ("header", Map::of_texts(header_case.map_kind(), header)?),
        ];
        let map = Map::of(
            MapKind::Plain,
            kinds.map(|(name, map)| (name.into(), Value::Map(map))),
        )?;
        self.parameter_map = Some(map.clone());
        Ok(map)
    }

    /// The value that a path leads to. A list or map is the document's own: later paths see what a
    /// template changes in it.
    fn path(&mut self, path: &Arc<str>, work: &mut Work) -> MethodResult {
        match self.find(path, work)? {
            None => return Ok(Value::Null),
            Some(Located::One(Part::Of(Json::Array(_) | Json::Object(_)))) => {}
            Some(Located::One(part)) => {
                work.budget.bytes(document::size(&part))?;
                return Ok(Value::from_json(&part)?);
            }
            Some(Located::Many(parts)) => {
                work.budget.bytes(
                    48 + parts
                        .iter()
                        .map(|part| 32 + document::size(part))
                        .sum::<usize>(),
                )?;
                let items: Result<Vec<Value>, _> =
                    parts.iter().map(|part| Value::from_json(part)).collect();
                return Ok(Value::List(List::new(ListKind::Json, items?)?));
            }
        }
        let root = self.live(work)?;
        let place = self.remember(path)?;
        let part = self.paths[place]
            .1
            .walk(root, |value, segment| match (value, segment) {
                (Value::Map(map), Segment::Name(name)) => map.get_text(name),
                (Value::List(list), Segment::Place(place)) => list.get(place),
                _ => None,
            });
        Ok(part.unwrap_or(Value::Null))
    }

    /// The value that a path leads to, as JSON text; `""` in quotes when it leads nowhere.
    fn json(&mut self, path: &Arc<str>, work: &mut Work) -> MethodResult {
        let mut text = String::new();
        match self.find(path, work)? {
            Some(Located::One(part)) => write_json(&part, &mut text)?,
            Some(Located::Many(parts)) => {
                text.push('[');
                for (position, part) in parts.iter().enumerate() {
                    text.push_str(if position > 0 { "," } else { "" });
                    write_json(part, &mut text)?;
                }
                text.push(']');
            }
            None => text.push_str("\"\""),
        }
        work.budget.bytes(text.len())?;
        Ok(text.into())
    }

    /// Where a path leads.
    fn find(&mut self, path: &Arc<str>, work: &mut Work) -> Result<Option<Located<'_>>, Thrown> {
        self.read(work)?;
        let place = self.remember(path)?;
        let document = self.document.as_ref().expect("the body was just read");
        let mut visits = jsonpath::VISITS;
        let found = self.paths[place].1.find(document, &mut visits);
        work.budget.steps((jsonpath::VISITS - visits) as u64 / 2)?;
        if visits == 0 {
            return Err(exception(format!(
                "the path `{path}` visits too many values"
            )));
        }
        Ok(found)
    }

    /// Reads the body, or takes over what a template changed in it.
    fn read(&mut self, work: &mut Work) -> Result<(), Thrown> {
        if self.document.is_none() {
            self.document = Some(document::read_body(self.body, work)?);
        }
        if let Some((root, edits)) = &mut self.live
            && *edits != work.edits
        {
            let document = root.to_json()?;
            work.budget.bytes(document::size(&document))?;
            self.document = Some(document);
            *edits = work.edits;
        }
        Ok(())
    }

    fn live(&mut self, work: &mut Work) -> Result<Value, Thrown> {
        if let Some((root, _)) = &self.live {
            return Ok(root.clone());
        }
        let document = self.document.as_ref().expect("a path was just looked up");
        work.budget.bytes(document::size(document))?;
        let root = Value::from_json(document)?;
        self.live = Some((root.clone(), work.edits));
        Ok(root)
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

fn exception(message: String) -> Thrown {
    Thrown::Exception(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::parameters::HeaderCase;

    fn parameters(header_case: HeaderCase) -> Parameters {
        let header = [("X-Github-Event", "push"), ("X-Api-Key", "k")]
            .map(|(name, value)| (name.into(), value.into()));
        Parameters {
            header: header.into_iter().collect(),
            header_case,
            ..Parameters::default()
        }
    }

    #[test]
    fn a_header_whose_case_is_not_known_is_found_in_any() {
        let unknown = parameters(HeaderCase::Unknown);
        assert_eq!(
            [unknown.get("X-GitHub-Event"), unknown.get("x-api-key")],
            [Some("push"), Some("k")]
        );
        assert_eq!(parameters(HeaderCase::AsSent).get("x-api-key"), None);
        let input = Input {
            body: "",
            parameters: &unknown,
        };
        let map = InputView::new(&input).all_parameters().unwrap();
        let Some(Value::Map(header)) = map.get_text("header") else {
            panic!("no headers")
        };
        assert_eq!(
            header
                .get_text("X-GitHub-Event")
                .map(|value| value.shown().unwrap().into_owned())
                .as_deref(),
            Some("push")
        );
    }
}
