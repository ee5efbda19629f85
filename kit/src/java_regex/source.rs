//! Reads the text of a pattern, sign by sign, with `\Q…\E` taken off and, under `(?x)`, blanks and
//! comments passed over.

use super::error::SyntaxError;
use super::flags::Flags;

/// One character of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// A character that may have a special meaning.
    Plain(char),
    /// A character from `\Q…\E`, which stands for itself.
    Quoted(char),
    /// The end of the pattern.
    End,
}

impl Sign {
    pub(super) fn character(self) -> Option<char> {
        match self {
            Sign::Plain(character) | Sign::Quoted(character) => Some(character),
            Sign::End => None,
        }
    }
}

/// Where a reader is in a pattern.
#[derive(Debug)]
pub(super) struct Source {
    signs: Vec<(Sign, usize)>,
    length: usize,
    /// The sign that is next.
    pub at: usize,
}

impl Source {
    pub(super) fn new(pattern: &str) -> Source {
        let mut signs = Vec::with_capacity(pattern.len());
        let mut characters = pattern.chars().enumerate().peekable();
        let mut quoted = false;
        while let Some((index, character)) = characters.next() {
            let next = characters.peek().map(|&(_, next)| next);
            match (character, next) {
                ('\\', Some('E')) if quoted => {
                    quoted = false;
                    characters.next();
                }
                ('\\', Some('Q')) if !quoted => {
                    quoted = true;
                    characters.next();
                }
                ('\\', Some(next)) if !quoted => {
                    signs.push((Sign::Plain('\\'), index));
                    signs.push((Sign::Plain(next), index + 1));
                    characters.next();
                }
                // Java puts a backslash before each of these, and leaves the others as they are.
                (meta, _) if quoted && meta.is_ascii() && !meta.is_ascii_alphanumeric() => {
                    signs.push((Sign::Quoted(meta), index));
                }
                (plain, _) => signs.push((Sign::Plain(plain), index)),
            }
        }
        Source {
            signs,
            length: pattern.chars().count(),
            at: 0,
        }
    }

    /// The sign at `place`, whatever it is.
    pub(super) fn raw(&self, place: usize) -> Sign {
        self.signs.get(place).map_or(Sign::End, |&(sign, _)| sign)
    }

    /// Something was read where there was nothing left.
    pub(super) fn is_past_end(&self) -> bool {
        self.at > self.signs.len()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.signs.len()
    }

    /// The next sign, without taking it.
    pub(super) fn peek(&mut self, flags: Flags) -> Sign {
        if flags.comments {
            self.pass_comments(flags);
        }
        self.raw(self.at)
    }

    /// Takes the next sign.
    pub(super) fn read(&mut self, flags: Flags) -> Sign {
        let sign = self.peek(flags);
        self.at += 1;
        sign
    }

    /// Takes the sign that is next, and looks at the one after it.
    pub(super) fn next(&mut self, flags: Flags) -> Sign {
        self.at += 1;
        self.peek(flags)
    }

    /// Takes the next sign if it is this one.
    pub(super) fn takes(&mut self, wanted: char, flags: Flags) -> bool {
        let found = self.peek(flags) == Sign::Plain(wanted);
        self.at += usize::from(found);
        found
    }

    fn pass_comments(&mut self, flags: Flags) {
        loop {
            match self.raw(self.at) {
                Sign::Plain(blank) if is_space(blank) => self.at += 1,
                Sign::Plain('#') => self.pass_line(flags),
                _ => return,
            }
        }
    }

    /// Up to the line terminator.
    fn pass_line(&mut self, flags: Flags) {
        loop {
            self.at += 1;
            match self.raw(self.at) {
                Sign::End => return,
                Sign::Plain('\n') => return,
                Sign::Plain('\r' | '\u{85}' | '\u{2028}' | '\u{2029}') if !flags.unix_lines => {
                    return;
                }
                _ => {}
            }
        }
    }

    /// An error at the sign that was taken last, as Java counts.
    pub(super) fn error(&self, description: impl Into<String>) -> SyntaxError {
        let index = self
            .at
            .checked_sub(1)
            .map(|last| match self.signs.get(last) {
                Some(&(_, index)) => index,
                None => self.length + (last - self.signs.len()),
            });
        SyntaxError::at(description, index)
    }
}

/// White space of ASCII.
fn is_space(character: char) -> bool {
    matches!(character, '\t'..='\r' | ' ')
}
