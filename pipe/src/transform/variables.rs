//! The reserved variables of pipes.

/// The values of the reserved variables of one pipe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReservedVariables {
    /// ARN of the pipe.
    pub pipe_arn: String,
    /// Name of the pipe.
    pub pipe_name: String,
    /// ARN of the source.
    pub source_arn: String,
    /// ARN of the enrichment, empty without one.
    pub enrichment_arn: String,
    /// ARN of the target.
    pub target_arn: String,
}
