//! Runs one instruction after the other, and goes back to the last choice where one does not fit.

use super::state::{Choice, Machine, Next, short};
use crate::java_regex::budget::Budget;
use crate::java_regex::program::Instruction;
use crate::java_regex::tree::{Anchor, Greed, Repeat};

impl<'m, B: Budget> Machine<'m, B> {
    /// Runs from `pc` at `place` to the next `Done`; `wanted` is where that must be. Leaves its
    /// choices on the stack.
    pub(super) fn part(
        &mut self,
        mut pc: usize,
        mut place: usize,
        wanted: Option<usize>,
    ) -> Result<Option<usize>, B::Exceeded> {
        let base = self.scratch.choices.len();
        loop {
            self.pay()?;
            let next = match &self.program.instructions[pc] {
                Instruction::Done if wanted.is_none_or(|wanted| wanted == place) => {
                    return Ok(Some(place));
                }
                Instruction::Done => None,
                other => self.take(other, pc, place)?,
            };
            match next {
                Some(next) => (pc, place) = next,
                None => match self.back(base)? {
                    Some(next) => (pc, place) = next,
                    None => return Ok(None),
                },
            }
        }
    }

    /// Runs one instruction. [`None`] when it does not fit.
    #[inline]
    fn take(
        &mut self,
        taken: &'m Instruction,
        pc: usize,
        place: usize,
    ) -> Result<Next, B::Exceeded> {
        let next = pc + 1;
        Ok(match taken {
            Instruction::Byte(wanted) => {
                (self.text.as_bytes().get(place) == Some(wanted)).then_some((next, place + 1))
            }
            Instruction::Text(wanted) => self.text.as_bytes()[place..]
                .starts_with(wanted.as_bytes())
                .then_some((next, place + wanted.len())),
            Instruction::Class(class) => self.one(*class, place).map(|end| (next, end)),
            Instruction::Run(class, repeat) => self.run_of(*class, *repeat, pc, place)?,
            Instruction::Anchor(wanted) => self.anchored(*wanted, place)?.then_some((next, place)),
            Instruction::Open(slot) => {
                self.save(*slot, place)?;
                Some((next, place))
            }
            Instruction::Close(group, begin) => {
                self.close(*group, self.scratch.slots[*begin], place)?;
                Some((next, place))
            }
            Instruction::Jump(to) => Some((*to, place)),
            Instruction::Split(first, second) => {
                self.choose(Choice::Branch(short(*second), place))?;
                Some((*first, place))
            }
            Instruction::Enter(_) => self.enter(pc, place)?,
            Instruction::Again(enter) => self.again(*enter, place)?,
            Instruction::Rounds {
                repeat,
                group,
                next,
            } => self.rounds(pc, *repeat, *group, *next, place)?,
            Instruction::Cluster => self.cluster(place)?.map(|end| (next, end)),
            Instruction::Back(group, case) => {
                self.same(*group, *case, place)?.map(|end| (next, end))
            }
            Instruction::Look { wanted, next } => {
                (self.tried(pc + 1, place, None)?.is_some() == *wanted).then_some((*next, place))
            }
            Instruction::LookBehind {
                wanted,
                next,
                least,
                most,
            } => (self.look_behind(pc + 1, place, *least, *most)? == *wanted)
                .then_some((*next, place)),
            Instruction::Atomic { next } => {
                self.tried(pc + 1, place, None)?.map(|end| (*next, end))
            }
            Instruction::Done | Instruction::Never => None,
        })
    }

    /// Whether the anchor holds at `place`, paid for.
    fn anchored(&mut self, wanted: Anchor, place: usize) -> Result<bool, B::Exceeded> {
        if wanted == Anchor::ClusterEdge {
            // The search for the edge may look back over all flags or marks before it.
            self.budget.steps(place as u64 / 64)?;
        }
        Ok(self.is_at(wanted, place))
    }

    #[inline]
    fn one(&self, class: usize, place: usize) -> Option<usize> {
        let byte = *self.text.as_bytes().get(place)?;
        let class = &self.program.classes[class];
        if byte < 128 {
            return class.contains_byte(byte).then_some(place + 1);
        }
        let character = self.text[place..].chars().next()?;
        class
            .contains(character)
            .then(|| place + character.len_utf8())
    }

