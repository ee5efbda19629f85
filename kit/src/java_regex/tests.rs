use super::*;

fn whole(pattern: &str, text: &str) -> bool {
    Regex::new(pattern)
        .unwrap()
        .matches(text, &mut Steps(1_000_000))
        .unwrap()
}

#[track_caller]
fn check(pattern: &str, text: &str, replacement: &str, expected: &str) {
    let replaced =
        Regex::new(pattern)
            .unwrap()
            .replace_all(text, replacement, &mut Steps(1_000_000));
    assert_eq!(replaced.unwrap(), expected);
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
    check(
        "(?<year>\\d{4})-(\\d\\d)",
        "on 2024-05",
        "$2/${year}",
        "on 05/2024",
    );
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
    assert!(
        whole("(?:ab){0,5000}", &"ab".repeat(5_000))
            && !whole("(?:ab){0,5000}", &"ab".repeat(5_001))
    );
}

#[test]
fn classes() {
    assert!(whole("[a-z&&[^aeiou]]+", "xyz") && !whole("[a-z&&[^aeiou]]+", "xay"));
    assert!(whole("\\p{Lu}\\p{Alpha}+", "Ab") && whole("\\p{L}+", "éß") && !whole("\\w", "é"));
    assert!(
        whole("[^\\d\\s]", "x")
            && whole("[-a]+", "a-")
            && whole("[\\]x]+", "]x")
            && whole("[\\-.]", "-")
    );
    assert!(whole("(?i)straSSe", "STRASSE") && whole("(?s).+", "a\nb") && !whole(".+", "a\nb"));
    assert!(
        whole("(?iu)é", "É")
            && !whole("(?i)é", "É")
            && whole("(?iu)[à-ü]+", "ÉÜ")
            && whole("(?u)é", "é")
    );
    assert!(
        whole("[^a-c&&[^b]]+", "bxyz")
            && whole("[a-d&&b-e&&c-f]+", "cd")
            && !whole("[a-d&&b-e&&c-f]", "b")
    );
    assert!(
        whole("\\Qa.b\\E+", "a.bbb") && whole("\\u0041\\x42\\t", "AB\t") && whole("\\h+", " \t")
    );
    assert!(
        whole("[\\uD83C-\\uDBFF\\uDC00-\\uDFFF]+", "😀😀"),
        "the usual way to find emoji"
    );
    assert!(whole("(?U)\\w+", "é") && whole("\\p{IsGreek}\\p{InGreek}\\p{javaLowerCase}", "αΩz"));
}

#[test]
fn anchors() {
    check("$", "a\n", "|", "a|\n|");
    check("^", "a\nb", "|", "|a\nb");
    check("(?m)^", "a\nb", "|", "|a\n|b");
    check("\\s+$", "x  ", "", "x");
    check("\\bx", "x xx ax", "y", "y yx ax");
    check("\\Ga", "aaba", "-", "--ba");
}

#[test]
fn what_is_wrong_is_said_as_java_says_it() {
    let error = |pattern: &str| Regex::new(pattern).unwrap_err().to_string();
    assert_eq!(error("(a"), "Unclosed group near index 2");
    assert_eq!(error("[z-a]"), "Illegal character range near index 3");
    assert_eq!(error(")"), "Unmatched closing ')'");
    assert_eq!(
        error("(?<=(?:a|b)*)c"),
        "Look-behind group does not have an obvious maximum length near index 11"
    );
    for bad in [
        "(",
        ")",
        "[",
        "a{2",
        "*",
        "\\",
        "(?<n",
        "(?<n>a)(?<n>b)",
        "x{3,2}",
        "\\p{Nope}",
        "[z-a]",
        "\\k<n>",
    ] {
        assert!(Regex::new(bad).is_err(), "{bad}");
    }
    assert!(Regex::new(&"(".repeat(9000)).is_err() && Regex::new(&"[".repeat(9000)).is_err());
    assert!(Regex::new(&"a".repeat(10_001)).is_err());
}

#[test]
fn a_hostile_pattern_is_read_in_its_own_length() {
    // Each of these once took a stack, hours or gigabytes.
    assert!(whole(&format!("[{}\\w]", "\\w&&".repeat(1_900)), "a"));
    assert!(whole("(?:(?:(?:(?:){1000}){1000}){1000}){1000}", ""));
    assert!(whole("(?:(?:(?:\\Q\\E){1000}){1000}){1000}", ""));
    let many: String = (0x4E00..0x4E00 + 3_000)
        .filter_map(char::from_u32)
        .collect();
    assert!(whole(
        &format!("(?:[{many}]x){{1000}}"),
        &"一x".repeat(1_000)
    ));
    let nested = (0..7).fold("a".to_owned(), |inner, _| format!("(?:{inner}){{1000}}"));
    assert!(!whole(&nested, "a"));
    let deep = (0..90).fold("a|b".to_owned(), |inner, _| format!("(?:{inner})+"));
    assert!(whole(&deep, "ab"));
}

#[test]
fn a_hostile_pattern_spends_the_budget() {
    let text = format!("{}b", "a".repeat(64));
    for pattern in ["(a+)+\\1?$", "((a+)+)+$"] {
        let found = Regex::new(pattern)
            .unwrap()
            .find(&text, &mut Steps(1_500_000));
        assert_eq!(found, Err(TooManySteps), "{pattern}");
    }
}

#[test]
fn a_round_that_failed_at_a_place_is_not_tried_there_again() {
    // Java since 9 knows this too: the answer comes at once.
    let text = format!("{}b", "a".repeat(1_000));
    let found = Regex::new("^(a+)+$")
        .unwrap()
        .find(&text, &mut Steps(1_000_000));
    assert_eq!(found, Ok(None));
}

#[test]
fn a_long_text_needs_no_stack() {
    assert!(whole("(?:a|b)*", &"ab".repeat(50_000)) && whole("(ab)*", &"ab".repeat(50_000)));
    let endless = Regex::new("(?:a|b)*")
        .unwrap()
        .matches(&"ab".repeat(1_000_000), &mut Steps(u64::MAX));
    assert_eq!(endless, Err(TooManySteps), "choices are bounded, too");
}

#[test]
fn from_a_place_on() {
    let regex = Regex::new("\\Ga|b").unwrap();
    let mut matcher = regex.matcher("aaba");
    let mut steps = Steps(1_000);
    assert!(matcher.find_at(1, &mut steps).unwrap() && matcher.group(0) == Some((1, 2)));
    assert!(matcher.find(&mut steps).unwrap() && matcher.text(0) == Some("b"));
    assert!(matcher.find(&mut steps).unwrap() && matcher.group(0) == Some((3, 4)));
    assert!(!matcher.find(&mut steps).unwrap() && !matcher.find(&mut steps).unwrap());
}
