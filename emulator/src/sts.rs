//! STS GetCallerIdentity, the first request of Terraform, CDK and many health checks. Pure.

use serde_json::json;

use crate::action::Caller;
use crate::protocol::query::Rendering;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// The action that is answered.
pub(crate) const ACTION: &str = "GetCallerIdentity";

/// The user id that LocalStack returns too: every caller has the same rights here.
const USER_ID: &str = "AKIAIOSFODNN7EXAMPLE";

/// The response: the account is that of the access key, as with queues, and every caller is its
/// root user.
pub(crate) fn caller_identity(caller: &Caller, request_id: &str, rendering: Rendering) -> String {
    let account = &caller.account;
    let partition = match caller.region.as_str() {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    let arn = format!("arn:{partition}:iam::{account}:root");
    if rendering != Rendering::Xml {
        let result = json!({"Account": account, "Arn": arn, "UserId": USER_ID});
        let metadata = json!({"RequestId": request_id});
        let response = json!({"GetCallerIdentityResult": result, "ResponseMetadata": metadata});
        return json!({"GetCallerIdentityResponse": response}).to_string();
    }
    format!(
        "<?xml version=\"1.0\"?><GetCallerIdentityResponse xmlns=\"{NAMESPACE}\"><GetCallerIdentityResult><Arn>{arn}</Arn>\
         <UserId>{USER_ID}</UserId><Account>{account}</Account></GetCallerIdentityResult><ResponseMetadata>\
         <RequestId>{request_id}</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    )
}
