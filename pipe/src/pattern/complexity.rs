//! How complex the wildcards of a pattern are, by the measure of the event rules engine.
//!
//! The engine counts how many beginnings of wildcards can match the same text at once: `*a` has the
//! beginnings `*` and `*a`, and a text that ends with `a` matches both. Quotes belong to a value
//! (`"*a"`). More than [`MOST`] for the values of one field are refused. The measure is that of
//! event-ruler's `MachineComplexityEvaluator`. The bound is not documented; it fits every
//! acceptance and refusal that has been reported (see the tests).

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use super::matcher::Matcher;
use super::wildcard::Wildcard;

/// How many beginnings may match at once.
pub(super) const MOST: usize = 10;

/// After so many sets of beginnings, a pattern counts as too complex. Our choice: the engine has no
/// such bound, and the patterns that people write need some hundreds.
const MOST_SETS: usize = 20_000;

/// A character of a wildcard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WildcardToken {
    Byte(u8),
    Star,
}

/// One beginning of a wildcard, and what may follow it.
#[derive(Debug, Default)]
struct Beginning {
    /// Whether it ends with a star, so that it also matches longer text.
    is_star: bool,
    /// The beginning that is longer by a star: it matches the same text.
    star: Option<usize>,
    /// The beginnings that are longer by a byte.
    next: Vec<(u8, usize)>,
}

/// All beginnings of the wildcards of one field. The first is the empty one, which is not counted.
#[derive(Debug)]
pub(super) struct Beginnings {
    states: Vec<Beginning>,
    /// Where the wildcards of one alternative end: they share it.
    ends: HashMap<usize, usize>,
    /// Beginnings up to the first star, by alternative: wildcards of one alternative share them.
    shared: HashMap<(usize, Vec<u8>, bool), usize>,
}

impl Beginnings {
    /// The beginnings of the alternatives that are listed for one field.
    pub(super) fn of<'m>(alternatives: impl Iterator<Item = &'m Matcher>) -> Beginnings {
        let mut all = Beginnings {
            states: vec![Beginning::default()],
            ends: HashMap::new(),
            shared: HashMap::new(),
        };
        let mut seen: Vec<&Matcher> = Vec::new();
        for matcher in alternatives.filter(|matcher| !wildcards(matcher).is_empty()) {
            if !seen.contains(&matcher) {
                seen.push(matcher);
                wildcards(matcher)
                    .into_iter()
                    .for_each(|wildcard| all.add(seen.len(), wildcard));
            }
        }
        all
    }

    fn add(&mut self, alternative: usize, wildcard: &Wildcard) {
        let tokens = tokens(wildcard);
        let (mut at, mut literal, mut starred) = (0, Vec::new(), false);
        for (index, &token) in tokens.iter().enumerate() {
            let is_last = index + 1 == tokens.len();
            let is_shared = !starred;
            match token {
                WildcardToken::Byte(byte) => literal.push(byte),
                WildcardToken::Star => starred = true,
            }
            let next = self.find_or_make(
                alternative,
                is_last,
                is_shared.then(|| (literal.clone(), starred)),
            );
            match token {
                WildcardToken::Star => {
                    self.states[next].is_star = true;
                    self.states[at].star = Some(next);
                }
                WildcardToken::Byte(byte) if !self.states[at].next.contains(&(byte, next)) => {
                    self.states[at].next.push((byte, next));
                }
                WildcardToken::Byte(_) => {}
            }
            at = next;
        }
    }

    fn find_or_make(
        &mut self,
        alternative: usize,
        is_last: bool,
        shared: Option<(Vec<u8>, bool)>,
    ) -> usize {
        let fresh = self.states.len();
        let known = match shared {
            _ if is_last => *self.ends.entry(alternative).or_insert(fresh),
            Some((literal, starred)) => *self
                .shared
                .entry((alternative, literal, starred))
                .or_insert(fresh),
            None => fresh,
        };
        if known == fresh {
            self.states.push(Beginning::default());
        }
        known
    }

    /// Whether more than `most` beginnings can match the same text.
    pub(super) fn exceed(&self, most: usize) -> bool {
        let bytes: BTreeSet<u8> = self
            .states
            .iter()
            .flat_map(|state| state.next.iter().map(|&(byte, _)| byte))
            .collect();
        // One more stands for every byte that no wildcard names.
        let inputs: Vec<Option<u8>> = bytes.into_iter().map(Some).chain([None]).collect();
        let mut seen = HashSet::new();
        let mut waiting = VecDeque::from([vec![0]]);
        while let Some(set) = waiting.pop_front() {
            for &input in &inputs {
                let next = self.step(&set, input);
                if next.len() > most || seen.len() > MOST_SETS {
                    return true;
                }
                if !next.is_empty() && seen.insert(next.clone()) {
                    waiting.push_back(next);
                }
            }
        }
        false
    }

    /// The beginnings that match a text which is longer by one byte.
    fn step(&self, set: &[usize], input: Option<u8>) -> Vec<usize> {
        let mut next = BTreeSet::new();
        for &state in set {
            let state_of = &self.states[state];
            if state_of.is_star {
                next.insert(state);
            }
            next.extend(
                state_of
                    .next
                    .iter()
                    .filter(|(byte, _)| Some(*byte) == input)
                    .map(|&(_, to)| to),
            );
        }
        let stars: Vec<usize> = next
            .iter()
            .filter_map(|&state| self.states[state].star)
            .collect();
        next.extend(stars);
        next.into_iter().collect()
    }
}

