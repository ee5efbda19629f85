//! `$util`, as API Gateway has it: six functions on text. See `docs/aws/api-gateway.md#util`.
//!
//! Null becomes the empty string. AppSync's `$util.toJson`, `$util.qr` and so on are not here,
//! as on API Gateway.

use std::fmt::Write;

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

use super::document;
use crate::vtl::method::{MethodResult, Thrown, Work};
use crate::vtl::{KnownObject, Value};

type Function = fn(&str, &mut Work) -> MethodResult;

/// Name and function of each. A new function is a row here, and nothing else.
const FUNCTIONS: [(&str, Function); 6] = [
    ("urlEncode", url_encode),
    ("urlDecode", url_decode),
    ("base64Encode", base64_encode),
    ("base64Decode", base64_decode),
    ("escapeJavaScript", escape_java_script),
    ("parseJson", parse_json),
];

/// What lints know of `$util`: the names of the functions.
pub(super) const KNOWN: KnownObject = KnownObject {
    variable: "util",
    members: &NAMES,
    is_map: false,
    check: |_, _| Ok(()),
};

const NAMES: [&str; FUNCTIONS.len()] = {
    let mut names = [""; FUNCTIONS.len()];
    let mut row = 0;
    while row < names.len() {
        names[row] = FUNCTIONS[row].0;
        row += 1;
    }
    names
};

/// Calls a function; [`None`] when there is none of this name, or the arguments are not exactly
/// one. An argument that is not text stands for the text that it prints: `escapeJavaScript` of a
/// number does so on API Gateway, for the others it is our choice. A list or map is not JSON text,
/// so `parseJson` does not take it.
pub(super) fn call(name: &str, arguments: &[Value], work: &mut Work) -> Option<MethodResult> {
    let (_, function) = FUNCTIONS.iter().find(|(known, _)| *known == name)?;
    let [argument] = arguments else { return None };
    match argument {
        Value::Text(text) => Some(function(text, work)),
        Value::Null => Some(Ok("".into())),
        Value::List(_) | Value::Map(_) if name == "parseJson" => None,
        other => Some(shown(other, work).and_then(|text| function(&text, work))),
    }
}

/// The text that a value prints, paid for.
fn shown(value: &Value, work: &mut Work) -> Result<String, Thrown> {
    let text = value.shown()?.into_owned();
    work.budget.bytes(text.len())?;
    Ok(text)
}

/// `application/x-www-form-urlencoded`, as `java.net.URLEncoder` writes it.
fn url_encode(text: &str, work: &mut Work) -> MethodResult {
    work.budget.bytes(text.len())?;
    let mut out: Vec<u8> = Vec::with_capacity(text.len() + text.len() / 2);
    // Piece by piece into a small buffer: one check of the vector's size for many bytes. This is
    // the hot loop of the usual template.
    let mut buffer = [0; 3 * 64];
    for piece in text.as_bytes().chunks(64) {
        let mut length = 0;
        for &byte in piece {
            match URL_CODES[usize::from(byte)] {
                0 => {
                    buffer[length..length + 3].copy_from_slice(&[
                        b'%',
                        hex(byte >> 4),
                        hex(byte & 15),
                    ]);
                    length += 3;
                }
                code => {
                    buffer[length] = code;
                    length += 1;
                }
            }
        }
        out.extend_from_slice(&buffer[..length]);
    }
    work.budget.bytes(out.len() - text.len())?;
    Ok(String::from_utf8(out)
        .expect("only ASCII was written")
        .into())
}

/// The byte that each byte is written as; 0 for those that are written as `%XX`.
const URL_CODES: [u8; 256] = {
    let mut codes = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let code = byte as u8;
        if code.is_ascii_alphanumeric() || matches!(code, b'*' | b'-' | b'.' | b'_') {
            codes[byte] = code;
        }
        byte += 1;
    }
    codes[b' ' as usize] = b'+';
    codes
};

const fn hex(digit: u8) -> u8 {
    b"0123456789ABCDEF"[digit as usize]
}

/// Reverses [`url_encode`]; fails at a `%` without two hexadecimal digits, as Java does.
fn url_decode(text: &str, work: &mut Work) -> MethodResult {
    work.budget.bytes(text.len())?;
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
                let (high, low) = (digit(bytes.next()), digit(bytes.next()));
                let code = high.zip(low).map(|(high, low)| high * 16 + low);
                let byte = code.and_then(|code| u8::try_from(code).ok());
                byte.ok_or_else(|| {
                    exception(
                        "invalid URL encoding: `%` must be followed by two hexadecimal digits",
                    )
                })?
            }
            byte => byte,
        });
    }
    Ok(String::from_utf8_lossy(&out).as_ref().into())
}

fn base64_encode(text: &str, work: &mut Work) -> MethodResult {
    work.budget.bytes(text.len() + text.len() / 3)?;
    Ok(STANDARD.encode(text).into())
}

