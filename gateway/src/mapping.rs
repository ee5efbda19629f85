//! Mapping templates: what API Gateway adds to Velocity, for one exchange.
//!
//! [`render`] gives a template `$input`, `$util`, `$context` and `$stageVariables`. Bodies are
//! parsed when a template asks for them, maps are built when it walks over them: the usual template
//! touches one or two of these. See `docs/aws/api-gateway.md#templates-what-api-gateway-adds`.

use indexmap::IndexMap;

use crate::vtl::{Error, Template};

mod context;
mod document;
mod encoding;
mod host;
mod input;
mod parameters;
mod util;

pub use context::Context;
pub(crate) use context::{RequestOverride, ResponseOverride};
pub(crate) use document::is_too_dense;
pub use encoding::{EncodedForm, encoded_form};
pub use input::Input;
pub use parameters::{HeaderCase, Parameters};

use host::MappingHost;

/// Renders `template` over one body. The overrides that the template sets are in `context`
/// afterwards; a rendering that fails sets none.
///
/// # Errors
/// The template cannot be rendered with these values: the error shows the place.
pub fn render(
    template: &Template,
    input: &Input<'_>,
    stage_variables: &IndexMap<String, String>,
    context: &mut Context,
) -> Result<String, Error> {
    let mut host = MappingHost::new(input, stage_variables, context.view());
    let output = template.render(&mut host)?;
    context.keep(host.overrides);
    Ok(output)
}

/// Warnings about a template. It asks `$input`, `$util` or `$context` for something that API
/// Gateway does not have, or any value for a method that looks misspelled: that renders nothing,
/// without an error. Literal paths and regular expressions that cannot be read are of
/// [`ErrorKind::Render`](crate::vtl::ErrorKind::Render): a rendering that comes to them fails.
pub fn lints(template: &Template) -> Vec<Error> {
    template.lints(&[input::KNOWN, util::KNOWN, context::KNOWN])
}