/// The wildcards of an alternative: one, or those that it excludes.
fn wildcards(matcher: &Matcher) -> Vec<&Wildcard> {
    match matcher {
        Matcher::Wildcard(wildcard) => vec![wildcard],
        Matcher::AnythingBut(excluded) => excluded.iter().flat_map(wildcards).collect(),
        _ => Vec::new(),
    }
}

fn tokens(wildcard: &Wildcard) -> Vec<WildcardToken> {
    let mut tokens = vec![WildcardToken::Byte(b'"')];
    for (index, piece) in wildcard.pieces().iter().enumerate() {
        if index > 0 {
            tokens.push(WildcardToken::Star);
        }
        tokens.extend(piece.bytes().map(WildcardToken::Byte));
    }
    tokens.push(WildcardToken::Byte(b'"'));
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The complexity of a field with these wildcards.
    fn complexity(texts: &[&str]) -> usize {
        let matchers: Vec<Matcher> = texts
            .iter()
            .map(|text| Matcher::Wildcard(Wildcard::parse(text).expect("a wildcard")))
            .collect();
        let beginnings = Beginnings::of(matchers.iter());
        (0..)
            .find(|&most| !beginnings.exceed(most))
            .expect("there is a bound")
    }

    #[test]
    fn beginnings_that_match_one_text_are_counted() {
        // The first quote is a beginning, too; it matches one text only, with the star behind it.
        let cases: [(&[&str], usize); 9] = [
            (&["abc"], 1),
            (&["*ab"], 2),
            (&["*aa"], 3),
            (&["a*bbb"], 4),
            (&["*ab*ad"], 4),
            (&["ab*c", "ab*c"], 2),
            (&["ab*cd", "ab*wx", "ab*yz"], 6),
            (&["a*aaa", "aa*aa"], 7),
            (&["*a*a*a*a*a*a*a*a*"], 17),
        ];
        for (texts, expected) in cases {
            assert_eq!(complexity(texts), expected, "{texts:?}");
        }
        let anything_but = |texts: &[&str]| {
            Matcher::AnythingBut(
                texts
                    .iter()
                    .map(|text| Matcher::Wildcard(Wildcard::parse(text).unwrap()))
                    .collect(),
            )
        };
        let set = Beginnings::of([anything_but(&["a*aaa", "aa*aa"])].iter());
        assert!(
            set.exceed(6) && !set.exceed(7),
            "a list of exclusions is one alternative"
        );
    }

    /// Rules that were reported as accepted or refused by EventBridge itself.
    #[test]
    fn the_bound_fits_what_aws_accepted_and_refused() {
        let accepted: [&[&str]; 5] = [
            &["*:stack/Alpha/*", "*:stack/Beta/*", "*:stack/Gamma/*"],
            &["*.bif", "*.tiff", "*.tif", "*.svs"],
            &["*/datasync/*.bif", "*/datasync/*.tif"],
            &["/Users/*/dir/dir/dir/dir/dir/doc.txt"],
            &["*/init/*", "*/dir/*"],
        ];
        let refused: [&[&str]; 3] = [
            &["*:*:*:*:*:event-bus/*"],
            &[
                "*:stack/Alpha/*",
                "*:stack/Beta/*",
                "*:stack/Gamma/*",
                "*:stack/Delta/*",
            ],
            &[
                "*/datasync/*.bif",
                "*/datasync/*.tif",
                "*/datasync/*.tiff",
                "*/datasync/*.svs",
            ],
        ];
        accepted
            .iter()
            .for_each(|texts| assert!(complexity(texts) <= MOST, "{texts:?}"));
        refused
            .iter()
            .for_each(|texts| assert!(complexity(texts) > MOST, "{texts:?}"));
    }

    #[test]
    fn a_hostile_wildcard_is_measured_in_bounded_time() {
        let hostile: String = (0..900).map(|n| format!("{n}ab*ba")).collect();
        assert!(
            Beginnings::of([Matcher::Wildcard(Wildcard::parse(&hostile).unwrap())].iter())
                .exceed(MOST)
        );
        let long = format!("*{}*", "ab".repeat(2000));
        assert!(
            Beginnings::of([Matcher::Wildcard(Wildcard::parse(&long).unwrap())].iter())
                .exceed(MOST)
        );
    }
}
