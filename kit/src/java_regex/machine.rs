//! The matcher: walks the program over the text, and goes back to the last choice when a step does
//! not fit.
//!
//! Choices lie on a stack of their own, so a long text cannot exhaust the thread's; every few steps
//! are paid for. Only parts that are tried for themselves (look-around, atomic groups) nest, as
//! deep as the pattern nests them.

use super::budget::Budget;
use super::program::{Program, Step};
use super::tree::{Kind, Place, Repeat};

mod memory;
mod place;
mod rounds;

pub(super) use memory::Memory;

/// Choices that may be open at once.
const CHOICES: usize = 500_000;
/// Steps of the matcher for one step of the budget.
const STEPS_EACH: u32 = 8;
/// What a slot holds before anything was noted in it.
pub(super) const NOWHERE: usize = usize::MAX;

/// Something to go back to.
#[derive(Debug)]
pub(super) enum Choice {
    /// Go on with this step at this place.
    Branch(u32, usize),
    /// Leave a loop at this place: the round that began there failed.
    Leave(u32, usize),
    /// Begin this round of a loop at this place.
    Round(u32, u32, usize),
    /// Begin one more round, after so many, of those that are kept as they are.
    MoreRounds(u32, u32, usize),
    /// Give one character of a run back: the step after it, the least end, the end now.
    Shorter(u32, usize, usize),
    /// Take one character more: the step of the run, how many more it may be, the end now.
    Longer(u32, u32, usize),
    /// Put a slot back.
    Slot(u32, usize),
}

/// What one search after the other can use again.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub slots: Vec<usize>,
    choices: Vec<Choice>,
    pub memory: Memory,
}

/// Searches one text.
pub(super) struct Machine<'m, B> {
    program: &'m Program,
    text: &'m str,
    /// Where the last match ended.
    last_match: usize,
    scratch: &'m mut Scratch,
    /// What the search spends.
    pub budget: &'m mut B,
    unpaid: u32,
}

/// A step and a place to go on with.
type Next = Option<(usize, usize)>;

