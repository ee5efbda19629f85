//! `format`: the formats of draft 4. Others, also those of OpenAPI (`int32`, `byte`), check nothing.

use std::net::{Ipv4Addr, Ipv6Addr};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::pattern::Pattern;

/// A format that is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    DateTime,
    Email,
    Hostname,
    Ipv4,
    Ipv6,
    Regex,
    Uri,
}

impl Format {
    /// The format of this name, if it is checked.
    pub(super) fn named(name: &str) -> Option<Format> {
        Some(match name {
            "date-time" => Format::DateTime,
            "email" => Format::Email,
            "hostname" => Format::Hostname,
            "ipv4" => Format::Ipv4,
            "ipv6" => Format::Ipv6,
            "regex" => Format::Regex,
            "uri" => Format::Uri,
            _ => return None,
        })
    }

    /// What is wrong with a text, in the Java library's words.
    pub(super) fn problem(self, text: &str) -> Option<String> {
        let (fits, what) = match self {
            Format::DateTime => (
                OffsetDateTime::parse(text, &Rfc3339).is_ok(),
                "invalid against requested date format(s) [yyyy-MM-dd'T'HH:mm:ssZ, \
                 yyyy-MM-dd'T'HH:mm:ss.[0-9]{1,12}Z]",
            ),
            Format::Email => (is_email(text), "not a valid email address"),
            Format::Hostname => (is_hostname(text), "not a valid hostname"),
            Format::Ipv4 => (text.parse::<Ipv4Addr>().is_ok(), "not a valid IPv4 address"),
            Format::Ipv6 => (text.parse::<Ipv6Addr>().is_ok(), "not a valid IPv6 address"),
            Format::Regex => (
                Pattern::new(text).is_ok(),
                "not a valid ECMA 262 regular expression",
            ),
            Format::Uri => (is_uri(text), "not a valid URI"),
        };
        (!fits).then(|| format!("string \"{text}\" is {what}"))
    }
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"()<>[]:;@\\,\"".contains(c);
    let is_quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let local_fits = !local.is_empty()
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(is_plain);
    (local_fits || is_quoted) && is_hostname(domain)
}

fn is_hostname(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

/// An absolute or relative reference, as `java.net.URI` reads one: no blanks, whole escapes.
fn is_uri(text: &str) -> bool {
    let is_escape = |at: usize| {
        let digits = text.as_bytes().get(at + 1..at + 3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    text.char_indices().all(|(at, c)| match c {
        '%' => is_escape(at),
        _ => !c.is_whitespace() && !c.is_control() && !"\"<>\\^`{|}".contains(c),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_checked() {
        let fits = |name: &str, text: &str| Format::named(name).unwrap().problem(text).is_none();
        for (name, text) in [
            ("date-time", "2024-03-10T09:15:02Z"),
            ("date-time", "2024-03-10T09:15:02.123+01:00"),
            ("email", "ada.l@example.com"),
            ("hostname", "a-b.example"),
            ("ipv4", "127.0.0.1"),
            ("ipv6", "::1"),
            ("regex", "^a$"),
            ("uri", "https://a.example/%20?q=1#f"),
        ] {
            assert!(fits(name, text), "{name} {text}");
        }
        for (name, text) in [
            ("date-time", "2024-03-10"),
            ("date-time", "2024-13-10T09:15:02Z"),
            ("email", "ada"),
            ("email", "a b@example.com"),
            ("hostname", "-a.example"),
            ("ipv4", "127.0.0.256"),
            ("ipv6", "12345::"),
            ("regex", "^(a"),
            ("uri", "a b"),
            ("uri", "%zz"),
        ] {
            assert!(!fits(name, text), "{name} {text}");
        }
        assert_eq!(Format::named("byte"), None);
        assert_eq!(
            Format::Ipv4.problem("x").unwrap(),
            r#"string "x" is not a valid IPv4 address"#
        );
    }
}
