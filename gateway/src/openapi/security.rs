//! `security` of operations and of the document, to who may call a method:
//! `docs/aws/api-gateway.md#access`.

use std::sync::Arc;

use indexmap::IndexMap;
use kit::document::{Entry, Node, OrCollect as _, Problem};

use super::authorizer;
use crate::api::{Access, ApiProtocol, Authorizer};

/// What `security` asks of the callers of a method.
#[derive(Debug, Clone, Default)]
pub(crate) struct Demands {
    /// Who may call it.
    pub access: Access,
    /// Whether a caller needs an API key.
    pub needs_key: bool,
}

/// Reads who may call the methods of a document.
pub(crate) struct SecurityReader<'d> {
    protocol: ApiProtocol,
    /// `security` of the document: for operations without their own.
    common: Option<&'d Node>,
    /// `securitySchemes`, and `securityDefinitions`: what SAM adds to a document may be in the other.
    schemes: [Option<&'d Node>; 2],
    /// The schemes that were read, by name.
    read: IndexMap<String, Scheme>,
}

/// What one security scheme asks for.
#[derive(Debug, Clone)]
enum Scheme {
    /// An API key in `x-api-key`.
    Key,
    /// A signature of AWS.
    Iam,
    Authorizer(Arc<Authorizer>),
    /// What is not supported, and reported.
    Closed,
}

impl<'d> SecurityReader<'d> {
    /// A reader for a document with this `security`.
    pub(crate) fn new(
        root: &'d Node,
        common: Option<&'d Node>,
        protocol: ApiProtocol,
    ) -> SecurityReader<'d> {
        let components = root.get("components");
        SecurityReader {
            protocol,
            common,
            schemes: [
                components.and_then(|components| components.get("securitySchemes")),
                root.get("securityDefinitions"),
            ],
            read: IndexMap::new(),
        }
    }

    /// What an operation with this `security` and this `x-amazon-apigateway-auth` asks for. All that
    /// is named must be there, also where OpenAPI would take one for the other: a method of API
    /// Gateway has one authorizer, and an API key beside it.
    pub(crate) fn demands(
        &mut self,
        label: &str,
        own: Option<&Node>,
        auth: Option<&Node>,
        problems: &mut Vec<Problem>,
    ) -> Demands {
        let mut demands = Demands::default();
        let signed = auth.and_then(|auth| auth.get("type"));
        match signed.map(|kind| is_iam(label, kind, problems)) {
            Some(Some(true)) => demands.access = Access::Iam,
            Some(None) => demands.access = Access::Closed,
            Some(Some(false)) | None => {}
        }
        // The document's is for operations that say nothing themselves.
        let common = || {
            self.common
                .filter(|_| matches!(demands.access, Access::Open))
        };
        let Some(security) = own.or_else(common) else {
            return demands;
        };
        let Some(alternatives) = security.list().or_collect(problems) else {
            demands.access = Access::Closed;
            return demands;
        };
        for alternative in alternatives {
            let Some(named) = alternative.entries().or_collect(problems) else {
                demands.access = Access::Closed;
                continue;
            };
            for entry in named {
                let scheme = self.scheme(label, entry, problems);
                add(label, &mut demands, scheme, entry, problems);
            }
        }
        demands
    }

    fn scheme(&mut self, label: &str, entry: &Entry, problems: &mut Vec<Problem>) -> Scheme {
        let name = &entry.key;
        if let Some(known) = self.read.get(name) {
            return known.clone();
        }
        let mut schemes = self.schemes.iter().flatten();
        let Some(node) = schemes.find_map(|schemes| schemes.get(name)) else {
            let message = format!("{label}: the document declares no security scheme {name}");
            problems.push(entry.place.problem(message).tolerable());
            return Scheme::Closed;
        };
        let scheme = read_scheme(name, node, self.protocol, problems);
        self.read.insert(name.clone(), scheme.clone());
        scheme
    }
}

/// Whether `x-amazon-apigateway-auth` asks for a signature; `None` for what is not supported.
fn is_iam(label: &str, kind: &Node, problems: &mut Vec<Problem>) -> Option<bool> {
    match kind
        .text()
        .or_collect(problems)?
        .to_ascii_uppercase()
        .as_str()
    {
        "NONE" => Some(false),
        "AWS_IAM" => Some(true),
        other => {
            let message = format!(
                "{label}: authorization type {other} is not supported: expected NONE or AWS_IAM"
            );
            problems.push(kind.problem(message).tolerable());
            None
        }
    }
}

/// Adds what one scheme asks for to what others ask for.
fn add(
    label: &str,
    demands: &mut Demands,
    scheme: Scheme,
    entry: &Entry,
    problems: &mut Vec<Problem>,
) {
    let mut conflict = |demands: &mut Demands| {
        let message = format!(
            "{label}: security names more than one of authorizers and AWS_IAM, and a method has one"
        );
        problems.push(entry.place.problem(message).tolerable());
        demands.access = Access::Closed;
    };
    match (scheme, &mut demands.access) {
        (Scheme::Key, _) => demands.needs_key = true,
        (_, Access::Closed) => {}
        (Scheme::Closed, _) => demands.access = Access::Closed,
        (Scheme::Iam, Access::Open | Access::Iam) => demands.access = Access::Iam,
        (Scheme::Authorizer(authorizer), Access::Open) => {
            let scopes = scopes(entry, problems);
            demands.access = match scopes {
                Some(scopes) => Access::Authorizer { authorizer, scopes },
                None => Access::Closed,
            };
        }
        (Scheme::Authorizer(new), Access::Authorizer { authorizer, scopes }) => {
            if !Arc::ptr_eq(&new, authorizer) {
                return conflict(demands);
            }
            match self::scopes(entry, problems) {
                Some(more) => scopes.extend(more),
                None => demands.access = Access::Closed,
            }
        }
        (Scheme::Iam, Access::Authorizer { .. }) | (Scheme::Authorizer(_), Access::Iam) => {
            conflict(demands);
        }
    }
}

fn scopes(entry: &Entry, problems: &mut Vec<Problem>) -> Option<Vec<String>> {
    let scopes = entry.node.list().or_collect(problems)?;
    scopes
        .iter()
        .map(|scope| scope.text().or_collect(problems).map(ToOwned::to_owned))
        .collect()
}

/// What a scheme asks for, by its extensions first: its `type` is `apiKey` for all of them.
fn read_scheme(
    name: &str,
    node: &Node,
    protocol: ApiProtocol,
    problems: &mut Vec<Problem>,
) -> Scheme {
    let text = |key: &str| node.get(key).and_then(|node| node.text().ok());
    let header = text("name").filter(|_| text("in") == Some("header"));
    if let Some(extension) = node.get("x-amazon-apigateway-authorizer") {
        let declared = authorizer::Declared {
            name,
            label: format!("security scheme {name}"),
            header,
            protocol,
        };
        return match authorizer::read(&declared, extension, problems) {
            Some(authorizer) => Scheme::Authorizer(Arc::new(authorizer)),
            None => Scheme::Closed,
        };
    }
    let kind = text("x-amazon-apigateway-authtype");
    if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("awsSigv4")) {
        return Scheme::Iam;
    }
    let is_key = text("type") == Some("apiKey")
        && header.is_some_and(|name| name.eq_ignore_ascii_case("x-api-key"));
    if is_key && kind.is_none() {
        return Scheme::Key;
    }
    let message = format!(
        "security scheme {name} is not supported: expected an API key in the header x-api-key, awsSigv4, or x-amazon-apigateway-authorizer"
    );
    problems.push(node.problem(message).tolerable());
    Scheme::Closed
}
