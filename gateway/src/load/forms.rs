//! Form integrations of SQS by which a client can choose the action: a passthrough takes its form
//! as it is, or a template puts its text into one without encoding it. Found by rendering the
//! templates over requests that try it. See `docs/aws/api-gateway.md#request-forms`.

use indexmap::IndexMap;

use crate::api::{
    Apis, Backend, Integration, MappingSource, Operation, ParameterLocation, Passthrough,
};
use crate::mapping::{Context, HeaderCase, Input, Parameters, render};
use crate::vtl::Template;

const FORM: &str = "application/x-www-form-urlencoded";

/// What a client wants to be in the form.
const WANTED: &str = "Action=DeleteQueue";

/// Texts that try to get it there: as a whole body, as a value of `Action`, behind another value.
const ATTEMPTS: [&str; 3] = [WANTED, "DeleteQueue", "&Action=DeleteQueue&"];

/// A request by which a client chooses the action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenAction {
    /// The request, in words.
    pub request: String,
    /// What lets the client choose.
    pub way: ChosenBy,
}

/// What lets a client choose the action of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChosenBy {
    /// A header or a query parameter of the client is mapped to the action.
    Mapping,
    /// Bodies of some content types are passed on as they are.
    Passthrough,
    /// A template puts text of the client into the form as it is.
    Template,
}

/// Warns of each integration of SQS by which a client can choose the action, with a request that
/// does.
pub(crate) fn warn_of_chosen_actions(apis: &Apis) {
    for api in &apis.apis {
        let none = IndexMap::new();
        let variables = api.stages.first().map_or(&none, |stage| &stage.variables);
        for resource in &api.resources {
            for (verb, method) in &resource.methods {
                if let Some(chosen) = chosen_action(&method.integration, variables) {
                    tracing::warn!(
                        "{verb} {} of {}: clients can choose the action of SQS: {} deletes the queue. \
                         Encode what clients send with $util.urlEncode, and set \
                         passthroughBehavior to NEVER",
                        resource.path,
                        api.name,
                        chosen.request
                    );
                }
            }
        }
    }
}

/// A request by which a client chooses the action of an integration, in words; `None` when there is
/// none.
pub fn chosen_action(
    integration: &Integration,
    variables: &IndexMap<String, String>,
) -> Option<ChosenAction> {
    if !is_free(integration) {
        return None;
    }
    let by = |way| move |request| ChosenAction { request, way };
    for (location, name) in [
        (ParameterLocation::Header, "X-Amz-Target"),
        (ParameterLocation::QueryString, "Action"),
    ] {
        let mapped = by(ChosenBy::Mapping);
        match source(integration, location, name) {
            Some(MappingSource::Header(from)) => {
                return Some(mapped(format!(
                    "a request with the header {from}: DeleteQueue"
                )));
            }
            Some(MappingSource::QueryString(from)) => {
                return Some(mapped(format!("a request with ?{from}=DeleteQueue")));
            }
            Some(_) => return None,
            None => {}
        }
    }
    let passed = by_passthrough(integration).map(by(ChosenBy::Passthrough));
    passed.or_else(|| by_template(integration, variables).map(by(ChosenBy::Template)))
}

/// Whether bodies of this media type become a form for SQS, whose parameters nothing else fixes.
pub fn is_form_for_sqs(integration: &Integration, media_type: &str) -> bool {
    let is_json = source(integration, ParameterLocation::Header, "X-Amz-Target").is_some();
    let is_sqs = matches!(&integration.backend, Backend::Aws(uri) if uri.service == "sqs");
    is_sqs && !is_json && is_form(integration, media_type)
}

/// Whether the action of a call to SQS is in its form.
fn is_free(integration: &Integration) -> bool {
    let Backend::Aws(uri) = &integration.backend else {
        return false;
    };
    uri.service == "sqs" && !matches!(uri.operation, Operation::Action { .. })
}

/// The source that is mapped to a parameter of the call.
fn source<'i>(
    integration: &'i Integration,
    location: ParameterLocation,
    name: &str,
) -> Option<&'i MappingSource> {
    let mapped = integration.request_parameters.iter().rev();
    let mut mapped = mapped.filter(|parameter| parameter.location == location);
    mapped
        .find(|parameter| parameter.name.eq_ignore_ascii_case(name))
        .map(|parameter| &parameter.source)
}

/// Whether the call is a form when the client sends this content type.
fn is_form(integration: &Integration, media_type: &str) -> bool {
    match source(integration, ParameterLocation::Header, "Content-Type") {
        Some(MappingSource::Static(kind)) => kind.starts_with(FORM),
        Some(_) => true,
        None => media_type == FORM,
    }
}

/// A content type whose bodies are passed on, as a form.
fn by_passthrough(integration: &Integration) -> Option<String> {
    let templates = &integration.request_templates.0;
    let passes = |media_type: &str| {
        let template = templates
            .get(media_type)
            .or_else(|| templates.get("$default"));
        match (template, integration.passthrough) {
            (Some(template), _) => template.is_none(),
            (None, Passthrough::WhenNoMatch) => true,
            (None, Passthrough::WhenNoTemplates) => templates.is_empty(),
            (None, Passthrough::Never) => false,
        }
    };
    let known = templates.keys().map(String::as_str);
    let kind = ["text/plain", FORM, "application/xml"]
        .into_iter()
        .chain(known)
        .find(|kind| passes(kind) && is_form(integration, kind))?;
    Some(format!(
        "a request with Content-Type: {kind} and the body {WANTED}"
    ))
}

