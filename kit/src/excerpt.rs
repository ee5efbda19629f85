//! A line of a text with a caret under a place in it, so that nobody counts columns.
//!
//! ```text
//!   2 | #if($items.size() > 0)
//!     | ^^^ write `#end` after its body
//! ```

use std::fmt;
use std::ops::Range;

/// Characters of the line that are shown around the place.
const SHOWN: usize = 120;

/// The line of a text in which a place begins, and the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    text: String,
    indent: usize,
    width: usize,
}

impl Excerpt {
    /// The place of these bytes. What lies behind the end of the text is its end.
    pub fn of(source: &str, span: Range<usize>) -> Excerpt {
        let start = floor(source, span.start);
        let end = floor(source, span.end).max(start);
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
        let shown = text.chars().skip(skipped).take(SHOWN).map(visible);
        Excerpt {
            line: source[..start].matches('\n').count() + 1,
            column: before + 1,
            text: shown.collect(),
            indent: before - skipped,
            width: width.min(SHOWN / 2),
        }
    }

    /// The place at a line and a column, both from 1, and so many characters wide.
    pub fn at(source: &str, line: usize, column: usize, width: usize) -> Excerpt {
        let start = offset(source, line, column);
        let behind = source[start..].char_indices().nth(width);
        Excerpt::of(
            source,
            start..behind.map_or(source.len(), |(length, _)| start + length),
        )
    }

    /// The two lines, with `hint` behind the caret.
    pub fn with_hint(&self, hint: &str) -> String {
        let hint = if hint.is_empty() {
            ""
        } else {
            &format!(" {hint}")
        };
        format!("{self}{hint}")
    }
}

/// The byte at a line and a column, both from 1: the end of the line, where it is shorter.
pub fn offset(source: &str, line: usize, column: usize) -> usize {
    let mut start = 0;
    for _ in 1..line {
        match source[start..].find('\n') {
            Some(newline) => start += newline + 1,
            None => return source.len(),
        }
    }
    let rest = source[start..].split('\n').next().unwrap_or_default();
    let within = rest.char_indices().nth(column.saturating_sub(1));
    start + within.map_or(rest.len(), |(at, _)| at)
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Excerpt {
            line,
            text,
            indent,
            width,
            ..
        } = self;
        let gutter = line.to_string().len() + 2;
        writeln!(f, "{line:>gutter$} | {text}")?;
        write!(f, "{:gutter$} | {:indent$}{}", "", "", "^".repeat(*width))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_those_of_an_editor() {
        let source = "a: é\r\nbb: [x\n";
        let excerpt = Excerpt::at(source, 2, 5, 2);
        assert_eq!((excerpt.line, excerpt.column), (2, 5));
        assert_eq!(excerpt.to_string(), "  2 | bb: [x\n    |     ^^");
        assert_eq!(excerpt.with_hint("here"), "  2 | bb: [x\n    |     ^^ here");
        assert_eq!(
            Excerpt::at(source, 1, 4, 1).to_string(),
            "  1 | a: é\n    |    ^"
        );
        assert_eq!(Excerpt::at(source, 2, 90, 1).column, 7);
        assert_eq!(Excerpt::at(source, 90, 1, 1).line, 3);
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let source = format!("{}X{}", "a".repeat(5000), "b".repeat(5000));
        let shown = Excerpt::of(&source, 5000..5001).to_string();
        assert!(shown.len() < 300, "{shown}");
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[0].find('X'), lines[1].find('^'));
    }
}
