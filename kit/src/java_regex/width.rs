//! How much text a part takes, and whether it can take it in one way only: what `java.util.regex`
//! works out before it accepts a look-behind, and before it decides how a quantified group goes
//! back.
//!
//! The sums wrap around where Java's do, so that `(?<=a*)` is accepted and `(?<=(?:ab)*)` is not,
//! as there.

use super::tree::{Ast, Greed, MANY, Repeat};

/// The width of a part of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Width {
    /// Characters at least.
    pub least: i32,
    /// Characters at most, if `bounded`.
    pub most: i32,
    pub bounded: bool,
    /// The part matches in one way or not at all.
    pub one_way: bool,
}

impl Width {
    pub(super) fn of(node: &Ast) -> Width {
        let mut width = Width {
            least: 0,
            most: 0,
            bounded: true,
            one_way: true,
        };
        width.add(node);
        width
    }

    fn add(&mut self, node: &Ast) {
        match node {
            // To Java, too, it has no length.
            Ast::Cluster => self.one_way = false,
            Ast::Empty | Ast::Anchor(_) | Ast::Look { .. } | Ast::LookBehind { .. } => {}
            Ast::Char(_) | Ast::Class(_) => self.take(1, 1),
            Ast::Newline => self.take(1, 2),
            Ast::Back(..) => self.bounded = false,
            Ast::Group(inner, _) | Ast::Atomic(inner) => self.add(inner),
            Ast::Sequence(nodes) => nodes.iter().for_each(|node| self.add(node)),
            Ast::Alternatives(nodes) => self.alternatives(nodes),
            Ast::Maybe(inner, _) => {
                let least = self.least;
                self.add(inner);
                (self.least, self.one_way) = (least, false);
            }
            Ast::Repeat(inner, repeat) => self.repeat(inner, *repeat),
        }
    }

    /// Whether a repetition of this part has to remember how each of its rounds matched: a group
    /// that can match in several ways.
    pub(super) fn is_loop(self, inner: &Ast, repeat: Repeat) -> bool {
        matches!(inner, Ast::Group(..)) && repeat.kind != Greed::Possessive && !self.one_way
    }

    fn take(&mut self, least: i32, most: i32) {
        self.least = self.least.wrapping_add(least);
        self.most = self.most.wrapping_add(most);
    }

    fn alternatives(&mut self, nodes: &[Ast]) {
        let widths: Vec<Width> = nodes.iter().map(Width::of).collect();
        let least = widths.iter().map(|width| width.least).min().unwrap_or(0);
        let most = widths.iter().map(|width| width.most).max().unwrap_or(0);
        self.take(least, most);
        self.bounded &= widths.iter().all(|width| width.bounded);
        self.one_way = false;
    }

    fn repeat(&mut self, inner: &Ast, repeat: Repeat) {
        let single = matches!(inner, Ast::Char(_) | Ast::Class(_));
        if single && repeat.kind == Greed::Greedy && repeat.most == MANY {
            self.take(count(repeat.least), count(MANY));
            self.one_way = false;
            return;
        }
        let one = Width::of(inner);
        if one.is_loop(inner, repeat) {
            (self.bounded, self.one_way) = (false, false);
            return;
        }
        let least = one
            .least
            .wrapping_mul(count(repeat.least))
            .wrapping_add(self.least);
        self.least = if least < self.least {
            0x0FFF_FFFF
        } else {
            least
        };
        let most = one
            .most
            .wrapping_mul(count(repeat.most))
            .wrapping_add(self.most);
        self.bounded &= one.bounded && most >= self.most;
        self.most = most;
        self.one_way &= one.one_way && repeat.least == repeat.most;
    }
}

fn count(times: u32) -> i32 {
    i32::try_from(times).unwrap_or(i32::MAX)
}
