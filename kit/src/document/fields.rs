//! The entries of one mapping, taken by name and accounted for at the end.
//!
//! A reader declares of every entry whether it is used, has no effect here, or is not supported. An
//! entry that the reader did not mention is unknown. That is how unsupported entries are reported
//! without a second list of names.

use std::collections::BTreeMap;

use super::node::{Entry, Node, Value};
use super::problem::{Place, Problem};
use crate::suggest::nearest;

/// What is done about an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A reader takes it.
    Runs,
    /// It has no effect here and needs none, perhaps for a reason that is worth a word.
    Nothing(&'static str),
    /// It is not supported, for this reason.
    Refused(&'static str),
}

/// What is done about entries, by their names.
pub type Rules = BTreeMap<&'static str, Rule>;

/// A mapping being read. Call [`Fields::finish`] when everything known was taken.
#[derive(Debug)]
pub struct Fields<'a> {
    owner: String,
    place: Place,
    rest: Vec<&'a Entry>,
    /// Every name that the reader mentioned.
    known: Vec<String>,
    /// What is done about the entries that the reader does not mention.
    rules: Option<&'static Rules>,
    problems: Vec<Problem>,
}

impl Node {
    /// The mapping's entries, to be taken one by one and accounted for at the end: see [`Fields`].
    /// `owner` names the thing in messages, for example `pub-sub-pipe (AWS::Pipes::Pipe)`.
    ///
    /// # Errors
    /// The node is not a mapping.
    pub fn fields(&self, owner: impl Into<String>) -> Result<Fields<'_>, Problem> {
        Fields::new(owner.into(), self)
    }
}

impl<'a> Fields<'a> {
    fn new(owner: String, node: &'a Node) -> Result<Fields<'a>, Problem> {
        let entries = node.entries().map_err(|problem| match &node.value {
            Value::Unresolved(_) => problem,
            _ => Problem {
                message: format!("{owner}: {}", problem.message),
                ..problem
            },
        })?;
        let rest = entries.iter().collect();
        Ok(Fields {
            owner,
            place: node.place.clone(),
            rest,
            known: Vec::new(),
            rules: None,
            problems: Vec::new(),
        })
    }

    /// The same, with rules for the entries that the reader does not mention.
    #[must_use]
    pub fn ruled_by(self, rules: Option<&'static Rules>) -> Fields<'a> {
        Fields { rules, ..self }
    }

    /// Takes an entry that may be absent.
    pub fn optional(&mut self, name: &str) -> Option<&'a Node> {
        self.known.push(name.to_owned());
        let index = self.rest.iter().position(|entry| entry.key == name)?;
        Some(&self.rest.remove(index).node)
    }

    /// Whether an entry is left that was not taken yet.
    pub fn has(&self, name: &str) -> bool {
        self.rest.iter().any(|entry| entry.key == name)
    }

    /// Takes an entry that must be there.
    ///
    /// # Errors
    /// It is not; the problem stands where the mapping starts, or at the entry that was probably
    /// meant.
    pub fn required(&mut self, name: &str) -> Result<&'a Node, Problem> {
        if let Some(node) = self.optional(name) {
            return Ok(node);
        }
        if let Some(index) = self.misspelt(name) {
            let entry = self.rest.remove(index);
            let message = format!(
                "{}: {} is unknown; did you mean {name}?",
                self.owner, entry.key
            );
            return Err(entry.place.problem(message));
        }
        let message = format!("{}: {name} is missing", self.owner);
        Err(self.place.problem(message))
    }

    /// The entry whose name is nearer to `name` than to any other that is known, and is not known
    /// itself.
    fn misspelt(&self, name: &str) -> Option<usize> {
        let is_known = |key: &str| self.rules.is_some_and(|rules| rules.contains_key(key));
        let is_meant =
            |entry: &&Entry| !is_known(&entry.key) && nearest(&entry.key, [name]).is_some();
        self.rest.iter().position(is_meant)
    }

    /// Entries that have no effect here and need none: descriptions, tags, roles.
    pub fn ignore(&mut self, names: &[&str]) {
        self.known
            .extend(names.iter().map(|name| (*name).to_owned()));
        self.rest
            .retain(|entry| !names.contains(&entry.key.as_str()));
    }