    fn run_of(
        &mut self,
        class: usize,
        repeat: Repeat,
        pc: usize,
        place: usize,
    ) -> Result<Next, B::Exceeded> {
        let most = if repeat.kind == Greed::Reluctant {
            repeat.least
        } else {
            repeat.most
        };
        let (mut end, mut count, mut least) = (place, 0, place);
        while count < most
            && let Some(after) = self.one(class, end)
        {
            (end, count) = (after, count + 1);
            if count == repeat.least {
                least = end;
            }
        }
        // Bytes beyond the first of a character: those are looked up among the ranges.
        let more = (end - place) as u64 - u64::from(count);
        let each = if self.program.classes[class].is_large() {
            2
        } else {
            8
        };
        self.budget.steps(u64::from(count) / 32 + more / each)?;
        if count < repeat.least {
            return Ok(None);
        }
        match repeat.kind {
            Greed::Reluctant => {
                self.choose(Choice::Longer(short(pc), repeat.most - repeat.least, end))?;
            }
            Greed::Greedy if end > least => {
                self.choose(Choice::Shorter(short(pc + 1), least, end))?;
            }
            Greed::Greedy | Greed::Possessive => {}
        }
        Ok(Some((pc + 1, end)))
    }

    /// Goes back to the last choice above `base`.
    fn back(&mut self, base: usize) -> Result<Next, B::Exceeded> {
        while self.scratch.choices.len() > base {
            self.pay()?;
            let Some(choice) = self.scratch.choices.pop() else {
                break;
            };
            let next = match choice {
                Choice::Branch(pc, place) => Some((pc as usize, place)),
                Choice::Slot(slot, old) => {
                    self.scratch.slots[slot as usize] = old;
                    None
                }
                Choice::Shorter(pc, least, end) => {
                    let shorter = self.text[..end]
                        .chars()
                        .next_back()
                        .map_or(least, |last| end - last.len_utf8());
                    if shorter > least {
                        self.scratch
                            .choices
                            .push(Choice::Shorter(pc, least, shorter));
                    }
                    Some((pc as usize, shorter))
                }
                Choice::Longer(pc, more, end) => self.longer(pc, more, end),
                Choice::Leave(pc, place) => self.leave(pc as usize, place)?,
                Choice::Round(pc, count, place) => Some(self.round(pc as usize, count, place)?),
                Choice::MoreRounds(pc, count, place) => {
                    self.more_rounds(pc as usize, count, place)?
                }
            };
            if next.is_some() {
                return Ok(next);
            }
        }
        Ok(None)
    }

    fn longer(&mut self, pc: u32, more: u32, end: usize) -> Next {
        let Instruction::Run(class, _) = &self.program.instructions[pc as usize] else {
            return None;
        };
        let longer = self.one(*class, end).filter(|_| more > 0)?;
        self.scratch
            .choices
            .push(Choice::Longer(pc, more - 1, longer));
        Some((pc as usize + 1, longer))
    }

    /// Tries the part at `pc`, and keeps it as it fits: its choices are forgotten. What its
    /// groups matched stays, as in Java even when the pattern later goes back past it.
    pub(super) fn tried(
        &mut self,
        pc: usize,
        place: usize,
        end: Option<usize>,
    ) -> Result<Option<usize>, B::Exceeded> {
        let base = self.scratch.choices.len();
        let end = self.part(pc, place, end)?;
        for choice in self.scratch.choices.drain(base..).rev() {
            if let Choice::Slot(slot, old) = choice
                && slot as usize >= 2 * self.program.groups
            {
                self.scratch.slots[slot as usize] = old;
            }
        }
        Ok(end)
    }

    /// Whether the part at `pc` fits between a place `least` to `most` characters back and this
    /// one.
    fn look_behind(
        &mut self,
        pc: usize,
        place: usize,
        least: i32,
        most: i32,
    ) -> Result<bool, B::Exceeded> {
        // Java computes the first place in 32 bits, and so takes some lengths that overflow for any
        // length.
        let first = i32::try_from(place).unwrap_or(i32::MAX).wrapping_sub(most);
        let most = if first <= 0 {
            Ok(usize::MAX)
        } else {
            usize::try_from(most)
        };
        let (Ok(least), Ok(most)) = (usize::try_from(least), most) else {
            return Ok(false);
        };
        let mut start = place;
        for length in 0..=most {
            self.pay()?;
            if length >= least && self.tried(pc, start, Some(place))?.is_some() {
                return Ok(true);
            }
            match self.text[..start].chars().next_back() {
                Some(before) => start -= before.len_utf8(),
                None => break,
            }
        }
        Ok(false)
    }
}
