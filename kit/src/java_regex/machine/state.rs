//! The state of a search: slots, open choices, and what is left to pay.

use super::memory::Memory;
use crate::java_regex::budget::Budget;
use crate::java_regex::program::CompiledPattern;

/// Choices that may be open at once.
const CHOICES: usize = 500_000;
/// Instructions for one step of the budget.
const STEPS_EACH: u32 = 8;
/// The content of a slot before a place is stored in it.
pub(crate) const NOWHERE: usize = usize::MAX;

/// Something to go back to.
#[derive(Debug)]
pub(super) enum Choice {
    /// Go on with this instruction at this place.
    Branch(u32, usize),
    /// Leave a loop at this place: the round that began there failed.
    Leave(u32, usize),
    /// Begin this round of a loop at this place.
    Round(u32, u32, usize),
    /// Begin one more round, after so many, of those that are kept as they are.
    MoreRounds(u32, u32, usize),
    /// Give one character of a run back: the instruction after it, the least end, the end now.
    Shorter(u32, usize, usize),
    /// Take one character more: the instruction of the run, how many more it may be, the end now.
    Longer(u32, u32, usize),
    /// Put a slot back.
    Slot(u32, usize),
}

/// Memory that is used again by the next search in the same text.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub slots: Vec<usize>,
    pub(super) choices: Vec<Choice>,
    pub memory: Memory,
}

/// Searches one text.
pub(crate) struct Machine<'m, B> {
    pub(super) program: &'m CompiledPattern,
    pub(super) text: &'m str,
    /// Where the last match ended.
    pub(super) last_match: usize,
    pub(super) scratch: &'m mut Scratch,
    /// What the search spends.
    pub budget: &'m mut B,
    unpaid: u32,
}

/// The instruction and the place to go on with.
pub(super) type Next = Option<(usize, usize)>;

impl<'m, B: Budget> Machine<'m, B> {
    pub(crate) fn new(
        program: &'m CompiledPattern,
        text: &'m str,
        last_match: usize,
        scratch: &'m mut Scratch,
        budget: &'m mut B,
    ) -> Result<Machine<'m, B>, B::Exceeded> {
        budget.steps(program.slots as u64 / 8)?;
        scratch.slots.clear();
        scratch.slots.resize(program.slots, NOWHERE);
        scratch.choices.clear();
        Ok(Machine {
            program,
            text,
            last_match,
            scratch,
            budget,
            unpaid: 0,
        })
    }

    /// Whether the pattern matches at `start` exactly, and up to `wanted` if that is asked. The
    /// slots have the groups.
    pub(crate) fn run(&mut self, start: usize, wanted: Option<usize>) -> Result<bool, B::Exceeded> {
        let Some(end) = self.part(0, start, wanted)? else {
            return Ok(false);
        };
        self.scratch.choices.clear();
        self.found(start, end);
        Ok(true)
    }

    /// Stores where the whole pattern matched.
    pub(crate) fn found(&mut self, start: usize, end: usize) {
        (self.scratch.slots[0], self.scratch.slots[1]) = (start, end);
    }

    #[inline]
    pub(super) fn pay(&mut self) -> Result<(), B::Exceeded> {
        self.unpaid += 1;
        if self.unpaid == STEPS_EACH {
            self.unpaid = 0;
            self.budget.steps(1)?;
        }
        Ok(())
    }

    #[inline]
    pub(super) fn choose(&mut self, choice: Choice) -> Result<(), B::Exceeded> {
        if self.scratch.choices.len() == CHOICES {
            return Err(B::too_many_choices());
        }
        self.scratch.choices.push(choice);
        Ok(())
    }

    pub(super) fn save(&mut self, slot: usize, value: usize) -> Result<(), B::Exceeded> {
        let old = std::mem::replace(&mut self.scratch.slots[slot], value);
        self.choose(Choice::Slot(short(slot), old))
    }

    pub(super) fn close(
        &mut self,
        group: usize,
        start: usize,
        end: usize,
    ) -> Result<(), B::Exceeded> {
        self.save(2 * group, start)?;
        self.save(2 * group + 1, end)
    }
}

/// The number of an instruction or a slot, of which there are few.
#[inline]
pub(super) fn short(number: usize) -> u32 {
    number as u32
}
