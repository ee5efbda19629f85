//! The budget of a search: a hostile pattern or text ends with an error instead of taking a core
//! for ever.

/// Pays for the work of a search; the caller of a search decides how much that may be.
pub trait Budget {
    /// The error when it is spent.
    type Exceeded;

    /// Spends `count` steps: about eight moves of the matcher each.
    fn steps(&mut self, count: u64) -> Result<(), Self::Exceeded>;

    /// Spends `count` bytes of text that is made.
    fn bytes(&mut self, count: usize) -> Result<(), Self::Exceeded>;

    /// The error when more choices are open than a search may keep.
    fn too_many_choices() -> Self::Exceeded;
}

/// A budget of steps alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps(
    /// How many are left.
    pub u64,
);

/// A search needs more steps than it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "matching the regular expression takes too many steps: it goes back too often on this text"
)]
pub struct TooManySteps;

impl Budget for Steps {
    type Exceeded = TooManySteps;

    fn steps(&mut self, count: u64) -> Result<(), TooManySteps> {
        self.0 = self.0.checked_sub(count).ok_or(TooManySteps)?;
        Ok(())
    }

    fn bytes(&mut self, count: usize) -> Result<(), TooManySteps> {
        self.steps(count as u64 / 64)
    }

    fn too_many_choices() -> TooManySteps {
        TooManySteps
    }
}
