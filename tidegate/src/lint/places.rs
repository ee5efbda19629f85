//! The texts of the files, and where something stands in them. Pure.

use std::ops::Range;
use std::sync::Arc;

use kit::document::{Node, Place};
use kit::excerpt::{Excerpt, offset};

/// The files of a definition.
#[derive(Debug, Default)]
pub(crate) struct Sources(pub(super) Vec<Source>);

/// One file.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its name, as it was given.
    pub(super) name: Arc<str>,
    /// Its text.
    pub(super) text: String,
    /// Its text as a document, if it is one.
    pub(super) root: Option<Node>,
}

impl Sources {
    /// The text of a file.
    pub(super) fn text(&self, file: &str) -> Option<&str> {
        let source = self.0.iter().find(|source| *source.name == *file)?;
        Some(&source.text)
    }

    /// The beginning of the first file.
    pub(super) fn start(&self) -> Place {
        Place {
            file: self
                .0
                .first()
                .map_or_else(|| "".into(), |first| first.name.clone()),
            line: 1,
            column: 1,
        }
    }

    /// The line of a place with its mark.
    pub(super) fn excerpt(&self, place: &Place, width: usize) -> Option<String> {
        let text = self.text(&place.file)?;
        Some(Excerpt::at(text, place.line, place.column, width).to_string())
    }

    /// The characters that are marked at a place where a value begins: its first line.
    pub(super) fn width(&self, place: &Place) -> usize {
        let Some(text) = self.text(&place.file) else {
            return 1;
        };
        let rest = &text[offset(text, place.line, place.column)..];
        let line = rest.lines().next().unwrap_or_default().trim_end();
        line.chars().count().max(1)
    }

    /// The bytes of the file that hold these bytes of the text of a value which begins at `value`.
    pub(super) fn range(
        &self,
        value: &Place,
        text: &str,
        span: &Range<usize>,
    ) -> Option<Range<usize>> {
        let file = self.text(&value.file)?;
        let fragment = text.get(span.clone())?;
        let before = text.get(..span.start)?.matches(fragment).count();
        let start = offset(file, value.line, value.column);
        let spelt = [
            fragment.to_owned(),
            in_json(fragment),
            fragment.replace('\'', "''"),
        ];
        spelt.iter().find_map(|spelt| {
            let (at, _) = file[start..].match_indices(spelt.as_str()).nth(before)?;
            Some(start + at..start + at + spelt.len())
        })
    }

    /// The place of a range of bytes of a file, and its width in characters.
    pub(super) fn place(&self, file: &Arc<str>, range: &Range<usize>) -> Option<(Place, usize)> {
        let excerpt = Excerpt::of(self.text(file)?, range.clone());
        let place = Place {
            file: file.clone(),
            line: excerpt.line,
            column: excerpt.column,
        };
        let width = self.text(file)?.get(range.clone())?.chars().count();
        Some((place, width))
    }
}

/// A fragment as JSON spells it within a string.
fn in_json(fragment: &str) -> String {
    let quoted = serde_json::Value::from(fragment).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}
