//! `Fn::ForEach` of AWS::LanguageExtensions: entries of a mapping that stand for several. They are
//! written out before anything else is read, as CloudFormation does it. Pure.
//!
//! `"Fn::ForEach::Name": [Identifier, [a, b], {"Queue${Identifier}": …}]`

use super::keys::NESTED_TEMPLATE;
use crate::document::{Entry, Node, Problem, Value};

/// What the key of a loop begins with.
const LOOP: &str = "Fn::ForEach::";

/// The most entries that the loops of a template make, as many as it may have resources.
const MOST: usize = 500;

/// Resolves the functions in a node.
type Resolve<'a> = &'a dyn Fn(&Node) -> Result<Option<Node>, Problem>;

/// A node with all loops in it written out.
pub(super) fn written_out(node: &Node, resolve: Resolve<'_>, problems: &mut Vec<Problem>) -> Node {
    let mut writer = Writer {
        resolve,
        problems,
        made: 0,
    };
    writer.node(node)
}

struct Writer<'a> {
    resolve: Resolve<'a>,
    problems: &'a mut Vec<Problem>,
    made: usize,
}

impl Writer<'_> {
    fn node(&mut self, node: &Node) -> Node {
        let value = match &node.value {
            Value::List(nodes) => Value::List(nodes.iter().map(|node| self.node(node)).collect()),
            Value::Map(entries) => Value::Map(self.entries(entries)),
            other => other.clone(),
        };
        Node {
            value,
            ..node.clone()
        }
    }

    fn entries(&mut self, entries: &[Entry]) -> Vec<Entry> {
        let mut made = Vec::new();
        for entry in entries {
            if entry.key.starts_with(LOOP) {
                match self.expanded(entry) {
                    Ok(entries) => made.extend(entries),
                    Err(problem) => self.problems.push(problem),
                }
                continue;
            }
            // The template of a nested stack has parameters of its own.
            let node = match entry.key.as_str() {
                NESTED_TEMPLATE => entry.node.clone(),
                _ => self.node(&entry.node),
            };
            made.push(Entry {
                node,
                ..entry.clone()
            });
        }
        made
    }

    fn expanded(&mut self, entry: &Entry) -> Result<Vec<Entry>, Problem> {
        let wrong = |reason: &str| entry.place.problem(format!("{}: {reason}", entry.key));
        let [identifier, collection, template] = entry.node.list()? else {
            return Err(wrong("expected an identifier, a list and a mapping"));
        };
        let identifier = identifier.text()?;
        let mut made = Vec::new();
        for item in self.items(collection)? {
            self.made += 1;
            if self.made > MOST {
                return Err(wrong(&format!("the loops make more than {MOST} entries")));
            }
            let filled = filled(template, identifier, &item);
            made.extend(self.entries(filled.entries()?));
        }
        Ok(made)
    }

    /// The items of a collection: a list, or a parameter or a function that gives one.
    fn items(&self, collection: &Node) -> Result<Vec<String>, Problem> {
        let list = (self.resolve)(collection)?;
        let list = list.ok_or_else(|| collection.problem("AWS::NoValue is not allowed here"))?;
        list.list()?
            .iter()
            .map(|item| Ok(item.text()?.to_owned()))
            .collect()
    }
}

/// A node with one item in the place of the identifier: `${Identifier}` in keys and texts, `Ref`,
/// and `&{Identifier}`, which is the item without what is not alphanumeric.
fn filled(node: &Node, identifier: &str, item: &str) -> Node {
    let plain: String = item.chars().filter(char::is_ascii_alphanumeric).collect();
    let text = |text: &str| {
        text.replace(&format!("${{{identifier}}}"), item)
            .replace(&format!("&{{{identifier}}}"), &plain)
    };
    let is_reference = |name: &Node| name.text() == Ok(identifier);
    if node.tag.as_deref() == Some("Ref") && is_reference(node)
        || node.get("Ref").is_some_and(is_reference)
    {
        return node.with(Value::String(item.to_owned()));
    }
    let value = match &node.value {
        Value::String(own) => Value::String(text(own)),
        Value::List(nodes) => Value::List(
            nodes
                .iter()
                .map(|node| filled(node, identifier, item))
                .collect(),
        ),
        Value::Map(entries) => {
            let filled = entries.iter().map(|entry| Entry {
                key: text(&entry.key),
                place: entry.place.clone(),
                node: filled(&entry.node, identifier, item),
            });
            Value::Map(filled.collect())
        }
        other => other.clone(),
    };
    Node {
        value,
        ..node.clone()
    }
}

/// Whether a template has loops at all.
pub(super) fn has_loops(node: &Node) -> bool {
    match &node.value {
        Value::List(nodes) => nodes.iter().any(has_loops),
        Value::Map(entries) => {
            let mut entries = entries.iter();
            entries.any(|entry| {
                entry.key != NESTED_TEMPLATE
                    && (entry.key.starts_with(LOOP) || has_loops(&entry.node))
            })
        }
        _ => false,
    }
}
