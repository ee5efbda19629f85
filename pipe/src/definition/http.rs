//! What destinations and connections have in common: methods, headers, addresses, names in ARNs.

use http::{HeaderName, Method};
use kit::arn::Arn;
use kit::document::{Node, Place, Problem};
use kit::send::{AllowTarget, AllowTargets};
use url::Url;

/// The name in an ARN of EventBridge, for example `orders` in
/// `arn:aws:events:eu-west-1:123456789012:api-destination/orders/1111…`.
pub(super) fn name_in_arn<'a>(arn: &'a str, kind: &str) -> Option<&'a str> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == "events")?;
    let name = arn.resource.strip_prefix(kind)?.split('/').next()?;
    (!name.is_empty()).then_some(name)
}

/// Reads an HTTP method.
///
/// # Errors
/// The text is not one of the `allowed` methods.
pub(super) fn read_method(node: &Node, allowed: &[&str]) -> Result<Method, Problem> {
    let text = node.text()?;
    if !allowed.contains(&text) {
        return Err(node.problem(format!(
            "invalid method {text}: expected one of {}",
            allowed.join(", ")
        )));
    }
    Ok(Method::from_bytes(text.as_bytes()).expect("the allowed ones are methods"))
}

/// Warns that a header is dropped.
pub(super) fn drop_header(place: &Place, name: &str) {
    tracing::warn!("{place}: header {name} cannot be set and is dropped, as on AWS");
}

/// Reads the name of a header; `None` for a header that AWS does not allow to be set.
pub(super) fn read_header_name(
    text: &str,
    protected: &[&str],
) -> Result<Option<HeaderName>, String> {
    let name = HeaderName::from_bytes(text.as_bytes())
        .map_err(|_| format!("{text:?} is not a valid header name"))?;
    Ok((!protected.contains(&name.as_str())).then_some(name))
}

/// Checks that a URL does not plainly lead to an address that calls must not go to. The problem
/// shows neither its query nor its credentials, which may be secret.
///
/// # Errors
/// The URL leads to a private address that is not `allowed`.
pub(super) fn check_private(
    label: &str,
    node: &Node,
    url: &Url,
    allowed: &AllowTargets,
) -> Result<(), Problem> {
    if !allowed.refuse(url) {
        return Ok(());
    }
    let (scheme, target, path) = (url.scheme(), AllowTarget::text_for(url), url.path());
    Err(node.problem(format!(
        "{label} {scheme}://{target}{path} is at a private address, which is not allowed: \
         to allow it, set --allow-target {target} or PIPE_ALLOW_TARGET={target}"
    )))
}
