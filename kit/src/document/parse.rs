//! YAML events to a tree. Built on the event stream rather than on a ready-made tree because tags,
//! places, number texts and repeated keys must survive.

use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput, Tag};

use super::node::{Entry, Node, Value};
use super::problem::{Place, Problem};
use crate::excerpt::{Excerpt, offset};

/// The deepest nesting: far more than any definition has, far less than a stack holds.
const DEPTH: usize = 100;

/// The most nodes: an import is 6 MB at most, and aliases must not multiply without bound.
const NODES: usize = 1_000_000;

impl Node {
    /// Reads one document. `file` is only a name, used in every place.
    ///
    /// # Errors
    /// Text that is neither YAML nor JSON, a key that is repeated, several documents in one text,
    /// or nesting and aliases beyond what a definition needs.
    pub fn parse(file: &str, text: &str) -> Result<Node, Problem> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = Reader {
            file: file.into(),
            text,
            parser: Parser::new_from_str(text),
            anchors: HashMap::new(),
            nodes: 0,
        };
        loop {
            match reader.next()? {
                (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
                (Event::StreamEnd | Event::DocumentEnd, span) => {
                    return Err(reader.place(span.start).problem("the document is empty"));
                }
                (event, span) => {
                    let root = reader.node(event, span, 0)?;
                    reader.expect_end()?;
                    return Ok(root);
                }
            }
        }
    }
}

/// The innermost bracket that is open at the end of a text: line, column, and which. Brackets in
/// quotes and in comments do not count.
fn unclosed(text: &str) -> Option<(usize, usize, char)> {
    let mut open = Vec::new();
    for (line, content) in text.lines().enumerate() {
        let (mut quote, mut before) = (None, ' ');
        for (column, letter) in content.chars().enumerate() {
            match (quote, letter) {
                (Some(end), _) if end == letter => quote = None,
                (Some(_), _) => {}
                (None, '#') if before.is_whitespace() => break,
                (None, '"' | '\'') if !before.is_alphanumeric() => quote = Some(letter),
                (None, '{' | '[') => open.push((line + 1, column + 1, letter)),
                (None, '}' | ']') => _ = open.pop(),
                _ => {}
            }
            before = letter;
        }
    }
    open.pop()
}

struct Reader<'t> {
    file: Arc<str>,
    text: &'t str,
    parser: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

impl<'t> Reader<'t> {
    fn place(&self, marker: Marker) -> Place {
        Place {
            file: self.file.clone(),
            line: marker.line(),
            column: marker.col() + 1,
        }
    }

