//! SAM: `AWS::Serverless::Api`, which is an API and its stage in one, and routes that functions
//! declare as their events. Facts: the SAM developer guide, "AWS::Serverless::Api" and
//! "EventSource".

use std::borrow::Cow;

use kit::cloudformation::{Account, Resource as Declared, Stack};
use kit::document::{Fields, Node, OrCollect as _, Problem, Value};

use super::content::Content;
use super::domain_name::mutual_tls;
use super::endpoint::{endpoint_type, is_default_endpoint_disabled, refuse_private};
use super::rest_api::policy;
use super::sam_auth::Auth;
use super::{cors, gateway_response, sam_auth, sam_events, stage};
use crate::api::{Api, BasePathMapping, MutualTls, Policy};
use crate::openapi::{api_key_source, read_encoding, read_policy};

/// A custom domain: its name, its base paths, and the mutual TLS that it asks for.
type Domain = (String, Vec<BasePathMapping>, Option<MutualTls>);

/// An API, and its custom domain.
pub(super) type ServedApi = (Api, Option<Domain>);

/// Reads one API. An API without methods is `None` and a problem.
pub(super) fn read(
    stack: &Stack,
    declared: &Declared,
    account: Option<&Account>,
    problems: &mut Vec<Problem>,
) -> Option<ServedApi> {
    let mut content = Content::declared(stack, declared, problems);
    let mut fields = declared.fields().or_collect(problems)?;
    let name = fields.optional("Name");
    let name = name.map_or(Ok(declared.logical_id.as_str()), Node::text);
    let name = name.or_collect(problems);
    let stage_name = fields
        .required("StageName")
        .and_then(Node::text)
        .or_collect(problems);
    let body = body(stack, declared, &mut fields, problems);
    if body.is_none() && sam_events::is_implicit(declared) {
        return None;
    }
    let responses = fields.optional("GatewayResponses");
    let is_disabled = is_default_endpoint_disabled(&mut fields, problems);
    let own_type = endpoint_type(fields.optional("EndpointConfiguration"));
    let mut guards = guards(declared, &mut fields, problems);
    let encoding = read_encoding(
        fields.optional("BinaryMediaTypes"),
        fields.optional("MinimumCompressionSize"),
        problems,
    );
    let domain = fields
        .optional("Domain")
        .and_then(|node| domain(declared, node, stage_name.unwrap_or_default(), problems));
    let own_source = api_key_source(fields.optional("ApiKeySourceType"), problems);
    let settings = stage::settings(&declared.label(), fields, problems);
    let guarded = body.as_deref().zip(guards.auth.as_ref());
    let guarded = guarded.map(|(body, auth)| auth.apply(body));
    let mut document = content.import(guarded.as_ref().or(body.as_deref()), account, problems)?;
    guards.is_closed |= document.is_closed;
    gateway_response::of_sam(responses, &mut document.gateway_responses, problems);
    gateway_response::read(stack, declared, &mut document.gateway_responses, problems);
    let sources = ", neither in DefinitionBody nor as events of functions: add paths, or an event of type Api (Path, \
                   Method) to a function";
    let resources = content.finish(&mut document, declared, sources, problems)?;
    let mut stages = stage::read(stack, declared, problems);
    stages.insert(0, settings.stage(stage_name?, "local"));
    let api = Api {
        id: declared.physical_id.clone(),
        name: name?.to_owned(),
        stages,
        endpoint: document.endpoint.or_disabled(is_disabled),
        endpoint_type: own_type.unwrap_or(document.endpoint_type),
        resources,
        encoding: document.encoding.with(&encoding),
        is_closed: guards.is_closed,
        policy: Policy::both(guards.policy, document.policy),
        gateway_responses: document.gateway_responses,
        api_key_source: own_source.unwrap_or(document.api_key_source),
        ..Api::default()
    };
    Some((api, domain))
}

/// What guards the methods of an API.
struct Guards {
    auth: Option<Auth>,
    policy: Option<Policy>,
    is_closed: bool,
}

fn guards(declared: &Declared, fields: &mut Fields<'_>, problems: &mut Vec<Problem>) -> Guards {
    let label = declared.label();
    let mut is_closed = false;
    let policy = policy(fields, &mut is_closed, problems);
    let auth = fields.optional("Auth");
    let auth = auth.map(|node| sam_auth::read(&label, node, problems));
    is_closed |= matches!(auth, Some(None));
    // Events may ask for a key or a signature, whatever the API says.
    let auth = auth.unwrap_or_else(|| Some(Auth::silent(&declared.properties)));
    let of_auth = auth.as_ref().and_then(|auth| auth.policy.as_ref());
    let (of_auth, is_unreadable) = read_policy(of_auth, problems);
    Guards {
        auth,
        policy: Policy::both(policy, of_auth),
        is_closed: is_closed || is_unreadable,
    }
}

/// The definition body, with the preflight methods that `Cors` adds to it. Without one, SAM writes
/// it from the events of functions. In one that the template writes itself they have no part: what
/// SAM makes of them then only lets the API call the functions.
fn body<'a>(
    stack: &Stack,
    declared: &Declared,
    fields: &mut Fields<'a>,
    problems: &mut Vec<Problem>,
) -> Option<Cow<'a, Node>> {
    let body = match fields.optional("DefinitionBody") {
        Some(body) => Some(Cow::Borrowed(body)),
        None if fields.has("DefinitionUri") => None,
        None => sam_events::document(stack, declared, problems).map(Cow::Owned),
    };
    match (body, fields.optional("Cors")) {
        (Some(body), Some(cors)) => Some(Cow::Owned(cors::with_preflights(&body, cors, problems))),
        (body, _) => body,
    }
}

/// `Domain`: a custom domain, and the base paths at which it leads to the API's stage.
fn domain(api: &Declared, node: &Node, stage: &str, problems: &mut Vec<Problem>) -> Option<Domain> {
    let mut fields = node
        .fields(format!("{}: Domain", api.label()))
        .or_collect(problems)?;
    let name = fields
        .required("DomainName")
        .and_then(Node::text)
        .or_collect(problems);
    let base_paths: Vec<&str> = match fields.optional("BasePath") {
        None => vec![""],
        Some(Node {
            value: Value::List(paths),
            ..
        }) => paths
            .iter()
            .filter_map(|path| path.text().or_collect(problems))
            .collect(),
        Some(path) => path.text().or_collect(problems).into_iter().collect(),
    };
    let mut is_guarded = refuse_private(
        &api.label(),
        fields.optional("EndpointConfiguration"),
        problems,
    );
    is_guarded |= fields.has("Policy");
    let mutual = fields.optional("MutualTlsAuthentication");
    let mutual = mutual.map(|node| mutual_tls(&format!("{}: Domain", api.label()), node, problems));
    is_guarded |= mutual == Some(None);
    fields.ignore(&[
        "CertificateArn",
        "OwnershipVerificationCertificateArn",
        "Route53",
        "SecurityPolicy",
        "NormalizeBasePath",
    ]);
    fields.unsupported(&["Policy"]);
    problems.extend(fields.finish());
    let name = name?.to_lowercase();
    if is_guarded {
        // Without base paths the host answers 403.
        return Some((name, Vec::new(), None));
    }
    let mapping = |path: &str| {
        let base_path = if path == "(none)" {
            String::new()
        } else {
            path.trim_matches('/').to_owned()
        };
        BasePathMapping {
            base_path,
            api_id: api.physical_id.clone(),
            stage: Some(stage.to_owned()),
        }
    };
    let mappings = base_paths.into_iter().map(mapping).collect();
    Some((name, mappings, mutual.flatten()))
}
