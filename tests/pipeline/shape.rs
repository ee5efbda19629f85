//! How the queue and the pipe of a pipeline are set up.

use std::time::Duration;

/// Where the events of a pipeline go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// An API destination: the pipeline's target.
    Destination,
    /// An enrichment at `/ask` of the target, and then an API destination at `/in` of it.
    Enrichment,
    /// A Lambda function, in batches: the target is its service. Only for a process.
    Function {
        /// `BatchSize`.
        batch: u32,
    },
    /// A queue that takes messages of up to [`LARGEST`](super::LARGEST) bytes.
    Queue,
}

/// What decides whether a failure is the message's own fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Comparison with other messages.
    Comparison,
    /// AWS's classes, by the pipe's setting. Only for a process.
    Aws,
    /// AWS's classes, by the pipe's tag.
    AwsByTag,
}

/// How the queue and the pipe are set up.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Whether the queue keeps the order of its groups.
    pub fifo: bool,
    /// Seconds that a message is hidden after a receive.
    pub visibility: u32,
    /// `maxReceiveCount`.
    pub most_receives: u32,
    /// `InvocationRateLimitPerSecond`.
    pub rate: u32,
    /// How long the target may take.
    pub timeout: Duration,
    /// Where the events go.
    pub to: To,
    /// What decides about failures.
    pub rule: Rule,
}

impl Default for Shape {
    fn default() -> Shape {
        Shape {
            fifo: false,
            visibility: 2,
            most_receives: 5,
            rate: 1_000_000,
            timeout: pipe::config::INVOCATION_TIMEOUT,
            to: To::Destination,
            rule: Rule::Comparison,
        }
    }
}
