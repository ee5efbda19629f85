//! A pattern as steps for the matcher.

use std::rc::Rc;

use super::class::{self, Class};
use super::tree::{Node, Parsed, Place, Repeat};

/// Steps of one program: counted repetitions are written out.
const STEPS: usize = 20_000;

/// One step. Numbers are places in the program, or slots that hold a place in the text.
#[derive(Debug)]
pub enum Step {
    /// Take this character.
    Char(char),
    /// Take a character of this set.
    Class(Rc<Class>),
    /// Take a run of such characters, and give some back (or take more) if the rest does not fit.
    Run(Rc<Class>, Repeat),
    /// Be here.
    Place(Place),
    /// Note the place in a slot.
    Save(usize),
    /// Go on there.
    Jump(usize),
    /// Try the first; if that fails, the second.
    Split(usize, usize),
    /// Fail if the place is still that in the slot: a repetition that takes nothing ends.
    Moved(usize),
    /// Fail.
    Never,
    /// Take again what the group took.
    Back(usize, bool),
    /// Try the steps that follow; they end in `Done`, and the rest starts at `next`.
    Look { wanted: bool, next: usize },
    /// The same backwards, for a text of so many characters.
    LookBehind { wanted: bool, next: usize, least: usize, most: usize },
    /// Try the steps that follow, and keep what they took.
    Atomic { next: usize },
    /// The end of the pattern, or of a part that is tried for itself.
    Done,
}

/// A compiled pattern.
#[derive(Debug)]
pub struct Program {
    /// The steps.
    pub steps: Vec<Step>,
    /// Groups, the whole match included: group `n` is in slots `2n` and `2n + 1`.
    pub groups: usize,
    /// All slots.
    pub slots: usize,
    /// Names of groups.
    pub names: Vec<(String, usize)>,
}

impl Program {
    /// Compiles; the error says what cannot be.
    pub fn compile(parsed: &Parsed) -> Result<Program, String> {
        let slots = 2 * parsed.groups;
        let mut program = Program { steps: Vec::new(), groups: parsed.groups, slots, names: parsed.names.clone() };
        program.node(&parsed.node)?;
        program.push(Step::Done)?;
        Ok(program)
    }

    fn push(&mut self, step: Step) -> Result<usize, String> {
        if self.steps.len() == STEPS {
            return Err("it is too large".to_owned());
        }
        self.steps.push(step);
        Ok(self.steps.len() - 1)
    }

    fn node(&mut self, node: &Node) -> Result<(), String> {
        match node {
            Node::Empty => {}
            Node::Char(character) => drop(self.push(Step::Char(*character))?),
            Node::Class(class) => drop(self.push(Step::Class(class.clone()))?),
            Node::Place(place) => drop(self.push(Step::Place(*place))?),
            Node::Group(inner, group) => {
                self.push(Step::Save(2 * group))?;
                self.node(inner)?;
                self.push(Step::Save(2 * group + 1))?;
            }
            Node::Back(group, ignore_case) => {
                // A group that there is not never matched anything, and cannot be matched again.
                let step = if *group < self.groups { Step::Back(*group, *ignore_case) } else { Step::Never };
                self.push(step)?;
            }
            Node::Sequence(nodes) => nodes.iter().try_for_each(|node| self.node(node))?,
            Node::Alternatives(nodes) => self.alternatives(nodes)?,
            Node::Repeat(inner, repeat) => self.repeat(inner, *repeat)?,
            Node::Look { ahead: true, wanted, node } => {
                let look = self.push(Step::Look { wanted: *wanted, next: 0 })?;
                let end = self.part(node)?;
                self.steps[look] = Step::Look { wanted: *wanted, next: end };
            }
            Node::Look { wanted, node, .. } => {
                let (least, most) = width(node);
                let most = most.unwrap_or(usize::MAX);
                let look = self.push(Step::Done)?;
                let next = self.part(node)?;
                self.steps[look] = Step::LookBehind { wanted: *wanted, next, least, most };
            }
            Node::Atomic(node) => {
                let atomic = self.push(Step::Atomic { next: 0 })?;
                let next = self.part(node)?;
                self.steps[atomic] = Step::Atomic { next };
            }
        }
        Ok(())
    }

