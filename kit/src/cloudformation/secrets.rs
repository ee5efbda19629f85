//! Dynamic references: `{{resolve:secretsmanager:…}}`, `{{resolve:ssm:…}}` and
//! `{{resolve:ssm-secure:…}}`. CloudFormation asks the services for them; here, the operator gives
//! the values.
//!
//! Facts: the CloudFormation user guide, "Get values stored in other services using dynamic
//! references".

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;

use super::wanted::{Want, Wanted};
use crate::document::{Entry, Node, Problem, Value};

/// How a reference begins.
const START: &str = "{{resolve:";

/// The services that have values.
const SERVICES: [&str; 3] = ["secretsmanager", "ssm", "ssm-secure"];

/// What the name of a variable with a secret begins with.
const VARIABLE: &str = "TIDEGATE_SECRET_";

/// The value of a secret that nobody gave. It must not be guessed, because it may guard something,
/// and it is the same as long as the process runs, so that a file read again is the same.
static UNKNOWN: LazyLock<String> = LazyLock::new(|| {
    let random = || RandomState::new().hash_one("unknown");
    format!("unknown-secret-{:016x}{:016x}", random(), random())
});

/// The secrets that the operator gives, by name. They are never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets {
    known: BTreeMap<String, String>,
    /// Whether a secret that is not known is no problem.
    assumes: bool,
    /// Where those are noted that are not known.
    wanted: Option<Wanted>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.known.keys()).finish()
    }
}

impl FromIterator<(String, String)> for Secrets {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(given: I) -> Secrets {
        Secrets {
            known: given.into_iter().collect(),
            assumes: false,
            wanted: None,
        }
    }
}

/// What one reference asks for.
struct DynamicReference<'t> {
    /// All of it behind `resolve:`.
    whole: &'t str,
    /// The secret or the parameter.
    id: &'t str,
    /// The key within a secret that is a JSON object.
    key: Option<&'t str>,
}

impl Secrets {
    /// The same secrets; one that is not known has a value that nobody can guess, which is no
    /// problem.
    #[must_use]
    pub fn assumed(self) -> Secrets {
        Secrets {
            assumes: true,
            ..self
        }
    }

    /// The same secrets; what is asked for and not known is noted in `wanted`.
    #[must_use]
    pub fn noting(self, wanted: Wanted) -> Secrets {
        Secrets {
            wanted: Some(wanted),
            ..self
        }
    }

    /// The same secrets, and `more` where one of those is not known.
    #[must_use]
    pub fn or(self, more: Secrets) -> Secrets {
        let mut known = more.known;
        known.extend(self.known);
        Secrets { known, ..self }
    }

    pub(super) fn want(&self, want: Want) {
        if let Some(wanted) = &self.wanted {
            wanted.note(want);
        }
    }

    /// Whether values that nobody gave are assumed.
    pub(super) fn are_assumed(&self) -> bool {
        self.assumes
    }

    /// The same secrets, with others that count where the operator gives none of that name.
    #[must_use]
    pub(super) fn beside(mut self, others: Vec<(String, String)>) -> Secrets {
        for (name, value) in others {
            let given = self.get(&name);
            self.known.entry(name).or_insert(given.unwrap_or(value));
        }
        self
    }

    /// The secret of this name.
    pub fn get(&self, name: &str) -> Option<String> {
        let of_environment = || std::env::var(variable(name)).ok();
        self.known.get(name).cloned().or_else(of_environment)
    }

    /// The node with all dynamic references in it replaced by their values. Where one has none,
    /// `missing` has a problem, and a text that nobody can guess stands in for it.
    pub fn resolve(&self, owner: &str, node: &Node, missing: &mut Vec<Problem>) -> Node {
        let value = match &node.value {
            Value::String(text) if text.contains(START) => {
                Value::String(self.text(owner, node, text, missing))
            }
            Value::List(nodes) => {
                let nodes = nodes.iter().map(|node| self.resolve(owner, node, missing));
                Value::List(nodes.collect())
            }
            Value::Map(entries) => {
                let resolved = |entry: &Entry| Entry {
                    node: self.resolve(owner, &entry.node, missing),
                    ..entry.clone()
                };
                Value::Map(entries.iter().map(resolved).collect())
            }
            other => other.clone(),
        };
        Node {
            value,
            ..node.clone()
        }
    }

    /// The name of a resource with its dynamic references replaced. What is wrong with one is told
    /// with the property that holds it.
    pub(super) fn in_name(&self, owner: &str, node: &Node, name: String) -> String {
        match name.contains(START) {
            true => self.text(owner, node, &name, &mut Vec::new()),
            false => name,
        }
    }

