//! Quantifiers as steps.
//!
//! Java goes back into a round only where the round is a group that can match in several ways; all
//! else (`\R{2}`, `(?>a|ab)*`, any possessive group) is kept, round by round, as it first fits. So
//! here.

use super::{Class, Compiled, Kind, Loop, MANY, Node, Program, Repeat, Step, Width};
use crate::java_regex::set;

impl Program {
    pub(super) fn maybe(&mut self, inner: &Node, kind: Kind) -> Compiled {
        let repeat = Repeat {
            least: 0,
            most: 1,
            kind,
        };
        if kind == Kind::Possessive || !matches!(inner, Node::Group(..)) {
            return self.repeat(inner, repeat);
        }
        let split = self.push(Step::Never)?;
        self.node(inner)?;
        let (within, after) = (split + 1, self.steps.len());
        self.steps[split] = if kind == Kind::Greedy {
            Step::Split(within, after)
        } else {
            Step::Split(after, within)
        };
        Ok(())
    }

    pub(super) fn repeat(&mut self, inner: &Node, repeat: Repeat) -> Compiled {
        if let Some(class) = single(inner) {
            let class = self.class(class);
            self.push(Step::Run(class, repeat))?;
            return Ok(());
        }
        if Width::of(inner).is_loop(inner, repeat) {
            return self.rounds_that_go_back(inner, repeat);
        }
        let (inner, group) = match inner {
            Node::Group(inner, group) if repeat.kind != Kind::Possessive => (&**inner, *group),
            other => (other, None),
        };
        self.part(inner, |next| Step::Rounds {
            repeat,
            group,
            next,
        })
    }

    fn rounds_that_go_back(&mut self, inner: &Node, repeat: Repeat) -> Compiled {
        // In a loop that stands in nothing else, what follows a round depends on the place alone.
        // That a round failed there once is enough to know: this is what keeps `(a+)+$` from taking
        // forever.
        let simple = self.inside == 0
            && !self.refers_back
            && repeat.kind == Kind::Greedy
            && repeat.most == MANY;
        let memory = simple.then_some(self.memories);
        self.memories += usize::from(simple);
        let (count, begin) = (self.slot(), self.slot());
        let enter = self.push(Step::Never)?;
        self.inside += 1;
        self.node(inner)?;
        self.inside -= 1;
        self.push(Step::Again(enter))?;
        let next = self.steps.len();
        self.steps[enter] = Step::Enter(Loop {
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
fn single(node: &Node) -> Option<Class> {
    match node {
        Node::Class(set) => Some(Class::of(set.clone())),
        Node::Char(character) => Some(Class::of(set::ranges(&[(*character, *character)]))),
        Node::Group(inner, None) => single(inner),
        _ => None,
    }
}