impl<'m, B: Budget> Machine<'m, B> {
    pub fn new(
        program: &'m Program,
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
    pub fn run(&mut self, start: usize, wanted: Option<usize>) -> Result<bool, B::Exceeded> {
        let Some(end) = self.part(0, start, wanted)? else {
            return Ok(false);
        };
        self.scratch.choices.clear();
        self.found(start, end);
        Ok(true)
    }

    /// Notes where the whole pattern matched.
    pub fn found(&mut self, start: usize, end: usize) {
        (self.scratch.slots[0], self.scratch.slots[1]) = (start, end);
    }

    /// Runs from `step` at `place` to the next `Done`; `wanted` is where that must be. Leaves its
    /// choices on the stack.
    fn part(
        &mut self,
        mut step: usize,
        mut place: usize,
        wanted: Option<usize>,
    ) -> Result<Option<usize>, B::Exceeded> {
        let base = self.scratch.choices.len();
        loop {
            self.pay()?;
            let next = match &self.program.steps[step] {
                Step::Done if wanted.is_none_or(|wanted| wanted == place) => {
                    return Ok(Some(place));
                }
                Step::Done => None,
                other => self.take(other, step, place)?,
            };
            match next {
                Some(next) => (step, place) = next,
                None => match self.back(base)? {
                    Some(next) => (step, place) = next,
                    None => return Ok(None),
                },
            }
        }
    }

    #[inline]
    fn pay(&mut self) -> Result<(), B::Exceeded> {
        self.unpaid += 1;
        if self.unpaid == STEPS_EACH {
            self.unpaid = 0;
            self.budget.steps(1)?;
        }
        Ok(())
    }

    /// The next step and place, or nothing if this step does not fit.
    #[inline]
    fn take(&mut self, taken: &'m Step, step: usize, place: usize) -> Result<Next, B::Exceeded> {
        let next = step + 1;
        Ok(match taken {
            Step::Byte(wanted) => {
                (self.text.as_bytes().get(place) == Some(wanted)).then_some((next, place + 1))
            }
            Step::Text(wanted) => self.text.as_bytes()[place..]
                .starts_with(wanted.as_bytes())
                .then_some((next, place + wanted.len())),
            Step::Class(class) => self.one(*class, place).map(|end| (next, end)),
            Step::Run(class, repeat) => self.run_of(*class, *repeat, step, place)?,
            Step::Place(wanted) => {
                if *wanted == Place::ClusterEdge {
                    // It may have to look back as far as there are flags or marks.
                    self.budget.steps(place as u64 / 64)?;
                }
                self.is_at(*wanted, place).then_some((next, place))
            }
            Step::Open(slot) => {
                self.save(*slot, place)?;
                Some((next, place))
            }
            Step::Close(group, begin) => {
                self.close(*group, self.scratch.slots[*begin], place)?;
                Some((next, place))
            }
            Step::Jump(to) => Some((*to, place)),
            Step::Split(first, second) => {
                self.choose(Choice::Branch(short(*second), place))?;
                Some((*first, place))
            }
            Step::Enter(_) => self.enter(step, place)?,
            Step::Again(enter) => self.again(*enter, place)?,
            Step::Rounds {
                repeat,
                group,
                next,
            } => self.rounds(step, *repeat, *group, *next, place)?,
            Step::Cluster => self.cluster(place)?.map(|end| (next, end)),
            Step::Back(group, case) => self.same(*group, *case, place)?.map(|end| (next, end)),
            Step::Look { wanted, next } => {
                (self.tried(step + 1, place, None)?.is_some() == *wanted).then_some((*next, place))
            }
            Step::LookBehind {
                wanted,
                next,
                least,
                most,
            } => (self.look_behind(step + 1, place, *least, *most)? == *wanted)
                .then_some((*next, place)),
            Step::Atomic { next } => self.tried(step + 1, place, None)?.map(|end| (*next, end)),
            Step::Done | Step::Never => None,
        })
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
        step: usize,
        place: usize,
    ) -> Result<Next, B::Exceeded> {
        let most = if repeat.kind == Kind::Reluctant {
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
            Kind::Reluctant => {
                self.choose(Choice::Longer(short(step), repeat.most - repeat.least, end))?;
            }
            Kind::Greedy if end > least => {
                self.choose(Choice::Shorter(short(step + 1), least, end))?;
            }
            Kind::Greedy | Kind::Possessive => {}
        }
        Ok(Some((step + 1, end)))
    }

    /// Goes back to the last choice above `base`.
    fn back(&mut self, base: usize) -> Result<Next, B::Exceeded> {
        while self.scratch.choices.len() > base {
            self.pay()?;
            let Some(choice) = self.scratch.choices.pop() else {
                break;
            };
            let next = match choice {
                Choice::Branch(step, place) => Some((step as usize, place)),
                Choice::Slot(slot, old) => {
                    self.scratch.slots[slot as usize] = old;
                    None
                }
                Choice::Shorter(step, least, end) => {
                    let shorter = self.text[..end]
                        .chars()
                        .next_back()
                        .map_or(least, |last| end - last.len_utf8());
                    if shorter > least {
                        self.scratch
                            .choices
                            .push(Choice::Shorter(step, least, shorter));
                    }
                    Some((step as usize, shorter))
                }
                Choice::Longer(step, more, end) => self.longer(step, more, end),
                Choice::Leave(step, place) => self.leave(step as usize, place)?,
                Choice::Round(step, count, place) => {
                    Some(self.round(step as usize, count, place)?)
                }
                Choice::MoreRounds(step, count, place) => {
                    self.more_rounds(step as usize, count, place)?
                }
            };
            if next.is_some() {
                return Ok(next);
            }
        }
        Ok(None)
    }

    fn longer(&mut self, step: u32, more: u32, end: usize) -> Next {
        let Step::Run(class, _) = &self.program.steps[step as usize] else {
            return None;
        };
        let longer = self.one(*class, end).filter(|_| more > 0)?;
        self.scratch
            .choices
            .push(Choice::Longer(step, more - 1, longer));
        Some((step as usize + 1, longer))
    }

    #[inline]
    fn choose(&mut self, choice: Choice) -> Result<(), B::Exceeded> {
        if self.scratch.choices.len() == CHOICES {
            return Err(B::too_many_choices());
        }
        self.scratch.choices.push(choice);
        Ok(())
    }

    fn save(&mut self, slot: usize, value: usize) -> Result<(), B::Exceeded> {
        let old = std::mem::replace(&mut self.scratch.slots[slot], value);
        self.choose(Choice::Slot(short(slot), old))
    }

    fn close(&mut self, group: usize, start: usize, end: usize) -> Result<(), B::Exceeded> {
        self.save(2 * group, start)?;
        self.save(2 * group + 1, end)
    }

    /// Tries the part at `step`, and keeps it as it fits: its choices are forgotten. What its
    /// groups matched stays, as in Java even when the pattern later goes back past it.
    fn tried(
        &mut self,
        step: usize,
        place: usize,
        end: Option<usize>,
    ) -> Result<Option<usize>, B::Exceeded> {
        let base = self.scratch.choices.len();
        let end = self.part(step, place, end)?;
        for choice in self.scratch.choices.drain(base..).rev() {
            if let Choice::Slot(slot, old) = choice
                && slot as usize >= 2 * self.program.groups
            {
                self.scratch.slots[slot as usize] = old;
            }
        }
        Ok(end)
    }

    /// Whether the part at `step` fits between a place `least` to `most` characters back and this
    /// one.
    fn look_behind(
        &mut self,
        step: usize,
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
            if length >= least && self.tried(step, start, Some(place))?.is_some() {
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

/// A number of steps or slots, of which there are few.
#[inline]
fn short(number: usize) -> u32 {
    number as u32
}
