//! Which parts belong to which API of a template.

use kit::cloudformation::{Resource, Stack};

use super::kinds;

/// Whether a template declares an API of this id, readable or not.
pub(super) fn is_declared(stack: &Stack, id: &str) -> bool {
    [
        kinds::REST_API,
        kinds::SERVERLESS_API,
        kinds::V2_API,
        kinds::HTTP_API,
    ]
    .iter()
    .any(|kind| stack.of_kind(kind).any(|api| api.physical_id == id))
}

/// Whether a resource names this API in `RestApiId`.
pub(super) fn is_part(resource: &Resource, api: &Resource) -> bool {
    resource
        .properties
        .get("RestApiId")
        .is_some_and(|id| id.text() == Ok(api.physical_id.as_str()))
}
