//! `Auth` of SAM's `AWS::Serverless::Api`, as the SAM transform writes it into the API's document:
//! security schemes, and the `security` of operations. Source: the SAM developer guide, "ApiAuth".

use kit::document::{Entry, Fields, Node, OrCollect as _, Problem, Value};

use super::nodes::{entry_at, text_at};
use super::sam_authorizer::scheme;
use super::sam_policy::{self, WHOLE_API};

/// The scheme by which an API key is asked for.
pub(super) const API_KEY: &str = "api_key";
/// The scheme by which a signature is asked for.
pub(super) const IAM: &str = "AWS_IAM";

/// What `Auth` says of an API.
#[derive(Debug)]
pub(super) struct Auth {
    /// Security schemes by name, in OpenAPI's form.
    schemes: Vec<Entry>,
    /// The authorizer of operations that name none.
    default: Option<String>,
    /// The scopes of the default authorizer, and of others, by name.
    scopes: Vec<(String, Node)>,
    needs_key: bool,
    /// Whether preflights get the default authorizer, and need a key.
    guards_preflights: [bool; 2],
    /// `ResourcePolicy`, as a policy document.
    pub policy: Option<Node>,
}

/// Reads `Auth`. `None` when it cannot be done as declared: the problems say why.
pub(super) fn read(label: &str, node: &Node, problems: &mut Vec<Problem>) -> Option<Auth> {
    let before = problems.len();
    let mut fields = node.fields(format!("{label}: Auth")).or_collect(problems)?;
    let default = fields
        .optional("DefaultAuthorizer")
        .map(Node::text)
        .transpose()
        .or_collect(problems)?
        .filter(|name| *name != "NONE");
    let authorizers = fields
        .optional("Authorizers")
        .map(Node::entries)
        .transpose()
        .or_collect(problems)?;
    let mut schemes = vec![signature(node), key(node)];
    let mut scopes = Vec::new();
    for entry in authorizers.unwrap_or_default() {
        let named = format!("{label}: authorizer {}", entry.key);
        schemes.extend(scheme(&named, entry, problems));
        let own = entry.node.get("AuthorizationScopes");
        scopes.extend(own.map(|node| (entry.key.clone(), node.clone())));
    }
    if let Some(name) = default
        && !schemes.iter().any(|scheme| scheme.key == name)
    {
        let message = format!("{label}: DefaultAuthorizer {name} is not in Authorizers");
        problems.push(node.problem(message).tolerable());
    }
    let mut flag = |name: &str, otherwise: bool| {
        let flag = fields.optional(name).map_or(Ok(otherwise), Node::boolean);
        flag.or_collect(problems).unwrap_or(true)
    };
    let guards_preflights = [
        flag("AddDefaultAuthorizerToCorsPreflight", true),
        flag("AddApiKeyRequiredToCorsPreflight", true),
    ];
    let needs_key = flag("ApiKeyRequired", false);
    let policy = resource_policy(label, &mut fields, problems);
    // Those are read where events are, and where keys are.
    fields.ignore(&["InvokeRole", "UsagePlan"]);
    problems.extend(fields.finish());
    (problems.len() == before).then(|| Auth {
        schemes,
        default: default.map(ToOwned::to_owned),
        scopes,
        needs_key,
        guards_preflights,
        policy,
    })
}

