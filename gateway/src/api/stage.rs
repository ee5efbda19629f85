//! The stages of an API, and the hosts and base paths that lead to them.

use indexmap::IndexMap;

/// The host that an API has without a custom domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DefaultEndpoint {
    /// It answers.
    #[default]
    Open,
    /// 403 `Forbidden`: `disableExecuteApiEndpoint`.
    Disabled,
}

impl DefaultEndpoint {
    /// The same, unless another setting disables it.
    pub(crate) fn or_disabled(self, is_disabled: bool) -> DefaultEndpoint {
        if is_disabled {
            DefaultEndpoint::Disabled
        } else {
            self
        }
    }
}

/// One stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its name, the first part of the path on the default domain.
    pub name: String,
    /// `$context.deploymentId`.
    pub deployment_id: String,
    /// `$stageVariables`.
    pub variables: IndexMap<String, String>,
}

/// A base path of a custom domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasePathMapping {
    /// Without slashes at its ends; empty for `(none)`, which catches everything.
    pub base_path: String,
    /// The API's id.
    pub api_id: String,
    /// The stage; `None` when the first part of the remaining path names it.
    pub stage: Option<String>,
}
