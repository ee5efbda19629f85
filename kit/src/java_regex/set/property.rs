//! What `\p{…}` names: general categories, scripts, binary properties, the classes of POSIX and the
//! methods of `java.lang.Character`. The tables are those of the `regex-syntax` crate, whose
//! Unicode may be newer than a JVM's.

use regex_syntax::hir::{Class, HirKind};

use super::block;
use super::class::{Set, negated, ranges, union};
use crate::java_regex::flags::Flags;

/// POSIX classes of ASCII.
const POSIX: [(&str, &[(char, char)]); 12] = [
    ("Lower", &[('a', 'z')]),
    ("Upper", &[('A', 'Z')]),
    ("Alpha", &[('a', 'z'), ('A', 'Z')]),
    ("Digit", &[('0', '9')]),
    ("Alnum", &[('a', 'z'), ('A', 'Z'), ('0', '9')]),
    ("Punct", &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
    ("Graph", &[('!', '~')]),
    ("Print", &[(' ', '~')]),
    ("Blank", &[(' ', ' '), ('\t', '\t')]),
    ("Cntrl", &[('\0', '\u{1F}'), ('\u{7F}', '\u{7F}')]),
    ("XDigit", &[('0', '9'), ('a', 'f'), ('A', 'F')]),
    ("Space", &[('\t', '\r'), (' ', ' ')]),
];

/// General categories, and the groups of them that Java has a name for.
const CATEGORIES: [&str; 38] = [
    "Cn", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Me", "Mc", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc",
    "Cf", "Co", "Cs", "Pd", "Ps", "Pe", "Pc", "Po", "Sm", "Sc", "Sk", "So", "Pi", "Pf", "L", "M",
    "N", "Z", "C", "P", "S", "LC",
];

/// Methods of `java.lang.Character` that are categories and properties together.
const METHODS: [(&str, &[&str]); 14] = [
    ("javaLowerCase", &["Lowercase"]),
    ("javaUpperCase", &["Uppercase"]),
    ("javaTitleCase", &["Lt"]),
    ("javaAlphabetic", &["Alphabetic"]),
    ("javaIdeographic", &["Ideographic"]),
    ("javaDigit", &["Nd"]),
    ("javaLetter", &["L"]),
    ("javaLetterOrDigit", &["L", "Nd"]),
    ("javaSpaceChar", &["Z"]),
    ("javaISOControl", &["Cc"]),
    ("javaMirrored", &["Bidi_Mirrored"]),
    ("javaJavaIdentifierStart", &["L", "Nl", "Sc", "Pc"]),
    ("javaUnicodeIdentifierStart", &["L", "Nl", "Other_ID_Start"]),
    (
        "javaUnicodeIdentifierPart",
        &[
            "L",
            "Nl",
            "Other_ID_Start",
            "Pc",
            "Nd",
            "Mc",
            "Mn",
            "Other_ID_Continue",
        ],
    ),
];

/// The set that `\p{…}` names; the error is the description that Java gives.
pub(crate) fn of_name(name: &str, flags: Flags) -> Result<Set, String> {
    if let Some((name, value)) = name.split_once('=') {
        let name = name.to_ascii_lowercase();
        let found = match name.as_str() {
            "sc" | "script" => script(value)
                .ok_or_else(|| format!("Unknown character script name {{{value}}}"))
                .ok(),
            "blk" | "block" => block::of_name(value),
            "gc" | "general_category" => constant(value, flags),
            _ => None,
        };
        return found
            .ok_or_else(|| format!("Unknown Unicode property {{name=<{name}>, value=<{value}>}}"));
    }
    let found = if let Some(block) = name.strip_prefix("In") {
        block::of_name(block)
    } else if let Some(short) = name.strip_prefix("Is") {
        binary(short, flags)
            .or_else(|| constant(short, flags))
            .or_else(|| script(short))
    } else if flags.unicode_classes {
        unicode_posix(name, flags).or_else(|| constant(name, flags))
    } else {
        constant(name, flags)
    };
    found.ok_or_else(|| format!("Unknown character property name {{{name}}}"))
}

/// Names that have to be written as they are.
fn constant(name: &str, flags: Flags) -> Option<Set> {
    let any_case = flags.ignore_case;
    match name {
        "Lu" | "Ll" | "Lt" if any_case => return table("LC"),
        "Lower" | "Upper" if any_case => return constant("Alpha", flags),
        "javaLowerCase" | "javaUpperCase" | "javaTitleCase" if any_case => {
            return any_case_letters();
        }
        "LD" => return tables(&["L", "Nd"]),
        "L1" => return Some(ranges(&[('\0', 'ÿ')])),
        "all" => return Some(negated(ranges(&[]))),
        "ASCII" => return Some(ranges(&[('\0', '\u{7F}')])),
        "javaDefined" => return table("Cn").map(negated),
        "javaWhitespace" => return java_white_space(),
        "javaIdentifierIgnorable" => return ignorable(),
        "javaJavaIdentifierPart" => {
            return Some(union(
                tables(&["L", "Nl", "Sc", "Pc", "Nd", "Mc", "Mn"])?,
                &ignorable()?,
            ));
        }
        "javaUnicodeIdentifierPart" => {
            return Some(union(
                tables(METHODS.iter().find(|(known, _)| *known == name)?.1)?,
                &ignorable()?,
            ));
        }
        _ => {}
    }
    if let Some((_, posix)) = POSIX.iter().find(|(known, _)| *known == name) {
        return Some(ranges(posix));
    }
    if CATEGORIES.contains(&name) {
        return table(name);
    }
    METHODS
        .iter()
        .find(|(known, _)| *known == name)
        .and_then(|(_, names)| tables(names))
}

/// Binary properties, in whatever case they are written.
fn binary(name: &str, flags: Flags) -> Option<Set> {
    match name.to_ascii_uppercase().as_str() {
        "LOWERCASE" | "UPPERCASE" | "TITLECASE" if flags.ignore_case => any_case_letters(),
        "ALPHABETIC" => table("Alphabetic"),
        "LETTER" => table("L"),
        "IDEOGRAPHIC" => table("Ideographic"),
        "LOWERCASE" => table("Lowercase"),
        "UPPERCASE" => table("Uppercase"),
        "TITLECASE" => table("Lt"),
        "WHITE_SPACE" | "WHITESPACE" => table("White_Space"),
        "CONTROL" => table("Cc"),
        "PUNCTUATION" => table("P"),
        "HEX_DIGIT" | "HEXDIGIT" => tables(&["Nd", "Hex_Digit"]),
        "ASSIGNED" => table("Cn").map(negated),
        "NONCHARACTER_CODE_POINT" | "NONCHARACTERCODEPOINT" => table("Noncharacter_Code_Point"),
        "JOIN_CONTROL" | "JOINCONTROL" => table("Join_Control"),
        "DIGIT" => table("Nd"),
        "WORD" => word(),
        "ALPHA" | "ALNUM" | "BLANK" | "GRAPH" | "PRINT" => unicode_posix(name, flags),
        _ => None,
    }
}

/// The POSIX classes under `(?U)`.
fn unicode_posix(name: &str, flags: Flags) -> Option<Set> {
    match name.to_ascii_uppercase().as_str() {
        "LOWER" | "UPPER" if flags.ignore_case => any_case_letters(),
        "LOWER" => table("Lowercase"),
        "UPPER" => table("Uppercase"),
        "ALPHA" => table("Alphabetic"),
        "DIGIT" => table("Nd"),
        "ALNUM" => tables(&["Alphabetic", "Nd"]),
        "SPACE" => table("White_Space"),
        "BLANK" => Some(union(table("Zs")?, &ranges(&[('\t', '\t')]))),
        "CNTRL" => table("Cc"),
        "PUNCT" => table("P"),
        "XDIGIT" => tables(&["Nd", "Hex_Digit"]),
        "GRAPH" => tables(&["White_Space", "Cc", "Cs", "Cn"]).map(negated),
        "PRINT" => tables(&["Cc", "Cs", "Cn", "Zl", "Zp"]).map(|mut set| {
            set.union(&ranges(&[('\u{2028}', '\u{2029}')]));
            negated(set)
        }),
        _ => None,
    }
}

/// `\w` under `(?U)`.
pub(crate) fn word() -> Option<Set> {
    tables(&["Alphabetic", "M", "Nd", "Pc", "Join_Control"])
}

/// `\s` under `(?U)`.
pub(crate) fn white_space() -> Option<Set> {
    table("White_Space")
}

/// Digits of any script.
pub(crate) fn digits() -> Option<Set> {
    table("Nd")
}

fn any_case_letters() -> Option<Set> {
    tables(&["Lowercase", "Uppercase", "Lt"])
}

/// `Character.isWhitespace`: not the blanks that do not break.
fn java_white_space() -> Option<Set> {
    let mut set = table("Z")?;
    set.difference(&ranges(&[
        ('\u{A0}', '\u{A0}'),
        ('\u{2007}', '\u{2007}'),
        ('\u{202F}', '\u{202F}'),
    ]));
    Some(union(set, &ranges(&[('\t', '\r'), ('\u{1C}', '\u{1F}')])))
}

/// `Character.isIdentifierIgnorable`.
fn ignorable() -> Option<Set> {
    Some(union(
        table("Cf")?,
        &ranges(&[('\0', '\u{8}'), ('\u{E}', '\u{1B}'), ('\u{7F}', '\u{9F}')]),
    ))
}

fn script(name: &str) -> Option<Set> {
    if name.eq_ignore_ascii_case("Unknown") || name.eq_ignore_ascii_case("Zzzz") {
        return tables(&["Cn", "Co"]);
    }
    let is_name = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_name {
        table(&format!("script={name}"))
    } else {
        None
    }
}

fn tables(names: &[&str]) -> Option<Set> {
    names
        .iter()
        .try_fold(ranges(&[]), |set, name| Some(union(set, &table(name)?)))
}

/// A table of the `regex-syntax` crate.
fn table(name: &str) -> Option<Set> {
    match name {
        // Halves of surrogate pairs stand in no text.
        "Cs" => return Some(ranges(&[])),
        "Other_ID_Start" => {
            let other = [
                ('\u{1885}', '\u{1886}'),
                ('\u{2118}', '\u{2118}'),
                ('\u{212E}', '\u{212E}'),
            ];
            return Some(union(ranges(&other), &ranges(&[('\u{309B}', '\u{309C}')])));
        }
        "Other_ID_Continue" => {
            let other = [
                ('·', '·'),
                ('\u{387}', '\u{387}'),
                ('\u{1369}', '\u{1371}'),
                ('\u{19DA}', '\u{19DA}'),
            ];
            return Some(ranges(&other));
        }
        _ => {}
    }
    match regex_syntax::parse(&format!("\\p{{{name}}}"))
        .ok()?
        .into_kind()
    {
        HirKind::Class(Class::Unicode(set)) => Some(set),
        // A property of one character.
        HirKind::Literal(literal) => {
            let character = std::str::from_utf8(&literal.0).ok()?.chars().next()?;
            Some(ranges(&[(character, character)]))
        }
        _ => None,
    }
}
