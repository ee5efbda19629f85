//! An error that points: what went wrong, and the source line with a caret under the place.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Characters of the source line that are shown around the place.
const SHOWN: usize = 120;

/// When an error occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// While the template is parsed: it can never be rendered.
    Syntax,
    /// While it is rendered, with the values of one request.
    Render,
    /// Perhaps never: the template can be rendered, but hardly does what was meant.
    Lint,
    /// While it is parsed or rendered: it takes more work, memory or depth than a template may.
    Limit,
}

/// A failure inside `vtl`: the place and the reason. The template adds its name and the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// When it shows.
    pub kind: ErrorKind,
    /// Byte range in the source.
    pub span: Range<usize>,
    /// What went wrong, without the place.
    pub message: String,
    /// What to write instead, as a sentence part: ``did you mean `size`?``.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure to parse the template.
    pub fn syntax(span: Range<usize>, message: impl Into<String>) -> Box<Failure> {
        Box::new(Failure {
            kind: ErrorKind::Syntax,
            span,
            message: message.into(),
            hint: None,
        })
    }

    /// A failure to render the template.
    pub fn render(span: Range<usize>, message: impl Into<String>) -> Box<Failure> {
        Box::new(Failure {
            kind: ErrorKind::Render,
            span,
            message: message.into(),
            hint: None,
        })
    }

    /// A bound that the rendering ran into.
    pub fn limit(span: Range<usize>, message: impl Into<String>) -> Box<Failure> {
        Box::new(Failure {
            kind: ErrorKind::Limit,
            span,
            message: message.into(),
            hint: None,
        })
    }

    /// The same failure with a hint.
    pub fn hint(mut self: Box<Failure>, hint: impl Into<String>) -> Box<Failure> {
        self.hint = Some(hint.into());
        self
    }
}

/// A template that cannot be parsed, or one rendering that failed.
///
/// An error prints as
///
/// ```text
/// orders.vtl:2:12: `#if` is never closed
///   2 | #if($items.size() > 0)
///     | ^^^ write `#end` after its body
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// When it shows.
    pub kind: ErrorKind,
    /// The template's name.
    pub name: Arc<str>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What went wrong.
    pub message: String,
    /// What to write instead, where something is near.
    pub hint: Option<String>,
    excerpt: Box<Excerpt>,
}

/// The line that an error shows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Excerpt {
    text: String,
    indent: usize,
    width: usize,
}

impl Error {
    /// Places `failure` in the template `name` with this `source`.
    pub fn locate(name: &Arc<str>, source: &str, failure: Failure) -> Error {
        let start = floor(source, failure.span.start);
        let end = floor(source, failure.span.end).max(start);
        let line_start = source[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = source[start..]
            .find('\n')
            .map_or(source.len(), |newline| start + newline);
        let text = source[line_start..line_end].trim_end_matches('\r');
        let before = source[line_start..start].chars().count();
        let width = source[start..end.min(line_start + text.len()).max(start)]
            .chars()
            .count()
            .max(1);
        let skipped = before.saturating_sub(SHOWN / 2);
        Error {
            kind: failure.kind,
            name: name.clone(),
            line: source[..start].matches('\n').count() + 1,
            column: before + 1,
            message: failure.message,
            hint: failure.hint,
            excerpt: Box::new(Excerpt {
                text: text
                    .chars()
                    .skip(skipped)
                    .take(SHOWN)
                    .map(visible)
                    .collect(),
                indent: before - skipped,
                width: width.min(SHOWN / 2),
            }),
        }
    }
}

/// A tab would move the caret, another control character the terminal.
fn visible(character: char) -> char {
    if character.is_control() {
        ' '
    } else {
        character
    }
}

fn floor(source: &str, mut offset: usize) -> usize {
    offset = offset.min(source.len());
    while !source.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Error {
            name,
            line,
            column,
            message,
            excerpt,
            ..
        } = self;
        let Excerpt {
            text,
            indent,
            width,
        } = &**excerpt;
        let gutter = line.to_string().len() + 2;
        writeln!(f, "{name}:{line}:{column}: {message}")?;
        writeln!(f, "{line:>gutter$} | {text}")?;
        write!(f, "{:gutter$} | {:indent$}{}", "", "", "^".repeat(*width))?;
        self.hint
            .as_ref()
            .map_or(Ok(()), |hint| write!(f, " {hint}"))
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_place() {
        let failure = Failure::render(20..26, "unknown method `lenght` on a list")
            .hint("did you mean `size`?");
        let error = Error::locate(
            &"orders.vtl".into(),
            "a\r\n\t#if($é.items.lenght() > 0)\nb",
            *failure,
        );
        assert_eq!(
            error.to_string(),
            "orders.vtl:2:17: unknown method `lenght` on a list\n  2 |  #if($é.items.lenght() > 0)\n    |                 ^^^^^^ did you mean `size`?"
        );
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let source = format!("{}X{}", "a".repeat(5000), "b".repeat(5000));
        let error = Error::locate(&"t".into(), &source, *Failure::syntax(5000..5001, "here"));
        let shown = error.to_string();
        assert!(shown.len() < 300, "{shown}");
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[1].find('X'), lines[2].find('^'));
    }

    #[test]
    fn a_place_past_the_end_is_the_end() {
        let error = Error::locate(&"t".into(), "", *Failure::syntax(7..9, "gone"));
        assert_eq!((error.line, error.column), (1, 1));
    }
}
