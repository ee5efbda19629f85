//! Pipes as declared: read from CloudFormation resources, or from the output of `describe-pipe` and
//! its relatives.
//!
//! Everything is parsed and checked: patterns, templates, paths, URLs. A property that is unknown
//! or not supported is a problem, reported with resource, property and place. Property names are
//! the same in both forms (Pipes and EventBridge API models). One thing is more lenient than AWS:
//! an endpoint may be `http`.
//!
//! Targets of rules of event buses are read as pipes, by `rules`.
//!
//! `load` reads all pipes and `reload` reads them again when files change; `pipes` reads one pipe,
//! `targets` and `services` its target and enrichment, `destinations`, `connections` and `auth`
//! what these refer to.
//!
//! The room imports what a pipe is made of (`event`, `flow`, `targets`, `transform`,
//! `execution_log`, `arn`), nothing that runs one.

mod auth;
mod connection_parameters;
mod connections;
mod declared;
mod destinations;
mod fingerprint;
mod http;
mod http_parameters;
mod load;
mod log;
mod of_rule;
mod parameters;
mod pipe;
mod pipes;
mod reload;
mod retry_limits;
mod rule_queue;
mod rules;
mod rules_run;
mod services;
mod source_parameters;
mod tags;
mod targets;

pub use fingerprint::Fingerprint;
pub use load::PipeDefinitions;
pub use of_rule::OfRule;
pub use pipe::{Batch, DesiredState, Enrichment, EnrichmentTarget, Pipe, Source, Target};
pub use reload::Reload;
pub(crate) use retry_limits::Exhausted;
pub use retry_limits::{DeadLetters, RetryLimits};
pub use rule_queue::RuleQueue;
pub use rules_run::RulesRun;

#[cfg(test)]
mod tests;
