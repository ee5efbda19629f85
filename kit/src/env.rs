//! Door: variables of the environment. An empty one counts as unset, for every setting.

use std::ffi::OsString;

/// A variable with an invalid value. The text has one line: the variable, its value, what was
/// expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}={value}: {reason}")]
pub struct EnvError {
    /// The variable.
    pub name: String,
    /// What it holds.
    pub value: String,
    /// What is wrong with that, and what was expected.
    pub reason: String,
}

/// A variable that is set and not empty, as text.
///
/// # Errors
/// The value is not valid UTF-8.
pub fn var(name: &str) -> Result<Option<String>, EnvError> {
    let Some(value) = var_os(name) else {
        return Ok(None);
    };
    value.into_string().map(Some).map_err(|value| EnvError {
        name: name.to_owned(),
        value: value.to_string_lossy().into_owned(),
        reason: "the value is not valid UTF-8".to_owned(),
    })
}

/// A variable that is set and not empty, as bytes.
pub fn var_os(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
