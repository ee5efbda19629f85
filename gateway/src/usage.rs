//! API keys, usage plans and throttles: who may call how often. See
//! `docs/aws/api-gateway.md#api-keys-and-usage-plans` and `docs/aws/api-gateway.md#throttling`.
//!
//! [`UsageGate`] is the door: it has the state, and the file in which that survives a restart. What
//! decides, for [`admit`], is pure: [`plans`] finds the plan of a key, [`bucket`] and [`quota`] count.

mod admit;
mod api_keys;
mod bucket;
mod file;
mod gate;
mod plans;
mod quota;
mod settings;
#[cfg(test)]
mod tests;

pub(crate) use api_keys::{key_value, method_throttles, quota, throttle};
pub(crate) use gate::UsageGate;
pub use settings::UsageArgs;
