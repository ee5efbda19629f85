//! An error that points: what went wrong, and the source line with a caret under the place.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use kit::excerpt::Excerpt;

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

impl Error {
    /// Places `failure` in the template `name` with this `source`.
    pub fn locate(name: &Arc<str>, source: &str, failure: Failure) -> Error {
        let excerpt = Excerpt::of(source, failure.span);
        Error {
            kind: failure.kind,
            name: name.clone(),
            line: excerpt.line,
            column: excerpt.column,
            message: failure.message,
            hint: failure.hint,
            excerpt: Box::new(excerpt),
        }
    }
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
        writeln!(f, "{name}:{line}:{column}: {message}")?;
        f.write_str(&excerpt.with_hint(self.hint.as_deref().unwrap_or_default()))
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
    fn a_place_past_the_end_is_the_end() {
        let error = Error::locate(&"t".into(), "", *Failure::syntax(7..9, "gone"));
        assert_eq!((error.line, error.column), (1, 1));
    }
}
