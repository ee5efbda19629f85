//! Core: a chunked body (RFC 9112, section 7.1), byte by byte.

use super::many_fields::AT_ONCE;

/// The longest line: of a size with its extensions, or of a trailer.
const LONGEST_LINE: usize = 4 * 1024;

/// The most bytes of trailers, each of which counts some more, so that there are no more of them
/// than the HTTP library reads: its error does not say whose fault it is.
const MOST_TRAILERS: usize = 16 * 1024;
const TRAILER: usize = MOST_TRAILERS / AT_ONCE;

/// How far into a chunked body its bytes have been read.
#[derive(Debug)]
pub(super) struct Chunked {
    at: At,
    /// The size of the current chunk, and the number of its digits.
    size: u64,
    digits: usize,
    /// Bytes of the current line, or of all trailers.
    line: usize,
    trailers: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Size,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    TrailerStart,
    Trailer,
    TrailerLf,
    LastLf,
    Over,
}

impl Chunked {
    pub(super) fn new() -> Chunked {
        Chunked {
            at: At::Size,
            size: 0,
            digits: 0,
            line: 0,
            trailers: 0,
        }
    }

    /// Whether the body is whole.
    pub(super) fn is_over(&self) -> bool {
        self.at == At::Over
    }

    /// Reads on, to the end of `bytes` or of the body. Returns how many bytes belong to it.
    ///
    /// # Errors
    /// The byte after so many breaks a rule.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> Result<usize, usize> {
        let mut at = 0;
        while at < bytes.len() && !self.is_over() {
            if self.at == At::Data {
                let taken =
                    (bytes.len() - at).min(usize::try_from(self.size).unwrap_or(usize::MAX));
                self.size -= taken as u64;
                at += taken;
                if self.size == 0 {
                    self.at = At::DataCr;
                }
                continue;
            }
            self.at = self.next(bytes[at]).ok_or(at)?;
            at += 1;
        }
        Ok(at)
    }

    fn next(&mut self, byte: u8) -> Option<At> {
        match (self.at, byte) {
            (At::Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => self.digit(byte),
            (At::Size, b'\r') if self.digits > 0 => Some(At::SizeLf),
            (At::Size, b';' | b' ' | b'\t') if self.digits > 0 => Some(At::Extension),
            (At::Extension, b'\r') => Some(At::SizeLf),
            (At::Extension, byte) => self.text(byte, At::Extension),
            (At::SizeLf, b'\n') => Some(self.begin()),
            (At::DataCr, b'\r') => Some(At::DataLf),
            (At::DataLf, b'\n') => Some(At::Size),
            (At::TrailerStart, b'\r') => Some(At::LastLf),
            (At::TrailerStart, b' ' | b'\t' | b':') => None,
            (At::Trailer, b'\r') => Some(At::TrailerLf),
            (At::TrailerStart, byte) => {
                self.trailers += TRAILER;
                self.trailer(byte)
            }
            (At::Trailer, byte) => self.trailer(byte),
            (At::TrailerLf, b'\n') => {
                self.line = 0;
                Some(At::TrailerStart)
            }
            (At::LastLf, b'\n') => Some(At::Over),
            _ => None,
        }
    }

    fn digit(&mut self, byte: u8) -> Option<At> {
        self.digits += 1;
        let digit = char::from(byte).to_digit(16)?;
        // The sixteenth digit would reach the sign of what others count with.
        (self.digits <= 15).then(|| {
            self.size = self.size * 16 + u64::from(digit);
            At::Size
        })
    }

    /// A byte of a line's text.
    fn text(&mut self, byte: u8, at: At) -> Option<At> {
        self.line += 1;
        let is_text = byte >= b' ' && byte != 0x7f || byte == b'\t';
        (is_text && self.line <= LONGEST_LINE).then_some(at)
    }

    fn trailer(&mut self, byte: u8) -> Option<At> {
        self.trailers += 1;
        self.text(byte, At::Trailer)
            .filter(|_| self.trailers <= MOST_TRAILERS)
    }

    /// What follows the line of a size.
    fn begin(&mut self) -> At {
        (self.digits, self.line) = (0, 0);
        if self.size == 0 {
            At::TrailerStart
        } else {
            At::Data
        }
    }
}
