//! The matcher: walks the program over the text, and goes back to the last choice when a step does not fit.
//!
//! Choices lie on a stack of their own, so a long text cannot exhaust the thread's; every few steps are paid for.

use super::super::limits::{Budget, Exceeded};
use super::class::{Class, swap_case};
use super::program::{Program, Step};
use super::tree::{Place, Repeat};

/// Choices that may be open at once.
const CHOICES: usize = 500_000;
/// Steps of the matcher for one step of the rendering.
const STEPS_EACH: u32 = 8;

/// Something to go back to.
enum Choice {
    /// Go on with this step at this place.
    Branch(usize, usize),
    /// Give one character of a run back: the step after it, the least end, the end now.
    Shorter(usize, usize, usize),
    /// Take one character more: the step of the run, the end now, how many more it may be.
    Longer(usize, usize, u32),
    /// Put a slot back.
    Slot(usize, Option<usize>),
}

/// Searches one text.
pub struct Matcher<'m> {
    program: &'m Program,
    text: &'m str,
    begin: usize,
    slots: Vec<Option<usize>>,
    choices: Vec<Choice>,
    /// What the search spends.
    pub budget: &'m mut Budget,
    unpaid: u32,
}

/// Where each group matched, as byte offsets.
pub type Groups = Vec<Option<(usize, usize)>>;

