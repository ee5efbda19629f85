//! Finds secrets in a text, and takes them out.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, MatchKind};

use super::encoded;
use super::forms::{SHORTEST, forms};
use super::unescape::View;

/// What stands in place of a secret.
pub(crate) const REMOVED: char = '…';

/// How many encodings may be nested: JSON in a string of JSON in a string, percent-encoded, and one
/// more.
const DEPTH: usize = 5;

/// How many of them may be base64.
pub(super) const BASE64_DEPTH: usize = 2;

/// Finds secrets.
#[derive(Debug)]
pub(crate) struct Redactor {
    /// Searches for all forms of the secrets; `None` when there are no secrets.
    searched: Option<AhoCorasick>,
    /// The secrets: a text that was cut may end with the beginning of one.
    secrets: Vec<Vec<u8>>,
}

impl Redactor {
    /// For these secrets; those under [`SHORTEST`] bytes are left out.
    pub(crate) fn new<'s>(secrets: impl Iterator<Item = &'s str>) -> Redactor {
        let secrets: Vec<&str> = secrets.filter(|secret| secret.len() >= SHORTEST).collect();
        let all: Vec<Vec<u8>> = secrets.iter().flat_map(|secret| forms(secret)).collect();
        let search = || {
            let mut builder = AhoCorasick::builder();
            // A secret is repeated also where %2F is written as %2f, or abc as ABC.
            builder
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .build(&all)
        };
        let searched =
            (!all.is_empty()).then(|| search().expect("secrets fit into memory many times over"));
        let secrets = secrets
            .into_iter()
            .map(|secret| secret.to_ascii_lowercase().into_bytes())
            .collect();
        Redactor { searched, secrets }
    }

    /// The text without secrets.
    pub(crate) fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.without(text, |_| {})
    }

    /// A text that was cut, without secrets and without the beginning of one at its end.
    pub(crate) fn redact_cut<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.without(text, |hidden| self.hide_beginning(text, hidden))
    }

    fn without<'t>(
        &self,
        text: &'t str,
        and: impl FnOnce(&mut Vec<(usize, usize)>),
    ) -> Cow<'t, str> {
        let Some(searched) = &self.searched else {
            return Cow::Borrowed(text);
        };
        let mut hidden = Vec::new();
        search(searched, &View::of(text), DEPTH, BASE64_DEPTH, &mut hidden);
        and(&mut hidden);
        if hidden.is_empty() {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(shown(text, hidden))
        }
    }

    fn hide_beginning(&self, text: &str, hidden: &mut Vec<(usize, usize)>) {
        let bytes = text.as_bytes();
        let is_end = |secret: &[u8], length: usize| {
            bytes.len() >= length
                && bytes[bytes.len() - length..].eq_ignore_ascii_case(&secret[..length])
        };
        let longest = |secret: &Vec<u8>| {
            (1..secret.len())
                .rev()
                .find(|&length| is_end(secret, length))
        };
        if let Some(length) = self.secrets.iter().filter_map(longest).max() {
            hidden.push((bytes.len() - length, bytes.len()));
        }
    }
}

/// Finds secrets in a view, and beneath up to so many encodings of it.
fn search(
    searched: &AhoCorasick,
    view: &View,
    depth: usize,
    base64_depth: usize,
    hidden: &mut Vec<(usize, usize)>,
) {
    let found = searched.find_overlapping_iter(&view.bytes);
    hidden.extend(found.map(|found| view.source(found.start()..found.end())));
    if depth == 0 {
        return;
    }
    if let Some(inner) = view.unescaped() {
        search(searched, &inner, depth - 1, base64_depth, hidden);
    }
    if let Some(inner) = (base64_depth > 0).then(|| encoded::decoded(view)).flatten() {
        inner
            .iter()
            .for_each(|inner| search(searched, inner, depth - 1, base64_depth - 1, hidden));
    }
}

/// The text, with [`REMOVED`] in these places, which may overlap.
fn shown(text: &str, mut hidden: Vec<(usize, usize)>) -> String {
    hidden.sort_unstable();
    let (mut shown, mut at) = (String::with_capacity(text.len()), 0);
    for (start, end) in hidden {
        if end <= at {
            continue;
        }
        shown.push_str(&text[at..text.floor_char_boundary(start.max(at))]);
        if !shown.ends_with(REMOVED) {
            shown.push(REMOVED);
        }
        at = text.ceil_char_boundary(end);
    }
    shown.push_str(&text[at..]);
    shown
}
