//! What stands in parentheses.

use super::super::source::Sign;
use super::super::tree::Node;
use super::super::width::Width;
use super::{Parser, Part};

impl Parser {
    /// After its parenthesis was seen. [`None`] when it was only a change of flags.
    pub(super) fn group(&mut self) -> Part<Option<Node>> {
        let flags = self.flags;
        if self.next() != Sign::Plain('?') {
            let node = self.capture(None)?;
            return self.close(node, flags).map(Some);
        }
        let kind = self.source.raw(self.source.at + 1);
        self.source.at += 2;
        let node = match kind {
            Sign::Plain(':') => Node::Group(Box::new(self.alternatives()?), None),
            Sign::Plain('>') => Node::Atomic(Box::new(self.alternatives()?)),
            Sign::Plain(look @ ('=' | '!')) => Node::Look {
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
                    Sign::Plain(':') => Node::Group(Box::new(self.alternatives()?), None),
                    _ => return Err(self.error("Unknown inline modifier")),
                }
            }
        };
        self.close(node, flags).map(Some)
    }

    fn close(&mut self, node: Node, flags: super::Flags) -> Part<Node> {
        if self.read() != Sign::Plain(')') {
            return Err(self.error("Unclosed group"));
        }
        self.flags = flags;
        Ok(node)
    }

    fn capture(&mut self, name: Option<String>) -> Part<Node> {
        let group = self.groups;
        self.groups += 1;
        self.names.extend(name.map(|name| (name, group)));
        Ok(Node::Group(Box::new(self.alternatives()?), Some(group)))
    }

    fn look_behind(&mut self, wanted: bool) -> Part<Node> {
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
        Ok(Node::LookBehind {
            wanted,
            node: Box::new(node),
            least,
            most,
        })
    }

    /// The name of a group, whose first sign was read, up to its `>`.
    pub(super) fn name(&mut self, first: Sign) -> Part<String> {
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