    /// The problem with text that is neither YAML nor JSON: with its line, for what the parser says
    /// of it is often understood only there.
    fn unreadable(&self, marker: Marker, reason: &str) -> Problem {
        let place = self.place(marker);
        let excerpt = Excerpt::at(self.text, place.line, place.column, 1);
        let before = &self.text[..offset(self.text, place.line, place.column)];
        let open = unclosed(before).filter(|(line, _, _)| *line < place.line);
        let open = open.map(|(line, column, bracket)| {
            format!(" (the {bracket} at {line}:{column} is not closed)")
        });
        let open = open.unwrap_or_default();
        // Tabs are what editors put in unseen.
        let tabs = if reason.contains("tabs") {
            ": indent with spaces"
        } else {
            ""
        };
        place.problem(format!("{reason}{tabs}{open}\n{excerpt}"))
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Problem> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(self.unreadable(*error.marker(), error.info())),
            None => Ok((Event::StreamEnd, Span::empty(Marker::default()))),
        }
    }

    fn expect_end(&mut self) -> Result<(), Problem> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentEnd | Event::Nothing, _) => {}
                (_, span) => {
                    return Err(self.place(span.start).problem(
                        "a second document starts here: expected one document in a file",
                    ));
                }
            }
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Problem> {
        let place = self.place(span.start);
        self.nodes += 1;
        if depth > DEPTH || self.nodes > NODES {
            return Err(place.problem("the document is nested too deeply or too large"));
        }
        let (value, tag, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                (scalar(&text, style, tag.as_deref()), tag, anchor)
            }
            Event::SequenceStart(anchor, tag) => (self.list(depth)?, tag, anchor),
            Event::MappingStart(anchor, tag) => (self.map(depth)?, tag, anchor),
            Event::Alias(anchor) => return self.alias(anchor, &place),
            other => return Err(place.problem(format!("unexpected {other:?}"))),
        };
        let node = Node {
            value,
            place,
            tag: tag.as_deref().and_then(local),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize, place: &Place) -> Result<Node, Problem> {
        let node = self
            .anchors
            .get(&anchor)
            .ok_or_else(|| place.problem("this alias refers to itself or to an unknown anchor"))?;
        self.nodes += size(node);
        if self.nodes > NODES {
            return Err(place.problem("the document's aliases make it too large"));
        }
        Ok(node.clone())
    }

    fn list(&mut self, depth: usize) -> Result<Value, Problem> {
        let mut nodes = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(nodes)),
                (event, span) => nodes.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, Problem> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Value::Map(entries));
            }
            let key = self.node(event, span, depth + 1)?;
            let name = key
                .text()
                .map_err(|_| key.problem("a key must be text"))?
                .to_owned();
            if let Some(line) = seen.insert(name.clone(), key.place.line) {
                return Err(key.problem(format!("duplicate key {name}, first in line {line}")));
            }
            let (event, span) = self.next()?;
            let node = self.node(event, span, depth + 1)?;
            entries.push(Entry {
                key: name,
                place: key.place,
                node,
            });
        }
    }
}

fn size(node: &Node) -> usize {
    match &node.value {
        Value::List(nodes) => 1 + nodes.iter().map(size).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|entry| size(&entry.node)).sum::<usize>(),
        _ => 1,
    }
}

/// `Sub` of `!Sub`; tags of YAML itself (`!!str`) are not local.
fn local(tag: &Tag) -> Option<String> {
    (tag.handle == "!" && !tag.suffix.is_empty()).then(|| tag.suffix.clone())
}

/// A plain scalar by YAML's core schema; quoted and block scalars are text, and so is everything
/// under a local tag.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let forced = tag.is_some_and(|tag| {
        local(tag).is_some() || (tag.is_yaml_core_schema() && tag.suffix == "str")
    });
    if style != ScalarStyle::Plain || forced {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_number(text) => Value::Number(text.to_owned()),
        _ => Value::String(text.to_owned()),
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.contains(|c: char| c.is_ascii_digit())
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'))
        && text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, message: &str) {
        let problem = Node::parse("f", text)
            .expect_err("must be refused")
            .to_string();
        assert!(problem.contains(message), "{problem}");
    }

    #[test]
    fn what_is_no_document_is_refused_with_its_place() {
        refused("", "the document is empty");
        refused("a: 1\na: 2", "f:2:1: duplicate key a, first in line 1");
        refused("a: 1\n---\nb: 2", "a second document");
        refused("a: [1, 2", "f:");
        refused("? [a]\n: b", "a key must be text");
    }

    #[test]
    fn nesting_and_aliases_are_bounded() {
        refused(&"[".repeat(150), "nested too deeply");
        let mut bomb = String::from("l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let alias = format!("*l{}, ", level - 1).repeat(10);
            bomb += &format!("l{level}: &l{level} [{}]\n", alias.trim_end_matches(", "));
        }
        refused(&bomb, "too large");
    }

    #[test]
    fn tagged_scalars_stay_text() {
        let node = Node::parse("f", "a: !Ref 12\nb: !!str 12\nc: 2012-10-17\nd: 1.2.3").unwrap();
        assert!(
            node.entries()
                .unwrap()
                .iter()
                .all(|entry| matches!(entry.node.value, Value::String(_))),
            "{node:?}"
        );
    }
}
