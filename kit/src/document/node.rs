//! A document as a tree: values, and where each one stands.

use super::problem::{Place, Problem};

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it starts.
    pub place: Place,
    /// A local tag without its exclamation mark: `Sub` for `!Sub`.
    pub tag: Option<String>,
}

/// What a document can hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing, `null` or `~`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as written: account ids keep their leading zeros.
    Number(String),
    /// Text.
    String(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the document; keys are unique.
    Map(Vec<Entry>),
    /// A function whose value cannot be determined. A reader gets the problem that was found
    /// already, and goes on to find what is wrong with the next property.
    Unresolved(Box<Problem>),
}

/// One entry of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub place: Place,
    /// What it maps to.
    pub node: Node,
}

impl Node {
    /// A node made by a reader in place of `self`: the value is new, the place stays.
    pub fn with(&self, value: Value) -> Node {
        Node {
            value,
            place: self.place.clone(),
            tag: None,
        }
    }

    /// A problem at this node.
    pub fn problem(&self, message: impl Into<String>) -> Problem {
        self.place.problem(message)
    }

    fn expected(&self, what: &str) -> Problem {
        match &self.value {
            Value::Unresolved(problem) => Problem::clone(problem),
            found => self.problem(format!("expected {what}, found {}", found.kind())),
        }
    }

    /// The node under `key`, when this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries
                .iter()
                .find(|entry| entry.key == key)
                .map(|entry| &entry.node),
            _ => None,
        }
    }

    /// Text; numbers and booleans as they were written, as CloudFormation converts them.
    ///
    /// # Errors
    /// The node is null, a list or a mapping.
    pub fn text(&self) -> Result<&str, Problem> {
        match &self.value {
            Value::String(text) | Value::Number(text) => Ok(text),
            Value::Bool(true) => Ok("true"),
            Value::Bool(false) => Ok("false"),
            _ => Err(self.expected("text")),
        }
    }

    /// A whole number; text that holds one is accepted, as CloudFormation accepts it.
    ///
    /// # Errors
    /// Anything else, and numbers that do not fit.
    pub fn integer(&self) -> Result<i64, Problem> {
        let wrong = || self.expected("a whole number");
        self.text()
            .map_err(|_| wrong())?
            .trim()
            .parse()
            .map_err(|_| wrong())
    }

    /// A whole number within `range`.
    ///
    /// # Errors
    /// Not a whole number, or outside of the range, which the text names.
    pub fn integer_in(&self, range: std::ops::RangeInclusive<i64>) -> Result<i64, Problem> {
        let number = self.integer()?;
        if range.contains(&number) {
            return Ok(number);
        }
        Err(self.problem(format!(
            "{number} is out of range: expected {} to {}",
            range.start(),
            range.end()
        )))
    }

    /// `true` or `false`; the texts are accepted too, as CloudFormation accepts them.
    ///
    /// # Errors
    /// Anything else.
    pub fn boolean(&self) -> Result<bool, Problem> {
        match &self.value {
            Value::Bool(value) => Ok(*value),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(self.expected("true or false")),
        }
    }

    /// The elements of a list.
    ///
    /// # Errors
    /// The node is not a list.
    pub fn list(&self) -> Result<&[Node], Problem> {
        match &self.value {
            Value::List(nodes) => Ok(nodes),
            _ => Err(self.expected("a list")),
        }
    }

    /// The entries of a mapping.
    ///
    /// # Errors
    /// The node is not a mapping.
    pub fn entries(&self) -> Result<&[Entry], Problem> {
        match &self.value {
            Value::Map(entries) => Ok(entries),
            _ => Err(self.expected("a mapping")),
        }
    }

    /// A mapping of texts, such as tags, stage variables or request templates.
    ///
    /// # Errors
    /// The node is not a mapping, or one of its values is not text.
    pub fn text_map(&self) -> Result<Vec<(&str, &str)>, Problem> {
        self.entries()?
            .iter()
            .map(|entry| Ok((entry.key.as_str(), entry.node.text()?)))
            .collect()
    }

    /// The same with each text in it, however deep, replaced by what `change` makes of it.
    #[must_use]
    pub fn map_texts(&self, change: &impl Fn(&Node, &str) -> Node) -> Node {
        let value = match &self.value {
            Value::String(text) => return change(self, text),
            Value::List(nodes) => {
                Value::List(nodes.iter().map(|node| node.map_texts(change)).collect())
            }
            Value::Map(entries) => {
                let entries = entries.iter().map(|entry| Entry {
                    node: entry.node.map_texts(change),
                    ..entry.clone()
                });
                Value::Map(entries.collect())
            }
            other => other.clone(),
        };
        Node {
            value,
            ..self.clone()
        }
    }

    /// Whether the node says nothing: it is null, an empty text, or a list or mapping of such.
    pub fn is_blank(&self) -> bool {
        match &self.value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::List(nodes) => nodes.iter().all(Node::is_blank),
            Value::Map(entries) => entries.iter().all(|entry| entry.node.is_blank()),
            _ => false,
        }
    }

    /// The same data without places. Numbers that JSON cannot write become text.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null | Value::Unresolved(_) => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(text) => {
                serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.clone()))
            }
            Value::String(text) => Json::String(text.clone()),
            Value::List(nodes) => nodes.iter().map(Node::to_json).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.node.to_json()))
                .collect(),
        }
    }
}

impl Value {
    /// The kind in words, with its article, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null | Value::Unresolved(_) => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}
