//! How much text a part takes, and whether it can take it in one way only: what `java.util.regex`
//! works out before it accepts a look-behind, and before it decides how a quantified group goes
//! back.
//!
//! The sums wrap around where Java's do, so that `(?<=a*)` is accepted and `(?<=(?:ab)*)` is not,
//! as there.

use super::tree::{Kind, MANY, Node, Repeat};

/// What is known of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Width {
    /// Characters at least.
    pub least: i32,
    /// Characters at most, if `bounded`.
    pub most: i32,
    pub bounded: bool,
    /// It matches in one way or not at all.
    pub one_way: bool,
}

impl Width {
    pub fn of(node: &Node) -> Width {
        let mut width = Width {
            least: 0,
            most: 0,
            bounded: true,
            one_way: true,
        };
        width.add(node);
        width
    }

    fn add(&mut self, node: &Node) {
        match node {
            // To Java, too, it has no length.
            Node::Cluster => self.one_way = false,
            Node::Empty | Node::Place(_) | Node::Look { .. } | Node::LookBehind { .. } => {}
            Node::Char(_) | Node::Class(_) => self.take(1, 1),
            Node::Newline => self.take(1, 2),
            Node::Back(..) => self.bounded = false,
            Node::Group(inner, _) | Node::Atomic(inner) => self.add(inner),
            Node::Sequence(nodes) => nodes.iter().for_each(|node| self.add(node)),
            Node::Alternatives(nodes) => self.alternatives(nodes),
            Node::Maybe(inner, _) => {
                let least = self.least;
                self.add(inner);
                (self.least, self.one_way) = (least, false);
            }
            Node::Repeat(inner, repeat) => self.repeat(inner, *repeat),
        }
    }

    /// Whether a repetition of this part has to remember how each of its rounds matched: a group
    /// that can match in several ways.
    pub fn is_loop(self, inner: &Node, repeat: Repeat) -> bool {
        matches!(inner, Node::Group(..)) && repeat.kind != Kind::Possessive && !self.one_way
    }

    fn take(&mut self, least: i32, most: i32) {
        self.least = self.least.wrapping_add(least);
        self.most = self.most.wrapping_add(most);
    }

    fn alternatives(&mut self, nodes: &[Node]) {
        let widths: Vec<Width> = nodes.iter().map(Width::of).collect();
        let least = widths.iter().map(|width| width.least).min().unwrap_or(0);
        let most = widths.iter().map(|width| width.most).max().unwrap_or(0);
        self.take(least, most);
        self.bounded &= widths.iter().all(|width| width.bounded);
        self.one_way = false;
    }

    fn repeat(&mut self, inner: &Node, repeat: Repeat) {
        let single = matches!(inner, Node::Char(_) | Node::Class(_));
        if single && repeat.kind == Kind::Greedy && repeat.most == MANY {
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
