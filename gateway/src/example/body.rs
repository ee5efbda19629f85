//! An example body for a mapping template: one with the members that the template reads, as far as
//! its text names them.

use std::collections::HashMap;

use kit::java_regex::{Regex, Steps};
use serde_json::{Map, Value};

/// A path into a body, in parts; `None` is the first element of a list.
type Path = Vec<Option<String>>;

/// The names that are not variables of the template.
const OBJECTS: [&str; 4] = ["input", "util", "context", "stageVariables"];

/// The kinds of parameters.
const KINDS: [&str; 3] = ["header", "querystring", "path"];

/// How templates get at all parameters of a kind.
const ALL: [&str; 6] = [
    "input.params()",
    "input.params().header",
    "input.params('header')",
    "input.params(\"header\")",
    "input.params('querystring')",
    "input.params(\"querystring\")",
];

/// The parts of a request that templates and mappings read.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    paths: Vec<Path>,
    /// Parameters by name, wherever they come from.
    pub(super) parameters: Vec<String>,
    /// Parameters that are read from all headers or all of the query: which of both is open.
    pub(super) members: Vec<String>,
}

impl Wanted {
    /// Adds one path into the body.
    pub(super) fn path(&mut self, path: &str) {
        self.paths.push(parts(path));
    }

    /// Adds the paths and parameters that a template names.
    pub(super) fn read(&mut self, source: &str) {
        let variables = variables(source);
        let mut seen: Vec<Path> = Vec::new();
        for found in regex(
            r#"\$!?\{?input\.(?:path|json)\(\s*['"]([^'"]*)['"]\s*\)((?:\.\w+\b(?!\s*\())*)"#,
            source,
        ) {
            seen.push(joined(&parts(&found[0]), &found[1]));
        }
        for found in regex(r"\$!?\{?(\w+)((?:\.\w+\b(?!\s*\())*)", source) {
            if let Some(base) = variables.get(&found[0]) {
                seen.push(joined(base, &found[1]));
            }
        }
        self.paths.extend(seen);
        let named = regex(r#"\$!?\{?input\.params\(\s*['"]([^'"]*)['"]\s*\)"#, source);
        self.parameters
            .extend(named.into_iter().map(|found| found[0].clone()));
        self.members(source);
        // With the name of a kind, `$input.params` gives all parameters of it.
        for names in [&mut self.parameters, &mut self.members] {
            names.retain(|name| !KINDS.contains(&name.as_str()));
        }
    }

    /// Adds the parameters of `$input.params().header.get('x')` and its like; where a template goes
    /// through all of them, one.
    fn members(&mut self, source: &str) {
        if !ALL.iter().any(|form| source.contains(form)) {
            return;
        }
        for pattern in [
            r#"\.get\(\s*['"]([\w-]+)['"]\s*\)"#,
            r"\.(?:header|querystring)\.(?!get\b|keySet\b|entrySet\b|values\b)([\w-]+)",
        ] {
            let named = regex(pattern, source);
            self.members
                .extend(named.into_iter().map(|found| found[0].clone()));
        }
        if ["keySet()", "entrySet()", "values()"]
            .iter()
            .any(|all| source.contains(all))
        {
            self.members.push("x".to_owned());
        }
    }

    /// The body, with a `value` for each name that is read: `event` when no particular path is.
    pub(super) fn body(
        &self,
        media_type: &str,
        event: &str,
        value: &dyn Fn(&str) -> String,
    ) -> String {
        let mut paths: Vec<&Path> = self.paths.iter().filter(|path| !path.is_empty()).collect();
        // Deeper ones first: what is read as a whole as well as in parts has parts.
        paths.sort_by_key(|path| std::cmp::Reverse(path.len()));
        if !media_type.ends_with("json") {
            return if media_type == "application/x-www-form-urlencoded" {
                "a=1".into()
            } else {
                "hello".into()
            };
        }
        if paths.is_empty() {
            return event.to_owned();
        }
        // Back to the order in which they are read, as far as depth leaves it.
        let mut root = Value::Null;
        for path in paths {
            put(&mut root, path, value);
        }
        root.to_string()
    }
}

/// The example value for a name.
pub(super) fn sample(name: &str) -> String {
    match name {
        // A value of SQS's own that fits wherever one is asked for.
        "AttributeName" | "MessageAttributeName" | "AttributeNames" => "All".to_owned(),
        _ if is_id(name) || is_count(name) => "1".to_owned(),
        _ => name.to_lowercase(),
    }
}

/// Whether a name is that of a number of seconds or of things.
fn is_count(name: &str) -> bool {
    ["Seconds", "Timeout", "NumberOfMessages"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// Variables that hold a part of the body.
fn variables(source: &str) -> HashMap<String, Path> {
    const VALUE: &str =
        r#"\$!?\{?(?:input\.path\(\s*['"]([^'"]*)['"]\s*\)|(\w+))((?:\.\w+\b(?!\s*\())*)"#;
    let mut variables: HashMap<String, Path> = HashMap::new();
    let assigned = format!(
        r"#set\s*\(\s*\$!?\{{?(\w+)\}}?\s*=\s*{VALUE}|#foreach\s*\(\s*\$!?\{{?(\w+)\}}?\s+in\s+{VALUE}"
    );
    for found in regex(&assigned, source) {
        let [
            set,
            path,
            from,
            steps,
            each,
            path_of_each,
            from_of_each,
            steps_of_each,
        ] = &found[..]
        else {
            continue;
        };
        let (name, path, from, steps, is_list) = match each.is_empty() {
            true => (set, path, from, steps, false),
            false => (each, path_of_each, from_of_each, steps_of_each, true),
        };
        let base = if from.is_empty() {
            Some(parts(path))
        } else {
            variables.get(from).cloned()
        };
        let Some(base) = base.filter(|_| !OBJECTS.contains(&name.as_str())) else {
            continue;
        };
        let mut whole = joined(&base, steps);
        whole.extend(is_list.then_some(None));
        variables.insert(name.clone(), whole);
    }
    variables
}

/// Steps of looking through a template once: far more than any takes that the gateway loads.
const STEPS: u64 = 50_000_000;

/// Every match, as its groups; one that took no part is empty.
fn regex(pattern: &str, text: &str) -> Vec<Vec<String>> {
    let pattern = Regex::new(pattern).expect("the patterns of this file are regular expressions");
    let (mut matcher, mut steps) = (pattern.matcher(text), Steps(STEPS));
    let mut found = Vec::new();
    while matcher.find(&mut steps).unwrap_or_default() {
        let group = |group| matcher.text(group).unwrap_or_default().to_owned();
        found.push((1..pattern.groups()).map(group).collect());
    }
    found
}

/// The parts of `$.a.b[0]`, up to what is no plain name or index.
fn parts(path: &str) -> Path {
    let mut parts = Vec::new();
    let mut rest = path.trim().trim_start_matches('$');
    loop {
        let (part, tail) = match rest.as_bytes() {
            [b'.', tail @ ..]
                if tail
                    .first()
                    .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') =>
            {
                let name = &rest[1..];
                let end = name
                    .find(|c: char| !c.is_ascii_alphanumeric() && !"_-".contains(c))
                    .unwrap_or(name.len());
                (Some(name[..end].to_owned()), &name[end..])
            }
            [b'[', ..] => {
                let Some((inner, tail)) = rest[1..].split_once(']') else {
                    return parts;
                };
                match inner.trim_matches(['\'', '"']) {
                    name if name.len() + 2 == inner.len() => (Some(name.to_owned()), tail),
                    index if index == "*" || index.bytes().all(|byte| byte.is_ascii_digit()) => {
                        (None, tail)
                    }
                    _ => return parts,
                }
            }
            _ => return parts,
        };
        parts.push(part);
        rest = tail;
    }
}

fn joined(base: &Path, steps: &str) -> Path {
    let steps = steps.split('.').filter(|step| !step.is_empty());
    base.iter()
        .cloned()
        .chain(steps.map(|step| Some(step.to_owned())))
        .collect()
}

/// Makes room for a path; what is there already stays.
fn put(node: &mut Value, path: &[Option<String>], value: &dyn Fn(&str) -> String) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    match first {
        Some(name) => {
            if node.is_null() {
                *node = Value::Object(Map::new());
            }
            let Value::Object(members) = node else { return };
            let member = members.entry(name.clone()).or_insert(Value::Null);
            put(member, rest, value);
            if member.is_null() {
                *member = Value::String(value(name));
            }
        }
        None => {
            if node.is_null() {
                *node = Value::Array(vec![Value::Null]);
            }
            let Some(element) = node.as_array_mut().and_then(|list| list.first_mut()) else {
                return;
            };
            put(element, rest, value);
            if element.is_null() {
                *element = Value::String(value("a"));
            }
        }
    }
}

/// Whether a name is that of an id, for which `1` is a plausible value.
pub(super) fn is_id(name: &str) -> bool {
    name.eq_ignore_ascii_case("id") || name.ends_with("Id") || name.ends_with("_id")
}
