//! Turns the text of a template into tokens, by Velocity 1.7's rules: what a character means
//! depends on the mode of the lexer.
//!
//! A `$` or `#` opens a mode, and whatever cannot continue it closes it again, so that text which
//! merely looks like VTL stays text. The rules of each mode are in `lexer/rules.rs`; here is the
//! machine that moves between modes. Tokens are made one at a time, because the parser too changes
//! the mode (after the name of a directive).

mod literals;
mod mode;
mod rules;
mod token;

pub(super) use token::{Token, TokenKind};

use mode::Mode;
use rules::Rule;

/// No rule of the current mode fits the character at this byte offset (or the template ends inside
/// a construct).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unlexable(pub usize);

/// A mode to come back to, with the parentheses counted in it.
#[derive(Debug, Clone, Copy)]
struct Saved {
    mode: Mode,
    opened: usize,
    closed: usize,
}

/// Makes the tokens of one template.
#[derive(Debug)]
pub(super) struct Lexer<'s> {
    source: &'s str,
    position: usize,
    mode: Mode,
    saved: Vec<Saved>,
    opened: usize,
    closed: usize,
    in_comment: bool,
    in_set: bool,
}

impl<'s> Lexer<'s> {
    /// A lexer at the start of `source`.
    pub(super) fn new(source: &'s str) -> Lexer<'s> {
        Lexer {
            source,
            position: 0,
            mode: Mode::Text,
            saved: Vec::new(),
            opened: 0,
            closed: 0,
            in_comment: false,
            in_set: false,
        }
    }

    /// The next token. [`TokenKind::End`] from the end of the template on.
    pub(super) fn next(&mut self) -> Result<Token, Unlexable> {
        let mut schmoo = Vec::new();
        let mut start = self.position;
        loop {
            if self.position == self.source.len() {
                let kind = TokenKind::End;
                return if start == self.position {
                    Ok(Token {
                        kind,
                        span: start..start,
                        schmoo,
                    })
                } else {
                    Err(Unlexable(start))
                };
            }
            let Some((rule, length)) = rules::longest(self.mode, &self.source[self.position..])
            else {
                return Err(Unlexable(self.position));
            };
            let end = self.position + length;
            self.position = end;
            match rule {
                Rule::Token(kind) => {
                    let end = self.enter(kind, end);
                    return Ok(Token {
                        kind,
                        span: start..end,
                        schmoo,
                    });
                }
                Rule::Skip => start = end,
                Rule::EndsReference | Rule::EndsHash => {
                    schmoo.push(start..end);
                    self.position = end - length;
                    start = self.position;
                    self.restore();
                }
                opener => self.open(opener, end),
            }
        }
    }

    /// Whether only blanks and newlines stand before a `(`.
    pub(super) fn parenthesis_follows(&self) -> bool {
        self.source[self.position..]
            .trim_start_matches([' ', '\t', '\r', '\n'])
            .starts_with('(')
    }

    /// The parser has read the name of a directive: its arguments may follow.
    pub(super) fn expect_arguments(&mut self) {
        self.mode = Mode::Directive;
    }

    /// The directive has no arguments: back to where it stands.
    pub(super) fn leave_directive(&mut self) {
        self.restore();
    }

    /// The parser has read a whole `#set`.
    pub(super) fn leave_set(&mut self) {
        self.in_set = false;
    }

    /// Enters the mode that a character opens; the character will be part of the next token. Inside
    /// comments no mode is opened.
    fn open(&mut self, rule: Rule, end: usize) {
        if self.in_comment {
            return;
        }
        match rule {
            Rule::Dollar => {
                // Not after a property: its mode stays below, and comes back after the new
                // reference.
                if self.mode == Mode::Reference {
                    self.restore();
                }
                self.save_and(Mode::Reference);
            }
            Rule::Hash => {
                if matches!(self.mode, Mode::Reference | Mode::Member) {
                    self.restore();
                }
                self.save_and(Mode::Hash);
            }
            Rule::TextblockOpen => self.open_comment(Mode::Textblock),
            Rule::BlockCommentOpen => self.open_comment(Mode::BlockComment),
            Rule::FormalCommentOpen => {
                let last = self.source[..end]
                    .chars()
                    .next_back()
                    .map_or(0, char::len_utf8);
                self.position = end - last;
                self.open_comment(Mode::BlockComment);
            }
            Rule::TextblockBody => {}
            Rule::Token(_) | Rule::Skip | Rule::EndsReference | Rule::EndsHash => {}
        }
    }

    fn open_comment(&mut self, mode: Mode) {
        self.in_comment = true;
        self.save_and(mode);
    }

    /// The mode after a token of this kind; returns where the token ends, when it gave something
    /// back.
    fn enter(&mut self, kind: TokenKind, end: usize) -> usize {
        match kind {
            TokenKind::Dot => {
                self.position = end - 1;
                self.mode = Mode::Member;
            }
            TokenKind::IndexOpen => self.save_and(Mode::Index),
            TokenKind::IndexClose | TokenKind::BraceClose => self.restore(),
            TokenKind::ParenOpen => self.open_parenthesis(),
            TokenKind::ParenClose => self.close_parenthesis(),
            TokenKind::ArgumentsClose => self.mode = Mode::Reference,
            TokenKind::Set => {
                self.save_and(Mode::Directive);
                self.in_set = true;
                self.opened += 1;
            }
            TokenKind::If | TokenKind::ElseIf => self.mode = Mode::Directive,
            TokenKind::Else | TokenKind::EndDirective => self.restore(),
            TokenKind::LineComment => {
                if self.mode == Mode::Reference {
                    self.restore();
                }
                self.open_comment(Mode::LineComment);
            }
            TokenKind::LineCommentEnd | TokenKind::BlockComment | TokenKind::Textblock => {
                self.in_comment = false;
                self.restore();
            }
            TokenKind::Str if self.mode == Mode::Directive => self.leave_unopened(),
            TokenKind::Integer => {
                if self.source[..end].ends_with("..") {
                    self.position = end - 2;
                }
                if !matches!(self.mode, Mode::Arguments | Mode::Index) {
                    self.leave_unopened();
                }
            }
            TokenKind::Float if self.mode != Mode::Arguments => self.leave_unopened(),
            _ => {}
        }
        if kind == TokenKind::Dot {
            end - 1
        } else {
            self.position.min(end)
        }
    }

    /// A literal outside any parentheses does not belong to a directive.
    fn leave_unopened(&mut self) {
        if self.opened == 0 && !self.in_set {
            self.restore();
        }
    }

    fn open_parenthesis(&mut self) {
        self.opened += 1;
        if self.mode == Mode::Member {
            self.mode = Mode::Arguments;
        }
    }

    /// Closes the innermost mode in which a parenthesis is open, dropping the modes above it.
    fn close_parenthesis(&mut self) {
        while self.opened == 0 {
            if self.saved.is_empty() {
                self.restore();
                return;
            }
            self.restore();
        }
        if self.opened == self.closed + 1 {
            self.restore();
        } else {
            self.closed += 1;
        }
    }

    fn save_and(&mut self, mode: Mode) {
        self.saved.push(Saved {
            mode: self.mode,
            opened: self.opened,
            closed: self.closed,
        });
        self.opened = 0;
        self.mode = mode;
    }

    fn restore(&mut self) {
        match self.saved.pop() {
            Some(saved) => {
                self.mode = saved.mode;
                self.opened = saved.opened;
                self.closed = saved.closed;
            }
            None => {
                self.opened = 0;
                self.mode = Mode::Text;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tokens of a template as `TokenKind:text`, and whether it ends in one that cannot be
    /// read.
    fn tokens(source: &str) -> (Vec<String>, bool) {
        let mut lexer = Lexer::new(source);
        let mut all = Vec::new();
        loop {
            match lexer.next() {
                Ok(token) if token.kind == TokenKind::End => return (all, false),
                Ok(token) => all.push(format!("{:?}:{}", token.kind, &source[token.span])),
                Err(_) => return (all, true),
            }
        }
    }

    #[track_caller]
    fn check(source: &str, expected: &[&str]) {
        assert_eq!(
            tokens(source),
            (
                expected.iter().map(|token| (*token).to_owned()).collect(),
                false
            ),
            "{source:?}"
        );
    }

    #[test]
    fn what_cannot_be_a_reference_is_text() {
        check("$5 $ x", &["Text:5 ", "Text: x"]);
        check("$.id", &["Text:$.", "Text:id"]);
        check("$a.5", &["Identifier:$a", "Text:.5"]);
        check(
            "user@example.com #1",
            &["Text:user@example.com ", "Integer:#1"],
        );
        check(
            "$a.b.",
            &["Identifier:$a", "Dot:.", "Identifier:b", "Text:."],
        );
    }

    #[test]
    fn set_swallows_the_blanks_before_it_and_a_newline_after_it() {
        let set = |head: &'static str, close: &'static str| {
            vec![head, "Identifier:$a", "Assign:=", "Integer:1", close]
        };
        check("  #set($a=1)  \n", &set("Set:  #set(", "ParenClose:)  \n"));
        check(
            "\n  #set($a=1)x",
            &[
                &["Text:\n  "],
                &set("Set:#set(", "ParenClose:)")[..],
                &["Text:x"],
            ]
            .concat(),
        );
        check(
            "$i #set($a=1)",
            &[&["Identifier:$i"], &set("Set: #set(", "ParenClose:)")[..]].concat(),
        );
    }

    #[test]
    fn a_comment_after_a_property_is_none() {
        check(
            "$a##c\nb",
            &[
                "Identifier:$a",
                "LineComment:##",
                "LineCommentEnd:\n",
                "Text:b",
            ],
        );
        check(
            "$a.b##c",
            &["Identifier:$a", "Dot:.", "Identifier:b", "Word:##c"],
        );
    }

    #[test]
    fn what_opens_must_close() {
        for source in [
            "$",
            "a $!",
            "#",
            "#*",
            "#[[ ]]",
            "$a[b]",
            "#if($a \"b)",
            "## $",
        ] {
            assert!(tokens(source).1, "{source:?}");
        }
    }
}
