//! A pattern as steps for the matcher.

use super::flags::Case;
use super::set::Class;
use super::tree::{Kind, MANY, Node, Parsed, Place, Repeat};
use super::width::Width;

mod quantifier;

/// Steps of one program.
const STEPS: usize = 20_000;

/// One step. Numbers are places in the program, or slots that hold a place in the text.
#[derive(Debug)]
pub(super) enum Step {
    /// Take this character of ASCII.
    Byte(u8),
    /// Take this text.
    Text(Box<str>),
    /// Take a character of this class.
    Class(usize),
    /// Take a run of such characters, and give some back (or take more) if the rest does not fit.
    Run(usize, Repeat),
    /// Take a cluster of characters that are seen as one.
    Cluster,
    /// Be here.
    Place(Place),
    /// Note the place in a slot.
    Open(usize),
    /// Note what the group took since the place in the slot.
    Close(usize, usize),
    /// Go on there.
    Jump(usize),
    /// Try the first; if that fails, the second.
    Split(usize, usize),
    /// Enter a loop.
    Enter(Loop),
    /// The end of a round of the loop that was entered there.
    Again(usize),
    /// Try the steps that follow so often; each round is kept as it is once it fits. The rest
    /// starts at `next`.
    Rounds {
        repeat: Repeat,
        group: Option<usize>,
        next: usize,
    },
    /// Fail.
    Never,
    /// Take again what the group took.
    Back(usize, Case),
    /// Try the steps that follow; they end in `Done`, and the rest starts at `next`.
    Look { wanted: bool, next: usize },
    /// The same backwards, for a text of so many characters.
    LookBehind {
        wanted: bool,
        next: usize,
        least: i32,
        most: i32,
    },
    /// Try the steps that follow, and keep what they took.
    Atomic { next: usize },
    /// The end of the pattern, or of a part that is tried for itself.
    Done,
}

/// A repetition each of whose rounds may go back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loop {
    pub repeat: Repeat,
    /// The slot that counts its rounds.
    pub count: usize,
    /// The slot of where the round began.
    pub begin: usize,
    /// The step after it.
    pub next: usize,
    /// Its number among those whose failures are remembered, by place.
    pub memory: Option<usize>,
}

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Program {
    pub steps: Vec<Step>,
    pub classes: Vec<Class>,
    /// Groups, the whole match included: group `n` is in slots `2n` and `2n + 1`.
    pub groups: usize,
    /// All slots.
    pub slots: usize,
    /// Loops whose failures are remembered.
    pub memories: usize,
    /// Names of groups.
    pub names: Vec<(String, usize)>,
    /// Parts that are tried for themselves, and loops, around what is compiled now.
    inside: usize,
    /// The pattern has back-references: how a part fares may depend on more than the place.
    refers_back: bool,
    /// The pattern asks where the last match ended.
    pub asks_last_match: bool,
}

/// The pattern is too large.
pub(super) struct TooLarge;

type Compiled<T = ()> = Result<T, TooLarge>;

impl Program {
    pub fn compile(parsed: &Parsed) -> Compiled<Program> {
        let mut program = Program {
            steps: Vec::new(),
            classes: Vec::new(),
            groups: parsed.groups,
            slots: 2 * parsed.groups,
            memories: 0,
            names: parsed.names.clone(),
            inside: 0,
            refers_back: any(&parsed.node, &|node| matches!(node, Node::Back(..))),
            asks_last_match: any(&parsed.node, &|node| {
                matches!(node, Node::Place(Place::LastMatch))
            }),
        };
        program.node(&parsed.node)?;
        program.push(Step::Done)?;
        Ok(program)
    }

    fn push(&mut self, step: Step) -> Compiled<usize> {
        if self.steps.len() == STEPS {
            return Err(TooLarge);
        }
        self.steps.push(step);
        Ok(self.steps.len() - 1)
    }

