//! Parses groups in parentheses.

use super::parser::{Parser, SyntaxResult};
use crate::java_regex::flags::Flags;
use crate::java_regex::source::Sign;
use crate::java_regex::tree::Ast;
use crate::java_regex::width::Width;

impl Parser {
    /// After its parenthesis was seen. [`None`] when it was only a change of flags.
    pub(super) fn group(&mut self) -> SyntaxResult<Option<Ast>> {
        let flags = self.flags;
        if self.next() != Sign::Plain('?') {
            let node = self.capture(None)?;
            return self.close(node, flags).map(Some);
        }
        let kind = self.source.raw(self.source.at + 1);
        self.source.at += 2;
        let node = match kind {
            Sign::Plain(':') => Ast::Group(Box::new(self.alternatives()?), None),
            Sign::Plain('>') => Ast::Atomic(Box::new(self.alternatives()?)),
            Sign::Plain(look @ ('=' | '!')) => Ast::Look {
                wanted: look == '=',
                node: Box::new(self.alternatives()?),
            },
            Sign::Plain('<') => match self.read() {
                Sign::Plain(look @ ('=' | '!')) => self.look_behind(look == '=')?,
                first => {
                    let name = self.name(first)?;
                    if self.names.iter().any(|(known, _)| *known == name) {
                        return Err(self
                            .error(format!("Named capturing group <{name}> is already defined")));
                    }
                    self.capture(Some(name))?
                }
            },
            Sign::Plain('$' | '@') => return Err(self.error("Unknown group type")),
            _ => {
                self.source.at -= 1;
                self.change_flags();
                match self.read() {
                    Sign::Plain(')') => return Ok(None),
                    Sign::Plain(':') => Ast::Group(Box::new(self.alternatives()?), None),
                    _ => return Err(self.error("Unknown inline modifier")),
                }
            }
        };
        self.close(node, flags).map(Some)
    }

    fn close(&mut self, node: Ast, flags: Flags) -> SyntaxResult<Ast> {
        if self.read() != Sign::Plain(')') {
            return Err(self.error("Unclosed group"));
        }
        self.flags = flags;
        Ok(node)
    }

    fn capture(&mut self, name: Option<String>) -> SyntaxResult<Ast> {
        let group = self.groups;
        self.groups += 1;
        self.names.extend(name.map(|name| (name, group)));
        Ok(Ast::Group(Box::new(self.alternatives()?), Some(group)))
    }

    fn look_behind(&mut self, wanted: bool) -> SyntaxResult<Ast> {
        let node = self.alternatives()?;
        let Width {
            least,
            most,
            bounded,
            ..
        } = Width::of(&node);
        if !bounded {
            return Err(self.error("Look-behind group does not have an obvious maximum length"));
        }
        Ok(Ast::LookBehind {
            wanted,
            node: Box::new(node),
            least,
            most,
        })
    }

    /// The name of a group, whose first sign was read, up to its `>`.
    pub(super) fn name(&mut self, first: Sign) -> SyntaxResult<String> {
        let Sign::Plain(letter @ ('a'..='z' | 'A'..='Z')) = first else {
            return Err(self.error("capturing group name does not start with a Latin letter"));
        };
        let mut name = String::from(letter);
        loop {
            match self.read() {
                Sign::Plain(next) if next.is_ascii_alphanumeric() => name.push(next),
                Sign::Plain('>') => return Ok(name),
                _ => return Err(self.error("named capturing group is missing trailing '>'")),
            }
        }
    }

    /// `i`, `u`, `s`, `m`, `x`, `-i` …, up to what is no flag.
    fn change_flags(&mut self) {
        let mut on = true;
        loop {
            match self.peek() {
                Sign::Plain('-') if on => on = false,
                Sign::Plain(letter) if self.flags.set(letter, on) => {}
                _ => return,
            }
            self.source.at += 1;
        }
    }
}
