//! The input transformer: makes the text that a target receives from an event and a template. Pure.
//!
//! A template is parsed once and rendered often. The quoting rules are those that AWS documents,
//! and those recorded from the event bus, which shares this template language
//! (`docs/aws/pipes.md#input-transformation`). Where AWS would deliver nothing because the result
//! is not valid JSON, rendering fails with the reason. It also fails where a value would end the
//! string that it stands in, because the content of an event must not add fields to the body.
//! Nothing here knows of HTTP or of queues.

mod render;
pub(crate) mod rule;
mod template;
mod variables;

pub use template::TemplateError;
pub use variables::ReservedVariables;

use kit::time::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::event::Event;
use crate::event::path::Path;
use render::{Position, Scope};
use rule::InputPaths;
use template::{Grammar, Part, TemplateKind, Variable};

/// An input template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transform {
    kind: TemplateKind,
    parts: Vec<Part>,
    /// Whether the result may not be JSON although it should.
    may_break: bool,
    /// Whether a template that is a single placeholder gives JSON, as those of rules do.
    is_json_alone: bool,
}

/// What a target or an enrichment accepts as a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyFormat {
    /// Any text.
    Text,
    /// JSON only.
    Json,
}

/// A placeholder of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder<'t> {
    /// As it is written: `<$.body.id>`.
    pub text: String,
    /// The path, unless it names one of the variables of pipes.
    pub path: Option<&'t Path>,
    /// Whether it stands within a string of JSON.
    pub is_quoted: bool,
}

/// Why an event is not delivered: the template gives something that is not valid JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the input template gives invalid JSON for this event: {0}")]
pub struct RenderError(String);

impl Transform {
    /// Reads a template.
    ///
    /// # Errors
    /// The template has an invalid path, an unknown reserved variable or more than 8,192
    /// characters; or it starts as JSON and cannot become valid JSON, whatever the event contains.
    pub fn parse(text: &str) -> Result<Transform, TemplateError> {
        let (kind, parts, may_break) = template::parse(text, Grammar::OfPipe)?;
        Ok(Transform {
            kind,
            parts,
            may_break,
            is_json_alone: false,
        })
    }

    /// Reads the `InputTemplate` of a rule, whose variables are those of `paths`.
    ///
    /// # Errors
    /// As [`Transform::parse`]; or the template has a variable that is not among them.
    pub(crate) fn of_rule(text: &str, paths: &InputPaths) -> Result<Transform, TemplateError> {
        let (kind, parts, may_break) = template::parse(text, Grammar::OfRule(paths))?;
        Ok(Transform {
            kind,
            parts,
            may_break,
            is_json_alone: true,
        })
    }

    /// A text that is the same for every event: the `Input` of a rule.
    pub(crate) fn constant(text: &str) -> Transform {
        Transform {
            kind: TemplateKind::Text,
            parts: vec![Part::Text(text.to_owned())],
            may_break: false,
            is_json_alone: true,
        }
    }

    /// A part of the event, as JSON: the `InputPath` of a rule.
    pub(crate) fn part(path: Path) -> Transform {
        let name = path.to_string();
        Transform {
            kind: TemplateKind::Bare,
            parts: vec![Part::Placeholder {
                variable: Variable::Mapped { name, path },
                quoted: false,
            }],
            may_break: false,
            is_json_alone: true,
        }
    }

    /// The text for the target. `ingestion_time` is when this stage received the event, in ISO
    /// 8601. A template that is a single placeholder gives a text value without quotes: CDK's
    /// integration tests, which run on AWS, find a text body that way after `<$.body>`.
    ///
    /// # Errors
    /// The template should give JSON, and the result is not valid JSON or has another shape than
    /// the template; the reason names the placeholder.
    pub fn render(
        &self,
        event: &Event,
        names: &ReservedVariables,
        ingestion_time: &str,
    ) -> Result<String, RenderError> {
        self.fill(event, names, ingestion_time, Position::Bare)
    }

    /// As [`Transform::render`], for targets that accept only JSON, such as functions: text keeps
    /// its quotes. What AWS does there is not known.
    ///
    /// # Errors
    /// As [`Transform::render`].
    pub fn render_json(
        &self,
        event: &Event,
        names: &ReservedVariables,
        ingestion_time: &str,
    ) -> Result<String, RenderError> {
        self.fill(event, names, ingestion_time, Position::Json)
    }

    /// The placeholders, in the order of the template.
    pub fn placeholders(&self) -> impl Iterator<Item = Placeholder<'_>> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Placeholder { variable, quoted } => Some(Placeholder {
                text: variable.placeholder(),
                path: variable.path(),
                is_quoted: *quoted && self.kind == TemplateKind::Json,
            }),
        })
    }

    /// Whether the template is a JSON object or list with placeholders in it.
    pub fn is_json(&self) -> bool {
        self.kind == TemplateKind::Json
    }

    fn fill(
        &self,
        event: &Event,
        names: &ReservedVariables,
        ingestion_time: &str,
        bare: Position,
    ) -> Result<String, RenderError> {
        let scope = Scope {
            event,
            names,
            ingestion_time,
        };
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Placeholder { variable, quoted } => {
                    scope
                        .expand(&mut out, variable, self.place(*quoted, bare))
                        .map_err(RenderError)?;
                }
            }
        }
        if self.may_break {
            serde_json::from_str::<serde::de::IgnoredAny>(&out)
                .map_err(|error| RenderError(error.to_string()))?;
        }
        Ok(out)
    }

    fn place(&self, quoted: bool, bare: Position) -> Position {
        match (self.kind, quoted) {
            (TemplateKind::Bare, _) if self.is_json_alone => Position::Json,
            (TemplateKind::Bare, _) => bare,
            (TemplateKind::Text, _) => Position::Text,
            (TemplateKind::Json, true) => Position::JsonString,
            _ => Position::Json,
        }
    }
}

/// The body that `template` makes of an event that a stage received `at` this time; without a
/// template, the event itself.
///
/// # Errors
/// As [`Transform::render`].
pub(crate) fn body(
    template: Option<&Transform>,
    format: BodyFormat,
    event: &Event,
    names: &ReservedVariables,
    at: Timestamp,
) -> Result<String, RenderError> {
    let Some(template) = template else {
        return Ok(event.text());
    };
    let time = ingestion_time(at);
    match format {
        BodyFormat::Text => template.render(event, names, &time),
        BodyFormat::Json => template.render_json(event, names, &time),
    }
}

/// The time at which a stage received an event, in ISO 8601 with seconds, as the events of
/// EventBridge have it.
fn ingestion_time(at: Timestamp) -> String {
    let seconds = i64::try_from(at.as_secs()).unwrap_or(i64::MAX);
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339)
        .expect("years of four digits can be written")
}

#[cfg(test)]
mod tests;
