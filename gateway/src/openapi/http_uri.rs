//! The URI of an `HTTP` or `HTTP_PROXY` integration. See
//! `docs/aws/api-gateway.md#integration-uri`.

use url::Url;

/// Whether a URI with `{name}` and `${stageVariables.name}` in it can be an HTTP endpoint.
pub(super) fn is_valid(uri: &str) -> bool {
    let Some(rest) = ["http://", "https://"]
        .iter()
        .find_map(|scheme| uri.strip_prefix(scheme))
    else {
        return false;
    };
    if rest.starts_with('/') {
        return false;
    }
    // A port may be a variable, too.
    let filled = with_names_as(rest, "1");
    let url = filled.and_then(|rest| Url::parse(&format!("http://{rest}")).ok());
    url.is_some_and(|url| url.has_host() && url.username().is_empty() && url.password().is_none())
}

/// The text with `value` for every name in braces; `None` when a brace stays open.
fn with_names_as(text: &str, value: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (_, tail) = after.split_once('}')?;
        out += before.strip_suffix('$').unwrap_or(before);
        out += value;
        rest = tail;
    }
    Some(out + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_told_from_what_is_none() {
        for uri in [
            "http://example.com",
            "https://example.com:8443/a/{proxy}?x={y}",
            "http://${stageVariables.host}/a",
            "https://{tenant}.example.com/",
            "http://[::1]:${stageVariables.port}/",
        ] {
            assert!(is_valid(uri), "{uri}");
        }
        for uri in [
            "ftp://example.com",
            "example.com/a",
            "http://",
            "http:///a",
            "http://user:pass@example.com/",
            "http://example.com/{a",
            "arn:aws:apigateway:eu-west-1:sqs:path/1/q",
            "http://exa mple.com",
        ] {
            assert!(!is_valid(uri), "{uri}");
        }
    }
}
