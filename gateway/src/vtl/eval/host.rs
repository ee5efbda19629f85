//! What a rendering asks of its surroundings.

use crate::vtl::limits::Exceeded;
use crate::vtl::method::{MethodResult, Work};
use crate::vtl::value::{Map, Object, Value};

/// Gives a template its variables, and objects with methods of their own.
pub(crate) trait Host {
    /// The variable `name`, if the host has one.
    fn variable(&mut self, name: &str) -> Option<Value>;
    /// A property of an object; null when the object has no property of this name.
    fn property(&mut self, object: Object, name: &str) -> MethodResult;
    /// Calls a method of an object; [`None`] when the object has no method of this name for these
    /// arguments.
    fn call(
        &mut self,
        object: Object,
        name: &str,
        arguments: &[Value],
        work: &mut Work,
    ) -> Option<MethodResult>;
    /// The object as a map, if the object is one.
    fn map(&mut self, object: Object) -> Option<Result<Map, Exceeded>>;
    /// Called when the template has been rendered, while lists and maps still hold what the
    /// template put into them.
    fn rendered(&mut self);
}