/// Padding may be missing, as in the parts of a JSON Web Token.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Decodes either alphabet, as the decoders of Java's libraries do; what API Gateway does is not
/// known.
fn base64_decode(text: &str, work: &mut Work) -> MethodResult {
    work.budget.bytes(text.len())?;
    let standard: String = text
        .chars()
        .map(|digit| {
            if digit == '-' {
                '+'
            } else if digit == '_' {
                '/'
            } else {
                digit
            }
        })
        .collect();
    let bytes = LENIENT
        .decode(standard)
        .map_err(|_| exception("the text is not valid Base64"))?;
    Ok(String::from_utf8_lossy(&bytes).as_ref().into())
}

/// Escapes as commons-lang 2 does: `'` becomes `\'` (which JSON does not know), `/` becomes `\/`,
/// and everything beyond ASCII a `\u` escape for each UTF-16 unit.
fn escape_java_script(text: &str, work: &mut Work) -> MethodResult {
    work.budget.bytes(text.len())?;
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut units = [0; 2];
    for character in text.chars() {
        match character {
            '\'' => out.push_str("\\'"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' => out.push_str("\\/"),
            '\u{8}' => out.push_str("\\b"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\u{C}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            ' '..='\u{7F}' => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut units) {
                    write!(out, "\\u{unit:04X}").expect("a string takes everything");
                }
            }
        }
    }
    work.budget.bytes(out.len() - text.len())?;
    Ok(out.into())
}

/// Parses JSON text, as leniently as a body.
fn parse_json(text: &str, work: &mut Work) -> MethodResult {
    Ok(Value::from_json(&document::read_text(text, work)?)?)
}

fn exception(message: impl Into<String>) -> Thrown {
    Thrown::Exception(message.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(function: &str, text: &str, expected: &str) {
        let outcome =
            call(function, &[text.into()], &mut Work::default()).expect("a known function");
        assert_eq!(outcome.unwrap().shown().unwrap(), expected);
    }

    #[test]
    fn url_encode_keeps_what_java_keeps() {
        check(
            "urlEncode",
            "a b&c=d+e%*-._~'()!é",
            "a+b%26c%3Dd%2Be%25*-._%7E%27%28%29%21%C3%A9",
        );
        check("urlDecode", "a+b%26%C3%A9", "a b&é");
        assert!(
            call("urlDecode", &["%4".into()], &mut Work::default())
                .unwrap()
                .is_err()
        );
    }

    #[test]
    fn base64_is_of_utf_8() {
        check("base64Encode", "héllo", "aMOpbGxv");
        check("base64Decode", "aMOpbGxv", "héllo");
        check("base64Decode", "eyJzdWIiOiI_In0", "{\"sub\":\"?\"}");
        assert!(
            call("base64Decode", &["***".into()], &mut Work::default())
                .unwrap()
                .is_err()
        );
    }

    #[test]
    fn java_script_is_escaped_as_commons_lang_does() {
        check(
            "escapeJavaScript",
            "it's \"a\\b/c\"\n\r\t\u{8}\u{C}\u{1}\u{7F}",
            "it\\'s \\\"a\\\\b\\/c\\\"\\n\\r\\t\\b\\f\\u0001\u{7F}",
        );
        check("escapeJavaScript", "$`<>&é😀", "$`<>&\\u00E9\\uD83D\\uDE00");
    }

    #[test]
    fn nothing_is_the_empty_string() {
        for (name, _) in FUNCTIONS {
            assert_eq!(
                call(name, &[Value::Null], &mut Work::default())
                    .unwrap()
                    .unwrap()
                    .shown()
                    .unwrap(),
                ""
            );
        }
    }

    #[test]
    fn what_is_no_text_is_taken_by_the_text_that_it_prints() {
        let value = |json: serde_json::Value| Value::from_json(&json).unwrap();
        let check = |function: &str, argument: serde_json::Value, expected: &str| {
            let outcome =
                call(function, &[value(argument)], &mut Work::default()).expect("a known function");
            assert_eq!(outcome.unwrap().shown().unwrap(), expected, "{function}");
        };
        check("escapeJavaScript", 42.into(), "42");
        check("escapeJavaScript", 12.5.into(), "12.5");
        check("escapeJavaScript", true.into(), "true");
        check(
            "escapeJavaScript",
            serde_json::json!(["a\"b"]),
            r#"[\"a\\\"b\"]"#,
        );
        check("urlEncode", 12.5.into(), "12.5");
        check(
            "urlEncode",
            serde_json::json!({"a": "b c"}),
            "%7Ba%3Db+c%7D",
        );
        check("urlDecode", 7.into(), "7");
        check("base64Encode", 42.into(), "NDI=");
        check("base64Encode", false.into(), "ZmFsc2U=");
        check("parseJson", 42.into(), "42");
        check("parseJson", true.into(), "true");
        let map = value(serde_json::json!({"a": 1}));
        assert!(call("parseJson", &[map], &mut Work::default()).is_none());
        assert!(
            call(
                "escapeJavaScript",
                &["a".into(), "b".into()],
                &mut Work::default()
            )
            .is_none()
        );
    }

    #[test]
    fn parse_json_reads_leniently() {
        check("parseJson", "[1,\"x\",true,null]", "[1,\"x\",true,null]");
        check("parseJson", "{a:1}", "{a=1}");
        check("parseJson", "plain", "plain");
        assert!(
            call("parseJson", &["{".into()], &mut Work::default())
                .unwrap()
                .is_err()
        );
    }
}
