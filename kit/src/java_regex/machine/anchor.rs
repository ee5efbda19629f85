//! Anchors, text that a group matched before, and clusters of characters.

use std::sync::LazyLock;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use super::state::{Machine, NOWHERE};
use crate::java_regex::budget::Budget;
use crate::java_regex::flags::{Case, Flags};
use crate::java_regex::set::{Class, folded, property, ranges, swap_case};
use crate::java_regex::tree::Anchor;

/// Line terminators other than `\n` and `\r`.
const OTHER_ENDS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// `Character.isLetterOrDigit`.
static LETTERS_AND_DIGITS: LazyLock<Class> = LazyLock::new(|| named("javaLetterOrDigit"));
/// Marks that take no room of their own.
static MARKS: LazyLock<Class> = LazyLock::new(|| named("Mn"));
/// `\w` under `(?U)`.
static WORD: LazyLock<Class> =
    LazyLock::new(|| Class::of(property::word().unwrap_or_else(|| ranges(&[]))));

fn named(property: &str) -> Class {
    Class::of(property::of_name(property, Flags::default()).unwrap_or_else(|_| ranges(&[])))
}

impl<B: Budget> Machine<'_, B> {
    pub(super) fn is_at(&self, wanted: Anchor, place: usize) -> bool {
        let (before, after) = (&self.text[..place], &self.text[place..]);
        match wanted {
            Anchor::Start => place == 0,
            Anchor::End => after.is_empty(),
            Anchor::LastMatch => place == self.last_match,
            Anchor::LineStart { unix } => starts_line(before, after, unix),
            Anchor::LineEnd { unix } => after.is_empty() || ends_line(before, after, unix),
            Anchor::LastLineEnd { unix: true } => matches!(after, "" | "\n"),
            Anchor::LastLineEnd { unix: false } => {
                after.is_empty()
                    || after == "\r\n"
                    || (ends_line(before, after, false) && after.chars().nth(1).is_none())
            }
            Anchor::WordEdge { wanted, unicode } => is_edge(before, after, unicode) == wanted,
            Anchor::ClusterEdge => GraphemeCursor::new(place, self.text.len(), true)
                .is_boundary(self.text, 0)
                .unwrap_or(true),
        }
    }

    /// The end of the cluster that starts here.
    pub(super) fn cluster(&mut self, place: usize) -> Result<Option<usize>, B::Exceeded> {
        let end = self.text[place..]
            .graphemes(true)
            .next()
            .map(|cluster| place + cluster.len());
        self.budget
            .steps(end.map_or(0, |end| (end - place) as u64 / 8))?;
        Ok(end)
    }

    /// Where the text that the group matched ends, if it stands here again.
    pub(super) fn same(
        &mut self,
        group: usize,
        case: Case,
        place: usize,
    ) -> Result<Option<usize>, B::Exceeded> {
        let (start, end) = (
            self.scratch.slots[2 * group],
            self.scratch.slots[2 * group + 1],
        );
        if start == NOWHERE || end == NOWHERE {
            return Ok(None);
        }
        self.budget.steps((end - start) as u64 / 16)?;
        let (taken, rest) = (&self.text[start..end], &self.text[place..]);
        if case == Case::Exact {
            return Ok(rest.starts_with(taken).then_some(place + taken.len()));
        }
        let mut here = rest.chars();
        let fits = taken.chars().all(|one| {
            here.next()
                .is_some_and(|other| same_letter(one, other, case))
        });
        Ok(fits.then(|| self.text.len() - here.as_str().len()))
    }
}

fn same_letter(one: char, other: char, case: Case) -> bool {
    one == other
        || match case {
            Case::Exact => false,
            Case::Ascii => one.is_ascii() && swap_case(one) == other,
            Case::Unicode => folded(one) == folded(other),
        }
}

/// `^` of a line: not at the end of the text, not within `\r\n`.
fn starts_line(before: &str, after: &str, unix: bool) -> bool {
    if after.is_empty() {
        return false;
    }
    before.is_empty()
        || before.ends_with('\n')
        || !unix
            && (before.ends_with(OTHER_ENDS) || before.ends_with('\r') && !after.starts_with('\n'))
}

/// Whether a line terminator follows; not within `\r\n`.
fn ends_line(before: &str, after: &str, unix: bool) -> bool {
    if unix {
        return after.starts_with('\n');
    }
    after.starts_with('\r')
        || after.starts_with(OTHER_ENDS)
        || after.starts_with('\n') && !before.ends_with('\r')
}

/// Whether a word begins or ends here. A mark belongs to the word that it is part of.
fn is_edge(before: &str, after: &str, unicode: bool) -> bool {
    let left = before
        .chars()
        .next_back()
        .is_some_and(|last| in_word(last, before, unicode));
    let right = after
        .chars()
        .next()
        .is_some_and(|first| in_word(first, before, unicode));
    left != right
}

/// `text` ends with the character, or before it.
fn in_word(character: char, text: &str, unicode: bool) -> bool {
    is_word(character, unicode) || MARKS.contains(character) && has_base(text)
}

fn is_word(character: char, unicode: bool) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || character == '_';
    }
    if unicode {
        WORD.contains(character)
    } else {
        LETTERS_AND_DIGITS.contains(character)
    }
}

/// Marks on one letter that are looked at.
const MARKS_ON_ONE: usize = 1_000;

/// Whether the marks at the end of `text` stand on a letter or digit.
fn has_base(text: &str) -> bool {
    let mut back = text
        .chars()
        .rev()
        .take(MARKS_ON_ONE)
        .skip_while(|&character| MARKS.contains(character));
    back.next()
        .is_some_and(|character| LETTERS_AND_DIGITS.contains(character))
}
