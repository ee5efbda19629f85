//! Functions of values: `Fn::If`, `Fn::FindInMap`, `Fn::Select`, `Fn::Split`, `Fn::Join` and
//! `Fn::Sub`.

use super::super::function::{three, two};
use super::{Resolved, Resolver};
use crate::document::{Node, Problem, Value};

impl Resolver<'_> {
    pub(super) fn choose(&self, argument: &Node) -> Resolved {
        let [condition, yes, no] = three(argument, "If")?;
        self.resolve(if self.named_condition(condition)? {
            yes
        } else {
            no
        })
    }

    pub(super) fn find_in_map(&self, argument: &Node) -> Result<Node, Problem> {
        // AWS::LanguageExtensions adds a value for what the map does not have.
        let (keys, default) = match argument.list()? {
            [keys @ .., last] if keys.len() == 3 => (keys, last.get("DefaultValue")),
            all => (all, None),
        };
        let keys = argument.with(Value::List(keys.to_vec()));
        let [map, top, second] = three(&keys, "FindInMap")?;
        let (map, top, second) = (self.text(map)?, self.text(top)?, self.text(second)?);
        let found = self
            .mappings
            .and_then(|mappings| mappings.get(&map)?.get(&top)?.get(&second));
        match (found, default) {
            (Some(found), _) => Ok(found.clone()),
            (None, Some(default)) => self.value(default),
            (None, None) => {
                Err(argument.problem(format!("FindInMap: no such entry: {map}.{top}.{second}")))
            }
        }
    }

    pub(super) fn select(&self, argument: &Node) -> Result<Node, Problem> {
        let [index, list] = two(argument, "Select")?;
        let (index, list) = (self.value(index)?.integer()?, self.value(list)?);
        let found = usize::try_from(index)
            .ok()
            .and_then(|index| list.list().ok()?.get(index).cloned());
        found.ok_or_else(|| argument.problem(format!("Select: the list has no element {index}")))
    }

    pub(super) fn split(&self, argument: &Node) -> Result<Node, Problem> {
        let [separator, text] = two(argument, "Split")?;
        let (separator, text) = (self.text(separator)?, self.text(text)?);
        if separator.is_empty() {
            return Err(argument.problem("Split: the separator is empty"));
        }
        let parts = text
            .split(&separator)
            .map(|part| argument.with(Value::String(part.to_owned())))
            .collect();
        Ok(argument.with(Value::List(parts)))
    }

    pub(super) fn join(&self, argument: &Node) -> Result<String, Problem> {
        let [separator, list] = two(argument, "Join")?;
        let list = self.value(list)?;
        let parts = self.all(list.list()?.iter().map(Node::text))?;
        Ok(parts.join(&self.text(separator)?))
    }

    pub(super) fn substitute(&self, argument: &Node) -> Result<String, Problem> {
        let (text, own) = match &argument.value {
            Value::List(parts) if parts.len() == 2 => (&parts[0], Some(&parts[1])),
            _ => (argument, None),
        };
        let mut rest = text.text()?;
        let mut parts = Vec::new();
        while let Some((before, after)) = rest.split_once("${") {
            parts.push(Ok(before.to_owned()));
            let closed = after
                .split_once('}')
                .ok_or_else(|| text.problem("Sub: unclosed ${"));
            let tail = closed.as_ref().map_or("", |(_, tail)| tail);
            parts.push(closed.and_then(|(name, _)| self.substitution(text, name, own)));
            rest = tail;
        }
        Ok(self.all(parts.into_iter())?.concat() + rest)
    }

    /// The value of one `${name}`; `${!name}` is the literal text `${name}`.
    fn substitution(&self, node: &Node, name: &str, own: Option<&Node>) -> Result<String, Problem> {
        if let Some(literal) = name.strip_prefix('!') {
            return Ok(format!("${{{literal}}}"));
        }
        let name = name.trim();
        if let Some(value) = own.and_then(|own| own.get(name)) {
            return self.text(value);
        }
        match name.split_once('.') {
            Some((resource, attribute)) => self.attribute_of(node, resource, attribute),
            None => match self.reference(node, name)? {
                Some(value) => Ok(value.text()?.to_owned()),
                None => Err(node.problem("AWS::NoValue is not allowed here")),
            },
        }
    }
}