impl<'m> Matcher<'m> {
    /// A matcher of `program` in `text`.
    pub fn new(program: &'m Program, text: &'m str, budget: &'m mut Budget) -> Result<Matcher<'m>, Exceeded> {
        budget.steps(program.slots as u64 / 8)?;
        let slots = vec![None; program.slots];
        Ok(Matcher { program, text, begin: 0, slots, choices: Vec::new(), budget, unpaid: 0 })
    }

    /// Matches at `start` exactly, and up to `wanted` if that is asked. Returns the groups.
    pub fn run(&mut self, start: usize, wanted: Option<usize>) -> Result<Option<Groups>, Exceeded> {
        self.begin = start;
        let Some(end) = self.part(0, start, wanted)? else { return Ok(None) };
        self.choices.clear();
        self.slots[0] = Some(start);
        self.slots[1] = Some(end);
        let group = |group: usize| self.slots[2 * group].zip(self.slots[2 * group + 1]);
        Ok(Some((0..self.program.groups).map(group).collect()))
    }

    /// Runs from `step` at `place` to the next `Done`; `wanted` is where that must be. Leaves its choices on the stack.
    fn part(&mut self, mut step: usize, mut place: usize, wanted: Option<usize>) -> Result<Option<usize>, Exceeded> {
        let base = self.choices.len();
        loop {
            self.pay()?;
            let next = match &self.program.steps[step] {
                Step::Done if wanted.is_none_or(|wanted| wanted == place) => return Ok(Some(place)),
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

    fn pay(&mut self) -> Result<(), Exceeded> {
        self.unpaid += 1;
        if self.unpaid == STEPS_EACH {
            self.unpaid = 0;
            self.budget.step()?;
        }
        Ok(())
    }

    /// The next step and place, or nothing if this step does not fit.
    fn take(&mut self, taken: &'m Step, step: usize, place: usize) -> Result<Option<(usize, usize)>, Exceeded> {
        let next = step + 1;
        Ok(match taken {
            Step::Char(wanted) => self.text[place..].starts_with(*wanted).then(|| (next, place + wanted.len_utf8())),
            Step::Class(class) => self.one(class, place).map(|end| (next, end)),
            Step::Run(class, repeat) => self.run_of(class, *repeat, step, place)?,
            Step::Place(wanted) => self.is_at(*wanted, place).then_some((next, place)),
            Step::Save(slot) => {
                self.save(*slot, Some(place))?;
                Some((next, place))
            }
            Step::Jump(to) => Some((*to, place)),
            Step::Split(first, second) => {
                self.choose(Choice::Branch(*second, place))?;
                Some((*first, place))
            }
            Step::Moved(slot) => {
                // A round that took nothing is the last one.
                let moved = self.slots[*slot] != Some(place);
                Some((if moved { next } else { next + 1 }, place))
            }
            Step::Back(group, ignore_case) => self.again(*group, *ignore_case, place)?.map(|end| (next, end)),
            Step::Look { wanted, next } => self.look(*wanted, step + 1, place, None)?.then_some((*next, place)),
            Step::LookBehind { wanted, next, least, most } => {
                self.look_behind(*wanted, step + 1, place, *least, *most)?.then_some((*next, place))
            }
            Step::Atomic { next } => {
                let base = self.choices.len();
                let end = self.part(step + 1, place, None)?;
                self.keep_slots(base);
                end.map(|end| (*next, end))
            }
            Step::Done | Step::Never => None,
        })
    }

    fn one(&self, class: &Class, place: usize) -> Option<usize> {
        let byte = *self.text.as_bytes().get(place)?;
        let character = if byte < 128 { char::from(byte) } else { self.text[place..].chars().next()? };
        class.contains(character).then(|| place + character.len_utf8())
    }

    fn run_of(
        &mut self,
        class: &Class,
        repeat: Repeat,
        step: usize,
        place: usize,
    ) -> Result<Option<(usize, usize)>, Exceeded> {
        let most = if repeat.greedy { repeat.most.unwrap_or(u32::MAX) } else { repeat.least };
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
        self.budget.steps(u64::from(count) / 32 + more / if class.is_large() { 2 } else { 8 })?;
        if count < repeat.least {
            return Ok(None);
        }
        if !repeat.greedy {
            let more = repeat.most.map_or(u32::MAX, |most| most - repeat.least);
            self.choose(Choice::Longer(step, end, more))?;
        } else if end > least {
            self.choose(Choice::Shorter(step + 1, least, end))?;
        }
        Ok(Some((step + 1, end)))
    }

    /// Goes back to the last choice above `base`.
    fn back(&mut self, base: usize) -> Result<Option<(usize, usize)>, Exceeded> {
        while self.choices.len() > base {
            self.pay()?;
            match self.choices.pop().expect("there are choices above the base") {
                Choice::Branch(step, place) => return Ok(Some((step, place))),
                Choice::Slot(slot, old) => self.slots[slot] = old,
                Choice::Shorter(step, least, end) => {
                    let shorter = self.text[..end].chars().next_back().map_or(least, |last| end - last.len_utf8());
                    if shorter > least {
                        self.choices.push(Choice::Shorter(step, least, shorter));
                    }
                    return Ok(Some((step, shorter)));
                }
                Choice::Longer(step, end, more) => {
                    let Step::Run(class, _) = &self.program.steps[step] else { continue };
                    if more > 0
                        && let Some(longer) = self.one(class, end)
                    {
                        self.choices.push(Choice::Longer(step, longer, more - 1));
                        return Ok(Some((step + 1, longer)));
                    }
                }
            }
        }
        Ok(None)
    }

    fn choose(&mut self, choice: Choice) -> Result<(), Exceeded> {
        if self.choices.len() == CHOICES {
            return Err(Exceeded::Steps);
        }
        self.choices.push(choice);
        Ok(())
    }

    fn save(&mut self, slot: usize, place: Option<usize>) -> Result<(), Exceeded> {
        let old = std::mem::replace(&mut self.slots[slot], place);
        self.choose(Choice::Slot(slot, old))
    }

    /// Forgets the choices above `base`, but not how to put the slots back.
    fn keep_slots(&mut self, base: usize) {
        let mut kept = base;
        for at in base..self.choices.len() {
            if matches!(self.choices[at], Choice::Slot(..)) {
                self.choices.swap(kept, at);
                kept += 1;
            }
        }
        self.choices.truncate(kept);
    }

    /// Whether the part at `step` fits (or does not, as wanted). Groups of a part that fits stay.
    fn look(&mut self, wanted: bool, step: usize, place: usize, end: Option<usize>) -> Result<bool, Exceeded> {
        let base = self.choices.len();
        let fits = self.part(step, place, end)?.is_some();
        if fits && wanted {
            self.keep_slots(base);
        } else {
            self.undo(base);
        }
        Ok(fits == wanted)
    }

    fn look_behind(
        &mut self,
        wanted: bool,
        step: usize,
        place: usize,
        least: usize,
        most: usize,
    ) -> Result<bool, Exceeded> {
        let mut start = place;
        for length in 0..=most {
            self.pay()?;
            if length >= least && self.look(true, step, start, Some(place))? {
                return Ok(wanted);
            }
            match self.text[..start].chars().next_back() {
                Some(before) => start -= before.len_utf8(),
                None => break,
            }
        }
        Ok(!wanted)
    }

    /// Puts everything back that was chosen above `base`.
    fn undo(&mut self, base: usize) {
        while self.choices.len() > base {
            if let Some(Choice::Slot(slot, old)) = self.choices.pop() {
                self.slots[slot] = old;
            }
        }
    }

    fn again(&mut self, group: usize, ignore_case: bool, place: usize) -> Result<Option<usize>, Exceeded> {
        let Some((start, end)) = self.slots[2 * group].zip(self.slots[2 * group + 1]) else { return Ok(None) };
        self.budget.steps((end - start) as u64 / 16)?;
        let taken = &self.text[start..end];
        let Some(here) = self.text.get(place..place + taken.len()) else { return Ok(None) };
        let same = |one: char, two: char| one == two || (ignore_case && swap_case(one) == two);
        let fits = taken.chars().zip(here.chars()).all(|(one, two)| same(one, two));
        Ok(fits.then_some(place + taken.len()))
    }

    fn is_at(&self, wanted: Place, place: usize) -> bool {
        let (before, after) = (&self.text[..place], &self.text[place..]);
        match wanted {
            Place::Start => place == 0,
            Place::LineStart => {
                place == 0 || (before.ends_with(['\n', '\u{85}', '\u{2028}', '\u{2029}']) && !after.is_empty())
            }
            Place::End => after.is_empty(),
            Place::LineEnd => after.is_empty() || after.starts_with(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']),
            Place::BeforeLastNewline => {
                matches!(after, "" | "\n" | "\r" | "\r\n" | "\u{85}" | "\u{2028}" | "\u{2029}")
                    && !(after == "\n" && before.ends_with('\r'))
            }
            Place::Begin => place == self.begin,
            Place::WordEdge => edge(before, after),
            Place::NoWordEdge => !edge(before, after),
        }
    }
}

fn edge(before: &str, after: &str) -> bool {
    let word = |character: char| character.is_alphanumeric() || character == '_';
    before.chars().next_back().is_some_and(word) != after.chars().next().is_some_and(word)
}
