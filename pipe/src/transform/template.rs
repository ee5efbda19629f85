//! Parses the text of an input template into its parts: plain text, and placeholders with their
//! positions. Pure.
//!
//! A placeholder is `<$.path>` or `<aws.pipes.…>`; anything else between angle brackets is text.

use super::rule::{self, InputPaths, OfRule};
use crate::event::path::Path;

/// The longest template that the Pipes API accepts, in characters.
const MAX_TEMPLATE: usize = 8192;

/// The kind of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TemplateKind {
    /// A JSON object or array.
    Json,
    /// A single placeholder.
    Bare,
    /// A string in quotes, or free text.
    Text,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Text that is copied.
    Text(String),
    /// A placeholder, which is replaced.
    Placeholder {
        /// What it names.
        variable: Variable,
        /// Whether it stands within a JSON string.
        quoted: bool,
    },
}

/// What a placeholder names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Variable {
    /// A path in the event.
    Path(Path),
    /// One of the variables that pipes define.
    Reserved(Reserved),
    /// A variable of a rule's `InputPathsMap`.
    Mapped {
        /// Its name.
        name: String,
        /// Its path in the event.
        path: Path,
    },
    /// One of the variables that EventBridge defines for rules.
    OfRule(OfRule),
}

/// Whose template it is: this decides what stands in angle brackets.
#[derive(Debug, Clone, Copy)]
pub(super) enum Grammar<'m> {
    /// A pipe's: paths, and the variables of pipes.
    OfPipe,
    /// A rule's: names.
    OfRule(&'m InputPaths),
}

impl<'t> Grammar<'_> {
    /// Whether a placeholder begins here.
    fn begins(self, rest: &'t str) -> bool {
        match self {
            Grammar::OfPipe => rest.starts_with("<$") || rest.starts_with("<aws."),
            Grammar::OfRule(_) => rule::name_at(rest).is_some(),
        }
    }

    fn variable(self, name: &str) -> Result<Variable, String> {
        match self {
            Grammar::OfPipe => variable(name),
            Grammar::OfRule(paths) => variable_of_rule(name, paths),
        }
    }
}

/// The variables that pipes define (user guide, "Reserved variables").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reserved {
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

/// Reads a template. The last value says whether each result has to be checked: it may not be JSON
/// although it should.
pub(super) fn parse(
    text: &str,
    grammar: Grammar<'_>,
) -> Result<(TemplateKind, Vec<Part>, bool), TemplateError> {
    if text.chars().count() > MAX_TEMPLATE {
        return Err(TemplateError::at(
            text,
            0,
            format!("the template has more than {MAX_TEMPLATE} characters"),
        ));
    }
    let parts = split(text, grammar)?;
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

fn split(text: &str, grammar: Grammar<'_>) -> Result<Vec<Part>, TemplateError> {
    let (mut parts, mut plain, mut quoted, mut at) = (Vec::new(), String::new(), false, 0);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if grammar.begins(rest) {
            let end = rest
                .find('>')
                .ok_or_else(|| TemplateError::at(text, at, "the placeholder has no `>`"))?;
            let variable = grammar
                .variable(&rest[1..end])
                .map_err(|message| TemplateError::at(text, at, message))?;
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
        format!(
            "unknown variable <{name}>: expected one of {}",
            names.join(", ")
        )
    })
}

/// The variable of this name in a rule's template; in angle brackets, any word must be one.
fn variable_of_rule(name: &str, paths: &InputPaths) -> Result<Variable, String> {
    if let Some(path) = paths.get(name) {
        return Ok(Variable::Mapped {
            name: name.to_owned(),
            path: path.clone(),
        });
    }
    OfRule::named(name).map(Variable::OfRule).ok_or_else(|| {
        format!("invalid placeholder <{name}>: expected a variable of InputPathsMap")
    })
}

/// Checks a template that should give JSON. One that gives JSON for no event at all is an error.
/// Returns whether the template gives JSON for some events only, which is so where a placeholder
/// follows a number (`-<$.n>`).
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
        let hint = "the template starts as JSON but cannot become valid JSON";
        return Err(TemplateError::at(
            text,
            0,
            format!("{hint}: {error} (placeholders taken as 0)"),
        ));
    }
    Ok(try_with("[]").is_err())
}

impl Variable {
    /// The path, if it is one.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Variable::Path(path) | Variable::Mapped { path, .. } => Some(path),
            Variable::Reserved(_) | Variable::OfRule(_) => None,
        }
    }

    /// The placeholder as it is written in a template.
    pub(super) fn placeholder(&self) -> String {
        match self {
            Variable::Path(path) => format!("<{path}>"),
            Variable::Mapped { name, .. } => format!("<{name}>"),
            Variable::OfRule(variable) => format!("<{}>", variable.name()),
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
