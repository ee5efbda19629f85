//! Vendor extensions of an OpenAPI document.

/// Whether an entry is an extension of another vendor, which AWS ignores:
/// `docs/aws/api-gateway.md#import`. An unknown extension with AWS's own prefix is a problem: it is
/// probably misspelled.
pub(super) fn is_foreign(name: &str) -> bool {
    name.starts_with("x-") && !name.starts_with("x-amazon-apigateway-")
}
