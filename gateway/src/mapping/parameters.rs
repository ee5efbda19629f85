//! The parameters of a request, as `$input.params` shows them.

use indexmap::IndexMap;

use crate::vtl::value::MapKind;

/// `$input.params()`: one value for each name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    /// Path parameters.
    pub path: IndexMap<String, String>,
    /// Query parameters, decoded.
    pub querystring: IndexMap<String, String>,
    /// Headers.
    pub header: IndexMap<String, String>,
    /// Whether the names of the headers are those that the client wrote.
    pub header_case: HeaderCase,
}

/// What is known about the case of header names. API Gateway looks headers up as the client wrote
/// them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HeaderCase {
    /// The names are as the client wrote them: another case is another name.
    #[default]
    AsSent,
    /// The case is lost, as in HTTP/2: a name is found in any case.
    Unknown,
}

impl HeaderCase {
    pub(super) fn map_kind(self) -> MapKind {
        match self {
            HeaderCase::AsSent => MapKind::Plain,
            HeaderCase::Unknown => MapKind::AnyCase,
        }
    }
}

impl Parameters {
    /// The first of path, query string and header that has `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        let exact = [&self.path, &self.querystring, &self.header]
            .into_iter()
            .find_map(|map| map.get(name));
        exact
            .or_else(|| self.header_in_any_case(name))
            .map(String::as_str)
    }

    fn header_in_any_case(&self, name: &str) -> Option<&String> {
        let mut headers = self
            .header
            .iter()
            .filter(|_| self.header_case == HeaderCase::Unknown);
        headers
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}
