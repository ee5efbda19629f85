//! Where a document is served: `servers`, Swagger's `basePath`, and the endpoint configuration. See
//! `docs/aws/api-gateway.md#import`.

use kit::document::{Node, OrCollect as _, Problem};

use crate::api::{DefaultEndpoint, EndpointType};

/// The base path of a document, in parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BasePath(Vec<String>);

impl BasePath {
    /// From `servers`, or Swagger's `basePath`.
    pub(super) fn read(servers: Option<&Node>, base_path: Option<&Node>) -> BasePath {
        let text = base_path
            .and_then(|path| path.text().ok())
            .or_else(|| in_servers(servers?));
        let parts = text
            .unwrap_or_default()
            .split('/')
            .filter(|part| !part.is_empty());
        BasePath(parts.map(ToOwned::to_owned).collect())
    }

    /// The stage: the first part, in an export and where an import splits the base path.
    pub(crate) fn stage(&self) -> Option<&str> {
        self.0.first().map(String::as_str)
    }

    /// The base path without its first `skip` parts, as it stands in front of a path: `/a/b`.
    pub(crate) fn prefix(&self, skip: usize) -> String {
        self.0
            .iter()
            .skip(skip)
            .map(|part| format!("/{part}"))
            .collect()
    }
}

/// The server variable `basePath`, else the path of the first server's URL.
fn in_servers(servers: &Node) -> Option<&str> {
    let server = servers.list().ok()?.first()?;
    if let Some(variable) = server
        .get("variables")
        .and_then(|variables| variables.get("basePath"))
    {
        return variable.get("default")?.text().ok();
    }
    let url = server.get("url")?.text().ok()?;
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => url,
    };
    (!path.contains('{')).then_some(path)
}

/// The API's id, in a document that was exported: its host is `{id}.execute-api.…`.
pub(super) fn api_id(servers: Option<&Node>, host: Option<&Node>) -> Option<String> {
    let in_servers = || {
        let server = servers?.list().ok()?.first()?;
        let (_, rest) = server.get("url")?.text().ok()?.split_once("://")?;
        rest.split('/').next()
    };
    let host = host.and_then(|host| host.text().ok()).or_else(in_servers)?;
    let (label, rest) = host.split_once('.')?;
    let is_id = !label.is_empty()
        && label
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    (is_id && rest.starts_with("execute-api.")).then(|| label.to_owned())
}

/// `x-amazon-apigateway-endpoint-configuration`, at the root or in the first server.
pub(super) fn endpoint(
    root: Option<&Node>,
    servers: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> (DefaultEndpoint, EndpointType) {
    let first = servers.and_then(|servers| servers.list().ok()?.first());
    let own = || first?.get("x-amazon-apigateway-endpoint-configuration");
    let fields = root.or_else(own).and_then(|node| {
        let fields = node.fields("x-amazon-apigateway-endpoint-configuration");
        fields.or_collect(problems)
    });
    let Some(mut fields) = fields else {
        return Default::default();
    };
    let is_disabled = fields
        .optional("disableExecuteApiEndpoint")
        .map(Node::boolean)
        .transpose();
    let is_disabled = is_disabled.or_collect(problems).flatten().unwrap_or(false);
    let ids = fields.optional("vpcEndpointIds").map(Node::list);
    let ids = ids.transpose().or_collect(problems).flatten();
    // Only private APIs have endpoints.
    let endpoint_type = match ids {
        Some(ids) if !ids.is_empty() => EndpointType::Private,
        _ => EndpointType::default(),
    };
    problems.extend(fields.finish());
    (
        DefaultEndpoint::Open.or_disabled(is_disabled),
        endpoint_type,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_path_comes_from_wherever_it_stands() {
        let base = |servers: &str| {
            BasePath::read(Some(&Node::parse("t", servers).unwrap()), None).prefix(0)
        };
        assert_eq!(
            base("[{url: 'https://x/{basePath}', variables: {basePath: {default: /prod/v1}}}]"),
            "/prod/v1"
        );
        assert_eq!(base("[{url: 'https://x/a/b/'}]"), "/a/b");
        assert_eq!(base("[{url: /a}]"), "/a");
        assert_eq!(
            [
                base("[{url: 'https://x/{stage}'}]"),
                base("[{url: 'https://x'}]"),
                base("[]")
            ],
            ["", "", ""]
        );
        let id = |servers: &str| api_id(Some(&Node::parse("t", servers).unwrap()), None);
        assert_eq!(
            id("[{url: 'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/{basePath}'}]"),
            Some("a1b2c3d4e5".to_owned())
        );
        assert_eq!(
            id("[{url: 'https://{id}.execute-api.eu-west-1.amazonaws.com/'}]"),
            None
        );
        assert_eq!(id("[{url: 'https://api.example.com/v1'}]"), None);
        let host = Node::parse("t", "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com").unwrap();
        assert_eq!(api_id(None, Some(&host)), Some("a1b2c3d4e5".to_owned()));
        let swagger = BasePath::read(None, Some(&Node::parse("t", "/a/b/c").unwrap()));
        assert_eq!(
            (swagger.stage(), swagger.prefix(1).as_str()),
            (Some("a"), "/b/c")
        );
    }
}
