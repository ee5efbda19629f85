//! Core: where the requests of an HTTP/1 connection begin and end, by the strict reading of
//! RFC 9112.
//!
//! The HTTP library is lenient in places where two readers of one connection may disagree on where
//! a request ends, which is how requests are smuggled past a proxy: a line that ends with a bare
//! LF, `Content-Length` beside `Transfer-Encoding`, more codings than `chunked`. What breaks these
//! rules is refused here, before the library sees it.

mod chunked;
mod head;
mod many_fields;
#[cfg(test)]
mod tests;

use super::refusal::Refusal;
use chunked::Chunked;
pub use head::is_host;
use head::{Body, HeadEnd};
use many_fields::AT_ONCE;
pub(super) use many_fields::{Fields, SplitHead, split};

/// How far into a connection its bytes have been checked.
#[derive(Debug)]
pub(super) struct Wire {
    state: ReadState,
    /// How many bytes of the current head are known to hold no end of it.
    scanned: usize,
    /// The longest head.
    limit: usize,
}

#[derive(Debug)]
enum ReadState {
    Head,
    Length(u64),
    Chunked(Chunked),
    /// Nothing that follows is looked at.
    Over,
}

/// What some bytes are.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Checked {
    /// So many bytes may be passed on; the others are the beginning of a head, or not wanted.
    pub pass: usize,
    /// How many heads ended in them.
    pub heads: usize,
    /// The length of the head behind them, if that is right and has more fields than the library
    /// reads. It counts as passed on: what is checked next are the bytes behind it.
    pub many_fields: Option<usize>,
    /// Why nothing that follows is passed on.
    pub stop: Option<Stop>,
}

/// Why a connection is read no further.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The head that follows is refused.
    Refused(Refusal, Method),
    /// The chunks of the current body are malformed.
    Malformed,
}

/// What the answer to a refused request depends on.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) enum Method {
    /// The answer has no body.
    Head,
    /// Any other method, or none that can be read.
    Other,
}

impl Wire {
    /// A connection of which nothing has been read. A head may have `limit` bytes.
    pub(super) fn new(limit: usize) -> Wire {
        Wire {
            state: ReadState::Head,
            scanned: 0,
            limit,
        }
    }

    /// Whether the next byte belongs to a head.
    pub(super) fn is_at_head(&self) -> bool {
        matches!(self.state, ReadState::Head)
    }

    /// Checks bytes that follow those that were passed on. Bytes of an unfinished head, which were
    /// not passed on, come again, with more behind them.
    pub(super) fn check(&mut self, bytes: &[u8]) -> Checked {
        let (mut at, mut heads, mut many_fields) = (0, 0, None);
        let stop = loop {
            let rest = &bytes[at..];
            if rest.is_empty() {
                break None;
            }
            match &mut self.state {
                ReadState::Over => break None,
                ReadState::Length(left) => {
                    let taken = (rest.len() as u64).min(*left);
                    *left -= taken;
                    at += usize::try_from(taken).unwrap_or(rest.len());
                    if *left == 0 {
                        self.state = ReadState::Head;
                    }
                }
                ReadState::Chunked(chunked) => match chunked.advance(rest) {
                    Ok(taken) => {
                        at += taken;
                        if chunked.is_over() {
                            self.state = ReadState::Head;
                        }
                    }
                    Err(taken) => {
                        at += taken;
                        self.state = ReadState::Over;
                        break Some(Stop::Malformed);
                    }
                },
                ReadState::Head => match self.head(rest) {
                    Ok(Some((length, fields))) if fields > AT_ONCE => {
                        many_fields = Some(length);
                        break None;
                    }
                    Ok(Some((length, _))) => {
                        at += length;
                        heads += 1;
                    }
                    Ok(None) => break None,
                    Err(refusal) => {
                        self.state = ReadState::Over;
                        break Some(Stop::Refused(refusal, method(rest)));
                    }
                },
            }
        };
        Checked {
            pass: at,
            heads,
            many_fields,
            stop,
        }
    }

    /// The length of the head that `bytes` begin with, if it is whole, and how many fields it has.
    fn head(&mut self, bytes: &[u8]) -> Result<Option<(usize, usize)>, Refusal> {
        let found = head::find_end(bytes, self.scanned)?;
        let length = match found {
            HeadEnd::At(end) => end,
            HeadEnd::NotYet => bytes.len(),
        };
        if length > self.limit {
            let is_request_line = !bytes[..self.limit].contains(&b'\n');
            return Err(match is_request_line {
                true => Refusal::UriTooLong,
                false => Refusal::HeadersTooLarge,
            });
        }
        if found == HeadEnd::NotYet {
            self.scanned = bytes.len();
            return Ok(None);
        }
        self.scanned = 0;
        let head = head::check(&bytes[..length])?;
        self.state = match head.body {
            Body::None => ReadState::Head,
            Body::Length(length) => ReadState::Length(length),
            Body::Chunked => ReadState::Chunked(Chunked::new()),
        };
        Ok(Some((length, head.fields)))
    }
}

fn method(head: &[u8]) -> Method {
    match head.strip_prefix(b"HEAD ") {
        Some(_) => Method::Head,
        None => Method::Other,
    }
}
