//! Compiles a tree to instructions.

use super::instruction::Instruction;
use crate::java_regex::set::{Class, ranges};
use crate::java_regex::tree::{Anchor, Ast, Parsed};

/// Instructions of one program.
const INSTRUCTIONS: usize = 20_000;

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct CompiledPattern {
    pub instructions: Vec<Instruction>,
    pub classes: Vec<Class>,
    /// Groups, the whole match included: group `n` is in slots `2n` and `2n + 1`.
    pub groups: usize,
    /// All slots.
    pub slots: usize,
    /// Loops whose failures are remembered.
    pub memories: usize,
    /// Names of groups.
    pub names: Vec<(String, usize)>,
    /// Parts that are tried by themselves, and loops, around what is being compiled.
    pub(super) inside: usize,
    /// The pattern has back-references: whether a part matches may depend on more than the place.
    pub(super) refers_back: bool,
    /// The pattern asks where the last match ended.
    pub asks_last_match: bool,
}

/// The pattern is too large.
pub(crate) struct TooLarge;

pub(super) type Compiled<T = ()> = Result<T, TooLarge>;

impl CompiledPattern {
    pub(crate) fn compile(parsed: &Parsed) -> Compiled<CompiledPattern> {
        let mut program = CompiledPattern {
            instructions: Vec::new(),
            classes: Vec::new(),
            groups: parsed.groups,
            slots: 2 * parsed.groups,
            memories: 0,
            names: parsed.names.clone(),
            inside: 0,
            refers_back: any(&parsed.node, &|node| matches!(node, Ast::Back(..))),
            asks_last_match: any(&parsed.node, &|node| {
                matches!(node, Ast::Anchor(Anchor::LastMatch))
            }),
        };
        program.node(&parsed.node)?;
        program.push(Instruction::Done)?;
        Ok(program)
    }

    pub(super) fn push(&mut self, instruction: Instruction) -> Compiled<usize> {
        if self.instructions.len() == INSTRUCTIONS {
            return Err(TooLarge);
        }
        self.instructions.push(instruction);
        Ok(self.instructions.len() - 1)
    }

    pub(super) fn node(&mut self, node: &Ast) -> Compiled {
        match node {
            Ast::Empty => {}
            Ast::Char(character) => self.text(&mut character.to_string())?,
            Ast::Class(set) => {
                let class = self.class(Class::of(set.clone()));
                self.push(Instruction::Class(class))?;
            }
            Ast::Anchor(place) => drop(self.push(Instruction::Anchor(*place))?),
            Ast::Newline => self.newline()?,
            Ast::Cluster => drop(self.push(Instruction::Cluster)?),
            Ast::Group(inner, None) => self.node(inner)?,
            Ast::Group(inner, Some(group)) => {
                let begin = self.slot();
                self.push(Instruction::Open(begin))?;
                self.node(inner)?;
                self.push(Instruction::Close(*group, begin))?;
            }
            Ast::Back(group, case) => {
                // A group that there is not never matched anything, and cannot be matched again.
                let instruction = if *group < self.groups {
                    Instruction::Back(*group, *case)
                } else {
                    Instruction::Never
                };
                self.push(instruction)?;
            }
            Ast::Sequence(nodes) => self.sequence(nodes)?,
            Ast::Alternatives(nodes) => self.alternatives(nodes)?,
            Ast::Maybe(inner, kind) => self.maybe(inner, *kind)?,
            Ast::Repeat(inner, repeat) => self.repeat(inner, *repeat)?,
            Ast::Look { wanted, node } => self.part(node, |next| Instruction::Look {
                wanted: *wanted,
                next,
            })?,
            Ast::LookBehind {
                wanted,
                node,
                least,
                most,
            } => {
                let (wanted, least, most) = (*wanted, *least, *most);
                self.part(node, |next| Instruction::LookBehind {
                    wanted,
                    next,
                    least,
                    most,
                })?;
            }
            Ast::Atomic(node) => self.part(node, |next| Instruction::Atomic { next })?,
        }
        Ok(())
    }

    /// Characters that follow one another are one text.
    fn sequence(&mut self, nodes: &[Ast]) -> Compiled {
        let mut text = String::new();
        for node in nodes {
            if let Ast::Char(character) = node {
                text.push(*character);
                continue;
            }
            self.text(&mut text)?;
            self.node(node)?;
        }
        self.text(&mut text)
    }

    /// Pushes the text, and empties it.
    fn text(&mut self, text: &mut String) -> Compiled {
        match text.as_bytes() {
            [] => return Ok(()),
            [byte] => self.push(Instruction::Byte(*byte))?,
            _ => self.push(Instruction::Text(text.as_str().into()))?,
        };
        text.clear();
        Ok(())
    }

    /// `\R`: both characters of `\r\n`, or one, if the rest wants it so.
    fn newline(&mut self) -> Compiled {
        let split = self.push(Instruction::Never)?;
        self.push(Instruction::Text("\r\n".into()))?;
        let jump = self.push(Instruction::Never)?;
        self.instructions[split] = Instruction::Split(split + 1, jump + 1);
        let ends = [('\n', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')];
        let class = self.class(Class::of(ranges(&ends)));
        self.push(Instruction::Class(class))?;
        self.instructions[jump] = Instruction::Jump(self.instructions.len());
        Ok(())
    }

    pub(super) fn class(&mut self, class: Class) -> usize {
        self.classes.push(class);
        self.classes.len() - 1
    }

    pub(super) fn slot(&mut self) -> usize {
        self.slots += 1;
        self.slots - 1
    }

    /// A part that is tried by itself, after the instruction that tries it.
    pub(super) fn part(
        &mut self,
        node: &Ast,
        instruction: impl FnOnce(usize) -> Instruction,
    ) -> Compiled {
        let at = self.push(Instruction::Never)?;
        self.inside += 1;
        self.node(node)?;
        self.inside -= 1;
        self.push(Instruction::Done)?;
        self.instructions[at] = instruction(self.instructions.len());
        Ok(())
    }

    fn alternatives(&mut self, nodes: &[Ast]) -> Compiled {
        let mut jumps = Vec::new();
        for (position, node) in nodes.iter().enumerate() {
            if position + 1 == nodes.len() {
                self.node(node)?;
                break;
            }
            let split = self.push(Instruction::Never)?;
            self.node(node)?;
            jumps.push(self.push(Instruction::Never)?);
            self.instructions[split] = Instruction::Split(split + 1, self.instructions.len());
        }
        let end = self.instructions.len();
        for jump in jumps {
            self.instructions[jump] = Instruction::Jump(end);
        }
        Ok(())
    }
}

/// Whether the node or one in it is so.
fn any(node: &Ast, is: &dyn Fn(&Ast) -> bool) -> bool {
    is(node)
        || match node {
            Ast::Group(inner, _)
            | Ast::Atomic(inner)
            | Ast::Maybe(inner, _)
            | Ast::Repeat(inner, _) => any(inner, is),
            Ast::Look { node, .. } | Ast::LookBehind { node, .. } => any(node, is),
            Ast::Sequence(nodes) | Ast::Alternatives(nodes) => {
                nodes.iter().any(|node| any(node, is))
            }
            _ => false,
        }
}
