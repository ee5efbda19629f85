//! What a template says that can be read but hardly meant: names that lead nowhere.
//!
//! Velocity renders nothing for a method that does not exist. That is how data gets lost without an error, so whoever
//! loads a template can ask for these places.

use std::ops::Range;

use super::ast::{Access, Block, Expression, Node, Reference};
use super::error::{Failure, Kind};
use super::method;
use super::parser::Tree;
use super::suggest::nearest;

/// What is known of an object of the host.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// The variable.
    pub variable: &'static str,
    /// Its methods and properties.
    pub members: &'static [&'static str],
    /// Looks at the text that a method is called with; says what is wrong with it.
    pub check: fn(method: &str, argument: &str) -> Result<(), String>,
}

/// Names that are near to a method without being one, all the same: properties of values.
const PROPERTIES: [&str; 4] = ["empty", "class", "key", "value"];

/// Every place to doubt, in the order of the template.
pub fn doubts(tree: &Tree, name: &dyn Fn(super::ast::Name) -> String, known: &[Known]) -> Vec<Failure> {
    let mut search = Search { name, known, found: Vec::new() };
    search.block(&tree.block);
    search.found
}

struct Search<'s> {
    name: &'s dyn Fn(super::ast::Name) -> String,
    known: &'s [Known],
    found: Vec<Failure>,
}

impl Search<'_> {
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
                conditional.otherwise.iter().for_each(|(_, block)| self.block(block));
            }
            Node::Foreach(foreach) => {
                foreach.over.iter().for_each(|over| self.expression(over));
                self.block(&foreach.body);
            }
            Node::Define(define) => self.block(&define.body),
            Node::Macro(definition) => self.block(&definition.definition.body),
            Node::Call(call) => {
                call.arguments.iter().for_each(|argument| self.expression(argument));
                call.body.iter().for_each(|body| self.block(&body.block));
            }
            Node::Evaluate(evaluate) => self.expression(&evaluate.text),
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
                chain.rest.iter().for_each(|(_, operand)| self.expression(operand));
            }
        }
    }

    fn reference(&mut self, reference: &Reference) {
        let root = (self.name)(reference.root);
        let object = self.known.iter().find(|known| known.variable == root).copied();
        for (position, step) in reference.steps.iter().enumerate() {
            let object = object.filter(|_| position == 0);
            match &step.access {
                Access::Property(name) => {
                    if let Some(object) = object {
                        self.member(object, name, &step.span);
                    }
                }
                Access::Index(index) => self.expression(index),
                Access::Method(name, arguments) => {
                    match object {
                        Some(object) => {
                            self.member(object, name, &step.span);
                            self.argument(object, name, arguments, &step.span);
                        }
                        None => self.method(name, &step.span),
                    }
                    arguments.iter().for_each(|argument| self.expression(argument));
                }
            }
        }
    }

    fn member(&mut self, object: Known, name: &str, place: &Range<usize>) {
        if !object.members.contains(&name) {
            let message = format!("`${}` has no `{name}`: it renders nothing", object.variable);
            self.doubt(message, nearest(name, object.members.iter().copied()), place);
        }
    }

    fn argument(&mut self, object: Known, name: &str, arguments: &[Expression], place: &Range<usize>) {
        if let [Expression::Text(text)] = arguments
            && let Err(message) = (object.check)(name, text)
        {
            self.doubt(message, None, place);
        }
    }

    /// A method of a value that is not known before: only a name that is near to another can be doubted.
    fn method(&mut self, name: &str, place: &Range<usize>) {
        if !method::is_known(name)
            && !PROPERTIES.contains(&name)
            && let Some(meant) = nearest(name, method::all_names())
        {
            self.doubt(format!("no value has a method `{name}`: it renders nothing"), Some(meant), place);
        }
    }

    fn doubt(&mut self, message: String, meant: Option<&str>, place: &Range<usize>) {
        let hint = meant.map(|meant| format!("did you mean `{meant}`?"));
        self.found.push(Failure { kind: Kind::Doubt, span: place.clone(), message, hint });
    }
}
