//! How long a name, number or string at the start of some text is; 0 when there is none.

/// A name after `$` or a dot: letters, digits, `_`, `-`.
pub(super) fn identifier(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(first) if first.is_ascii_alphabetic() || *first == b'_' => count(bytes, |byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
        }),
        _ => 0,
    }
}

/// The name of a directive or macro, or a word among its arguments.
pub(super) fn word(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(first) if first.is_ascii_alphabetic() || matches!(first, b'_' | b'@') => {
            1 + word_tail(&bytes[1..])
        }
        _ => 0,
    }
}

/// `{name}`.
pub(super) fn bracketed_word(bytes: &[u8]) -> usize {
    match bytes {
        [b'{', first, ..] if first.is_ascii_alphabetic() || *first == b'_' => {
            let end = 1 + word_tail(&bytes[1..]);
            if bytes.get(end) == Some(&b'}') {
                end + 1
            } else {
                0
            }
        }
        _ => 0,
    }
}

fn word_tail(bytes: &[u8]) -> usize {
    count(bytes, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@')
    })
}

/// Digits; two dots right after them are taken along (and given back), so that `1..3` is not the
/// fraction `1.`.
pub(super) fn integer(bytes: &[u8]) -> usize {
    let sign = usize::from(bytes.first() == Some(&b'-'));
    let digits = digits(&bytes[sign..]);
    match digits {
        0 => 0,
        _ => sign + digits + starts(&bytes[sign + digits..], b".."),
    }
}

/// Digits with a point or an exponent.
pub(super) fn float(bytes: &[u8]) -> usize {
    let sign = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(&bytes[sign..]);
    let mut end = sign + whole;
    let point = bytes.get(end) == Some(&b'.');
    let fraction = if point { digits(&bytes[end + 1..]) } else { 0 };
    if point && whole + fraction > 0 {
        end += 1 + fraction;
    }
    let exponent = exponent(&bytes[end..]);
    let complete = whole + fraction > 0 && (point || exponent > 0);
    if complete { end + exponent } else { 0 }
}

fn exponent(bytes: &[u8]) -> usize {
    match bytes {
        [b'e' | b'E', rest @ ..] => {
            let sign = usize::from(matches!(rest.first(), Some(b'+' | b'-')));
            match digits(&rest[sign..]) {
                0 => 0,
                digits => 1 + sign + digits,
            }
        }
        _ => 0,
    }
}

fn digits(bytes: &[u8]) -> usize {
    count(bytes, |byte| byte.is_ascii_digit())
}

/// A string with its quotes; a doubled quote is part of it. Zero when it is not closed.
pub(super) fn string(bytes: &[u8]) -> usize {
    let Some(&quote @ (b'"' | b'\'')) = bytes.first() else {
        return 0;
    };
    let mut closed = 0;
    let mut at = 1;
    while let Some(found) = memchr::memchr(quote, &bytes[at..]) {
        closed = at + found + 1;
        if bytes.get(closed) != Some(&quote) {
            break;
        }
        at = closed + 1;
    }
    closed
}

/// The length of `prefix`, if the text starts with it.
pub(super) fn starts(bytes: &[u8], prefix: &[u8]) -> usize {
    if bytes.starts_with(prefix) {
        prefix.len()
    } else {
        0
    }
}

/// How many bytes at the start are accepted.
pub(super) fn count(bytes: &[u8], accept: impl Fn(u8) -> bool) -> usize {
    bytes
        .iter()
        .position(|&byte| !accept(byte))
        .unwrap_or(bytes.len())
}
