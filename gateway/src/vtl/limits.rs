//! Every bound of a template, once, by name; and the budget that a rendering spends.
//!
//! API Gateway documents the first two. The rest keep a hostile template from taking all of a core
//! or of the memory: each ends the rendering with an error that names the bound.

/// Bytes of a template's source. Documented: 300 KB.
pub(crate) const TEMPLATE_BYTES: usize = 300 * 1024;
/// Rounds of one `#foreach`. Documented; what happens at the next round is not. An error is our
/// choice.
pub(crate) const FOREACH_ROUNDS: usize = 1_000;
/// Bytes of one rendering's output: the payload limit of API Gateway.
pub(crate) const OUTPUT_BYTES: usize = 10 * 1024 * 1024;
/// Directives, parentheses, lists and maps inside one another, in a template.
pub(crate) const NESTING: usize = 64;
/// Lists and maps inside one another, in a value.
pub(crate) const VALUE_NESTING: usize = 128;
/// Macros and blocks that call one another. Velocity's own default for macros.
pub(crate) const CALL_DEPTH: usize = 20;
/// Blocks and expressions inside one another while rendering, over all macros that are running.
pub(crate) const DEPTH: usize = 200;
/// Steps of one rendering: each directive, reference, operator and method call is one, longer work
/// is more.
pub(crate) const STEPS: u64 = 1_500_000;
/// Bytes of text and containers that one rendering may make on its way to the output.
pub(crate) const WORK_BYTES: u64 = 24 * 1024 * 1024;

/// Bytes of memory that a body may take as a document: about thirty for each of its bytes where it
/// is made of small numbers, hardly more than its own where it is made of long strings.
pub(crate) const DOCUMENT_BYTES: usize = 32 * 1024 * 1024;

/// The bound that a rendering exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exceeded {
    /// [`STEPS`].
    Steps,
    /// [`WORK_BYTES`].
    Bytes,
    /// [`OUTPUT_BYTES`].
    Output,
    /// [`VALUE_NESTING`].
    Nesting,
    /// [`CALL_DEPTH`].
    Calls,
    /// [`DEPTH`].
    Depth,
    /// [`FOREACH_ROUNDS`].
    Rounds,
    /// [`DOCUMENT_BYTES`].
    Document,
}

impl std::fmt::Display for Exceeded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Exceeded::Steps => write!(f, "the template takes more than {STEPS} steps"),
            Exceeded::Bytes => write!(
                f,
                "the template builds more than {} MiB of values",
                WORK_BYTES >> 20
            ),
            Exceeded::Output => write!(f, "the output is longer than {} MiB", OUTPUT_BYTES >> 20),
            Exceeded::Nesting => write!(
                f,
                "a value holds more than {VALUE_NESTING} levels of lists and maps"
            ),
            Exceeded::Calls => write!(
                f,
                "macros and blocks call one another more than {CALL_DEPTH} deep"
            ),
            Exceeded::Depth => write!(
                f,
                "blocks and expressions are nested more than {DEPTH} deep"
            ),
            Exceeded::Document => {
                write!(
                    f,
                    "the body becomes a document of more than {} MiB: it has too many parts",
                    DOCUMENT_BYTES >> 20
                )
            }
            Exceeded::Rounds => write!(f, "`#foreach` runs more than {FOREACH_ROUNDS} rounds"),
        }
    }
}

/// The steps and bytes that one rendering may still spend.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    steps: u64,
    bytes: u64,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget {
            steps: STEPS,
            bytes: WORK_BYTES,
        }
    }
}

impl Budget {
    /// Spends one step.
    #[inline]
    pub(crate) fn step(&mut self) -> Result<(), Exceeded> {
        self.steps(1)
    }

    /// Spends `count` steps.
    #[inline]
    pub(crate) fn steps(&mut self, count: u64) -> Result<(), Exceeded> {
        self.steps = self.steps.checked_sub(count).ok_or(Exceeded::Steps)?;
        Ok(())
    }

    /// Spends `count` bytes of made values, and a step for every 64 of them.
    #[inline]
    pub(crate) fn bytes(&mut self, count: usize) -> Result<(), Exceeded> {
        let count = count as u64;
        self.bytes = self.bytes.checked_sub(count).ok_or(Exceeded::Bytes)?;
        self.steps(count / 64)
    }
}