    /// A part that is tried for itself; returns where the rest starts.
    fn part(&mut self, node: &Node) -> Result<usize, String> {
        self.node(node)?;
        self.push(Step::Done)?;
        Ok(self.steps.len())
    }

    fn alternatives(&mut self, nodes: &[Node]) -> Result<(), String> {
        let mut jumps = Vec::new();
        for (position, node) in nodes.iter().enumerate() {
            if position + 1 == nodes.len() {
                self.node(node)?;
                break;
            }
            let split = self.push(Step::Done)?;
            self.node(node)?;
            jumps.push(self.push(Step::Done)?);
            self.steps[split] = Step::Split(split + 1, self.steps.len());
        }
        let end = self.steps.len();
        for jump in jumps {
            self.steps[jump] = Step::Jump(end);
        }
        Ok(())
    }

    fn repeat(&mut self, inner: &Node, repeat: Repeat) -> Result<(), String> {
        let single = match inner {
            Node::Class(class) => Some(class.clone()),
            Node::Char(character) => Some(Rc::new(Class::of(class::ranges(&[(*character, *character)], false)))),
            _ => None,
        };
        if let Some(class) = single {
            self.push(Step::Run(class, repeat))?;
            return Ok(());
        }
        for _ in 0..repeat.least {
            let before = self.steps.len();
            self.node(inner)?;
            // What makes no step makes none the next time: nothing, however often.
            if self.steps.len() == before {
                return Ok(());
            }
        }
        match repeat.most {
            None => self.forever(inner, repeat.greedy),
            Some(most) => self.at_most(inner, most.saturating_sub(repeat.least), repeat.greedy),
        }
    }

    fn forever(&mut self, inner: &Node, greedy: bool) -> Result<(), String> {
        let slot = self.slots;
        self.slots += 1;
        let split = self.push(Step::Done)?;
        self.push(Step::Save(slot))?;
        self.node(inner)?;
        self.push(Step::Moved(slot))?;
        self.push(Step::Jump(split))?;
        self.steps[split] = split_to(split + 1, self.steps.len(), greedy);
        Ok(())
    }

    fn at_most(&mut self, inner: &Node, times: u32, greedy: bool) -> Result<(), String> {
        let mut splits = Vec::new();
        for _ in 0..times {
            splits.push(self.push(Step::Done)?);
            self.node(inner)?;
        }
        let end = self.steps.len();
        for split in splits {
            self.steps[split] = split_to(split + 1, end, greedy);
        }
        Ok(())
    }
}

fn split_to(inner: usize, after: usize, greedy: bool) -> Step {
    if greedy { Step::Split(inner, after) } else { Step::Split(after, inner) }
}

/// The least and greatest number of characters that a part takes.
fn width(node: &Node) -> (usize, Option<usize>) {
    match node {
        Node::Empty | Node::Place(_) | Node::Look { .. } => (0, Some(0)),
        Node::Char(_) | Node::Class(_) => (1, Some(1)),
        Node::Group(inner, _) | Node::Atomic(inner) => width(inner),
        Node::Back(..) => (0, None),
        Node::Sequence(nodes) => nodes.iter().map(width).fold((0, Some(0)), |(least, most), (one, other)| {
            (least.saturating_add(one), most.zip(other).map(|(most, other)| most.saturating_add(other)))
        }),
        Node::Alternatives(nodes) => {
            let widths: Vec<_> = nodes.iter().map(width).collect();
            let least = widths.iter().map(|(least, _)| *least).min().unwrap_or(0);
            let most =
                widths.iter().map(|(_, most)| *most).try_fold(0, |most, other| other.map(|other| most.max(other)));
            (least, most)
        }
        Node::Repeat(inner, repeat) => {
            let (least, most) = width(inner);
            let most = most.zip(repeat.most).map(|(most, times)| most.saturating_mul(times as usize));
            (least.saturating_mul(repeat.least as usize), most)
        }
    }
}
