//! What a method asks of a request before its integration sees it: required parameters, and a body
//! that fits a model. See `docs/aws/api-gateway.md#request-validation`.

/// The checks of one method; nothing is checked by default.
#[derive(Debug, Default)]
pub struct RequestChecks {
    /// Parameters that must be there and not blank, in the order in which missing ones are named:
    /// headers, path, query string.
    pub parameters: Vec<RequiredParameter>,
}

/// A parameter that must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredParameter {
    /// The part of the request that it stands in.
    pub location: RequiredLocation,
    /// Its name.
    pub name: String,
}

/// The part of a request that a required parameter stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequiredLocation {
    /// A header, in any case.
    Header,
    /// A part of the path.
    Path,
    /// The query string.
    QueryString,
}
