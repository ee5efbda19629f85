//! An OpenAPI 3.0 or Swagger 2.0 document, with the `x-amazon-apigateway-*` extensions, to
//! resources and methods.
//!
//! See `docs/aws/api-gateway.md#openapi`. Parts without effect on requests (descriptions, tags,
//! schemas without a validator) are ignored; what API Gateway would do and Tidegate does not
//! becomes a problem with its place.

mod authorizer;
mod backend;
mod base_path;
mod declarations;
mod document;
mod encoding;
mod extensions;
mod gateway_responses;
mod http_uri;
mod identity;
mod import;
mod integration;
mod integration_response;
mod operation;
mod parameter_mapping;
mod policy;
mod security;
mod template;
#[cfg(test)]
mod tests;
mod uri;
mod validation;
mod variables;

pub(crate) use authorizer::{Declared as DeclaredAuthorizer, read as read_authorizer};
pub(crate) use declarations::MethodDeclarations;
pub(crate) use document::{Document, api_key_source};
pub(crate) use encoding::read as read_encoding;
pub(crate) use gateway_responses::{
    kind as gateway_response_type, read as read_gateway_responses,
    response as read_gateway_response,
};
pub(crate) use identity::identity as read_identity;
pub(crate) use import::{import, only_stage};
pub(crate) use integration::read as read_integration;
pub(crate) use policy::of_document as read_policy;
pub(crate) use security::SecurityReader;
pub(crate) use uri::parse as parse_uri;
pub(crate) use variables::expanded;
