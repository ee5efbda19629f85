//! Repetitions of more than one character.

use super::state::{Choice, Machine, Next, short};
use crate::java_regex::budget::Budget;
use crate::java_regex::program::{Instruction, Loop};
use crate::java_regex::tree::{Greed, Repeat};

impl<B: Budget> Machine<'_, B> {
    /// The loop that is entered at `pc`.
    fn loop_at(&self, pc: usize) -> Loop {
        match &self.program.instructions[pc] {
            Instruction::Enter(entered) => *entered,
            _ => unreachable!("only the pc that enters a loop is noted as one"),
        }
    }

    pub(super) fn enter(&mut self, pc: usize, place: usize) -> Result<Next, B::Exceeded> {
        let entered = self.loop_at(pc);
        self.round_or_leave(pc, entered, 0, place)
    }

    /// At the end of a round: one more, or on. A round that took nothing is the last one.
    pub(super) fn again(&mut self, pc: usize, place: usize) -> Result<Next, B::Exceeded> {
        let entered = self.loop_at(pc);
        if self.scratch.slots[entered.begin] == place {
            return Ok(Some((entered.next, place)));
        }
        let count = u32::try_from(self.scratch.slots[entered.count]).unwrap_or(u32::MAX);
        self.round_or_leave(pc, entered, count, place)
    }

    /// After `count` rounds.
    fn round_or_leave(
        &mut self,
        pc: usize,
        entered: Loop,
        count: u32,
        place: usize,
    ) -> Result<Next, B::Exceeded> {
        let Loop {
            repeat,
            next,
            memory,
            ..
        } = entered;
        if count < repeat.least {
            return self.round(pc, count + 1, place).map(Some);
        }
        let failed = memory.is_some_and(|number| self.scratch.memory.has(number, place));
        if count >= repeat.most || failed {
            return Ok(Some((next, place)));
        }
        if repeat.kind == Greed::Reluctant {
            self.choose(Choice::Round(short(pc), count + 1, place))?;
            return Ok(Some((next, place)));
        }
        self.choose(Choice::Leave(short(pc), place))?;
        self.round(pc, count + 1, place).map(Some)
    }

    /// Begins a round, the `count`th.
    pub(super) fn round(
        &mut self,
        pc: usize,
        count: u32,
        place: usize,
    ) -> Result<(usize, usize), B::Exceeded> {
        let entered = self.loop_at(pc);
        self.save(entered.count, count as usize)?;
        self.save(entered.begin, place)?;
        Ok((pc + 1, place))
    }

    /// The round that began here failed.
    pub(super) fn leave(&mut self, pc: usize, place: usize) -> Result<Next, B::Exceeded> {
        let entered = self.loop_at(pc);
        if let Some(number) = entered.memory {
            self.scratch
                .memory
                .note(number, place, self.text.len(), self.budget)?;
        }
        Ok(Some((entered.next, place)))
    }

    /// Rounds that are kept as they are.
    pub(super) fn rounds(
        &mut self,
        pc: usize,
        repeat: Repeat,
        group: Option<usize>,
        next: usize,
        place: usize,
    ) -> Result<Next, B::Exceeded> {
        let (mut at, mut count) = (place, 0);
        while count < repeat.least {
            let Some(end) = self.tried(pc + 1, at, None)? else {
                return Ok(None);
            };
            self.took(group, at, end)?;
            count += 1;
            if end == at {
                // As often as it takes.
                count = repeat.least;
            }
            at = end;
        }
        if repeat.kind == Greed::Reluctant {
            self.choose(Choice::MoreRounds(short(pc), count, at))?;
            return Ok(Some((next, at)));
        }
        while count < repeat.most {
            let choices = self.scratch.choices.len();
            if repeat.kind == Greed::Greedy {
                self.choose(Choice::Branch(short(next), at))?;
            }
            match self.tried(pc + 1, at, None)?.filter(|&end| end != at) {
                Some(end) => {
                    self.took(group, at, end)?;
                    (at, count) = (end, count + 1);
                }
                None => {
                    self.scratch.choices.truncate(choices);
                    break;
                }
            }
        }
        Ok(Some((next, at)))
    }

    pub(super) fn more_rounds(
        &mut self,
        pc: usize,
        count: u32,
        place: usize,
    ) -> Result<Next, B::Exceeded> {
        let Instruction::Rounds {
            repeat,
            group,
            next,
        } = self.program.instructions[pc]
        else {
            return Ok(None);
        };
        if count >= repeat.most {
            return Ok(None);
        }
        let Some(end) = self.tried(pc + 1, place, None)?.filter(|&end| end != place) else {
            return Ok(None);
        };
        self.took(group, place, end)?;
        self.choose(Choice::MoreRounds(short(pc), count + 1, end))?;
        Ok(Some((next, end)))
    }

    fn took(&mut self, group: Option<usize>, start: usize, end: usize) -> Result<(), B::Exceeded> {
        match group {
            Some(group) => self.close(group, start, end),
            None => Ok(()),
        }
    }
}
