//! Core: reads a form, as `form_urlencoded` does, and what it holds in runs instead of byte by
//! byte: a message of 1 KiB is most of its form.

use memchr::{memchr, memchr2};

/// The pairs of a form, decoded.
pub(super) fn pairs(form: &[u8]) -> impl Iterator<Item = (String, String)> {
    let mut rest = form;
    let parts = std::iter::from_fn(move || {
        let (part, behind) = (!rest.is_empty()).then(|| split(rest, b'&'))?;
        rest = behind;
        Some(part)
    });
    parts.filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = split(part, b'=');
        (decoded(name), decoded(value))
    })
}

/// What is in front of the first `mark`, and what is behind it.
fn split(text: &[u8], mark: u8) -> (&[u8], &[u8]) {
    let end = memchr(mark, text).unwrap_or(text.len());
    (&text[..end], text.get(end + 1..).unwrap_or_default())
}

fn decoded(mut text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    while let Some(place) = memchr2(b'%', b'+', text) {
        out.extend_from_slice(&text[..place]);
        let (mark, behind) = (text[place], &text[place + 1..]);
        let escaped = behind.get(..2).and_then(byte).filter(|_| mark == b'%');
        out.push(escaped.unwrap_or(if mark == b'+' { b' ' } else { b'%' }));
        text = if escaped.is_some() {
            &behind[2..]
        } else {
            behind
        };
    }
    out.extend_from_slice(text);
    String::from_utf8(out)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The byte that two hexadecimal digits name.
fn byte(digits: &[u8]) -> Option<u8> {
    let digit = |digit: &u8| char::from(*digit).to_digit(16);
    let [high, low] = digits else { return None };
    u8::try_from(16 * digit(high)? + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn forms_are_read_as_the_library_reads_them(form in "[a-fA-F0-9%+&=é\u{ff}]{0,60}", cut in 0..4_usize) {
            // Cut within a character, too.
            let form = &form.as_bytes()[cut.min(form.len())..];
            let expected: Vec<_> = form_urlencoded::parse(form).into_owned().collect();
            prop_assert_eq!(pairs(form).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn what_is_not_text_becomes_text() {
        let read: Vec<_> = pairs(b"&a=%ff%&b&=c%4").collect();
        let expected = [("a", "\u{fffd}%"), ("b", ""), ("", "c%4")];
        assert_eq!(
            read,
            expected.map(|(name, value)| (name.into(), value.into()))
        );
    }
}