fn resource_policy(
    label: &str,
    fields: &mut Fields<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Node> {
    let node = fields.optional("ResourcePolicy")?;
    let label = format!("{label}: ResourcePolicy");
    sam_policy::document(&label, node, &[WHOLE_API.to_owned()], problems)
}

impl Auth {
    /// Of an API without `Auth`.
    pub(super) fn silent(at: &Node) -> Auth {
        Auth {
            schemes: vec![signature(at), key(at)],
            default: None,
            scopes: Vec::new(),
            needs_key: false,
            guards_preflights: [true, true],
            policy: None,
        }
    }

    /// The document with the security schemes, and with `security` where operations need it.
    pub(super) fn apply(&self, document: &Node) -> Node {
        let Ok(entries) = document.entries() else {
            return document.clone();
        };
        let mut all: Vec<Entry> = entries
            .iter()
            .filter(|entry| entry.key != "components")
            .map(|entry| match entry.key.as_str() {
                "paths" => with_node(entry, self.paths(&entry.node)),
                _ => entry.clone(),
            })
            .collect();
        let components = document.get("components");
        all.push(entry_at(
            document,
            "components",
            self.components(document, components),
        ));
        document.with(Value::Map(all))
    }

    fn components(&self, at: &Node, components: Option<&Node>) -> Node {
        let own = |node: Option<&Node>| {
            let entries = node.and_then(|node| node.entries().ok());
            entries.unwrap_or_default().to_vec()
        };
        let mut schemes = own(components.and_then(|node| node.get("securitySchemes")));
        for scheme in &self.schemes {
            if !schemes.iter().any(|known| known.key == scheme.key) {
                schemes.push(scheme.clone());
            }
        }
        let mut all = own(components);
        all.retain(|entry| entry.key != "securitySchemes");
        all.push(entry_at(
            at,
            "securitySchemes",
            at.with(Value::Map(schemes)),
        ));
        at.with(Value::Map(all))
    }

    fn paths(&self, paths: &Node) -> Node {
        map_entries(paths, |path| {
            let operations = map_entries(&path.node, |operation| {
                if operation.key.starts_with("x-") && operation.key != ANY
                    || !OPERATIONS.contains(&operation.key.as_str())
                {
                    return operation.clone();
                }
                with_node(operation, self.operation(&operation.key, &operation.node))
            });
            with_node(path, operations)
        })
    }

    /// An operation with the security that it has by itself, or by `Auth`.
    fn operation(&self, verb: &str, operation: &Node) -> Node {
        let Ok(entries) = operation.entries() else {
            return operation.clone();
        };
        let own = operation.get("security");
        let Some(mut security) = own.map_or(Some(Vec::new()), |node| {
            node.list().ok().map(<[Node]>::to_vec)
        }) else {
            return operation.clone();
        };
        let names = |security: &[Node]| -> Vec<String> {
            let entries = security.iter().filter_map(|node| node.entries().ok());
            entries.flatten().map(|entry| entry.key.clone()).collect()
        };
        let named = names(&security);
        // An empty list takes the default off.
        let says_nobody = own.is_some() && named.is_empty();
        let has_authorizer = says_nobody || named.iter().any(|name| name != API_KEY);
        let is_signed = operation.get("x-amazon-apigateway-auth").is_some();
        security.retain(|node| node.get("NONE").is_none());
        let is_preflight = verb == "options";
        let [preflight_authorizer, preflight_key] = self.guards_preflights;
        if let Some(default) = &self.default
            && !has_authorizer
            && !is_signed
            && (!is_preflight || preflight_authorizer)
        {
            security.push(self.requirement(operation, default));
        }
        if self.needs_key
            && !named.iter().any(|name| name == API_KEY)
            && (!is_preflight || preflight_key)
        {
            security.push(self.requirement(operation, API_KEY));
        }
        if own.is_none() && security.is_empty() {
            return operation.clone();
        }
        let mut entries: Vec<Entry> = entries.to_vec();
        entries.retain(|entry| entry.key != "security");
        let security = operation.with(Value::List(security));
        entries.push(entry_at(operation, "security", security));
        operation.with(Value::Map(entries))
    }

    fn requirement(&self, at: &Node, name: &str) -> Node {
        let scopes = self.scopes.iter().find(|(known, _)| known == name);
        let scopes = scopes.map_or_else(
            || at.with(Value::List(Vec::new())),
            |(_, node)| node.clone(),
        );
        at.with(Value::Map(vec![entry_at(at, name, scopes)]))
    }
}

const ANY: &str = "x-amazon-apigateway-any-method";

/// The operations that a path can have.
const OPERATIONS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", ANY,
];

fn map_entries(node: &Node, change: impl Fn(&Entry) -> Entry) -> Node {
    match node.entries() {
        Ok(entries) => node.with(Value::Map(entries.iter().map(change).collect())),
        Err(_) => node.clone(),
    }
}

fn with_node(entry: &Entry, node: Node) -> Entry {
    Entry {
        node,
        ..entry.clone()
    }
}

fn signature(at: &Node) -> Entry {
    let fields = vec![
        text_at(at, "type", "apiKey"),
        text_at(at, "name", "Authorization"),
        text_at(at, "in", "header"),
        text_at(at, "x-amazon-apigateway-authtype", "awsSigv4"),
    ];
    entry_at(at, IAM, at.with(Value::Map(fields)))
}

fn key(at: &Node) -> Entry {
    let fields = vec![
        text_at(at, "type", "apiKey"),
        text_at(at, "name", "x-api-key"),
        text_at(at, "in", "header"),
    ];
    entry_at(at, API_KEY, at.with(Value::Map(fields)))
}
