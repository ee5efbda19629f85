//! One mapping template, one exchange: what API Gateway adds to Velocity.
//!
//! [`render`] gives a template `$input`, `$util`, `$context` and `$stageVariables`. Bodies are
//! parsed when a template asks for them, maps are built when it walks over them: the usual template
//! touches one or two of these. See `docs/aws/api-gateway.md#templates-what-api-gateway-adds`.

use indexmap::IndexMap;

use crate::vtl::method::{Outcome, Work};
use crate::vtl::value::{Map, MapKind};
use crate::vtl::{Error, Host, Object, Template, Value, limits};

mod context;
mod document;
mod input;
mod util;

pub use context::{Context, RequestOverride, ResponseOverride};
pub use input::{HeaderCase, Input, Parameters};

use input::Reader;

const INPUT: Object = Object(0);
const UTIL: Object = Object(1);
const CONTEXT: Object = Object(2);
const STAGE_VARIABLES: Object = Object(3);

/// Renders `template` over one body. Overrides that it sets are in `context` afterwards; when it
/// fails, none of them.
///
/// # Errors
/// The template cannot be rendered with these values: the error shows the place.
pub fn render(
    template: &Template,
    input: &Input<'_>,
    stage_variables: &IndexMap<String, String>,
    context: &mut Context,
) -> Result<String, Error> {
    let context_fields = context.fields();
    let mut surroundings = Surroundings {
        input: Reader::new(input),
        context: context::View::new(context_fields, context),
        stage_variables,
        stage_map: None,
        overrides: None,
    };
    let output = template.render(&mut surroundings)?;
    context.keep(surroundings.overrides);
    Ok(output)
}

/// Places where a template asks `$input`, `$util` or `$context` for something that API Gateway does
/// not have, or any value for a method that looks misspelled: there it renders nothing, without an
/// error. And literal paths and regular expressions that cannot be read, which are of
/// [`Kind::Render`](crate::vtl::Kind): a rendering that comes to them fails.
pub fn doubts(template: &Template) -> Vec<Error> {
    template.doubts(&[input::KNOWN, util::KNOWN, context::KNOWN])
}

/// What a template finds around it.
struct Surroundings<'a> {
    input: Reader<'a>,
    context: context::View,
    stage_variables: &'a IndexMap<String, String>,
    stage_map: Option<Map>,
    /// What the template overrode, once it has been rendered.
    overrides: Option<serde_json::Map<String, serde_json::Value>>,
}

impl Host for Surroundings<'_> {
    fn variable(&mut self, name: &str) -> Option<Value> {
        let object = match name {
            "input" => INPUT,
            "util" => UTIL,
            "context" => CONTEXT,
            "stageVariables" => STAGE_VARIABLES,
            _ => return None,
        };
        Some(Value::Object(object))
    }

    fn property(&mut self, object: Object, name: &str) -> Outcome {
        match object {
            INPUT => Ok(self.input.property(name)),
            CONTEXT => Ok(self.context.property(name)?),
            STAGE_VARIABLES => Ok(match &self.stage_map {
                Some(map) => map.get_text(name).unwrap_or(Value::Null),
                None => self
                    .stage_variables
                    .get(name)
                    .map_or(Value::Null, |value| value.as_str().into()),
            }),
            _ => Ok(Value::Null),
        }
    }

    fn call(
        &mut self,
        object: Object,
        name: &str,
        arguments: &[Value],
        work: &mut Work,
    ) -> Option<Outcome> {
        match object {
            INPUT => self.input.call(name, arguments, work),
            UTIL => util::call(name, arguments, work),
            _ => None,
        }
    }

    fn map(&mut self, object: Object) -> Option<Result<Map, limits::Exceeded>> {
        match object {
            CONTEXT => Some(self.context.map()),
            STAGE_VARIABLES => Some(self.stage_map()),
            _ => None,
        }
    }

    fn rendered(&mut self) {
        self.overrides = self.context.overrides();
    }
}

impl Surroundings<'_> {
    fn stage_map(&mut self) -> Result<Map, limits::Exceeded> {
        if let Some(map) = &self.stage_map {
            return Ok(map.clone());
        }
        let map = text_map(MapKind::Plain, self.stage_variables)?;
        self.stage_map = Some(map.clone());
        Ok(map)
    }
}

/// Names and texts as a map of a template.
fn text_map(kind: MapKind, entries: &IndexMap<String, String>) -> Result<Map, limits::Exceeded> {
    Map::of(
        kind,
        entries
            .iter()
            .map(|(name, text)| (name.as_str().into(), text.as_str().into())),
    )
}
