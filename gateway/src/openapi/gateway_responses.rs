//! `x-amazon-apigateway-gateway-responses`: the answers of API Gateway itself that an API
//! customises. See `docs/aws/api-gateway.md#customised-gateway-responses`.

use indexmap::IndexMap;
use kit::document::{Entry, Node, OrCollect as _, Problem, Value};

use super::parameter_mapping::gateway_header;
use crate::api::{
    GatewayResponse, GatewayResponses, MappingSource, ResponseType, SubstitutionTemplate,
    TemplatePart,
};

/// Reads a mapping of types to customised responses.
pub(crate) fn read(node: Option<&Node>, problems: &mut Vec<Problem>) -> GatewayResponses {
    let entries = node
        .map(Node::entries)
        .transpose()
        .or_collect(problems)
        .flatten()
        .unwrap_or_default();
    let mut all = IndexMap::new();
    for entry in entries {
        let label = format!("gateway response {}", entry.key);
        let kind = kind(&label, &entry.key, &entry.node).or_collect(problems);
        let response = response(&label, &entry.node, problems);
        if let (Some(kind), Some(response)) = (kind, response) {
            all.insert(kind, response);
        }
    }
    GatewayResponses(all)
}

/// The type of this name.
///
/// # Errors
/// API Gateway has no such type, or it cannot be customised.
pub(crate) fn kind(label: &str, name: &str, at: &Node) -> Result<ResponseType, Problem> {
    match ResponseType::named(name) {
        Some(ResponseType::RequestTooLarge) => {
            tracing::warn!(
                "{}: {label} has no effect, as on AWS: the answer for a request that is too large is given before the API is known",
                at.place
            );
            Ok(ResponseType::RequestTooLarge)
        }
        Some(kind) => Ok(kind),
        None => {
            let known: Vec<&str> = ResponseType::names().collect();
            Err(at.problem(format!(
                "{label}: unknown response type: expected one of {}",
                known.join(", ")
            )))
        }
    }
}

/// One customised response.
pub(crate) fn response(
    label: &str,
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<GatewayResponse> {
    if node.value == Value::Null {
        return Some(GatewayResponse::default());
    }
    let mut fields = node.fields(label).or_collect(problems)?;
    let status = fields
        .optional("statusCode")
        .filter(|node| node.value != Value::Null)
        .map(|node| node.integer_in(200..=599));
    let status = status.transpose().or_collect(problems).flatten();
    let headers = entries(fields.optional("responseParameters"), problems)
        .iter()
        .filter_map(|entry| gateway_header(label, entry).or_collect(problems))
        .collect();
    let templates = entries(fields.optional("responseTemplates"), problems)
        .iter()
        .filter_map(|entry| {
            let text = entry.node.text().or_collect(problems)?;
            Some((entry.key.clone(), template(text)))
        })
        .collect();
    // The export of an API shows it for responses that are not customised.
    fields.ignore(&["responseType", "defaultResponse"]);
    problems.extend(fields.finish());
    Some(GatewayResponse {
        status: status.and_then(|status| u16::try_from(status).ok()),
        headers,
        templates,
    })
}

fn entries<'n>(node: Option<&'n Node>, problems: &mut Vec<Problem>) -> &'n [Entry] {
    node.filter(|node| node.value != Value::Null)
        .map(Node::entries)
        .transpose()
        .or_collect(problems)
        .flatten()
        .unwrap_or_default()
}

/// Splits a template at its variables. What only looks like one stays as it is.
fn template(text: &str) -> SubstitutionTemplate {
    let (mut parts, mut rest) = (Vec::new(), text);
    let mut literal = String::new();
    while let Some(dollar) = rest.find('$') {
        literal.push_str(&rest[..dollar]);
        let behind = &rest[dollar + 1..];
        let found = match behind.strip_prefix('{') {
            Some(inner) => variable(inner)
                .filter(|(_, length)| inner[*length..].starts_with('}'))
                .map(|(source, length)| (source, length + 2)),
            None => variable(behind),
        };
        match found {
            Some((source, length)) => {
                parts.push(TemplatePart::Text(std::mem::take(&mut literal)));
                parts.push(TemplatePart::Variable(source));
                rest = &behind[length..];
            }
            None => {
                literal.push('$');
                rest = behind;
            }
        }
    }
    literal.push_str(rest);
    parts.push(TemplatePart::Text(literal));
    parts.retain(|part| !matches!(part, TemplatePart::Text(text) if text.is_empty()));
    SubstitutionTemplate(parts)
}

