//! What a method asks of a request before its integration sees it: required parameters, and a body
//! that fits a model. See `docs/aws/api-gateway.md#request-validation`.

use indexmap::IndexMap;

use crate::schema::Schema;

/// The checks of one method; nothing is checked by default.
#[derive(Debug, Default)]
pub struct RequestChecks {
    /// Parameters that must be there and not blank, in the order in which missing ones are named:
    /// headers, path, query string.
    pub parameters: Vec<RequiredParameter>,
    /// The models that bodies must fit; `None` when they are not checked.
    pub models: Option<BodyModels>,
}

/// Models by media type in lower case, or `$default`.
#[derive(Debug, Default)]
pub struct BodyModels(pub IndexMap<String, Schema>);

impl BodyModels {
    /// The model for a media type, else the default one.
    pub(crate) fn of(&self, media_type: &str) -> Option<&Schema> {
        self.0.get(media_type).or_else(|| self.0.get("$default"))
    }
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
