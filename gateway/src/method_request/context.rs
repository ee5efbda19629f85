//! The fields of `$context` that a request and its route fill: `docs/aws/api-gateway.md#context`.

use kit::serve::ClientCertificate;
use kit::time::Timestamp;
use serde_json::{Map, Value as Json, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::request::Request;
use crate::api::{Api, ApiProtocol, Stage};
use crate::stage::Route;

impl Request {
    /// `$context.requestTime`.
    pub fn time(&self) -> String {
        request_time(self.received)
    }

    /// The fields of `$context` for this request on this route, in the account of the API's owner.
    pub fn context(&self, route: &Route<'_>, account_id: &str) -> Map<String, Json> {
        let mut fields = Map::new();
        fields.insert("resourceId".to_owned(), json!(route.resource.id));
        fields.insert("resourcePath".to_owned(), json!(route.resource.path));
        fields.extend(self.context_at(route.api, route.stage, &route.context_path, account_id));
        if route.api.protocol == ApiProtocol::Http {
            fields.insert("routeKey".to_owned(), route.key().into());
        }
        if let Some(is_canary) = route.is_canary {
            fields.insert("isCanaryRequest".to_owned(), is_canary.into());
        }
        fields
    }

    /// The fields of `$context` that do not depend on a resource: all that there are when the stage
    /// has none for the request. `path` is `$context.path`.
    pub(crate) fn context_at(
        &self,
        api: &Api,
        stage: &Stage,
        path: &str,
        account_id: &str,
    ) -> Map<String, Json> {
        let host = self.header("host").unwrap_or_default();
        let domain = without_port(host);
        let request_id = self.shown_id(api.protocol);
        let fields = json!({
            "httpMethod": self.method.as_str(),
            "extendedRequestId": self.extended_request_id,
            "requestTime": self.time(),
            "path": path,
            "accountId": account_id,
            "protocol": "HTTP/1.1",
            "stage": stage.name,
            "domainPrefix": domain.split('.').next().unwrap_or_default(),
            "requestTimeEpoch": self.received.as_millis(),
            "requestId": request_id,
            "identity": self.identity(api),
            "domainName": domain,
            "deploymentId": stage.deployment_id,
            "apiId": api.id,
        });
        let Json::Object(fields) = fields else {
            return Map::new();
        };
        fields
    }

    /// `$context.identity`. Without IAM or Cognito, only the peer's address and its user agent are
    /// known; the other keys are null.
    fn identity(&self, api: &Api) -> Json {
        let mut identity = json!({
            "cognitoIdentityPoolId": null,
            "accountId": null,
            "cognitoIdentityId": null,
            "caller": null,
            "sourceIp": self.source_ip.to_string(),
            "principalOrgId": null,
            "accessKey": null,
            "cognitoAuthenticationType": null,
            "cognitoAuthenticationProvider": null,
            "userArn": null,
            "userAgent": self.header("user-agent"),
            "user": null,
        });
        let shown = self.tls.as_ref().and_then(|tls| tls.certificate.as_ref());
        if let (Some(shown), Json::Object(fields)) = (shown, &mut identity) {
            fields.insert("clientCert".to_owned(), client_certificate(shown));
        }
        if let (Some(endpoint), Json::Object(fields)) = (self.endpoint_of(api), &mut identity) {
            fields.insert("vpceId".to_owned(), json!(endpoint.id));
            fields.insert("vpcId".to_owned(), json!(endpoint.vpc));
        }
        identity
    }
}

/// `$context.identity.clientCert`: `docs/aws/api-gateway.md#mutual-tls`.
fn client_certificate(shown: &ClientCertificate) -> Json {
    json!({
        "clientCertPem": shown.pem,
        "subjectDN": shown.subject,
        "issuerDN": shown.issuer,
        "serialNumber": shown.serial_number,
        "validity": {"notBefore": shown.not_before, "notAfter": shown.not_after},
    })
}

/// `10/Mar/2024:09:15:02 +0000`, the form of `$context.requestTime`.
fn request_time(at: Timestamp) -> String {
    let format =
        format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
    let seconds = i64::try_from(at.as_secs()).unwrap_or(i64::MAX);
    let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    moment.format(format).unwrap_or_default()
}

/// A host without its port; the colons of an address in brackets are its own.
fn without_port(host: &str) -> &str {
    match host.rfind(':') {
        Some(colon) if !host[colon..].contains(']') => &host[..colon],
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_form_of_the_access_log() {
        assert_eq!(
            request_time(Timestamp::from_millis(1_710_062_102_000)),
            "10/Mar/2024:09:15:02 +0000"
        );
    }

    #[test]
    fn hosts_lose_their_port() {
        for (host, expected) in [
            ("a.example:8080", "a.example"),
            ("[::1]:8080", "[::1]"),
            ("[::1]", "[::1]"),
            ("", ""),
        ] {
            assert_eq!(without_port(host), expected);
        }
    }
}
