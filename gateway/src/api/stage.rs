//! The stages of an API, and the hosts and base paths that lead to them.

use indexmap::IndexMap;

/// Whether an API answers at its default host, which it has without a custom domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DefaultEndpoint {
    /// The API answers there.
    #[default]
    Open,
    /// The answer is 403 `Forbidden`: `disableExecuteApiEndpoint`.
    Disabled,
}

impl DefaultEndpoint {
    /// This endpoint, disabled if another setting says so.
    pub(crate) fn or_disabled(self, is_disabled: bool) -> DefaultEndpoint {
        if is_disabled {
            DefaultEndpoint::Disabled
        } else {
            self
        }
    }
}

/// One stage of an API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// The stage's name, the first part of the path at the default host.
    pub name: String,
    /// `$context.deploymentId`.
    pub deployment_id: String,
    /// `$stageVariables`.
    pub variables: IndexMap<String, String>,
}

/// A base path of a custom domain, and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasePathMapping {
    /// The base path without slashes at its ends; empty for `(none)`, which matches every path.
    pub base_path: String,
    /// The API's id.
    pub api_id: String,
    /// The stage; `None` when the first part of the remaining path names it.
    pub stage: Option<String>,
}
