//! The input transformer: an event through a template to the text that a target receives.
//!
//! Parsed once, rendered often. The quoting rules are those that AWS documents and that were
//! recorded from the event bus, which shares this template language
//! (`docs/aws/pipes.md#input-transformation`); where AWS would deliver nothing because the result
//! is not valid JSON, rendering fails with the reason. So it does where a value would end the
//! string that it stands in: what an event holds must not add fields to the body. Nothing here
//! knows of HTTP or of queues.

mod render;
mod template;

pub use template::{MAX_TEMPLATE, TemplateError};

use crate::event::Event;
use template::{Part, TemplateKind};

/// An input template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transform {
    kind: TemplateKind,
    parts: Vec<Part>,
    /// What it gives may be no JSON, though it should.
    may_break: bool,
}

/// What the reserved variables of a pipe stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReservedVariables {
    /// ARN of the pipe.
    pub pipe_arn: String,
    /// Name of the pipe.
    pub pipe_name: String,
    /// ARN of the source.
    pub source_arn: String,
    /// ARN of the enrichment, empty without one.
    pub enrichment_arn: String,
    /// ARN of the target.
    pub target_arn: String,
}

/// Why an event is not delivered: the template makes something of it that is not valid JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the input template gives invalid JSON for this event: {0}")]
pub struct RenderError(String);

impl Transform {
    /// Reads a template.
    ///
    /// # Errors
    /// A path outside of the grammar, an unknown reserved variable, more than 8,192 characters, or
    /// text that starts as JSON and cannot become valid JSON whatever the event holds.
    pub fn parse(text: &str) -> Result<Transform, TemplateError> {
        template::parse(text).map(|(kind, parts, may_break)| Transform {
            kind,
            parts,
            may_break,
        })
    }

    /// The text that goes to the target. `ingestion_time` is when this stage got the event, in ISO
    /// 8601. A template that is one placeholder gives the text itself where its value is text,
    /// without quotes: so CDK's integration tests, which run on AWS, find a body of text that went
    /// through `<$.body>`.
    ///
    /// # Errors
    /// The result is not valid JSON though the template is meant to give JSON, or is JSON of
    /// another shape than the template's; the reason names the placeholder.
    pub fn render(
        &self,
        event: &Event,
        names: &ReservedVariables,
        ingestion_time: &str,
    ) -> Result<String, RenderError> {
        self.fill(event, names, ingestion_time, render::Position::Bare)
    }

    /// As [`Transform::render`], for who takes nothing but JSON, a function for example: text keeps
    /// its quotes. What AWS does there has not been seen.
    ///
    /// # Errors
    /// As [`Transform::render`].
    pub fn render_json(
        &self,
        event: &Event,
        names: &ReservedVariables,
        ingestion_time: &str,
    ) -> Result<String, RenderError> {
        self.fill(event, names, ingestion_time, render::Position::Json)
    }

    fn fill(
        &self,
        event: &Event,
        names: &ReservedVariables,
        ingestion_time: &str,
        bare: render::Position,
    ) -> Result<String, RenderError> {
        let scope = render::Scope {
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

    fn place(&self, quoted: bool, bare: render::Position) -> render::Position {
        match (self.kind, quoted) {
            (TemplateKind::Bare, _) => bare,
            (TemplateKind::Text, _) => render::Position::Text,
            (TemplateKind::Json, true) => render::Position::JsonString,
            _ => render::Position::Json,
        }
    }
}

#[cfg(test)]
mod tests;