/// A request whose text a template puts into the form as it is.
fn by_template(integration: &Integration, variables: &IndexMap<String, String>) -> Option<String> {
    let templates = integration.request_templates.0.iter();
    let templates = templates.filter_map(|(kind, template)| Some((kind, template.as_ref()?)));
    for (kind, template) in templates.filter(|(kind, _)| is_form(integration, kind)) {
        for attempt in ATTEMPTS {
            let names = names_in(template.source(), &["params(", "querystring(", "header("]);
            let parameters = parameters(&names, attempt);
            let json = json(&names_in(template.source(), &["path(", "json("]), attempt);
            for (body, given, shown) in [
                (
                    attempt,
                    Parameters::default(),
                    format!("the body {attempt}"),
                ),
                (
                    json.as_str(),
                    Parameters::default(),
                    format!("the body {json}"),
                ),
                (
                    "{}",
                    parameters,
                    format!("the value {attempt} for {}", names.join(", ")),
                ),
            ] {
                if is_chosen(template, body, &given, variables) {
                    return Some(format!("a request with Content-Type: {kind} and {shown}"));
                }
            }
        }
    }
    None
}

/// Whether the rendered form has the action that the client wants.
fn is_chosen(
    template: &Template,
    body: &str,
    parameters: &Parameters,
    variables: &IndexMap<String, String>,
) -> bool {
    let input = Input { body, parameters };
    let rendered = render(template, &input, variables, &mut Context::default());
    let form = rendered.unwrap_or_default();
    form_urlencoded::parse(form.as_bytes())
        .any(|(name, value)| name == "Action" && value == "DeleteQueue")
}

/// The names that a template gives to these functions: `id` of `$input.params('id')`.
fn names_in(source: &str, functions: &[&str]) -> Vec<String> {
    let mut names = Vec::new();
    for function in functions {
        for (at, _) in source.match_indices(function) {
            let rest = source[at + function.len()..].trim_start();
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '\'' | '"')) else {
                continue;
            };
            if let Some((name, _)) = rest[1..].split_once(quote)
                && !names.iter().any(|known| known == name)
            {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// Parameters of every kind with these names.
fn parameters(names: &[String], value: &str) -> Parameters {
    let values = || {
        let pairs = names.iter().map(|name| (name.clone(), value.to_owned()));
        pairs.collect::<IndexMap<_, _>>()
    };
    Parameters {
        path: values(),
        querystring: values(),
        header: values(),
        header_case: HeaderCase::Unknown,
    }
}

/// A document that has this text wherever one of the paths leads.
fn json(paths: &[String], value: &str) -> String {
    let mut document = serde_json::json!({});
    for path in paths {
        let parts: Vec<&str> = path
            .trim_start_matches('$')
            .split('.')
            .filter(|part| !part.is_empty())
            .collect();
        let mut at = &mut document;
        for part in &parts {
            if !at.is_object() {
                *at = serde_json::json!({});
            }
            at = &mut at[*part];
        }
        if !parts.is_empty() {
            *at = value.into();
        }
    }
    document.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kit::document::Node;

    fn found(rest: &str) -> Option<String> {
        let text = format!(
            "type: aws\nhttpMethod: POST\nuri: 'arn:aws:apigateway:eu-west-1:sqs:path/1/q'\n{rest}"
        );
        let mut problems = Vec::new();
        let node = Node::parse("t", &text).unwrap();
        let integration = crate::openapi::read_integration("post /", &node, &mut problems);
        assert_eq!(problems, []);
        chosen_action(&integration.unwrap(), &IndexMap::new()).map(|chosen| chosen.request)
    }

    const AS_FORM: &str = "requestParameters: {integration.request.header.Content-Type: \"'application/x-www-form-urlencoded'\"}\n";

    #[test]
    fn a_passthrough_lets_clients_choose() {
        let template = "requestTemplates: {application/json: 'Action=SendMessage&MessageBody=$util.urlEncode($input.body)'}\n";
        assert_eq!(
            found(&format!("{AS_FORM}{template}")).as_deref(),
            Some("a request with Content-Type: text/plain and the body Action=DeleteQueue")
        );
        assert!(
            found(template).unwrap().contains(FORM),
            "also without a mapped content type"
        );
        let never = format!("{AS_FORM}{template}passthroughBehavior: never\n");
        assert_eq!(found(&never), None);
        assert!(found(AS_FORM).is_some());
    }

    #[test]
    fn a_template_without_encoding_lets_clients_choose() {
        let with = |template: &str| {
            let template = format!("requestTemplates: {{application/json: \"{template}\"}}\n");
            found(&format!("{AS_FORM}{template}passthroughBehavior: never\n"))
        };
        for chooses in [
            "$input.body",
            "Action=SendMessage&MessageBody=$input.body",
            "Action=$input.params('action')&MessageBody=x",
            "Action=SendMessage&MessageBody=$input.path('$.detail.text')",
        ] {
            assert!(with(chooses).is_some(), "{chooses}");
        }
        for safe in [
            "Action=SendMessage&MessageBody=$util.urlEncode($input.body)",
            "Action=SendMessage&MessageBody=$util.urlEncode($input.params('a'))",
            "Action=SendMessage&MessageBody=fixed",
        ] {
            assert_eq!(with(safe), None, "{safe}");
        }
    }

    #[test]
    fn an_action_that_is_fixed_elsewhere_is_nobodys_choice() {
        let json = "requestParameters: {integration.request.header.X-Amz-Target: \"'AmazonSQS.SendMessage'\"}\n";
        assert_eq!(found(json), None);
        let query =
            "requestParameters: {integration.request.querystring.Action: \"'SendMessage'\"}\n";
        assert_eq!(found(query), None);
        let header = "requestParameters: {integration.request.header.X-Amz-Target: method.request.header.T}\n";
        assert!(found(header).unwrap().contains("header T"));
    }
}