    fn node(&mut self, node: &Node) -> Compiled {
        match node {
            Node::Empty => {}
            Node::Char(character) => self.text(&mut character.to_string())?,
            Node::Class(set) => {
                let class = self.class(Class::of(set.clone()));
                self.push(Step::Class(class))?;
            }
            Node::Place(place) => drop(self.push(Step::Place(*place))?),
            Node::Newline => self.newline()?,
            Node::Cluster => drop(self.push(Step::Cluster)?),
            Node::Group(inner, None) => self.node(inner)?,
            Node::Group(inner, Some(group)) => {
                let begin = self.slot();
                self.push(Step::Open(begin))?;
                self.node(inner)?;
                self.push(Step::Close(*group, begin))?;
            }
            Node::Back(group, case) => {
                // A group that there is not never matched anything, and cannot be matched again.
                let step = if *group < self.groups {
                    Step::Back(*group, *case)
                } else {
                    Step::Never
                };
                self.push(step)?;
            }
            Node::Sequence(nodes) => self.sequence(nodes)?,
            Node::Alternatives(nodes) => self.alternatives(nodes)?,
            Node::Maybe(inner, kind) => self.maybe(inner, *kind)?,
            Node::Repeat(inner, repeat) => self.repeat(inner, *repeat)?,
            Node::Look { wanted, node } => self.part(node, |next| Step::Look {
                wanted: *wanted,
                next,
            })?,
            Node::LookBehind {
                wanted,
                node,
                least,
                most,
            } => {
                let (wanted, least, most) = (*wanted, *least, *most);
                self.part(node, |next| Step::LookBehind {
                    wanted,
                    next,
                    least,
                    most,
                })?;
            }
            Node::Atomic(node) => self.part(node, |next| Step::Atomic { next })?,
        }
        Ok(())
    }

    /// Characters that follow one another are one text.
    fn sequence(&mut self, nodes: &[Node]) -> Compiled {
        let mut text = String::new();
        for node in nodes {
            if let Node::Char(character) = node {
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
            [byte] => self.push(Step::Byte(*byte))?,
            _ => self.push(Step::Text(text.as_str().into()))?,
        };
        text.clear();
        Ok(())
    }

    /// `\R`: both characters of `\r\n`, or one, if the rest wants it so.
    fn newline(&mut self) -> Compiled {
        let split = self.push(Step::Never)?;
        self.push(Step::Text("\r\n".into()))?;
        let jump = self.push(Step::Never)?;
        self.steps[split] = Step::Split(split + 1, jump + 1);
        let ends = [('\n', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')];
        let class = self.class(Class::of(super::set::ranges(&ends)));
        self.push(Step::Class(class))?;
        self.steps[jump] = Step::Jump(self.steps.len());
        Ok(())
    }

    fn class(&mut self, class: Class) -> usize {
        self.classes.push(class);
        self.classes.len() - 1
    }

    fn slot(&mut self) -> usize {
        self.slots += 1;
        self.slots - 1
    }

    /// A part that is tried for itself, after the step that tries it.
    fn part(&mut self, node: &Node, step: impl FnOnce(usize) -> Step) -> Compiled {
        let at = self.push(Step::Never)?;
        self.inside += 1;
        self.node(node)?;
        self.inside -= 1;
        self.push(Step::Done)?;
        self.steps[at] = step(self.steps.len());
        Ok(())
    }

    fn alternatives(&mut self, nodes: &[Node]) -> Compiled {
        let mut jumps = Vec::new();
        for (position, node) in nodes.iter().enumerate() {
            if position + 1 == nodes.len() {
                self.node(node)?;
                break;
            }
            let split = self.push(Step::Never)?;
            self.node(node)?;
            jumps.push(self.push(Step::Never)?);
            self.steps[split] = Step::Split(split + 1, self.steps.len());
        }
        let end = self.steps.len();
        for jump in jumps {
            self.steps[jump] = Step::Jump(end);
        }
        Ok(())
    }
}

/// Whether the node or one in it is so.
fn any(node: &Node, is: &dyn Fn(&Node) -> bool) -> bool {
    is(node)
        || match node {
            Node::Group(inner, _)
            | Node::Atomic(inner)
            | Node::Maybe(inner, _)
            | Node::Repeat(inner, _) => any(inner, is),
            Node::Look { node, .. } | Node::LookBehind { node, .. } => any(node, is),
            Node::Sequence(nodes) | Node::Alternatives(nodes) => {
                nodes.iter().any(|node| any(node, is))
            }
            _ => false,
        }
}