/// A kind of variable: how it begins, the signs that its name may have, and what it means.
type Kind = (&'static str, &'static str, fn(&str) -> MappingSource);

/// The variable that a text begins with, and its length.
fn variable(text: &str) -> Option<(MappingSource, usize)> {
    let kinds: [Kind; 7] = [
        ("context.authorizer.", "-_.", |name| {
            MappingSource::Context(parts(&format!("authorizer.{name}")))
        }),
        ("context.", "_.", |name| MappingSource::Context(parts(name))),
        ("stageVariables.", "_", |name| {
            MappingSource::StageVariable(name.to_owned())
        }),
        ("method.request.path.", "-_", |name| {
            MappingSource::Path(name.to_owned())
        }),
        ("method.request.querystring.", "-_.", |name| {
            MappingSource::QueryString(name.to_owned())
        }),
        ("method.request.header.", "-_", |name| {
            MappingSource::Header(name.to_owned())
        }),
        ("method.request.multivalueheader.", "-_", |name| {
            MappingSource::MultiValueHeader(name.to_owned())
        }),
    ];
    kinds.iter().find_map(|(prefix, signs, source)| {
        let behind = text.strip_prefix(prefix)?;
        let is_part = |c: char| c.is_ascii_alphanumeric() || signs.contains(c);
        let end = behind.find(|c| !is_part(c)).unwrap_or(behind.len());
        // A sign at the end belongs to the text: `$context.requestId.`
        let name = behind[..end].trim_end_matches(['.', '-']);
        (!name.is_empty()).then(|| (source(name), prefix.len() + name.len()))
    })
}

fn parts(name: &str) -> Vec<String> {
    name.split('.').map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let parts = template(text).0.into_iter().map(|part| match part {
            TemplatePart::Text(text) => text,
            TemplatePart::Variable(source) => format!("<{source:?}>"),
        });
        parts.collect()
    }

    #[test]
    fn only_variables_are_substituted() {
        assert_eq!(
            shown(r#"{"m":$context.error.messageString,"s":"${stageVariables.v}."}"#),
            [
                r#"{"m":"#,
                r#"<Context(["error", "messageString"])>"#,
                r#","s":""#,
                r#"<StageVariable("v")>"#,
                r#"."}"#,
            ]
        );
        assert_eq!(
            shown("$context.requestId-$method.request.header.X-Y."),
            [
                r#"<Context(["requestId"])>"#,
                "-",
                r#"<Header("X-Y")>"#,
                "."
            ]
        );
        for text in [
            "#if(true)$util.urlEncode('a')#end",
            "$input.body $context ${context.a $",
        ] {
            assert_eq!(shown(text), [text]);
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let text = "BAD: {}\nTHROTTLED: {statusCode: 42, responseParameters: {header.X: \"'a'\", gatewayresponse.header.Y: a}, other: 1}";
        let mut problems = Vec::new();
        read(Some(&Node::parse("f", text).unwrap()), &mut problems);
        let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(shown[0].starts_with("f:1:6: gateway response BAD: unknown response type: expected one of ACCESS_DENIED, "), "{}", shown[0]);
        assert_eq!(
            shown[1..],
            [
                "f:2:25: 42 is out of range: expected 200 to 599",
                "f:2:50: gateway response THROTTLED: invalid mapping target header.X: expected gatewayresponse.header.NAME",
                "f:2:93: gateway response THROTTLED: Invalid mapping expression specified: a (static values need single quotes)",
                "f:2:97: gateway response THROTTLED: other is unknown",
            ]
        );
    }
}
