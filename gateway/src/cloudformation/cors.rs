//! SAM's `Cors`: an OPTIONS method for every path of the definition body that has none. Facts: the
//! SAM developer guide, "CorsConfiguration", and the document that SAM's transform writes.

use kit::document::{Entry, Fields, Node, OrCollect as _, Problem, Value};

/// What `Cors` allows, each an expression with its own quotes: `'*'`.
struct Cors<'n> {
    origin: &'n str,
    headers: Option<&'n str>,
    methods: Option<&'n str>,
    max_age: Option<&'n str>,
    credentials: bool,
}

/// The body with its preflight methods.
pub(super) fn with_preflights(body: &Node, cors: &Node, problems: &mut Vec<Problem>) -> Node {
    let Some(settings) = read(cors, problems) else {
        return body.clone();
    };
    let Value::Map(entries) = &body.value else {
        return body.clone();
    };
    let entries = entries.iter().map(|entry| match &entry.node.value {
        Value::Map(paths) if entry.key == "paths" => {
            let paths = paths.iter().map(|path| Entry {
                node: with_preflight(&path.node, cors, &settings),
                ..path.clone()
            });
            Entry {
                node: entry.node.with(Value::Map(paths.collect())),
                ..entry.clone()
            }
        }
        _ => entry.clone(),
    });
    body.with(Value::Map(entries.collect()))
}

fn read<'n>(node: &'n Node, problems: &mut Vec<Problem>) -> Option<Cors<'n>> {
    if !matches!(node.value, Value::Map(_)) {
        let origin = node.text().or_collect(problems)?;
        return Some(Cors {
            origin,
            headers: None,
            methods: None,
            max_age: None,
            credentials: false,
        });
    }
    let mut fields = node.fields("Cors").or_collect(problems)?;
    let mut text = |fields: &mut Fields<'n>, name| {
        let found = fields.optional(name).map(Node::text).transpose();
        found.or_collect(problems).flatten()
    };
    let origin = text(&mut fields, "AllowOrigin");
    let headers = text(&mut fields, "AllowHeaders");
    let methods = text(&mut fields, "AllowMethods");
    let max_age = text(&mut fields, "MaxAge");
    let credentials = fields.optional("AllowCredentials").map(Node::boolean);
    let credentials = credentials.transpose().or_collect(problems).flatten();
    problems.extend(fields.finish());
    if origin.is_none() {
        problems.push(node.problem("Cors: AllowOrigin is missing"));
    }
    Some(Cors {
        origin: origin?,
        headers,
        methods,
        max_age,
        credentials: credentials.unwrap_or(false),
    })
}

fn with_preflight(path: &Node, at: &Node, cors: &Cors<'_>) -> Node {
    let Value::Map(operations) = &path.value else {
        return path.clone();
    };
    if operations.iter().any(|entry| entry.key == "options") {
        return path.clone();
    }
    let mut operations = operations.clone();
    let methods = cors
        .methods
        .map_or_else(|| allowed(&operations), ToOwned::to_owned);
    operations.push(entry(at, "options", preflight(at, cors, methods)));
    path.with(Value::Map(operations))
}

/// The methods of a path, quoted.
fn allowed(operations: &[Entry]) -> String {
    const VERBS: [&str; 7] = ["delete", "get", "head", "options", "patch", "post", "put"];
    let has = |verb: &str| operations.iter().any(|entry| entry.key == verb);
    let any = has("x-amazon-apigateway-any-method");
    let verbs = VERBS
        .iter()
        .filter(|verb| any || **verb == "options" || has(verb));
    let names: Vec<String> = verbs.map(|verb| verb.to_uppercase()).collect();
    format!("'{}'", names.join(","))
}

/// The OPTIONS method.
fn preflight(at: &Node, cors: &Cors<'_>, methods: String) -> Node {
    let text = |text: &str| at.with(Value::String(text.to_owned()));
    let map = |entries: Vec<Entry>| at.with(Value::Map(entries));
    let headers = [
        ("Access-Control-Allow-Origin", Some(cors.origin.to_owned())),
        (
            "Access-Control-Allow-Headers",
            cors.headers.map(ToOwned::to_owned),
        ),
        ("Access-Control-Allow-Methods", Some(methods)),
        (
            "Access-Control-Max-Age",
            cors.max_age.map(ToOwned::to_owned),
        ),
        (
            "Access-Control-Allow-Credentials",
            cors.credentials.then(|| "'true'".to_owned()),
        ),
    ];
    let set: Vec<(&str, String)> = headers
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    let mapped = set.iter().map(|(name, value)| {
        let key = format!("method.response.header.{name}");
        entry(at, &key, text(value))
    });
    let declared = set.iter().map(|(name, _)| entry(at, name, map(Vec::new())));
    let response = map(vec![
        entry(at, "statusCode", text("200")),
        entry(at, "responseParameters", map(mapped.collect())),
        entry(
            at,
            "responseTemplates",
            map(vec![entry(at, "application/json", text("{}\n"))]),
        ),
    ]);
    let request = entry(
        at,
        "application/json",
        text("{\n  \"statusCode\" : 200\n}\n"),
    );
    let integration = map(vec![
        entry(at, "type", text("mock")),
        entry(at, "requestTemplates", map(vec![request])),
        entry(at, "responses", map(vec![entry(at, "default", response)])),
    ]);
    let declared = map(vec![entry(at, "headers", map(declared.collect()))]);
    map(vec![
        entry(at, "x-amazon-apigateway-integration", integration),
        entry(at, "responses", map(vec![entry(at, "200", declared)])),
    ])
}

fn entry(at: &Node, key: &str, node: Node) -> Entry {
    Entry {
        key: key.to_owned(),
        place: at.place.clone(),
        node,
    }
}
