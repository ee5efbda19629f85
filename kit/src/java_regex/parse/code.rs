//! Characters by code or by letter: `\n`, `\x41`, `\u0041`, `\012`, `\cA`.
//!
//! A code is a code point of Unicode, which may be half of a surrogate pair.

use super::parser::{Parser, SyntaxResult};
use crate::java_regex::source::Sign;

impl Parser {
    /// After the backslash and `character`.
    pub(super) fn escaped_character(&mut self, character: char) -> SyntaxResult<u32> {
        Ok(match character {
            't' => 0x09,
            'n' => 0x0A,
            'r' => 0x0D,
            'f' => 0x0C,
            'a' => 0x07,
            'e' => 0x1B,
            'c' => match self.source.is_at_end() {
                true => return Err(self.error("Illegal control escape sequence")),
                false => match self.read() {
                    Sign::Plain(letter) | Sign::Quoted(letter) => u32::from(letter) ^ 64,
                    Sign::End => return Err(self.error("Illegal control escape sequence")),
                },
            },
            '0' => self.octal()?,
            'u' => self.utf_16()?,
            'x' => self.hexadecimal()?,
            'N' => return Err(self.error("Character names, \\N{…}, are not supported")),
            letter if letter.is_ascii_alphanumeric() => {
                return Err(self.error("Illegal/unsupported escape sequence"));
            }
            other => other.into(),
        })
    }

    fn digit(&mut self, radix: u32) -> Option<u32> {
        match self.peek() {
            Sign::Plain(digit) => digit.to_digit(radix),
            _ => None,
        }
    }

    /// `\0n`, `\0nn`, `\0mnn` with m up to 3.
    fn octal(&mut self) -> SyntaxResult<u32> {
        let Some(mut code) = self.digit(8) else {
            self.source.at += 1;
            return Err(self.error("Illegal octal escape sequence"));
        };
        self.source.at += 1;
        let most = if code <= 3 { 2 } else { 1 };
        for _ in 0..most {
            let Some(digit) = self.digit(8) else { break };
            code = code * 8 + digit;
            self.source.at += 1;
        }
        Ok(code)
    }

    /// `\uhhhh`; two of them that are a surrogate pair are one character.
    fn utf_16(&mut self) -> SyntaxResult<u32> {
        let high = self.unit()?;
        if !(0xD800..0xDC00).contains(&high) {
            return Ok(high);
        }
        let before = self.source.at;
        if self.takes('\\') && self.takes('u') {
            let low = self.unit()?;
            if (0xDC00..0xE000).contains(&low) {
                return Ok(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00));
            }
        }
        self.source.at = before;
        Ok(high)
    }

    fn unit(&mut self) -> SyntaxResult<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.digit(16);
            self.source.at += 1;
            unit =
                unit * 16 + digit.ok_or_else(|| self.error("Illegal Unicode escape sequence"))?;
        }
        Ok(unit)
    }

    /// `\xhh`, `\x{h…h}`.
    fn hexadecimal(&mut self) -> SyntaxResult<u32> {
        let illegal = "Illegal hexadecimal escape sequence";
        let Some(first) = self.digit(16) else {
            let braced = self.read() == Sign::Plain('{') && self.digit(16).is_some();
            return if braced {
                self.braced()
            } else {
                Err(self.error(illegal))
            };
        };
        self.source.at += 1;
        let second = self.digit(16);
        self.source.at += 1;
        second
            .map(|second| first * 16 + second)
            .ok_or_else(|| self.error(illegal))
    }

    fn braced(&mut self) -> SyntaxResult<u32> {
        let mut code = 0;
        while let Some(digit) = self.digit(16) {
            self.source.at += 1;
            code = code * 16 + digit;
            if code > u32::from(char::MAX) {
                return Err(self.error("Hexadecimal codepoint is too big"));
            }
        }
        match self.read() {
            Sign::Plain('}') => Ok(code),
            _ => Err(self.error("Unclosed hexadecimal escape sequence")),
        }
    }
}
