//! The objects that API Gateway gives to a template: `$input`, `$util`, `$context` and
//! `$stageVariables`.

use indexmap::IndexMap;

use super::context::ContextView;
use super::input::{Input, InputView};
use super::util;
use crate::vtl::limits::Exceeded;
use crate::vtl::method::{MethodResult, Work};
use crate::vtl::value::{Map, MapKind};
use crate::vtl::{Host, Object, Value};

const INPUT: Object = Object(0);
const UTIL: Object = Object(1);
const CONTEXT: Object = Object(2);
const STAGE_VARIABLES: Object = Object(3);

/// The host of one rendering.
pub(super) struct MappingHost<'a> {
    input: InputView<'a>,
    context: ContextView,
    stage_variables: &'a IndexMap<String, String>,
    stage_map: Option<Map>,
    /// The overrides that the template set, once it has been rendered.
    pub(super) overrides: Option<serde_json::Map<String, serde_json::Value>>,
}

impl<'a> MappingHost<'a> {
    /// A host for one template and one body.
    pub(super) fn new(
        input: &Input<'a>,
        stage_variables: &'a IndexMap<String, String>,
        context: ContextView,
    ) -> MappingHost<'a> {
        MappingHost {
            input: InputView::new(input),
            context,
            stage_variables,
            stage_map: None,
            overrides: None,
        }
    }
}

impl Host for MappingHost<'_> {
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

    fn property(&mut self, object: Object, name: &str) -> MethodResult {
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
    ) -> Option<MethodResult> {
        match object {
            INPUT => self.input.call(name, arguments, work),
            UTIL => util::call(name, arguments, work),
            _ => None,
        }
    }

    fn map(&mut self, object: Object) -> Option<Result<Map, Exceeded>> {
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

impl MappingHost<'_> {
    fn stage_map(&mut self) -> Result<Map, Exceeded> {
        if let Some(map) = &self.stage_map {
            return Ok(map.clone());
        }
        let map = Map::of_texts(MapKind::Plain, self.stage_variables)?;
        self.stage_map = Some(map.clone());
        Ok(map)
    }
}
