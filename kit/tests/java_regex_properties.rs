//! Whatever the pattern and the text: no panic, the same answer twice, and where the `regex`
//! crate's dialect is the same, its answer.

use kit::java_regex::{Regex, Steps};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Something that looks like a pattern.
fn anything() -> impl Strategy<Value = String> {
    let parts = select(
        &[
            "a",
            "b",
            "é",
            "😀",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "*",
            "+",
            "?",
            "|",
            "\\",
            "^",
            "$",
            ".",
            "&&",
            "&",
            "-",
            "1",
            "0",
            ",",
            "(?",
            "<",
            ">",
            "=",
            "!",
            ":",
            "i",
            "x",
            "\\p",
            "{L}",
            "\\uD83D",
            "\\Q",
            "\\E",
            "\\k",
            "#",
            "\\R",
            "\\X",
            "\\G",
            "\\b{g}",
            "(?<n>",
            "(?<=",
            "\\1",
            "(?U)",
            "(?x)",
            "(?d)",
            "\\p{InGreek}",
            "{1000000000}",
        ][..],
    );
    vec(parts, 0..14).prop_map(|parts| parts.concat())
}

/// A pattern of the dialect that both have.
fn common() -> impl Strategy<Value = String> {
    let leaf = select(
        &[
            "a", "b", "é", "[ab]", "[^a]", "[a-cé]", "\\.", "(?:)", "\\pL", "\\x61",
        ][..],
    );
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 24, 3, |inner| {
            let quantifier = select(&["*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}"][..]);
            prop_oneof![
                (inner.clone(), quantifier)
                    .prop_map(|(inner, quantifier)| format!("(?:{inner}){quantifier}")),
                inner.clone().prop_map(|inner| format!("({inner})")),
                vec(inner.clone(), 1..3).prop_map(|parts| parts.concat()),
                (inner.clone(), inner).prop_map(|(one, two)| format!("(?:{one}|{two})")),
            ]
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(pattern in anything(), text in "[ab1é😀\u{301}\r\n ]{0,12}") {
        let Ok(regex) = Regex::new(&pattern) else { return Ok(()) };
        let once = regex.replace_all(&text, "<$0>", &mut Steps(10_000));
        prop_assert_eq!(regex.replace_all(&text, "<$0>", &mut Steps(10_000)), once);
        let _ = regex.matches(&text, &mut Steps(10_000));
        if let Ok(parts) = regex.split(&text, -1, &mut Steps(10_000)) {
            prop_assert!(!parts.is_empty());
        }
    }

    #[test]
    fn the_common_dialect(pattern in common(), text in "[abé.]{0,10}") {
        let ours = Regex::new(&pattern).unwrap();
        let theirs = regex::Regex::new(&pattern).unwrap();
        let whole = regex::Regex::new(&format!("\\A(?:{pattern})\\z")).unwrap();
        prop_assert_eq!(ours.matches(&text, &mut Steps(1_000_000)), Ok(whole.is_match(&text)));
        let found = theirs.find(&text).map(|found| found.start());
        let first = ours.find(&text, &mut Steps(1_000_000)).unwrap();
        prop_assert_eq!(first.map(|(start, _)| start), found);
    }
}
