//! JSON Schema, draft 4: what the models of an API are written in. See
//! `docs/aws/api-gateway.md#models`.
//!
//! Core: no I/O, no clock. API Gateway checks bodies with a well-known Java library, whose texts
//! `$context.error.validationErrorString` shows, so that each keyword here speaks its words. The
//! crate `jsonschema` has other words, and brings thirty crates with a second engine for regular
//! expressions; patterns run on the one of [`kit::java_regex`], within a budget of steps.

mod compile;
mod decimal;
mod equal;
mod format;
mod keywords;
mod library;
mod pattern;
mod rules;
mod sample;
#[cfg(test)]
mod tests;
mod validate;

pub(crate) use library::Library;
pub(crate) use rules::Schema;
