//! Variables that only the access log has.

/// Values of variables such as `authorizer.latency`, which templates do not see, by name. Each room
/// adds what it knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LogFields(Vec<(&'static str, String)>);

impl LogFields {
    /// Sets a variable; `name` has no `$context.` in front.
    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.0.retain(|(known, _)| *known != name);
        self.0.push((name, value.into()));
    }

    /// The value of a variable.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }
}
