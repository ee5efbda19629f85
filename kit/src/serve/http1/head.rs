//! Core: the head of a request.

use http::Uri;

use super::super::refusal::Refusal;

/// More fields than this are refused. The limit that clients meet is one of bytes; this one bounds
/// the work for many empty fields.
pub(super) const MOST_FIELDS: usize = 1024;

/// A head that is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RightHead {
    pub body: Body,
    /// How many fields it has.
    pub fields: usize,
}

/// What follows a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    None,
    Length(u64),
    Chunked,
}

/// Where a head ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeadEnd {
    /// Behind its empty line.
    At(usize),
    NotYet,
}

/// Finds the end of the head that `bytes` begin with; the first `scanned` of them hold none.
///
/// # Errors
/// A line ends without CR.
pub(super) fn find_end(bytes: &[u8], scanned: usize) -> Result<HeadEnd, Refusal> {
    // The empty line's own end is found by looking at what is in front of it.
    let begin = leading(bytes);
    for line_end in memchr::memchr_iter(b'\n', &bytes[scanned..]).map(|at| scanned + at) {
        if line_end == 0 || bytes[line_end - 1] != b'\r' {
            return Err(Refusal::BadRequest);
        }
        let is_empty_line = line_end >= 3 && bytes[line_end - 2] == b'\n';
        if is_empty_line && line_end >= begin {
            return Ok(HeadEnd::At(line_end + 1));
        }
    }
    Ok(HeadEnd::NotYet)
}

/// Empty lines in front of a request are ignored (RFC 9112, section 2.2).
fn leading(bytes: &[u8]) -> usize {
    bytes
        .chunks_exact(2)
        .take_while(|pair| pair == b"\r\n")
        .count()
        * 2
}

/// Checks a whole head, whose lines all end with CR LF.
///
/// # Errors
/// It breaks a rule, or has too many fields.
pub(super) fn check(head: &[u8]) -> Result<RightHead, Refusal> {
    let (request_line, lines) = lines(head).ok_or(Refusal::BadRequest)?;
    let line = RequestLine::read(request_line).ok_or(Refusal::BadRequest)?;
    let (mut framing, mut fields) = (FramingFields::default(), 0);
    for text in lines {
        if fields == MOST_FIELDS {
            return Err(Refusal::HeadersTooLarge);
        }
        framing.read(text).ok_or(Refusal::BadRequest)?;
        fields += 1;
    }
    let body = framing.body(&line).ok_or(Refusal::BadRequest)?;
    Ok(RightHead { body, fields })
}

/// The request line of a whole head, and the lines of its fields, all without CR LF.
pub(super) fn lines(head: &[u8]) -> Option<(&[u8], impl Iterator<Item = &[u8]>)> {
    let mut lines = HeadLines(&head[leading(head)..]);
    let request_line = lines.next()?;
    Some((request_line, lines.take_while(|text| !text.is_empty())))
}

/// The lines of a text, without CR LF.
struct HeadLines<'a>(&'a [u8]);

impl<'a> Iterator for HeadLines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let end = memchr::memchr(b'\n', self.0)?;
        let line = &self.0[..end.saturating_sub(1)];
        self.0 = &self.0[end + 1..];
        Some(line)
    }
}

/// What matters of a request line.
struct RequestLine {
    is_http_11: bool,
}

impl RequestLine {
    fn read(line: &[u8]) -> Option<RequestLine> {
        let mut parts = line.split(|byte| *byte == b' ');
        let (method, target, version) = (parts.next()?, parts.next()?, parts.next()?);
        let is_http_11 = match version {
            b"HTTP/1.1" => true,
            b"HTTP/1.0" => false,
            _ => return None,
        };
        let is_right = parts.next().is_none() && is_token(method) && is_target(method, target);
        is_right.then_some(RequestLine { is_http_11 })
    }
}

/// The fields that say where a request ends, and for whom it is.
#[derive(Default)]
struct FramingFields<'a> {
    hosts: usize,
    length: Option<u64>,
    coding: Option<&'a [u8]>,
}

impl<'a> FramingFields<'a> {
    fn read(&mut self, line: &'a [u8]) -> Option<()> {
        let colon = memchr::memchr(b':', line)?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        // A line that begins with a blank continues the one before it, which is obsolete.
        let is_right = is_token(name) && is_field_value(value);
        is_right.then_some(())?;
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => {
                self.hosts += 1;
                (self.hosts == 1 && is_host(value)).then_some(())
            }
            14 if name.eq_ignore_ascii_case(b"content-length") => {
                let is_first = self.length.is_none();
                self.length = Some(length(value)?);
                is_first.then_some(())
            }
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => {
                let is_first = self.coding.is_none();
                self.coding = Some(value);
                is_first.then_some(())
            }
            _ => Some(()),
        }
    }

    fn body(&self, line: &RequestLine) -> Option<Body> {
        if line.is_http_11 && self.hosts == 0 {
            return None;
        }
        match (self.length, self.coding) {
            (None, None) | (Some(0), None) => Some(Body::None),
            (Some(length), None) => Some(Body::Length(length)),
            (None, Some(coding)) if line.is_http_11 && coding.eq_ignore_ascii_case(b"chunked") => {
                Some(Body::Chunked)
            }
            _ => None,
        }
    }
}

fn length(digits: &[u8]) -> Option<u64> {
    let is_number = (1..=19).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits)
        .ok()
        .filter(|_| is_number)?
        .parse()
        .ok()
}

/// RFC 9110, section 5.6.2.
fn is_token(text: &[u8]) -> bool {
    let is_known = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !text.is_empty() && text.iter().all(is_known)
}

/// A value without control characters other than tabs.
fn is_field_value(text: &[u8]) -> bool {
    text.iter()
        .all(|byte| *byte >= b' ' && *byte != 0x7f || *byte == b'\t')
}

/// `/path?query`, a URL, or `*` for OPTIONS.
fn is_target(method: &[u8], target: &[u8]) -> bool {
    match target {
        b"*" => method == b"OPTIONS",
        [b'/', rest @ ..] => rest.iter().all(is_plain) || Uri::try_from(target).is_ok(),
        _ => Uri::try_from(target).is_ok_and(|url| {
            let is_web = matches!(url.scheme_str(), Some("http" | "https"));
            let authority = url.authority().map_or("", http::uri::Authority::as_str);
            is_web && is_host(authority.as_bytes())
        }),
    }
}

/// What URLs mostly consist of.
fn is_plain(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/-._~?&=%+,:;@!$'()*".contains(byte)
}

/// Whether a text is the host of a URL, perhaps with a port. An empty one is not: no URL of HTTP
/// has it (RFC 9110, section 4.2.1).
pub fn is_host(text: &[u8]) -> bool {
    let (host, port) = match text.iter().rposition(|byte| *byte == b':') {
        Some(colon) if !text[colon..].contains(&b']') => (&text[..colon], &text[colon + 1..]),
        _ => (text, [].as_slice()),
    };
    let is_port = port.len() <= 5 && port.iter().all(u8::is_ascii_digit);
    is_port
        && match host {
            [b'[', inner @ .., b']'] => std::str::from_utf8(inner)
                .is_ok_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok()),
            name => {
                let is_known =
                    |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(byte);
                !name.is_empty() && name.iter().all(is_known)
            }
        }
}
