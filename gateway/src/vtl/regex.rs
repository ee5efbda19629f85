//! Regular expressions as `java.util.regex` understands them: back-references, look-around, possessive quantifiers,
//! class intersections.
//!
//! No crate offers that dialect, and none lets a caller pay for the search by the step: a template's pattern may be as
//! hostile as the template. So this is a backtracking matcher of its own, which spends the rendering's budget.

use super::limits::{Budget, Exceeded};

mod class;
mod parse;
mod program;
mod run;
mod tree;

use program::Program;
use run::Matcher;

/// Characters of a pattern.
const PATTERN_LENGTH: usize = 10_000;

/// A pattern, ready to search.
#[derive(Debug)]
pub struct Pattern {
    program: Program,
    /// The text that every match starts with.
    prefix: String,
    /// The pattern is its prefix, and nothing else.
    literal: bool,
    /// Unicode properties in it, which are tables.
    properties: usize,
}

/// Where a pattern and its groups matched, as byte offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    groups: Vec<Option<(usize, usize)>>,
}

impl Match {
    /// The whole match.
    pub fn whole(&self) -> (usize, usize) {
        self.groups[0].expect("a match has a place")
    }
}

impl Pattern {
    /// Reads a pattern; the error says what is wrong with it.
    pub fn new(source: &str) -> Result<Pattern, String> {
        if source.len() > PATTERN_LENGTH {
            return Err(format!("a regular expression of more than {PATTERN_LENGTH} characters"));
        }
        let parsed =
            parse::parse(source).map_err(|why| format!("bad regular expression `{}`: {why}", short(source)))?;
        let (prefix, literal) = parsed.prefix();
        let program = Program::compile(&parsed).map_err(|why| format!("bad regular expression: {why}"))?;
        Ok(Pattern { program, prefix, literal, properties: parsed.properties })
    }

    /// About how much work it was to read it, in steps.
    pub fn cost(&self) -> u64 {
        self.program.steps.len() as u64 + 3_000 * self.properties as u64
    }

    /// The first match that starts at `from` or after it.
    pub fn find(&self, text: &str, from: usize, budget: &mut Budget) -> Result<Option<Match>, Exceeded> {
        let mut matcher = Matcher::new(&self.program, text, budget)?;
        let mut start = from;
        loop {
            if !self.prefix.is_empty() {
                let Some(found) = text[start..].find(&self.prefix) else {
                    matcher.budget.steps(1 + (text.len() - start) as u64 / 64)?;
                    return Ok(None);
                };
                matcher.budget.steps(1 + found as u64 / 64)?;
                start += found;
                if self.literal {
                    return Ok(Some(Match { groups: vec![Some((start, start + self.prefix.len()))] }));
                }
            }
            if let Some(groups) = matcher.run(start, None)? {
                return Ok(Some(Match { groups }));
            }
            match text[start..].chars().next() {
                Some(character) => start += character.len_utf8(),
                None => return Ok(None),
            }
        }
    }

    /// Whether the pattern matches the whole text.
    pub fn matches(&self, text: &str, budget: &mut Budget) -> Result<bool, Exceeded> {
        Ok(Matcher::new(&self.program, text, budget)?.run(0, Some(text.len()))?.is_some())
    }

    /// Appends `replacement` with its `$1` and `${name}` filled in, and its backslashes taken off.
    pub fn expand(&self, replacement: &str, text: &str, found: &Match, out: &mut String) -> Result<(), String> {
        let mut rest = replacement;
        while let Some(at) = rest.find(['\\', '$']) {
            out.push_str(&rest[..at]);
            let special = &rest[at..];
            rest = if let Some(escaped) = special.strip_prefix('\\') {
                let character = escaped.chars().next().ok_or("the replacement ends in a backslash")?;
                out.push(character);
                &escaped[character.len_utf8()..]
            } else {
                let (group, after) = self.group(&special[1..])?;
                out.push_str(found.groups[group].map_or("", |(start, end)| &text[start..end]));
                after
            };
        }
        out.push_str(rest);
        Ok(())
    }

    /// The group that the text after a `$` names, and what follows.
    fn group<'r>(&self, text: &'r str) -> Result<(usize, &'r str), String> {
        if let Some(named) = text.strip_prefix('{') {
            let (name, after) = named.split_once('}').ok_or("`${` without `}` in the replacement")?;
            let group = self.program.names.iter().find(|(known, _)| known == name);
            return group.map(|(_, group)| (*group, after)).ok_or(format!("no group `{}`", short(name)));
        }
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return Err("a `$` in the replacement must name a group; write `\\$` for the character".to_owned());
        }
        // As many digits as make a group that there is, the first in any case.
        let fits = |length: &usize| text[..*length].parse().is_ok_and(|group: usize| group < self.program.groups);
        let length = (1..=digits).rev().find(fits).ok_or(format!("no group {}", &text[..1]))?;
        Ok((text[..length].parse().expect("these digits were just read"), &text[length..]))
    }
}

fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, text: &str, replacement: &str, expected: &str) {
        let pattern = Pattern::new(pattern).unwrap();
        let mut budget = Budget::default();
        let (mut out, mut start, mut from) = (String::new(), 0, 0);
        while let Some(found) = pattern.find(text, from, &mut budget).unwrap() {
            let (at, end) = found.whole();
            out.push_str(&text[start..at]);
            pattern.expand(replacement, text, &found, &mut out).unwrap();
            (start, from) =
                (end, if end > at { end } else { end + text[end..].chars().next().map_or(1, char::len_utf8) });
            if from > text.len() {
                break;
            }
        }
        out.push_str(&text[start..]);
        assert_eq!(out, expected);
    }

    fn whole(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).unwrap().matches(text, &mut Budget::default()).unwrap()
    }

    #[test]
    fn replaces_as_java_does() {
        check("[0-9]+", "a1b22", "#", "a#b#");
        check("([a-z])", "a1b", "<$1>", "<a>1<b>");
        check("o", "Hello, World", "0", "Hell0, W0rld");
        check("\\w+", "Hello, World", "[$0]", "[Hello], [World]");
        check("\"", "say \"x\"", "\\\\\"", "say \\\"x\\\"");
        check("", "ab", "-", "-a-b-");
        check("x*", "axb", "-", "-a--b-");
        check("(?<year>\\d{4})-(\\d\\d)", "on 2024-05", "$2/${year}", "on 05/2024");
        check("(a)(b)?", "ac", "[$2$1]", "[a]c");
        check("(a)", "a", "$12", "a2");
        check("é|ü", "éaü", "e", "eae");
    }

    #[test]
    fn look_around_and_back_references() {
        check("(?<=a)b", "abcb", "X", "aXcb");
        check("(?<!\\\\)'", "it\\'s 'x'", "\"", "it\\'s \"x\"");
        check("foo(?!bar)", "foobar foobaz", "X", "foobar Xbaz");
        check("(\\w)\\1", "aabbc", "<$1>", "<a><b>c");
        check("(?=c)", "abc", "|", "ab|c");
        check("(?<=^|,)\\s+", " a, b", "", "a,b");
    }

    #[test]
    fn quantifiers() {
        assert!(whole("a{2,3}", "aaa") && !whole("a{2,3}", "aaaa"));
        assert!(whole("a*?b", "aab") && !whole("a*+a", "aaa") && whole("(?:a|ab)(?:c|bcd)", "abcd"));
        assert!(!whole("(?>a|ab)c", "abc") && whole("(a*)*", "aaa") && whole("(a|b)*?c", "abac"));
        assert!(whole("(?:a?){3}b", "b") && whole("a{3}", "aaa") && whole("(ab){2,}", "ababab"));
    }

    #[test]
    fn classes() {
        assert!(whole("[a-z&&[^aeiou]]+", "xyz") && !whole("[a-z&&[^aeiou]]+", "xay"));
        assert!(whole("\\p{Lu}\\p{Alpha}+", "Ab") && whole("\\p{L}+", "éß") && !whole("\\w", "é"));
        assert!(whole("[^\\d\\s]", "x") && whole("[-a]+", "a-") && whole("[\\]x]+", "]x") && whole("[\\-.]", "-"));
        assert!(whole("(?i)straSSe", "STRASSE") && whole("(?s).+", "a\nb") && !whole(".+", "a\nb"));
        assert!(whole("(?iu)é", "É") && !whole("(?i)é", "É") && whole("(?iu)[à-ü]+", "ÉÜ") && whole("(?u)é", "é"));
        assert!(whole("[^a-c&&[^b]]+", "bxyz") && whole("[a-d&&b-e&&c-f]+", "cd") && !whole("[a-d&&b-e&&c-f]", "b"));
        assert!(whole("\\Qa.b\\E+", "a.bbb") && whole("\\u0041\\x42\\t", "AB\t") && whole("\\h+", " \t"));
    }

    #[test]
    fn anchors() {
        check("$", "a\n", "|", "a|\n|");
        check("^", "a\nb", "|", "|a\nb");
        check("(?m)^", "a\nb", "|", "|a\n|b");
        check("\\s+$", "x  ", "", "x");
        check("\\bx", "x xx ax", "y", "y yx ax");
    }

    #[test]
    fn what_is_wrong_is_said() {
        for bad in ["(", ")", "[", "a{2", "*", "\\", "(?<n", "(?<n>a)(?<n>b)", "x{3,2}", "\\p{Nope}", "[z-a]", "\\k<n>"]
        {
            assert!(Pattern::new(bad).is_err(), "{bad}");
        }
        assert!(Pattern::new(&"(".repeat(9000)).is_err());
        assert!(Pattern::new("((a{100}){100}){100}").is_err());
        assert!(Pattern::new("(?U)a").is_err());
    }

    #[test]
    fn a_hostile_pattern_is_read_in_its_own_length() {
        // Each of these once took a stack, hours or gigabytes.
        assert!(whole(&format!("[{}\\w]", "\\w&&".repeat(1_900)), "a"));
        assert!(whole("(?:(?:(?:(?:){1000}){1000}){1000}){1000}", ""));
        assert!(whole("(?:(?:(?:\\Q\\E){1000}){1000}){1000}", ""));
        let many: String = (0x4E00..0x4E00 + 3_000).filter_map(char::from_u32).collect();
        assert!(whole(&format!("(?:[{many}]x){{1000}}"), &"一x".repeat(1_000)));
        let nested = (0..7).fold("a".to_owned(), |inner, _| format!("(?:{inner}){{1000}}"));
        assert!(Pattern::new(&format!("(?<={nested})")).is_err());
    }

    #[test]
    fn a_hostile_pattern_spends_the_budget() {
        let pattern = Pattern::new("(a+)+$").unwrap();
        let text = format!("{}b", "a".repeat(64));
        assert_eq!(pattern.find(&text, 0, &mut Budget::default()), Err(Exceeded::Steps));
    }
}
