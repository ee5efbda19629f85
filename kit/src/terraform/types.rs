//! Which of Terraform's resource types are read, and what they are in CloudFormation: a table.

use std::collections::BTreeMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("types.txt");

/// What a resource type is in CloudFormation.
#[derive(Debug, Default)]
pub(super) struct Type {
    /// `AWS::SQS::Queue`.
    pub kind: &'static str,
    /// What it is a part of, when it is no resource of its own.
    pub part: Option<Part>,
    /// What a reference to an attribute gives.
    pub out: Vec<(&'static str, Out)>,
    pub properties: Vec<Property>,
    /// Values that change nothing.
    pub defaults: Vec<(&'static str, &'static str)>,
}

/// A part of another resource.
#[derive(Debug)]
pub(super) struct Part {
    /// The properties that both have in common; with `@`, the one that refers to the other.
    pub keys: Vec<&'static str>,
    /// Where it goes: `Integration`, `MethodResponses[]`, or `+`.
    pub under: &'static str,
}

/// What a reference gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Out {
    Ref,
    Attribute(&'static str),
    /// The value of a property of the resource itself.
    Property(&'static str),
    /// A text with `${Ref}`, `${Arn}` or properties.
    Text(&'static str),
}

/// An attribute and the property that it is.
#[derive(Debug, Clone)]
pub(super) struct Property {
    pub attribute: &'static str,
    pub name: String,
    pub form: Form,
}

/// What an attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    /// A list with one mapping, whose keys are attributes.
    Block,
    /// A list of such mappings, or of one value.
    Blocks,
    /// A document in a text.
    Document,
}

static TYPES: LazyLock<BTreeMap<&'static str, Type>> = LazyLock::new(|| {
    let (mut types, mut current): (BTreeMap<_, Type>, _) = (BTreeMap::new(), "");
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let Some(first) = words.next() else { continue };
        if !line.starts_with(' ') {
            current = first;
            types.insert(first, head(words));
            continue;
        }
        let Some(known) = types.get_mut(current) else {
            continue;
        };
        let kind = known.kind;
        let pair = |word: &'static str| word.split_once('=');
        match first {
            "out" => known.out.extend(
                words
                    .filter_map(pair)
                    .map(|(name, of)| (name, out(kind, of))),
            ),
            "in" => known.properties.extend(words.map(property)),
            _ => known.defaults.extend(words.filter_map(pair)),
        }
    }
    types
});

fn head(mut words: impl Iterator<Item = &'static str>) -> Type {
    let kind = words.next().unwrap_or_default();
    let mut rest = words.skip_while(|word| *word == "<");
    let part = rest.next().map(|keys| Part {
        keys: keys.split(',').collect(),
        under: rest.next().unwrap_or("+"),
    });
    Type {
        kind,
        part,
        ..Type::default()
    }
}

fn out(kind: &str, of: &'static str) -> Out {
    match of.strip_prefix('\'') {
        Some(text) => Out::Text(text),
        None if of == "Ref" => Out::Ref,
        None if of == "StageName" && kind.ends_with("::Stage") => Out::Property(of),
        None => Out::Attribute(of),
    }
}

fn property(word: &'static str) -> Property {
    let (word, form) = match word.as_bytes() {
        [.., b'[', b']'] => (&word[..word.len() - 2], Form::Blocks),
        [.., b'/'] => (&word[..word.len() - 1], Form::Block),
        [.., b'!'] => (&word[..word.len() - 1], Form::Document),
        _ => (word, Form::Plain),
    };
    let (attribute, name) = match word.split_once('=') {
        Some((attribute, name)) => (attribute, name.to_owned()),
        None => (word, in_capitals(word)),
    };
    Property {
        attribute,
        name,
        form,
    }
}

/// `InputTemplate` of `input_template`.
pub(super) fn in_capitals(name: &str) -> String {
    let part = |part: &str| {
        let mut letters = part.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    name.split('_').map(part).collect()
}

/// What is known of a type.
pub(super) fn of(kind: &str) -> Option<&'static Type> {
    TYPES.get(kind)
}

impl Type {
    /// What a reference to an attribute gives.
    pub(super) fn out(&self, attribute: &str) -> Option<Out> {
        let found = self.out.iter().find(|(name, _)| *name == attribute);
        found.map(|(_, out)| *out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_whole() {
        let queue = of("aws_sqs_queue").unwrap();
        assert_eq!(
            (queue.kind, queue.out("arn")),
            ("AWS::SQS::Queue", Some(Out::Attribute("Arn")))
        );
        let policy = queue
            .properties
            .iter()
            .find(|one| one.attribute == "redrive_policy")
            .unwrap();
        assert_eq!(
            (policy.name.as_str(), policy.form),
            ("RedrivePolicy", Form::Document)
        );
        let response = of("aws_api_gateway_integration_response")
            .unwrap()
            .part
            .as_ref()
            .unwrap();
        assert_eq!(response.under, "Integration.IntegrationResponses[]");
        assert_eq!(response.keys, ["RestApiId", "ResourceId", "HttpMethod"]);
        assert_eq!(
            of("aws_apigatewayv2_stage").unwrap().out("name"),
            Some(Out::Property("StageName"))
        );
        assert_eq!(in_capitals("sqs_queue_parameters"), "SqsQueueParameters");
        assert!(of("aws_instance").is_none());
    }
}
