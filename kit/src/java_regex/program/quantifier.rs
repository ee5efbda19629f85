//! Compiles quantifiers.
//!
//! Java goes back into a round only where the round is a group that can match in several ways; all
//! else (`\R{2}`, `(?>a|ab)*`, any possessive group) is kept, round by round, as it first fits. So
//! does this engine.

use super::compile::{Compiled, CompiledPattern};
use super::instruction::{Instruction, Loop};
use crate::java_regex::set::{self, Class};
use crate::java_regex::tree::{Ast, Greed, MANY, Repeat};
use crate::java_regex::width::Width;

impl CompiledPattern {
    pub(super) fn maybe(&mut self, inner: &Ast, kind: Greed) -> Compiled {
        let repeat = Repeat {
            least: 0,
            most: 1,
            kind,
        };
        if kind == Greed::Possessive || !matches!(inner, Ast::Group(..)) {
            return self.repeat(inner, repeat);
        }
        let split = self.push(Instruction::Never)?;
        self.node(inner)?;
        let (within, after) = (split + 1, self.instructions.len());
        self.instructions[split] = if kind == Greed::Greedy {
            Instruction::Split(within, after)
        } else {
            Instruction::Split(after, within)
        };
        Ok(())
    }

    pub(super) fn repeat(&mut self, inner: &Ast, repeat: Repeat) -> Compiled {
        if let Some(class) = single(inner) {
            let class = self.class(class);
            self.push(Instruction::Run(class, repeat))?;
            return Ok(());
        }
        if Width::of(inner).is_loop(inner, repeat) {
            return self.rounds_that_go_back(inner, repeat);
        }
        let (inner, group) = match inner {
            Ast::Group(inner, group) if repeat.kind != Greed::Possessive => (&**inner, *group),
            other => (other, None),
        };
        self.part(inner, |next| Instruction::Rounds {
            repeat,
            group,
            next,
        })
    }

    fn rounds_that_go_back(&mut self, inner: &Ast, repeat: Repeat) -> Compiled {
        // In a loop that stands in nothing else, what follows a round depends on the place alone.
        // That a round failed there once is enough to know: this is what keeps `(a+)+$` from taking
        // forever.
        let simple = self.inside == 0
            && !self.refers_back
            && repeat.kind == Greed::Greedy
            && repeat.most == MANY;
        let memory = simple.then_some(self.memories);
        self.memories += usize::from(simple);
        let (count, begin) = (self.slot(), self.slot());
        let enter = self.push(Instruction::Never)?;
        self.inside += 1;
        self.node(inner)?;
        self.inside -= 1;
        self.push(Instruction::Again(enter))?;
        let next = self.instructions.len();
        self.instructions[enter] = Instruction::Enter(Loop {
            repeat,
            count,
            begin,
            next,
            memory,
        });
        Ok(())
    }
}

/// The class of a part that is one character.
fn single(node: &Ast) -> Option<Class> {
    match node {
        Ast::Class(set) => Some(Class::of(set.clone())),
        Ast::Char(character) => Some(Class::of(set::ranges(&[(*character, *character)]))),
        Ast::Group(inner, None) => single(inner),
        _ => None,
    }
}