    fn text(&self, owner: &str, node: &Node, text: &str, missing: &mut Vec<Problem>) -> String {
        let (mut made, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once(START) {
            made += before;
            let Some((inner, tail)) = after.split_once("}}") else {
                missing.push(node.problem(format!("{owner}: unclosed {START}")));
                return made;
            };
            match DynamicReference::parse(inner).and_then(|reference| self.value(&reference)) {
                Ok(value) => made += &value,
                Err(_) if self.assumes => made += &UNKNOWN,
                Err(reason) => {
                    let message = format!("{owner}: {START}{inner}}}}}: {reason}");
                    missing.push(node.problem(message).tolerable());
                    made += &UNKNOWN;
                }
            }
            rest = tail;
        }
        made + rest
    }

    fn value(&self, reference: &DynamicReference<'_>) -> Result<String, String> {
        let DynamicReference { whole, id, key } = *reference;
        let exact = [Some(whole.to_owned()), key.map(|key| format!("{id}:{key}"))];
        let found = exact.iter().flatten().find_map(|name| self.get(name));
        if let Some(value) = found {
            return Ok(value);
        }
        let names = [Some(id), name_in_arn(id)];
        let Some(value) = names.into_iter().flatten().find_map(|name| self.get(name)) else {
            self.want(Want::Reference(whole.to_owned()));
            let (name, variable) = (name_in_arn(id).unwrap_or(id), variable(id));
            return Err(format!(
                "the value is unknown: set --secret '{name}=…', a line {name}=… in --secrets-file, or {variable}"
            ));
        };
        let (Some(key), Ok(serde_json::Value::Object(members))) =
            (key, serde_json::from_str(&value))
        else {
            // A value that is no object is that of the only key that is asked for.
            return Ok(value);
        };
        match members.get(key) {
            Some(serde_json::Value::String(text)) => Ok(text.clone()),
            Some(other) => Ok(other.to_string()),
            None => Err(format!(
                "the value given for the secret {id} has no key {key}"
            )),
        }
    }
}

impl<'t> DynamicReference<'t> {
    /// Reads what stands behind `resolve:`.
    fn parse(whole: &'t str) -> Result<DynamicReference<'t>, String> {
        let (service, rest) = whole.split_once(':').unwrap_or((whole, ""));
        if !SERVICES.contains(&service) || rest.is_empty() {
            return Err(format!("expected {} and a name", SERVICES.join(", ")));
        }
        // The ARN of a secret has colons of its own: seven parts.
        let parts = if rest.starts_with("arn:") { 7 } else { 1 };
        let ends = rest
            .match_indices(':')
            .map(|(index, _)| index)
            .nth(parts - 1);
        let (id, more) = ends.map_or((rest, ""), |end| (&rest[..end], &rest[end + 1..]));
        let key = (service == "secretsmanager")
            .then(|| more.split(':').nth(1))
            .flatten();
        Ok(DynamicReference {
            whole: whole.trim_end_matches(':'),
            id,
            key: key.filter(|key| !key.is_empty()),
        })
    }
}

/// The name of a secret in its ARN, without the six characters that Secrets Manager adds.
fn name_in_arn(id: &str) -> Option<&str> {
    let name = id.strip_prefix("arn:")?.split(':').nth(5)?;
    let cut = name.rsplit_once('-').filter(|(_, added)| added.len() == 6);
    Some(cut.map_or(name, |(name, _)| name))
}

/// The environment variable that may hold a secret.
fn variable(name: &str) -> String {
    let upper = name.chars().map(|c| match c {
        c if c.is_ascii_alphanumeric() => c.to_ascii_uppercase(),
        _ => '_',
    });
    VARIABLE.chars().chain(upper).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> (String, Vec<String>) {
        let secrets: Secrets = [
            ("my/key", r#"{"user": "u", "n": 7}"#),
            ("plain", "p"),
            ("other:only", "o"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        let node = Node::parse("t", "x")
            .unwrap()
            .with(Value::String(text.to_owned()));
        let mut missing = Vec::new();
        let text = secrets
            .resolve("C", &node, &mut missing)
            .text()
            .unwrap()
            .to_owned();
        (text, missing.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn references_of_every_form_are_answered() {
        for (text, expected) in [
            (
                "a {{resolve:secretsmanager:my/key:SecretString:user::}} b",
                "a u b",
            ),
            ("{{resolve:secretsmanager:my/key:SecretString:n}}", "7"),
            (
                "{{resolve:secretsmanager:my/key}}",
                r#"{"user": "u", "n": 7}"#,
            ),
            ("{{resolve:secretsmanager:plain:SecretString:any}}", "p"),
            (
                "{{resolve:secretsmanager:other:SecretString:only:AWSCURRENT:}}",
                "o",
            ),
            ("{{resolve:ssm:plain:3}}{{resolve:ssm-secure:plain}}", "pp"),
            (
                "{{resolve:secretsmanager:arn:aws:secretsmanager:e:1:secret:my/key-AbCdEf:SecretString:user}}",
                "u",
            ),
        ] {
            assert_eq!(resolved(text), (expected.to_owned(), Vec::new()), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_told_and_cannot_be_guessed() {
        let (text, problems) = resolved("{{resolve:ssm:/a/b}}");
        assert!(
            text.starts_with("unknown-secret-") && text.len() == 47,
            "{text}"
        );
        assert_eq!(
            problems,
            [
                "t:1:1: C: {{resolve:ssm:/a/b}}: the value is unknown: set --secret '/a/b=…', \
              a line /a/b=… in --secrets-file, or TIDEGATE_SECRET__A_B"
            ]
        );
        for (text, told) in [
            (
                "{{resolve:s3:x}}",
                "expected secretsmanager, ssm, ssm-secure and a name",
            ),
            ("{{resolve:ssm:x", "unclosed {{resolve:"),
            (
                "{{resolve:secretsmanager:my/key:SecretString:no}}",
                "has no key no",
            ),
        ] {
            assert!(resolved(text).1[0].contains(told), "{text}");
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        let secrets: Secrets = [("a".to_owned(), "hunter2".to_owned())]
            .into_iter()
            .collect();
        assert_eq!(format!("{secrets:?}"), r#"["a"]"#);
    }
}
