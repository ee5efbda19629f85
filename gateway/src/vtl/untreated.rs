//! Which references print text of some sources that no treatment has gone over, such as `$input`
//! without `$util.urlEncode`.
//!
//! A walk over the tree, not a proof: of two ways through an `#if`, both count; what a macro does
//! with its arguments is not followed.

use std::collections::HashSet;
use std::ops::Range;

use super::ast::{
    Block, Expression, Foreach, If, Member, Name, Node, Reference, ReferenceForm, ReferencePart,
    Set,
};

/// What a search looks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Treatment {
    /// Whether the value of a reference is text of a source: by the names of its root and of the
    /// properties and methods behind it.
    pub is_source: fn(root: &str, steps: &[&str]) -> bool,
    /// The object and the method that treat text.
    pub treated_by: (&'static str, &'static str),
}

/// Methods whose values are not the text itself.
const MEASURES: [&str; 9] = [
    "size",
    "length",
    "isEmpty",
    "contains",
    "containsKey",
    "equals",
    "startsWith",
    "endsWith",
    "indexOf",
];

/// The references in `block` that print untreated text, in the order of the template.
pub(super) fn untreated(
    block: &Block,
    name: &dyn Fn(Name) -> String,
    treatment: Treatment,
) -> Vec<Range<usize>> {
    let mut walk = Walk {
        name,
        treatment,
        raw: HashSet::new(),
        found: Vec::new(),
    };
    walk.block(block);
    walk.found.sort_by_key(|span| span.start);
    walk.found.dedup();
    walk.found
}

struct Walk<'s> {
    name: &'s dyn Fn(Name) -> String,
    treatment: Treatment,
    /// Variables that hold untreated text.
    raw: HashSet<Name>,
    found: Vec<Range<usize>>,
}

impl Walk<'_> {
    fn block(&mut self, block: &Block) {
        block.iter().for_each(|node| self.node(node));
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Reference(reference) => self.print(reference),
            Node::Set(set) => self.set(set),
            Node::If(conditional) => self.conditional(conditional),
            Node::Foreach(foreach) => self.foreach(foreach),
            Node::Define(define) => self.block(&define.body),
            Node::Macro(definition) => self.block(&definition.definition.body),
            Node::Call(call) => call.body.iter().for_each(|body| self.block(&body.block)),
            Node::Text(_)
            | Node::Raw { .. }
            | Node::Evaluate(_)
            | Node::Break(_)
            | Node::Stop(_) => {}
        }
    }

    fn print(&mut self, reference: &Reference) {
        let is_shown = matches!(reference.form, ReferenceForm::Plain | ReferenceForm::Quiet);
        if is_shown && self.is_raw(reference) {
            self.found.push(reference.span.clone());
        }
        // `$list.add($input.body)` prints, and fills the list.
        if self.arguments_are_raw(&reference.steps) {
            self.raw.insert(reference.root);
        }
    }

    fn set(&mut self, set: &Set) {
        let (target, is_raw) = (set.target.root, self.holds_raw(&set.value));
        if is_raw {
            self.raw.insert(target);
        } else if set.target.steps.is_empty() {
            self.raw.remove(&target);
        }
        if let Expression::Reference(reference) = &set.value
            && self.arguments_are_raw(&reference.steps)
        {
            self.raw.insert(reference.root);
        }
    }

    fn conditional(&mut self, conditional: &If) {
        let before = self.raw.clone();
        let mut after = HashSet::new();
        let arms = conditional.arms.iter().map(|arm| &arm.body);
        let otherwise = conditional.otherwise.iter().map(|(_, block)| block);
        for block in arms.chain(otherwise) {
            self.raw.clone_from(&before);
            self.block(block);
            after.extend(self.raw.drain());
        }
        if conditional.otherwise.is_none() {
            after.extend(before);
        }
        self.raw = after;
    }

    fn foreach(&mut self, foreach: &Foreach) {
        if foreach
            .over
            .as_ref()
            .is_some_and(|over| self.holds_raw(over))
        {
            self.raw.insert(foreach.item);
        }
        self.block(&foreach.body);
    }

    fn holds_raw(&self, expression: &Expression) -> bool {
        match expression {
            Expression::Text(_)
            | Expression::Number(_)
            | Expression::Bool(_)
            | Expression::Not(_)
            | Expression::Range(_) => false,
            Expression::Interpolated(interpolated) => self.prints_raw(&interpolated.block),
            Expression::Reference(reference) => self.is_raw(reference),
            Expression::List(items) => items.iter().any(|item| self.holds_raw(item)),
            Expression::Map(entries) => entries.iter().any(|(_, value)| self.holds_raw(value)),
            Expression::Group(inner) => self.holds_raw(inner),
            Expression::Chain(chain) => {
                let rest = chain.rest.iter().map(|(_, operand)| operand);
                std::iter::once(&chain.first)
                    .chain(rest)
                    .any(|one| self.holds_raw(one))
            }
        }
    }

    fn prints_raw(&self, block: &Block) -> bool {
        let mut inner = Walk {
            name: self.name,
            treatment: self.treatment,
            raw: self.raw.clone(),
            found: Vec::new(),
        };
        inner.block(block);
        !inner.found.is_empty()
    }

    fn is_raw(&self, reference: &Reference) -> bool {
        let root = (self.name)(reference.root);
        let (object, method) = self.treatment.treated_by;
        let names: Vec<&str> = reference.steps.iter().filter_map(named).collect();
        if root == object && names.first() == Some(&method) {
            return false;
        }
        if names.last().is_some_and(|last| MEASURES.contains(last)) {
            return false;
        }
        self.raw.contains(&reference.root)
            || (self.treatment.is_source)(&root, &names)
            || self.arguments_are_raw(&reference.steps)
    }

    fn arguments_are_raw(&self, steps: &[ReferencePart]) -> bool {
        steps.iter().any(|step| match &step.access {
            Member::Method(_, arguments) => arguments.iter().any(|one| self.holds_raw(one)),
            Member::Property(_) | Member::Index(_) => false,
        })
    }
}

fn named(step: &ReferencePart) -> Option<&str> {
    match &step.access {
        Member::Property(name) | Member::Method(name, _) => Some(name),
        Member::Index(_) => None,
    }
}
