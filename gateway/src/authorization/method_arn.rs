//! The ARN of the method that a request calls: what policies name in `Resource`.

use crate::api::Segment;
use crate::stage::Route;

/// Where an API is, and whose it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The region of the gateway.
    pub region: String,
    /// The account of the API's owner.
    pub account: String,
}

impl Owner {
    /// `arn:aws:execute-api:{region}:{account}:{api}/{stage}/{verb}/{path}`. The path is put
    /// together from the resource's own parts and the decoded parameters, so that no other spelling
    /// of a path (`%61`, doubled slashes) gets around a policy that names it: our choice.
    pub(crate) fn method_arn(&self, route: &Route<'_>, verb: &http::Method) -> String {
        let path: Vec<&str> = route
            .resource
            .segments
            .iter()
            .map(|segment| match segment {
                Segment::Literal(text) => text.as_str(),
                Segment::Parameter(name) | Segment::Greedy(name) => {
                    route.path.get(name).map_or("", String::as_str)
                }
            })
            .collect();
        format!(
            "{}/{}/{verb}/{}",
            self.api_arn(&route.api.id),
            route.stage.name,
            path.join("/")
        )
    }

    /// `arn:aws:execute-api:{region}:{account}:{api}`
    pub(super) fn api_arn(&self, api: &str) -> String {
        let Owner { region, account } = self;
        let partition = match region {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        format!("arn:{partition}:execute-api:{region}:{account}:{api}")
    }

    /// An ARN of this owner as AWS shows it to clients: only the last four digits of the account.
    pub(super) fn masked(&self, arn: &str) -> String {
        let last = self.account.len().saturating_sub(4);
        let masked = format!("********{}", self.account.get(last..).unwrap_or_default());
        arn.replacen(&format!(":{}:", self.account), &format!(":{masked}:"), 1)
    }
}
