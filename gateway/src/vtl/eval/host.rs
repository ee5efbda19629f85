//! What a rendering asks of the world around the template.

use crate::vtl::limits::Exceeded;
use crate::vtl::method::{MethodResult, Work};
use crate::vtl::value::{Map, Object, Value};

/// What a template finds around it: variables, and objects with methods of their own.
pub trait Host {
    /// The variable `name`, if the host has one.
    fn variable(&mut self, name: &str) -> Option<Value>;
    /// A property of an object; nothing when it has none of this name.
    fn property(&mut self, object: Object, name: &str) -> MethodResult;
    /// A method of an object; [`None`] when it has none of this name for these arguments.
    fn call(
        &mut self,
        object: Object,
        name: &str,
        arguments: &[Value],
        work: &mut Work,
    ) -> Option<MethodResult>;
    /// The object as a map, if it is one.
    fn map(&mut self, object: Object) -> Option<Result<Map, Exceeded>>;
    /// The template has been rendered, and what it put into lists and maps is still there.
    fn rendered(&mut self);
}
