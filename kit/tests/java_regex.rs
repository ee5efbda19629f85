//! What OpenJDK 17 says of patterns and texts, recorded: `tests/java_regex/*.tsv`.
//!
//! A line is a pattern, a text, and what `Pattern` and `Matcher` say: `!`, the description and
//! index of the error, or `T` or `F` for `matches()` and the groups of every `find()`. Where there
//! is a replacement and a limit, what `replaceAll` and `split` give follows. Bytes that are no
//! visible ASCII are written `%hh`.

use std::path::Path;

use kit::java_regex::{Regex, ReplaceError, Steps};

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut hex = || {
            rest.next()
                .and_then(|digit| char::from(digit).to_digit(16))
                .expect("two hexadecimal digits follow `%`") as u8
        };
        bytes.push(if byte == b'%' {
            hex() * 16 + hex()
        } else {
            byte
        });
    }
    String::from_utf8(bytes).expect("the files are UTF-8")
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| (32..127).contains(&byte) && byte != b'%';
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).into()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// What this engine says, as it is written in the files.
fn outcome(fields: &[&str]) -> String {
    let regex = match Regex::new(&decoded(fields[0])) {
        Ok(regex) => regex,
        Err(error) => {
            let description = encoded(error.description());
            return format!(
                "!{description}@{}",
                error.index().map_or(-1, |index| index as i64)
            );
        }
    };
    let text = decoded(fields[1]);
    let mut steps = Steps(2_000_000);
    let mut out = if regex.matches(&text, &mut steps).expect("it was recorded") {
        "T"
    } else {
        "F"
    }
    .to_owned();
    let mut matcher = regex.matcher(&text);
    let mut found = 0;
    while found < 50 && matcher.find(&mut steps).expect("it was recorded") {
        let groups = (0..regex.groups()).map(|group| {
            matcher
                .group(group)
                .map_or("-".to_owned(), |(start, end)| format!("{start}-{end}"))
        });
        out += &format!(";{}", groups.collect::<Vec<_>>().join(","));
        found += 1;
    }
    if let Some(replacement) = fields.get(2) {
        out += &match regex.replace_all(&text, &decoded(replacement), &mut steps) {
            Ok(replaced) => format!("\t={}", encoded(&replaced)),
            Err(ReplaceError::Replacement(why)) => format!("\t!{why}"),
            Err(ReplaceError::Exceeded(exceeded)) => panic!("{exceeded}"),
        };
    }
    if let Some(limit) = fields.get(3) {
        let parts = regex
            .split(
                &text,
                limit.parse().expect("a limit is a number"),
                &mut steps,
            )
            .expect("it was recorded");
        out += &format!(
            "\t{}",
            parts
                .iter()
                .map(|part| format!("<{}>", encoded(part)))
                .collect::<String>()
        );
    }
    out
}

/// Compares a file; its lines have so many fields before what was recorded.
fn check(file: &str, given: usize) {
    let folder = std::env::var("JAVA_REGEX_FOLDER")
        .unwrap_or(format!("{}/tests/java_regex", env!("CARGO_MANIFEST_DIR")));
    let text = std::fs::read_to_string(Path::new(&folder).join(file)).expect("it was recorded");
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    assert!(!lines.is_empty(), "{file} has no lines");
    let wrong: Vec<String> = lines
        .iter()
        .filter_map(|line| {
            let fields: Vec<&str> = line.splitn(given + 1, '\t').collect();
            let (recorded, outcome) = (fields[given], outcome(&fields[..given]));
            (outcome != recorded).then(|| format!("{line}\n    here: {outcome}"))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {} lines of {file}:\n{}",
        wrong.len(),
        lines.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_construct() {
    check("constructs.tsv", 2);
}

#[test]
fn patterns_that_were_made_up() {
    check("random.tsv", 2);
}

#[test]
fn replacements_and_splits() {
    check("replace.tsv", 4);
}
