use super::redactor::BASE64_DEPTH;
use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use serde_json::json;

const SECRET: &str = "p@ss \"word\"/é%41?";

fn redact(text: &str) -> String {
    Redactor::new([SECRET].into_iter())
        .redact(text)
        .into_owned()
}

fn percent(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn form(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('/', "&#x2F;")
        .replace('é', "&#233;")
}

fn ascii_json(text: &str) -> String {
    json!(text)
        .to_string()
        .replace('é', "\\u00e9")
        .replace('/', "\\/")
}

#[test]
fn a_secret_is_found_in_every_encoding() {
    let nested = json!({"body": json!({"echo": ascii_json(SECRET)}).to_string()}).to_string();
    for (encoding, text) in [
        ("none", SECRET.to_owned()),
        ("another case", SECRET.to_ascii_uppercase()),
        ("percent", percent(SECRET)),
        ("percent, lower case", percent(SECRET).to_lowercase()),
        ("percent, twice", percent(&percent(SECRET))),
        ("form", form(SECRET)),
        ("JSON", json!(SECRET).to_string()),
        ("JSON in ASCII", ascii_json(SECRET)),
        ("JSON in JSON in JSON", nested),
        ("JSON in a form", form(&json!({"k": SECRET}).to_string())),
        ("HTML", html(SECRET)),
        ("HTML in JSON", json!(html(SECRET)).to_string()),
        ("hexadecimal", hex::encode_upper(SECRET)),
        ("base64", STANDARD.encode(SECRET)),
        ("base64, percent", percent(&STANDARD.encode(SECRET))),
        ("base64, one before", STANDARD.encode(format!("a{SECRET}b"))),
        (
            "base64 of JSON",
            STANDARD.encode(json!({"k": SECRET}).to_string()),
        ),
        ("base64 of a form", STANDARD.encode(form(SECRET))),
        ("base64, twice", STANDARD.encode(STANDARD.encode(SECRET))),
        (
            "base64 in lines",
            STANDARD.encode(SECRET).replace("IndvcmQi", "Indv\r\ncmQi"),
        ),
        (
            "base64, two before",
            URL_SAFE_NO_PAD.encode(format!("ab{SECRET}")),
        ),
    ] {
        let shown = redact(&format!("before {text} after"));
        assert!(
            shown.starts_with("before ") && shown.ends_with(" after"),
            "{encoding}: {shown}"
        );
        // Of base64, a neighbour's character or two.
        assert!(
            shown.contains(REMOVED) && shown.replace(char::is_alphanumeric, "").len() < 40,
            "{encoding}: {shown}"
        );
        for part in ["p@ss", "word", "ss \"", &STANDARD.encode(SECRET)[4..12]] {
            assert!(!shown.contains(part), "{encoding}: {shown}");
        }
    }
}

#[test]
fn a_secret_is_found_in_utf16() {
    let text = "né s3cret key";
    for units in [u16::to_le_bytes, u16::to_be_bytes] {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(units).collect();
        let shown = Redactor::new(["s3cret"].into_iter())
            .redact(&String::from_utf8_lossy(&bytes))
            .replace('\0', "");
        assert_eq!(shown, "n\u{fffd} … key");
    }
}

#[test]
fn what_is_no_secret_stays() {
    for text in [
        "",
        "p@ss",
        "a \\ b % c & d &amp; %zz \\q \\u12",
        "né",
        "100%",
        "\\",
        "&#x;",
        "&#99999999;",
    ] {
        assert_eq!(redact(text), text);
    }
    assert_eq!(redact(&format!("né{SECRET}né")), "né…né");
    assert_eq!(redact(&format!("{SECRET}{SECRET}")), "…");
}

#[test]
fn secrets_of_one_or_two_bytes_are_not_looked_for() {
    let redactor = Redactor::new(["no", "abc", "é"].into_iter());
    assert_eq!(redactor.redact("no é abc"), "no é …");
    assert_eq!(Redactor::new(["no"].into_iter()).redact("no"), "no");
}

#[test]
fn overlapping_secrets_go_together() {
    let redactor = Redactor::new(["Bearer tok-1", "tok-1-long", "tok-1"].into_iter());
    assert_eq!(redactor.redact("x Bearer tok-1-long y"), "x … y");
}

#[test]
fn a_cut_text_does_not_end_with_the_beginning_of_a_secret() {
    let redactor = Redactor::new(["s3cret-key", "s3x"].into_iter());
    for (text, shown) in [
        ("… is S3CRET-k", "… is …"),
        ("it is s3c", "it is …"),
        ("it is", "it i…"),
        ("it is a", "it is a"),
    ] {
        assert_eq!(redactor.redact_cut(text), shown, "{text}");
        assert_eq!(redactor.redact(text), text);
    }
}

proptest! {
    #[test]
    fn no_secret_survives_whatever_is_around_it(
        secret in "[ -~é€]{5,40}", before in "[ -~é]{0,20}", after in "[ -~é]{0,20}", layers in prop::collection::vec(0..6_u8, 0..4),
    ) {
        prop_assume!(layers.iter().filter(|&&layer| layer == 4).count() <= BASE64_DEPTH);
        let text = layers.iter().fold(format!("{before} {secret} {after}"), |text, layer| match layer {
            0 => percent(&text),
            1 => form(&text),
            2 => json!(text).to_string(),
            3 => ascii_json(&text),
            4 => STANDARD.encode(text),
            _ => html(&text),
        });
        let redacted = Redactor::new([secret.as_str()].into_iter()).redact(&text).into_owned();
        prop_assert!(redacted != text, "{text}");
        prop_assert!(!redacted.contains(&secret), "{redacted}");
    }
}
