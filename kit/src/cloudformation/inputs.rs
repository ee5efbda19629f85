//! What the operator gives to templates, beside the account.

use std::collections::BTreeMap;

use super::account::Overrides;
use super::secrets::Secrets;

/// What the operator gives to templates.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Values for parameters.
    pub parameters: Overrides,
    /// Values for dynamic references.
    pub secrets: Secrets,
    /// The names that resources have, by logical id, whatever the template would make of them.
    pub physical_ids: BTreeMap<String, String>,
    /// What stands in front of the logical ids of a nested stack, so that they are not taken for
    /// those of another: `Shop.`, and nothing at the top.
    pub path: String,
}

impl From<Overrides> for Inputs {
    fn from(parameters: Overrides) -> Inputs {
        Inputs {
            parameters,
            ..Inputs::default()
        }
    }
}
