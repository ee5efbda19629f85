//! What policies ask of a request: its action and resource, its caller, and condition keys.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::method_request::Request;
use crate::vpc_endpoints::VpcEndpoint;

/// The action of every call of a method.
pub(crate) const INVOKE: &str = "execute-api:Invoke";

/// The action of a caller that has a cached response replaced.
pub(crate) const INVALIDATE: &str = "execute-api:InvalidateCache";

/// One request, as policies see it.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    /// `execute-api:Invoke`
    pub action: &'static str,
    /// The ARN of the method.
    pub resource: String,
    /// Who calls.
    pub caller: &'a Caller,
    /// Where the API is.
    pub region: &'a str,
    pub request: &'a Request,
    /// The VPC endpoint through which a private API is called.
    pub endpoint: Option<&'a VpcEndpoint>,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Somebody without credentials of AWS.
    Anonymous,
    /// A user or a role.
    Principal {
        /// `arn:aws:iam::123456789012:user/name`
        arn: String,
        /// The caller's account.
        account: String,
        /// The unique id of the user, or of the role's session.
        user_id: String,
    },
}

impl Caller {
    /// Whether a principal of a policy means this caller: `*`, its account, or itself.
    pub(super) fn is_named(&self, principal: &str) -> bool {
        if principal == "*" {
            return true;
        }
        let Caller::Principal { arn, account, .. } = self else {
            return false;
        };
        let of_account = principal
            .strip_suffix(":root")
            .and_then(|root| root.rsplit(':').next());
        principal == arn || principal == account || of_account == Some(account)
    }

    /// The caller in AWS's messages.
    pub(super) fn shown(&self) -> &str {
        match self {
            Caller::Anonymous => "anonymous",
            Caller::Principal { arn, .. } => arn,
        }
    }
}

impl Facts<'_> {
    /// The value of a condition key, whose name is in lower case. The IAM user guide, "AWS global
    /// condition context keys". A request through a VPC endpoint has the address of its client in a
    /// key of its own.
    pub(super) fn key(&self, name: &str) -> Option<String> {
        let request = self.request;
        let header = |name: &str| request.header(name).map(ToOwned::to_owned);
        match name {
            "aws:sourceip" if self.endpoint.is_none() => Some(request.source_ip.to_string()),
            "aws:vpcsourceip" if self.endpoint.is_some() => Some(request.source_ip.to_string()),
            "aws:sourcevpce" => self.endpoint.map(|endpoint| endpoint.id.clone()),
            "aws:sourcevpc" => self.endpoint.and_then(|endpoint| endpoint.vpc.clone()),
            "aws:useragent" => header("user-agent"),
            "aws:referer" => header("referer"),
            "aws:securetransport" => {
                Some((request.header("x-forwarded-proto") == Some("https")).to_string())
            }
            "aws:epochtime" => Some(request.received.as_secs().to_string()),
            "aws:currenttime" => self.time(),
            "aws:requestedregion" => Some(self.region.to_owned()),
            "aws:viaawsservice" | "aws:principalisawsservice" => Some("false".to_owned()),
            _ => self.of_caller(name),
        }
    }

    fn of_caller(&self, name: &str) -> Option<String> {
        let Caller::Principal {
            arn,
            account,
            user_id,
        } = self.caller
        else {
            return (name == "aws:principaltype").then(|| "Anonymous".to_owned());
        };
        let is_role = arn.contains(":assumed-role/");
        match name {
            "aws:principalarn" => Some(arn.clone()),
            "aws:principalaccount" => Some(account.clone()),
            "aws:userid" => Some(user_id.clone()),
            "aws:username" if !is_role => arn.rsplit('/').next().map(ToOwned::to_owned),
            "aws:principaltype" => Some(if is_role { "AssumedRole" } else { "User" }.to_owned()),
            _ => None,
        }
    }

    fn time(&self) -> Option<String> {
        let seconds = i64::try_from(self.request.received.as_secs()).ok()?;
        let at = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
        at.format(&Rfc3339).ok()
    }
}
