//! Lints: warnings about a template that parses, but hardly does what its author meant.
//!
//! Velocity renders nothing for a method that does not exist, and so loses data without an error. A
//! name that leads nowhere is therefore reported when the template is loaded. A literal path or
//! regular expression that is not valid fails every rendering that reaches it, which is better
//! known before the first request.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use kit::suggest::nearest;

use super::ast::{Block, Expression, Member, Node, Reference, Tree};
use super::error::{ErrorKind, Failure};
use super::method;

/// What lints know about an object of the host.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownObject {
    /// The variable that holds the object.
    pub variable: &'static str,
    /// The properties of the object, and its methods unless it is a map.
    pub members: &'static [&'static str],
    /// Whether the object is a map, and has the methods of one.
    pub is_map: bool,
    /// Checks the literal text that a method is called with; the error says what is wrong with it.
    pub check: fn(method: &str, argument: &str) -> Result<(), String>,
}

/// Properties of values whose names are near to the name of a method.
const PROPERTIES: [&str; 4] = ["empty", "class", "key", "value"];

/// All warnings, in the order of the template.
pub(super) fn lints(
    tree: &Tree,
    name: &dyn Fn(super::ast::Name) -> String,
    known: &[KnownObject],
) -> Vec<Failure> {
    let mut search = LintWalk {
        name,
        known,
        meant: HashMap::new(),
        found: Vec::new(),
    };
    search.block(&tree.block);
    search.found
}

struct LintWalk<'s> {
    name: &'s dyn Fn(super::ast::Name) -> String,
    known: &'s [KnownObject],
    /// The method that each unknown name is near to: a long template may use the same name often.
    meant: HashMap<String, Option<&'static str>>,
    found: Vec<Failure>,
}

impl LintWalk<'_> {
    fn block(&mut self, block: &Block) {
        block.iter().for_each(|node| self.node(node));
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Text(_) | Node::Raw { .. } | Node::Stop(_) => {}
            Node::Reference(reference) => self.reference(reference),
            Node::Set(set) => {
                self.reference(&set.target);
                self.expression(&set.value);
            }
            Node::If(conditional) => {
                for arm in &conditional.arms {
                    self.expression(&arm.condition);
                    self.block(&arm.body);
                }
                conditional
                    .otherwise
                    .iter()
                    .for_each(|(_, block)| self.block(block));
            }
            Node::Foreach(foreach) => {
                foreach.over.iter().for_each(|over| self.expression(over));
                self.block(&foreach.body);
            }
            Node::Define(define) => self.block(&define.body),
            Node::Macro(definition) => self.block(&definition.definition.body),
            Node::Call(call) => {
                call.arguments
                    .iter()
                    .for_each(|argument| self.expression(argument));
                call.body.iter().for_each(|body| self.block(&body.block));
            }
            Node::Evaluate(evaluate) => {
                self.warn(
                    "`#evaluate` may be switched off on API Gateway".to_owned(),
                    None,
                    &evaluate.span,
                );
                self.expression(&evaluate.text);
            }
            Node::Break(end) => end.target.iter().for_each(|target| self.reference(target)),
        }
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Text(_) | Expression::Number(_) | Expression::Bool(_) => {}
            Expression::Interpolated(interpolated) => self.block(&interpolated.block),
            Expression::Reference(reference) => self.reference(reference),
            Expression::Range(bounds) => {
                self.expression(&bounds.0);
                self.expression(&bounds.1);
            }
            Expression::List(items) => items.iter().for_each(|item| self.expression(item)),
            Expression::Map(entries) => entries.iter().for_each(|(key, value)| {
                self.expression(key);
                self.expression(value);
            }),
            Expression::Not(inner) | Expression::Group(inner) => self.expression(inner),
            Expression::Chain(chain) => {
                self.expression(&chain.first);
                chain
                    .rest
                    .iter()
                    .for_each(|(_, operand)| self.expression(operand));
            }
        }
    }

    fn reference(&mut self, reference: &Reference) {
        let root = (self.name)(reference.root);
        let object = self
            .known
            .iter()
            .find(|known| known.variable == root)
            .copied();
        for (position, step) in reference.steps.iter().enumerate() {
            let object = object.filter(|_| position == 0);
            match &step.access {
                Member::Property(name) => {
                    if let Some(object) = object {
                        self.member(object, name, &step.span);
                    }
                }
                Member::Index(index) => self.expression(index),
                Member::Method(name, arguments) => {
                    self.method(object, name, arguments, &step.span);
                    arguments
                        .iter()
                        .for_each(|argument| self.expression(argument));
                }
            }
        }
    }

    fn method(
        &mut self,
        object: Option<KnownObject>,
        name: &str,
        arguments: &[Expression],
        place: &Range<usize>,
    ) {
        let written = arguments.first().and_then(written);
        match (object, written) {
            (Some(object), Some(text)) if !object.is_map => {
                self.member(object, name, place);
                self.literal((object.check)(name, &text), place);
            }
            (Some(object), None) if !object.is_map => self.member(object, name, place),
            (_, Some(regex)) if method::takes_pattern(name) => {
                self.literal(method::read_pattern(&regex).map(drop), place);
            }
            _ => self.method_of_any(name, place),
        }
    }

    fn member(&mut self, object: KnownObject, name: &str, place: &Range<usize>) {
        if !object.members.contains(&name) {
            let message = format!(
                "`${}` has no member `{name}`, so this renders nothing",
                object.variable
            );
            self.warn(
                message,
                nearest(name, object.members.iter().copied()),
                place,
            );
        }
    }

    /// Reports a literal that is not valid: the rendering fails where it is used.
    fn literal(&mut self, read: Result<(), String>, place: &Range<usize>) {
        if let Err(message) = read {
            self.found.push(*Failure::render(place.clone(), message));
        }
    }

    /// A method of a value whose kind is not known before the rendering: only a name that is near
    /// to that of a method is reported.
    fn method_of_any(&mut self, name: &str, place: &Range<usize>) {
        if PROPERTIES.contains(&name) || method::all_names().any(|known| known == name) {
            return;
        }
        let meant = match self.meant.get(name) {
            Some(meant) => *meant,
            None => {
                let meant = nearest(name, method::all_names());
                self.meant.insert(name.to_owned(), meant);
                meant
            }
        };
        if meant.is_some() {
            self.warn(
                format!("no value has a method `{name}`, so this renders nothing"),
                meant,
                place,
            );
        }
    }

    fn warn(&mut self, message: String, meant: Option<&str>, place: &Range<usize>) {
        let hint = meant.map(|meant| format!("did you mean `{meant}`?"));
        self.found.push(Failure {
            kind: ErrorKind::Lint,
            span: place.clone(),
            message,
            hint,
        });
    }
}

/// The text of a string literal that contains no references or directives.
fn written(expression: &Expression) -> Option<Cow<'_, str>> {
    match expression {
        Expression::Text(text) => Some(Cow::Borrowed(text)),
        Expression::Interpolated(interpolated) => {
            let text = |node: &Node| match node {
                Node::Text(text) => Some(text.to_string()),
                Node::Raw { shown, .. } => Some(shown.to_string()),
                _ => None,
            };
            interpolated
                .block
                .iter()
                .map(text)
                .collect::<Option<String>>()
                .map(Cow::Owned)
        }
        _ => None,
    }
}
