//! Core: heads with more fields than the HTTP library reads at once.
//!
//! The library has room for a hundred fields without asking for memory. Told to read more, it
//! takes memory for the most that there may be, and writes all of it, for each head, however few
//! fields that has: for 1,024 of them 66 KB, a twentieth of the CPU time of a MOCK request and all
//! of a processor's first cache. So it reads a hundred, and the others of a head that has more
//! come to the request beside the library.

use http::{HeaderName, HeaderValue};

use super::head;

/// As many fields as the library reads.
pub(super) const AT_ONCE: usize = 100;

/// Fields that the library itself acts on.
const OF_THE_LIBRARY: [&str; 6] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "transfer-encoding",
    "upgrade",
];

/// Fields of a request.
pub(in crate::serve) type Fields = Vec<(HeaderName, HeaderValue)>;

/// A head in two parts.
#[derive(Debug)]
pub(in crate::serve) struct SplitHead {
    /// What the library reads.
    pub head: Vec<u8>,
    /// The fields that are not in it.
    pub others: Fields,
}

/// Splits a head that was checked. What the library acts on stays in it; fields of one name stay in
/// their order.
pub(in crate::serve) fn split(head: &[u8]) -> SplitHead {
    let Some((request_line, fields)) = head::lines(head) else {
        return SplitHead {
            head: head.to_vec(),
            others: Fields::new(),
        };
    };
    let (first, others): (Vec<_>, Vec<_>) = fields.partition(|field| is_of_the_library(field));
    let mut fields = first.into_iter().chain(others);
    let mut short = Vec::with_capacity(head.len());
    let at_once = fields.by_ref().take(AT_ONCE);
    for line in [request_line].into_iter().chain(at_once).chain([&b""[..]]) {
        short.extend_from_slice(line);
        short.extend_from_slice(b"\r\n");
    }
    SplitHead {
        head: short,
        others: fields.filter_map(parsed).collect(),
    }
}

fn is_of_the_library(field: &[u8]) -> bool {
    let name = field.split(|byte| *byte == b':').next().unwrap_or_default();
    OF_THE_LIBRARY
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

/// A field that was checked can be read.
fn parsed(field: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = memchr::memchr(b':', field)?;
    let name = HeaderName::from_bytes(&field[..colon]).ok()?;
    let value = HeaderValue::from_bytes(field[colon + 1..].trim_ascii()).ok()?;
    Some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_library_acts_on_stays_with_it_and_the_order_of_a_name_is_kept() {
        let many: String = (0..150).map(|number| format!("A: {number}\r\n")).collect();
        let text =
            format!("POST / HTTP/1.1\r\n{many}Host: x\r\nCONTENT-LENGTH: 3\r\nB:\t b \r\n\r\n");
        let SplitHead { head, others } = split(text.as_bytes());
        let head = String::from_utf8(head).unwrap();
        assert!(
            head.starts_with("POST / HTTP/1.1\r\nHost: x\r\nCONTENT-LENGTH: 3\r\nA: 0\r\n")
                && head.ends_with("\r\nA: 97\r\n\r\n"),
            "{head}"
        );
        let shown: Vec<String> = others
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        assert_eq!((shown.len(), shown[0].as_str()), (53, "a: 98"));
        assert_eq!(shown[51..], ["a: 149", "b: b"]);
    }
}
