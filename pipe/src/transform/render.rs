//! What a placeholder expands to, depending on its position. Pure.
//!
//! Where JSON expects a value, a value is written as JSON and a missing one as `""`; a whole body
//! that is JSON is written as it was sent. Within text, a string is inserted as it is, unescaped,
//! and a missing value is nothing; objects and arrays lose their quotes in a text template. Within
//! a string of a JSON template, a value that cannot be the inside of a string is refused: it would
//! break the JSON, or change it.

use std::borrow::Cow;

use serde_json::Value;

use super::rule::{self, OfRule};
use super::template::{Reserved, Variable};
use super::variables::ReservedVariables;
use crate::event::Event;

/// The position of a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// Where JSON expects a value.
    Json,
    /// In a template that is nothing else: as JSON, except that text has no quotes.
    Bare,
    /// Within a string of a JSON template.
    JsonString,
    /// In a template that is a string or free text.
    Text,
}

/// Everything that placeholders can refer to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    /// The event at this stage.
    pub(super) event: &'a Event,
    /// The pipe.
    pub(super) names: &'a ReservedVariables,
    /// When this stage received the event.
    pub(super) ingestion_time: &'a str,
}

impl Scope<'_> {
    /// Appends the value of the placeholder.
    ///
    /// # Errors
    /// The placeholder stands within a string, and its value would end that string. The reason does
    /// not show the value, which may be confidential.
    pub(super) fn expand(
        &self,
        out: &mut String,
        variable: &Variable,
        place: Position,
    ) -> Result<(), String> {
        if let (Position::Json | Position::Bare, Variable::Path(path)) = (place, variable)
            && path.is_field("body")
            && let Some(body) = self.event.json_body()
        {
            out.push_str(body.trim());
            return Ok(());
        }
        match (place, self.value(variable).as_deref()) {
            (Position::Json | Position::Bare, None) => out.push_str("\"\""),
            (Position::Bare, Some(Value::String(text))) => out.push_str(text),
            (Position::Json | Position::Bare, Some(value)) => out.push_str(&value.to_string()),
            (_, None) => {}
            (Position::JsonString, Some(value)) => {
                let text = inside_string(value);
                let text = text.map_err(|what| {
                    format!(
                        "{} is within a string, and its value {what}",
                        variable.placeholder()
                    )
                })?;
                out.push_str(&text);
            }
            (Position::Text, Some(value)) => write_without_quotes(out, value),
        }
        Ok(())
    }

    fn value(&self, variable: &Variable) -> Option<Cow<'_, Value>> {
        let text = |text: &str| Some(Cow::Owned(Value::from(text)));
        match variable {
            Variable::Path(path) | Variable::Mapped { path, .. } => self.event.find(path),
            Variable::OfRule(OfRule::Arn) => text(&self.names.pipe_arn),
            Variable::OfRule(OfRule::Name) => text(&self.names.pipe_name),
            Variable::OfRule(OfRule::IngestionTime) => text(self.ingestion_time),
            Variable::OfRule(OfRule::Event) => {
                Some(Cow::Owned(rule::without_detail(self.event.value())))
            }
            Variable::OfRule(OfRule::EventJson) => Some(Cow::Borrowed(self.event.value())),
            Variable::Reserved(Reserved::PipeArn) => text(&self.names.pipe_arn),
            Variable::Reserved(Reserved::PipeName) => text(&self.names.pipe_name),
            Variable::Reserved(Reserved::SourceArn) => text(&self.names.source_arn),
            Variable::Reserved(Reserved::EnrichmentArn) => text(&self.names.enrichment_arn),
            Variable::Reserved(Reserved::TargetArn) => text(&self.names.target_arn),
            Variable::Reserved(Reserved::IngestionTime) => text(self.ingestion_time),
            Variable::Reserved(Reserved::Event) => Some(Cow::Borrowed(self.event.value())),
            Variable::Reserved(Reserved::EventJson) => self.event.decoded().map(Cow::Owned),
        }
    }
}

/// The value as it is inserted into a string of JSON, unescaped; or why it cannot be.
fn inside_string(value: &Value) -> Result<Cow<'_, str>, &'static str> {
    let text = match value {
        Value::String(text) => Cow::Borrowed(text.as_str()),
        other => Cow::Owned(other.to_string()),
    };
    if !text.contains(|c: char| c < ' ' || c == '"' || c == '\\') {
        return Ok(text);
    }
    match value {
        // A value that is escaped already stays within the string.
        _ if serde_json::from_str::<String>(&format!("\"{text}\"")).is_ok() => Ok(text),
        Value::Object(_) => Err("is an object"),
        Value::Array(_) => Err("is a list"),
        _ if text.contains(['"', '\\']) => Err("contains a quote or a backslash"),
        _ => Err("contains a line break or another control character"),
    }
}

/// `{acc_id:1,sf_id:baz}`, `[ACTIVE,INACTIVE]`: no quotes, no blanks.
fn write_without_quotes(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => out.push_str(text),
        Value::Array(list) => {
            out.push('[');
            for (index, element) in list.iter().enumerate() {
                separate(out, index);
                write_without_quotes(out, element);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (index, (key, element)) in map.iter().enumerate() {
                separate(out, index);
                out.push_str(key);
                out.push(':');
                write_without_quotes(out, element);
            }
            out.push('}');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn separate(out: &mut String, index: usize) {
    if index > 0 {
        out.push(',');
    }
}
