//! Parameters and headers that a mapping names and its method does not declare. API Gateway refuses
//! such a mapping when it is saved; here it works, so there is only a warning. See
//! `docs/aws/api-gateway.md#parameter-mappings` and `docs/aws/api-gateway.md#response-headers`.

use kit::document::{Entry, Node, Problem};

/// The parameters and response headers that one method declares.
#[derive(Debug, Default)]
pub(crate) struct MethodDeclarations {
    /// `header.X`, `querystring.q`, `path.id`.
    pub parameters: Vec<String>,
    /// The headers of its responses, by status.
    pub headers: Vec<(String, String)>,
}

impl MethodDeclarations {
    /// From the `parameters` of an operation and of its path, and the operation's `responses`.
    /// Header names are compared in any case.
    pub(super) fn read(
        root: &Node,
        parameters: [Option<&Node>; 2],
        responses: Option<&Node>,
    ) -> MethodDeclarations {
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
        MethodDeclarations {
            parameters,
            headers,
        }
    }

    /// A problem for each mapping of an integration, in its OpenAPI form, that names something
    /// undeclared. The parameters in the resource's `path` need no declaration.
    fn missing(&self, label: &str, path: &str, integration: &Node) -> Vec<Problem> {
        let parameters = entries(integration.get("requestParameters"));
        let mut missing: Vec<_> = parameters
            .iter()
            .filter_map(|entry| self.missing_parameter(label, path, entry))
            .collect();
        for response in entries(integration.get("responses")) {
            let status = response.node.get("statusCode");
            let status = status.and_then(|node| node.text().ok()).unwrap_or_default();
            let headers = entries(response.node.get("responseParameters"));
            missing.extend(
                headers
                    .iter()
                    .filter_map(|entry| self.missing_header(label, status, entry)),
            );
        }
        missing
    }

    fn missing_parameter(&self, label: &str, path: &str, entry: &Entry) -> Option<Problem> {
        let source = entry.node.text().ok()?.strip_prefix("method.request.")?;
        let (location, name) = source
            .split_once('.')
            .filter(|(location, _)| *location != "body")?;
        let location = location.trim_start_matches("multivalue");
        let in_path = location == "path"
            && (path.contains(&format!("{{{name}}}")) || path.contains(&format!("{{{name}+}}")));
        let named = format!("{location}.{name}");
        let is_declared = self
            .parameters
            .iter()
            .any(|declared| declared.eq_ignore_ascii_case(&named));
        (!in_path && !is_declared).then(|| {
            entry.node.problem(format!(
                "{label}: method.request.{named} is not declared as a parameter of the method, \
                 so API Gateway refuses the mapping"
            ))
        })
    }

    fn missing_header(&self, label: &str, status: &str, entry: &Entry) -> Option<Problem> {
        let name = entry.key.strip_prefix("method.response.header.")?;
        let is_declared = self
            .headers
            .contains(&(status.to_owned(), name.to_lowercase()));
        (!is_declared).then(|| {
            entry.place.problem(format!(
                "{label}: header {name} is not declared in the method's response {status}, \
                 so API Gateway refuses the mapping"
            ))
        })
    }

    /// Logs a warning for each mapping that names something undeclared, and gives them back.
    pub(crate) fn warn(&self, label: &str, path: &str, integration: &Node) -> Vec<Problem> {
        let missing = self.missing(label, path, integration);
        for problem in &missing {
            tracing::warn!("{problem}");
        }
        missing
    }
}

fn entries(node: Option<&Node>) -> &[Entry] {
    node.and_then(|node| node.entries().ok())
        .unwrap_or_default()
}

/// The node itself, or the one that its `$ref` points to in the document.
pub(super) fn target<'n>(root: &'n Node, node: &'n Node) -> Option<&'n Node> {
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
    fn mappings_of_what_is_not_declared_are_reported() {
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
        let declared =
            MethodDeclarations::read(&root, [root.get("own"), None], root.get("responses"));
        let reported = declared.missing("get /a/{id}", "/a/{id}", root.get("integration").unwrap());
        let reported: Vec<_> = reported
            .iter()
            .map(|problem| {
                problem
                    .to_string()
                    .replace(", so API Gateway refuses the mapping", "")
            })
            .collect();
        assert_eq!(
            reported,
            [
                "t:8:33: get /a/{id}: method.request.path.other is not declared as a parameter of the method",
                "t:10:40: get /a/{id}: method.request.querystring.r is not declared as a parameter of the method",
                "t:15:89: get /a/{id}: header Y is not declared in the method's response 200",
            ]
        );
    }
}
