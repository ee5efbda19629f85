//! What mappings name without the method declaring it. API Gateway refuses such a mapping when it
//! is saved; here it works, so it is only warned of. See
//! `docs/aws/api-gateway.md#parameter-mappings` and `docs/aws/api-gateway.md#response-headers`.

use kit::document::{Node, Problem};

/// What one method declares.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    /// `header.X`, `querystring.q`, `path.id`.
    pub parameters: Vec<String>,
    /// The headers of its responses, by status.
    pub headers: Vec<(String, String)>,
}

impl Declared {
    /// From the `parameters` of an operation and of its path, and the operation's `responses`.
    /// Header names are compared in any case.
    pub(super) fn read(
        root: &Node,
        parameters: [Option<&Node>; 2],
        responses: Option<&Node>,
    ) -> Declared {
        let lists = parameters
            .into_iter()
            .flatten()
            .filter_map(|node| node.list().ok())
            .flatten();
        let parameters = lists
            .filter_map(|node| parameter(target(root, node)?))
            .collect();
        let mut headers = Vec::new();
        for response in responses
            .and_then(|node| node.entries().ok())
            .unwrap_or_default()
        {
            let declared =
                target(root, &response.node).and_then(|node| node.get("headers")?.entries().ok());
            let names = declared.unwrap_or_default().iter();
            headers.extend(names.map(|header| (response.key.clone(), header.key.to_lowercase())));
        }
        Declared {
            parameters,
            headers,
        }
    }

    /// The mappings of an integration, in OpenAPI's words, that name something else. `path` is the
    /// resource's, whose parameters need no declaration.
    pub(crate) fn missing(&self, label: &str, path: &str, integration: &Node) -> Vec<Problem> {
        let mut missing = Vec::new();
        for entry in entries(integration.get("requestParameters")) {
            let Some(rest) = entry
                .node
                .text()
                .ok()
                .and_then(|text| text.strip_prefix("method.request."))
            else {
                continue;
            };
            let Some((place, name)) = rest.split_once('.').filter(|(place, _)| *place != "body")
            else {
                continue;
            };
            let place = place.trim_start_matches("multivalue");
            let in_path = place == "path"
                && (path.contains(&format!("{{{name}}}"))
                    || path.contains(&format!("{{{name}+}}")));
            let named = format!("{place}.{name}");
            if !in_path
                && !self
                    .parameters
                    .iter()
                    .any(|declared| declared.eq_ignore_ascii_case(&named))
            {
                let what = format!(
                    "{label}: method.request.{named} is not declared as a parameter of the method"
                );
                missing.push(
                    entry
                        .node
                        .problem(format!("{what}, so API Gateway refuses the mapping")),
                );
            }
        }
        for response in entries(integration.get("responses")) {
            let status = response
                .node
                .get("statusCode")
                .and_then(|node| node.text().ok())
                .unwrap_or_default();
            for entry in entries(response.node.get("responseParameters")) {
                let Some(name) = entry.key.strip_prefix("method.response.header.") else {
                    continue;
                };
                if !self
                    .headers
                    .contains(&(status.to_owned(), name.to_lowercase()))
                {
                    let what = format!(
                        "{label}: header {name} is not declared in the method's response {status}"
                    );
                    missing.push(
                        entry
                            .place
                            .problem(format!("{what}, so API Gateway refuses the mapping")),
                    );
                }
            }
        }
        missing
    }

    /// Warns of them.
    pub(crate) fn warn(&self, label: &str, path: &str, integration: &Node) {
        for problem in self.missing(label, path, integration) {
            tracing::warn!("{problem}");
        }
    }
}

fn entries(node: Option<&Node>) -> &[kit::document::Entry] {
    node.and_then(|node| node.entries().ok())
        .unwrap_or_default()
}

/// The node itself, or what its `$ref` leads to inside of the document.
fn target<'n>(root: &'n Node, node: &'n Node) -> Option<&'n Node> {
    let Some(reference) = node.get("$ref") else {
        return Some(node);
    };
    reference
        .text()
        .ok()?
        .strip_prefix("#/")?
        .split('/')
        .try_fold(root, |node, part| node.get(part))
}

fn parameter(node: &Node) -> Option<String> {
    let place = match node.get("in")?.text().ok()? {
        "query" => "querystring",
        place => place,
    };
    Some(format!("{place}.{}", node.get("name")?.text().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_of_what_is_not_declared_are_told() {
        let root = Node::parse(
            "t",
            r##"
components: {parameters: {Trace: {name: X-Trace, in: header}}}
own: [{name: q, in: query}, {$ref: "#/components/parameters/Trace"}]
responses: {"200": {headers: {X-Id: {}}}}
integration:
  requestParameters:
    integration.request.path.a: method.request.path.id
    integration.request.path.b: method.request.path.other
    integration.request.querystring.q: method.request.multivaluequerystring.q
    integration.request.querystring.r: method.request.querystring.r
    integration.request.header.T: method.request.header.X-Trace
    integration.request.header.B: method.request.body.a.b
    integration.request.header.S: "'static'"
  responses:
    default: {statusCode: 200, responseParameters: {method.response.header.x-id: "'1'", method.response.header.Y: "'2'"}}
"##,
        )
        .unwrap();
        let declared = Declared::read(&root, [root.get("own"), None], root.get("responses"));
        let told = declared.missing("get /a/{id}", "/a/{id}", root.get("integration").unwrap());
        let told: Vec<_> = told
            .iter()
            .map(|problem| {
                problem
                    .to_string()
                    .replace(", so API Gateway refuses the mapping", "")
            })
            .collect();
        assert_eq!(
            told,
            [
                "t:8:33: get /a/{id}: method.request.path.other is not declared as a parameter of the method",
                "t:10:40: get /a/{id}: method.request.querystring.r is not declared as a parameter of the method",
                "t:15:89: get /a/{id}: header Y is not declared in the method's response 200",
            ]
        );
    }
}
