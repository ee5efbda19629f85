//! The text of an input template to its parts: plain text, and placeholders with the place they
//! stand in.
//!
//! A placeholder is `<$.path>` or `<aws.pipes.…>`; other text between angle brackets is text. What
//! placeholders expand to is not known here.

use crate::event::path::Path;

/// The longest template that the Pipes API takes, in characters.
pub const MAX_TEMPLATE: usize = 8192;

/// What the text of a template is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateKind {
    /// A JSON object or array.
    Json,
    /// One placeholder and nothing else.
    Bare,
    /// A string in quotes, or free text.
    Text,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Goes out as it stands.
    Text(String),
    /// Is replaced.
    Placeholder {
        /// By this.
        variable: Variable,
        /// Whether it stands inside of a JSON string.
        quoted: bool,
    },
}

/// What a placeholder names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Variable {
    /// A place in the event.
    Path(Path),
    /// One of the variables that pipes define.
    Reserved(Reserved),
}

/// The variables that pipes define (user guide, "Reserved variables").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// `aws.pipes.pipe-arn`
    PipeArn,
    /// `aws.pipes.pipe-name`
    PipeName,
    /// `aws.pipes.source-arn`
    SourceArn,
    /// `aws.pipes.enrichment-arn`
    EnrichmentArn,
    /// `aws.pipes.target-arn`
    TargetArn,
    /// `aws.pipes.event.ingestion-time`
    IngestionTime,
    /// `aws.pipes.event`: the event, its body as text
    Event,
    /// `aws.pipes.event.json`: the event, its body as JSON; nothing when the body is not JSON
    EventJson,
}

const RESERVED: [(&str, Reserved); 8] = [
    ("aws.pipes.pipe-arn", Reserved::PipeArn),
    ("aws.pipes.pipe-name", Reserved::PipeName),
    ("aws.pipes.source-arn", Reserved::SourceArn),
    ("aws.pipes.enrichment-arn", Reserved::EnrichmentArn),
    ("aws.pipes.target-arn", Reserved::TargetArn),
    ("aws.pipes.event.ingestion-time", Reserved::IngestionTime),
    ("aws.pipes.event", Reserved::Event),
    ("aws.pipes.event.json", Reserved::EventJson),
];

/// Why a template is refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("input template, line {line}, column {column}: {message}")]
pub struct TemplateError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl TemplateError {
    fn at(text: &str, offset: usize, message: impl Into<String>) -> TemplateError {
        let before = &text[..offset];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
        TemplateError {
            line,
            column,
            message: message.into(),
        }
    }
}

/// Reads a template. The last part tells whether what it gives has to be looked at: it may be no
/// JSON, though it should.
pub fn parse(text: &str) -> Result<(TemplateKind, Vec<Part>, bool), TemplateError> {
    if text.chars().count() > MAX_TEMPLATE {
        return Err(TemplateError::at(
            text,
            0,
            format!("the template has more than {MAX_TEMPLATE} characters"),
        ));
    }
    let parts = split(text)?;
    let kind = kind(&parts);
    let may_break = kind == TemplateKind::Json && check_json(text, &parts)?;
    Ok((kind, parts, may_break))
}

fn kind(parts: &[Part]) -> TemplateKind {
    let mut solid = parts
        .iter()
        .filter(|part| !matches!(part, Part::Text(text) if text.trim().is_empty()));
    match (solid.next(), solid.next()) {
        (Some(Part::Placeholder { .. }), None) => TemplateKind::Bare,
        (Some(Part::Text(text)), _) if text.trim_start().starts_with(['{', '[']) => {
            TemplateKind::Json
        }
        _ => TemplateKind::Text,
    }
}

fn split(text: &str) -> Result<Vec<Part>, TemplateError> {
    let (mut parts, mut plain, mut quoted, mut at) = (Vec::new(), String::new(), false, 0);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if rest.starts_with("<$") || rest.starts_with("<aws.") {
            let end = rest
                .find('>')
                .ok_or_else(|| TemplateError::at(text, at, "this placeholder has no `>`"))?;
            let variable =
                variable(&rest[1..end]).map_err(|message| TemplateError::at(text, at, message))?;
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Placeholder { variable, quoted });
            at += end + 1;
        } else {
            let escaped = if quoted && c == '\\' {
                rest.chars().nth(1)
            } else {
                None
            };
            plain.push(c);
            plain.extend(escaped);
            quoted ^= c == '"';
            at += c.len_utf8() + escaped.map_or(0, char::len_utf8);
        }
    }
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    Ok(parts)
}

fn variable(name: &str) -> Result<Variable, String> {
    if name.starts_with('$') {
        return Path::parse(name)
            .map(Variable::Path)
            .map_err(|error| error.to_string());
    }
    let known = RESERVED
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, reserved)| Variable::Reserved(*reserved));
    known.ok_or_else(|| {
        let names: Vec<_> = RESERVED.iter().map(|(name, _)| *name).collect();
        format!("unknown variable <{name}>; pipes know {}", names.join(", "))
    })
}

/// A template that gives JSON for no event at all is a mistake of its author, and found here. One
/// that gives JSON for some events only has a placeholder right behind a number (`-<$.n>`): then
/// this is true.
fn check_json(text: &str, parts: &[Part]) -> Result<bool, TemplateError> {
    let try_with = |value: &str| {
        let sample = parts.iter().map(|part| match part {
            Part::Text(text) => text.as_str(),
            Part::Placeholder { quoted: true, .. } => "",
            Part::Placeholder { quoted: false, .. } => value,
        });
        serde_json::from_str::<serde::de::IgnoredAny>(&sample.collect::<String>())
    };
    if let Err(error) = try_with("0") {
        let hint = "this starts as JSON and cannot become valid JSON";
        return Err(TemplateError::at(
            text,
            0,
            format!("{hint}: {error} (placeholders taken as 0)"),
        ));
    }
    Ok(try_with("[]").is_err())
}

impl Variable {
    /// The placeholder as it stands in a template.
    pub fn placeholder(&self) -> String {
        match self {
            Variable::Path(path) => format!("<{path}>"),
            Variable::Reserved(reserved) => {
                let (name, _) = RESERVED
                    .iter()
                    .find(|(_, known)| known == reserved)
                    .expect("the table names them all");
                format!("<{name}>")
            }
        }
    }
}
