//! The rule, as data: what is done here about each property of the types of our services.
//!
//! A property that changes no request and no delivery never stops a start. One that narrows access
//! or changes a message is honoured or refused, never passed over. `properties.txt` says of each
//! which it is; readers work from it, `docs/differences.md` shows it, and a test compares it with
//! the list of all properties in `specification.txt`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::document::{Rule, Rules};

const TABLE: &str = include_str!("properties.txt");

/// What is done about the properties of a type.
#[derive(Debug)]
struct TypeRules {
    rule: Rule,
    properties: Rules,
}

static RULES: LazyLock<BTreeMap<&'static str, TypeRules>> = LazyLock::new(|| {
    let (mut types, mut current): (BTreeMap<_, TypeRules>, _) = (BTreeMap::new(), "");
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let (text, reason) = line.split_once(':').map_or((line, ""), |_| {
            // The names of types have colons of their own, in pairs.
            line.split_once(": ").unwrap_or((line, ""))
        });
        let mut words = text.split_whitespace();
        let Some(first) = words.next() else { continue };
        if line.starts_with(' ') {
            let rule = rule(first, reason);
            if let Some(known) = types.get_mut(current) {
                known.properties.extend(words.map(|name| (name, rule)));
            }
            continue;
        }
        current = first;
        let rule = rule(words.next().unwrap_or_default(), reason);
        let properties = Rules::new();
        types.insert(first, TypeRules { rule, properties });
    }
    types
});

fn rule(word: &str, reason: &'static str) -> Rule {
    match word {
        "runs" => Rule::Runs,
        "nothing" => Rule::Nothing(reason),
        _ => Rule::Refused(reason),
    }
}

/// What is done about the properties of a type of our services.
pub(super) fn of(kind: &str) -> Option<&'static Rules> {
    RULES.get(kind).map(|known| &known.properties)
}

/// What is done about a type of our services as a whole.
pub(super) fn whole(kind: &str) -> Option<Rule> {
    RULES.get(kind).map(|known| known.rule)
}

/// Why a type of our services is refused as a whole, if it is.
pub(super) fn refusal(kind: &str) -> Option<&'static str> {
    match RULES.get(kind)?.rule {
        Rule::Refused(reason) => Some(reason),
        Rule::Runs | Rule::Nothing(_) => None,
    }
}

/// The table as `docs/differences.md` shows it.
#[cfg(test)]
fn shown() -> String {
    let mut text =
        "| type | runs | needs nothing | refused |\n| --- | --- | --- | --- |\n".to_owned();
    for (kind, TypeRules { rule, properties }) in &*RULES {
        let whole = match rule {
            Rule::Runs => String::new(),
            Rule::Nothing("") => " (needs nothing)".to_owned(),
            Rule::Nothing(reason) => format!(" (needs nothing: {reason})"),
            Rule::Refused(reason) => format!(" (refused: {reason})"),
        };
        text += &format!("| `{kind}`{whole} |");
        if !matches!(rule, Rule::Runs) {
            text += " | | |\n";
            continue;
        }
        let named = |is_it: fn(&Rule) -> Option<&str>| {
            let found = properties
                .iter()
                .filter_map(|(name, rule)| Some((name, is_it(rule)?)));
            let found = found.map(|(name, reason)| match reason {
                "" => format!("`{name}`"),
                reason => format!("`{name}` ({reason})"),
            });
            found.collect::<Vec<_>>().join(", ")
        };
        let columns = [
            named(|rule| (*rule == Rule::Runs).then_some("")),
            named(|rule| matches!(rule, Rule::Nothing(_)).then_some("")),
            named(|rule| match rule {
                Rule::Refused(reason) => Some(reason),
                _ => None,
            }),
        ];
        text += &columns
            .map(|column| format!(" {column} |").replace("  ", " "))
            .concat();
        text += "\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cloudformation::types::{Standing, standing};

    /// The properties of each type, as CloudFormation has them.
    fn specification() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
        let lines = include_str!("specification.txt").lines();
        let lines = lines.filter(|line| !line.starts_with('#'));
        let split = |line: &'static str| {
            let mut words = line.split(' ');
            Some((words.next()?, words.collect()))
        };
        lines.filter_map(split).collect()
    }

    #[test]
    fn every_property_of_every_type_has_a_rule_and_nothing_else_has() {
        for (kind, properties) in specification() {
            let known = RULES
                .get(kind)
                .unwrap_or_else(|| panic!("{kind} has no rule"));
            let ruled: BTreeSet<&str> = known.properties.keys().copied().collect();
            assert_eq!(ruled, properties, "{kind}");
            assert_eq!(standing(kind), Standing::Ours, "{kind}");
        }
        assert_eq!(RULES.len(), specification().len());
    }

    #[test]
    fn the_documents_show_the_table() {
        let folder = env!("CARGO_MANIFEST_DIR");
        let file = format!("{folder}/../docs/differences.md");
        let text = std::fs::read_to_string(file).unwrap();
        let shown = shown();
        assert!(
            text.contains(&shown),
            "docs/differences.md must have this table, as properties.txt makes it:\n{shown}"
        );
    }
}
