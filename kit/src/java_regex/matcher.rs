//! A search through one text, as `java.util.regex.Matcher` goes through it.

use super::budget::Budget;
use super::machine::{Machine, NOWHERE, Scratch};
use super::regex::Regex;
use super::start::Start;

/// Finds one match after the other.
#[derive(Debug)]
pub struct Matcher<'m> {
    regex: &'m Regex,
    text: &'m str,
    /// Where the next search begins; [`None`] past the end.
    from: Option<usize>,
    /// Where the last match ended, or the search began.
    last_end: usize,
    scratch: Scratch,
}

impl Regex {
    /// Starts to search `text`.
    pub fn matcher<'m>(&'m self, text: &'m str) -> Matcher<'m> {
        Matcher {
            regex: self,
            text,
            from: Some(0),
            last_end: 0,
            scratch: Scratch::default(),
        }
    }

    /// Whether the pattern matches the whole text.
    pub fn matches<B: Budget>(&self, text: &str, budget: &mut B) -> Result<bool, B::Exceeded> {
        self.matcher(text).matches(budget)
    }

    /// The first match, as byte offsets.
    pub fn find<B: Budget>(
        &self,
        text: &str,
        budget: &mut B,
    ) -> Result<Option<(usize, usize)>, B::Exceeded> {
        let mut matcher = self.matcher(text);
        Ok(if matcher.find(budget)? {
            matcher.group(0)
        } else {
            None
        })
    }
}

impl<'m> Matcher<'m> {
    /// Finds the next match. One that takes nothing is found once at a place, and not right after
    /// another match's end unless it stands there itself.
    pub fn find<B: Budget>(&mut self, budget: &mut B) -> Result<bool, B::Exceeded> {
        let Some(from) = self.from else {
            return Ok(false);
        };
        let Some((start, end)) = self.search(from, budget)? else {
            self.from = None;
            return Ok(false);
        };
        self.last_end = end;
        self.from = if end > start {
            Some(end)
        } else {
            after(self.text, end)
        };
        Ok(true)
    }

    /// The first match that starts at `from` or after it, whatever was found before. `from` is the
    /// place of a character.
    pub fn find_at<B: Budget>(&mut self, from: usize, budget: &mut B) -> Result<bool, B::Exceeded> {
        (self.from, self.last_end) = (Some(from), from);
        self.scratch.memory.forget();
        self.find(budget)
    }

    /// Whether the pattern matches the whole text.
    pub fn matches<B: Budget>(&mut self, budget: &mut B) -> Result<bool, B::Exceeded> {
        self.from = None;
        self.scratch.memory.forget();
        let (program, length) = (&self.regex.program, self.text.len());
        Machine::new(program, self.text, 0, &mut self.scratch, budget)?.run(0, Some(length))
    }

    fn search<B: Budget>(
        &mut self,
        from: usize,
        budget: &mut B,
    ) -> Result<Option<(usize, usize)>, B::Exceeded> {
        let Regex {
            program,
            start: starts,
            ..
        } = self.regex;
        if program.asks_last_match {
            self.scratch.memory.forget();
        }
        let mut machine =
            Machine::new(program, self.text, self.last_end, &mut self.scratch, budget)?;
        let mut start = from;
        while let Some(found) = starts.find(self.text, start, machine.budget)? {
            if machine.run_or_take(found, starts)? {
                return Ok(self.group(0));
            }
            match after(self.text, found) {
                Some(next) => start = next,
                None => break,
            }
        }
        Ok(None)
    }

    /// Where a group matched in what was found last, as byte offsets; group 0 is the whole match.
    pub fn group(&self, number: usize) -> Option<(usize, usize)> {
        let slots = self.scratch.slots.get(2 * number..2 * number + 2)?;
        (slots[0] != NOWHERE && slots[1] != NOWHERE && number < self.regex.groups())
            .then_some((slots[0], slots[1]))
    }

    /// The text that a group matched in what was found last.
    pub fn text(&self, number: usize) -> Option<&'m str> {
        self.group(number)
            .map(|(start, end)| &self.text[start..end])
    }

    /// The pattern.
    pub fn regex(&self) -> &'m Regex {
        self.regex
    }
}

impl<B: Budget> Machine<'_, B> {
    /// Runs at a place that was found; a pattern that is nothing but the text that was found there
    /// has matched.
    fn run_or_take(&mut self, found: usize, starts: &Start) -> Result<bool, B::Exceeded> {
        match starts {
            Start::Text {
                finder,
                whole: true,
            } => {
                self.found(found, found + finder.needle().len());
                Ok(true)
            }
            _ => self.run(found, None),
        }
    }
}

/// The place after the next character; [`None`] at the end.
fn after(text: &str, place: usize) -> Option<usize> {
    text[place..]
        .chars()
        .next()
        .map(|character| place + character.len_utf8())
}
