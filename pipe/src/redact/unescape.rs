//! A text with its escapes undone, and where each byte of it came from.

use std::ops::Range;

/// Bytes that stand for a text.
#[derive(Debug)]
pub(super) struct View {
    pub(crate) bytes: Vec<u8>,
    /// For each byte, and for the end, the place in the text; `None` while it is the text itself.
    places: Option<Vec<usize>>,
}

/// What an escape stands for, and how long it is.
type Escape = (char, usize);

/// The five that every HTML library writes; others are numbers.
const ENTITIES: [(&str, char); 6] = [
    ("amp;", '&'),
    ("lt;", '<'),
    ("gt;", '>'),
    ("quot;", '"'),
    ("apos;", '\''),
    ("nbsp;", '\u{a0}'),
];

impl View {
    pub(super) fn new(bytes: Vec<u8>, places: Vec<usize>) -> View {
        View {
            bytes,
            places: Some(places),
        }
    }

    pub(super) fn of(text: &str) -> View {
        View {
            bytes: text.as_bytes().to_vec(),
            places: None,
        }
    }

    /// Where these bytes came from.
    pub(super) fn source(&self, range: Range<usize>) -> (usize, usize) {
        (self.place(range.start), self.place(range.end))
    }

    /// Where the byte at this index came from.
    pub(super) fn place(&self, at: usize) -> usize {
        self.places.as_ref().map_or(at, |places| places[at])
    }

    /// With one layer of escapes undone; `None` when there is none.
    pub(super) fn unescaped(&self) -> Option<View> {
        let mut next = first_escape(&self.bytes, 0)?;
        let (mut bytes, mut places, mut at) = (Vec::with_capacity(self.bytes.len()), Vec::new(), 0);
        loop {
            bytes.extend_from_slice(&self.bytes[at..next.0]);
            places.extend((at..next.0).map(|at| self.place(at)));
            let (start, decoded, length) = next;
            let before = bytes.len();
            decoded.push_to(&mut bytes);
            places.resize(places.len() + bytes.len() - before, self.place(start));
            at = start + length;
            match first_escape(&self.bytes, at) {
                Some(escape) => next = escape,
                None => break,
            }
        }
        bytes.extend_from_slice(&self.bytes[at..]);
        places.extend((at..=self.bytes.len()).map(|at| self.place(at)));
        Some(View {
            bytes,
            places: Some(places),
        })
    }
}

/// What an escape stands for: percent-encoding knows bytes, the others characters.
#[derive(Clone, Copy)]
enum Decoded {
    Byte(u8),
    Character(char),
}

impl Decoded {
    fn push_to(self, bytes: &mut Vec<u8>) {
        match self {
            Decoded::Byte(byte) => bytes.push(byte),
            Decoded::Character(character) => {
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
}

/// The first escape at or behind a place: where it is, what it stands for, how long it is.
fn first_escape(bytes: &[u8], from: usize) -> Option<(usize, Decoded, usize)> {
    let mut at = from;
    while let Some(found) = memchr::memchr3(b'%', b'\\', b'&', bytes.get(at..)?) {
        at += found;
        let rest = &bytes[at + 1..];
        let decoded = match bytes[at] {
            b'%' => hexadecimal(rest, 2)
                .and_then(|byte| Some((Decoded::Byte(u8::try_from(byte).ok()?), 3))),
            b'\\' => {
                of_json(rest).map(|(character, length)| (Decoded::Character(character), length))
            }
            _ => of_html(rest).map(|(character, length)| (Decoded::Character(character), length)),
        };
        if let Some((decoded, length)) = decoded {
            return Some((at, decoded, length));
        }
        at += 1;
    }
    None
}

fn hexadecimal(bytes: &[u8], digits: usize) -> Option<u32> {
    let digits = bytes
        .get(..digits)
        .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// What follows a backslash in JSON, and in most programming languages.
fn of_json(rest: &[u8]) -> Option<Escape> {
    Some(match *rest.first()? {
        b'n' => ('\n', 2),
        b'r' => ('\r', 2),
        b't' => ('\t', 2),
        b'b' => ('\u{8}', 2),
        b'f' => ('\u{c}', 2),
        b'x' => (char::from_u32(hexadecimal(&rest[1..], 2)?)?, 4),
        b'u' => return of_utf16(&rest[1..]),
        plain @ (b'"' | b'\\' | b'/' | b'\'') => (char::from(plain), 2),
        _ => return None,
    })
}

fn of_utf16(rest: &[u8]) -> Option<Escape> {
    let first = hexadecimal(rest, 4)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character, 6));
    }
    let second = rest
        .get(4..)?
        .strip_prefix(b"\\u")
        .and_then(|rest| hexadecimal(rest, 4))?;
    let units = [first, second].map(|unit| u16::try_from(unit).unwrap_or_default());
    Some((char::decode_utf16(units).next()?.ok()?, 12))
}

/// What follows an ampersand in HTML.
fn of_html(rest: &[u8]) -> Option<Escape> {
    if let Some((name, character)) = ENTITIES
        .iter()
        .find(|(name, _)| rest.starts_with(name.as_bytes()))
    {
        return Some((*character, 1 + name.len()));
    }
    let number = rest.strip_prefix(b"#")?;
    let end = number.iter().take(9).position(|&byte| byte == b';')?;
    let digits = std::str::from_utf8(&number[..end]).ok()?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    Some((char::from_u32(code.ok()?)?, end + 3))
}
