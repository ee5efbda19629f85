//! The instructions of a compiled pattern.

use crate::java_regex::flags::Case;
use crate::java_regex::tree::{Anchor, Repeat};

/// One instruction. Numbers are places in the program, or slots that hold a place in the text.
#[derive(Debug)]
pub(crate) enum Instruction {
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
    /// Go on only at this anchor.
    Anchor(Anchor),
    /// Store the place in a slot.
    Open(usize),
    /// Store what the group took since the place in the slot.
    Close(usize, usize),
    /// Go on at this instruction.
    Jump(usize),
    /// Try the first; if that fails, the second.
    Split(usize, usize),
    /// Enter a loop.
    Enter(Loop),
    /// The end of a round of the loop that was entered there.
    Again(usize),
    /// Run the instructions that follow, as often as `repeat` says; each round is kept as it is
    /// once it fits. The rest of the program starts at `next`.
    Rounds {
        repeat: Repeat,
        group: Option<usize>,
        next: usize,
    },
    /// Fail.
    Never,
    /// Take again what the group took.
    Back(usize, Case),
    /// Run the instructions that follow up to `Done`, without taking what they match. The rest of
    /// the program starts at `next`.
    Look { wanted: bool, next: usize },
    /// `Look` backwards, over `least` to `most` characters.
    LookBehind {
        wanted: bool,
        next: usize,
        least: i32,
        most: i32,
    },
    /// Run the instructions that follow up to `Done`, and never go back into them.
    Atomic { next: usize },
    /// The end of the pattern, or of a part that is tried by itself.
    Done,
}

/// A repetition each of whose rounds may go back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Loop {
    pub repeat: Repeat,
    /// The slot that counts the rounds.
    pub count: usize,
    /// The slot of where the round began.
    pub begin: usize,
    /// The instruction after the loop.
    pub next: usize,
    /// The number of the loop among those whose failures are remembered by place.
    pub memory: Option<usize>,
}