    /// Entries without effect that are known by more than their names.
    pub fn ignore_where(&mut self, is_harmless: impl Fn(&str) -> bool) {
        self.rest.retain(|entry| !is_harmless(&entry.key));
    }

    /// Entries that mean something on AWS which Tidegate does not do (yet): each one present
    /// becomes a problem.
    pub fn unsupported(&mut self, names: &[&str]) {
        for name in names {
            if let Some(node) = self.optional(name) {
                self.problems.push(
                    node.problem(format!("{}: {name} is not supported", self.owner))
                        .tolerable(),
                );
            }
        }
    }

    /// Everything that was neither taken nor ignored, as problems.
    pub fn finish(self) -> Vec<Problem> {
        let Fields {
            owner,
            rest,
            known,
            rules,
            mut problems,
            ..
        } = self;
        let names = rules.into_iter().flat_map(|rules| rules.keys().copied());
        let rest: Vec<&Entry> = rest
            .into_iter()
            .filter(
                |entry| match rules.and_then(|rules| rules.get(entry.key.as_str())) {
                    None | Some(Rule::Runs) => true,
                    Some(Rule::Nothing(_)) => false,
                    Some(Rule::Refused(reason)) => {
                        problems.push(refused(&owner, entry, reason));
                        false
                    }
                },
            )
            .collect();
        let known: Vec<&str> = known.iter().map(String::as_str).chain(names).collect();
        let unknown = |entry: &Entry| {
            let meant = nearest(&entry.key, known.iter().copied());
            let hint = meant
                .map(|meant| format!("; did you mean {meant}?"))
                .unwrap_or_default();
            entry
                .place
                .problem(format!("{owner}: {} is unknown{hint}", entry.key))
                .tolerable()
        };
        problems.extend(rest.into_iter().map(unknown));
        problems
    }
}

fn refused(owner: &str, entry: &Entry, reason: &str) -> Problem {
    let reason = match reason {
        "" => String::new(),
        reason => format!(" ({reason})"),
    };
    let message = format!("{owner}: {} is not supported{reason}", entry.key);
    entry.node.problem(message).tolerable()
}

#[cfg(test)]
mod tests {
    use super::{Rule, Rules};
    use crate::document::Node;

    #[test]
    fn rules_decide_what_no_reader_mentions() {
        let rules: &'static Rules = Box::leak(Box::new(Rules::from([
            ("Tags", Rule::Nothing("")),
            ("Lock", Rule::Refused("why")),
            ("Name", Rule::Runs),
        ])));
        let node = Node::parse("t", "{Tags: 1, Lock: 2, Name: 3, Nmae: 4}").unwrap();
        let fields = node.fields("Q").unwrap().ruled_by(Some(rules));
        let problems: Vec<String> = fields.finish().iter().map(ToString::to_string).collect();
        let expected = [
            "t:1:17: Q: Lock is not supported (why)",
            "t:1:20: Q: Name is unknown",
            "t:1:29: Q: Nmae is unknown; did you mean Name?",
        ];
        assert_eq!(problems, expected);
    }

    #[test]
    fn every_entry_is_accounted_for() {
        let node =
            Node::parse("t", "{Name: n, Tags: [], KmsKeyId: k, Nmae: x, x-mine: 1}").unwrap();
        let mut fields = node.fields("Q (AWS::SQS::Queue)").unwrap();
        assert_eq!(fields.required("Name").unwrap().text().unwrap(), "n");
        fields.ignore(&["Tags"]);
        fields.ignore_where(|name| name.starts_with("x-"));
        fields.unsupported(&["KmsKeyId", "Policy"]);
        let problems: Vec<String> = fields.finish().iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "t:1:31: Q (AWS::SQS::Queue): KmsKeyId is not supported",
                "t:1:34: Q (AWS::SQS::Queue): Nmae is unknown; did you mean Name?"
            ]
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let node = Node::parse("t", "{}").unwrap();
        let message = node
            .fields("P")
            .unwrap()
            .required("Source")
            .unwrap_err()
            .to_string();
        assert_eq!(message, "t:1:1: P: Source is missing");
        let node = Node::parse("t", "{Sorce: x}").unwrap();
        let mut fields = node.fields("P").unwrap();
        let problem = fields.required("Source").unwrap_err();
        assert_eq!(
            problem.to_string(),
            "t:1:2: P: Sorce is unknown; did you mean Source?"
        );
        assert_eq!(fields.finish(), []);
    }
}
