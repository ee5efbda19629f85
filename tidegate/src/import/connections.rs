//! A connection as `DescribeConnection` shows it, which never shows secrets: each becomes a
//! reference that the operator answers. Pure.

use serde_json::{Map, Value, json};

use super::parts::properties;

const PROPERTIES: [&str; 5] = [
    "Name",
    "Description",
    "AuthorizationType",
    "AuthParameters",
    "InvocationConnectivityParameters",
];

/// The secret of each kind of credentials: the path of its owner, and its name there.
const SECRETS: [(&[&str], &str); 3] = [
    (&["ApiKeyAuthParameters"], "ApiKeyValue"),
    (&["BasicAuthParameters"], "Password"),
    (&["OAuthParameters", "ClientParameters"], "ClientSecret"),
];

/// Where further parameters are, which may be secret, too.
const FURTHER: [&[&str]; 2] = [
    &["InvocationHttpParameters"],
    &["OAuthParameters", "OAuthHttpParameters"],
];

/// Lists of further parameters.
const LISTS: [&str; 3] = [
    "HeaderParameters",
    "QueryStringParameters",
    "BodyParameters",
];

/// A connection for a template.
#[derive(Debug)]
pub(super) struct Described {
    pub properties: Map<String, Value>,
    /// The secrets that must be given, a line for each.
    pub missing: Vec<String>,
}

/// The connection `name`, by what AWS shows of it.
pub(super) fn described(name: &str, answer: &Value) -> Described {
    let mut members = properties(answer, &PROPERTIES);
    let mut missing = Vec::new();
    let mut secret = |member: &str| {
        missing.push(format!(
            "connection {name}: AWS does not show the secret {member}: give it with --secret '{name}:{member}=…'"
        ));
        json!(format!(
            "{{{{resolve:secretsmanager:{name}:SecretString:{member}}}}}"
        ))
    };
    if let Some(auth) = members.get_mut("AuthParameters") {
        for (path, member) in SECRETS {
            let owner = within(auth, path).and_then(Value::as_object_mut);
            // A service that stands in for AWS may show it: it is no less secret.
            if let Some(owner) = owner {
                owner.insert(member.to_owned(), secret(member));
            }
        }
        for path in FURTHER {
            for list in LISTS {
                let list = within(auth, path).and_then(|owner| owner.get_mut(list)?.as_array_mut());
                list.into_iter()
                    .flatten()
                    .for_each(|item| further(item, &mut secret));
            }
        }
    }
    Described {
        properties: members,
        missing,
    }
}

fn within<'v>(value: &'v mut Value, path: &[&str]) -> Option<&'v mut Value> {
    path.iter()
        .try_fold(value, |value, name| value.get_mut(*name))
}

/// A further parameter whose value AWS keeps to itself.
fn further(item: &mut Value, secret: &mut impl FnMut(&str) -> Value) {
    let is_secret = item.get("IsValueSecret") == Some(&Value::Bool(true));
    let key = item.get("Key").and_then(Value::as_str).map(str::to_owned);
    if let (true, Some(key), Some(item)) = (is_secret, key, item.as_object_mut()) {
        item.insert("Value".to_owned(), secret(&key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_is_a_reference_that_is_told_of() {
        let answer = json!({
            "Name": "crm", "ConnectionArn": "arn", "AuthorizationType": "OAUTH_CLIENT_CREDENTIALS",
            "AuthParameters": {
                "OAuthParameters": {
                    "AuthorizationEndpoint": "https://login.example/token", "HttpMethod": "POST",
                    "ClientParameters": {"ClientID": "me"},
                    "OAuthHttpParameters": {"BodyParameters": [{"Key": "audience", "Value": "crm", "IsValueSecret": false}]}},
                "InvocationHttpParameters": {"HeaderParameters": [
                    {"Key": "X-Token", "IsValueSecret": true}, {"Key": "X-Team", "Value": "a", "IsValueSecret": false}]}}});
        let Described {
            properties,
            missing,
        } = described("crm", &answer);
        let auth = &properties["AuthParameters"];
        assert_eq!(
            auth["OAuthParameters"]["ClientParameters"]["ClientSecret"],
            "{{resolve:secretsmanager:crm:SecretString:ClientSecret}}"
        );
        assert_eq!(
            auth["InvocationHttpParameters"]["HeaderParameters"][0]["Value"],
            "{{resolve:secretsmanager:crm:SecretString:X-Token}}"
        );
        assert_eq!(
            auth["OAuthParameters"]["OAuthHttpParameters"]["BodyParameters"][0]["Value"],
            "crm"
        );
        assert!(!properties.contains_key("ConnectionArn"));
        assert_eq!(missing.len(), 2);
        assert!(
            missing[0].ends_with("give it with --secret 'crm:ClientSecret=…'"),
            "{missing:?}"
        );
    }

    #[test]
    fn keys_and_passwords_are_secrets() {
        for (kind, own, member) in [
            ("ApiKeyAuthParameters", "ApiKeyName", "ApiKeyValue"),
            ("BasicAuthParameters", "Username", "Password"),
        ] {
            let shown = json!({own: "x", member: "hunter2"});
            let answer = json!({"Name": "c", "AuthParameters": {kind: shown}});
            let found = described("c", &answer).properties;
            let reference = format!("{{{{resolve:secretsmanager:c:SecretString:{member}}}}}");
            assert_eq!(found["AuthParameters"][kind][member], reference);
        }
    }
}
