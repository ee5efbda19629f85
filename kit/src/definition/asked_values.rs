//! Door: values of a definition that only AWS knows: secrets, parameters of Parameter Store,
//! exports of other stacks. CloudFormation asks for them when it deploys; here, a program that
//! works against AWS does when it starts.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use serde_json::{Value, json};

use crate::aws;
use crate::cloudformation::Want;
use crate::control_plane::{ControlPlane, Question, Refusal};
use crate::service::variable_endpoint;

/// The values that AWS gives, each under the name that the definition has for it. A service is
/// asked at AWS, or at an endpoint of its own; one endpoint for all services (the emulator,
/// LocalStack) is not: what it does not know would cost every start a wait. What a service refuses
/// is a warning here, and the reader of the definition says where the value is missing.
///
/// # Errors
/// The system's certificate authorities cannot be read.
pub(super) async fn ask(
    config: &SdkConfig,
    wanted: &BTreeSet<Want>,
) -> anyhow::Result<Vec<(String, String)>> {
    let plane = ControlPlane::new(config)?;
    let asked = wanted.iter().filter(|want| is_asked(config, want));
    Ok(answers(&plane, asked).await)
}

async fn answers<'w>(
    plane: &ControlPlane,
    wanted: impl Iterator<Item = &'w Want>,
) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut exports = None;
    for want in wanted {
        let value = match want {
            Want::Reference(reference) => referenced(plane, reference).await,
            Want::Parameter(name) => parameter(plane, name).await,
            Want::Export(name) => {
                if exports.is_none() {
                    exports = Some(plane.exports().await);
                }
                match &exports {
                    Some(Ok(known)) => Ok(known.get(name).cloned()),
                    Some(Err(refusal)) => Err(refusal.clone()),
                    None => Ok(None),
                }
            }
        };
        match value {
            Ok(Some(value)) => found.push((name(want).to_owned(), value)),
            Ok(None) => tracing::warn!("AWS has no value for {}", name(want)),
            Err(refusal) => tracing::warn!("no value for {}: {refusal}", name(want)),
        }
    }
    found
}

/// The name under which a definition looks for the value.
fn name(want: &Want) -> &str {
    match want {
        Want::Reference(name) | Want::Parameter(name) | Want::Export(name) => name,
    }
}

fn is_asked(config: &SdkConfig, want: &Want) -> bool {
    let (service, id) = match want {
        Want::Reference(reference) if reference.starts_with("secretsmanager") => {
            ("secretsmanager", "SECRETS_MANAGER")
        }
        Want::Reference(_) | Want::Parameter(_) => ("ssm", "SSM"),
        Want::Export(_) => ("cloudformation", "CLOUDFORMATION"),
    };
    !aws::has_endpoint(config, id) || variable_endpoint(service).is_some()
}

/// The value of `secretsmanager:ID:SecretString:KEY:STAGE:VERSION`, `ssm:NAME:VERSION` or
/// `ssm-secure:NAME:VERSION`.
async fn referenced(plane: &ControlPlane, reference: &str) -> Result<Option<String>, Refusal> {
    let Some((service, rest)) = reference.split_once(':') else {
        return Ok(None);
    };
    if service != "secretsmanager" {
        return parameter(plane, rest).await;
    }
    // The ARN of a secret has colons of its own: seven parts.
    let parts = if rest.starts_with("arn:") { 7 } else { 1 };
    let end = rest
        .match_indices(':')
        .map(|(place, _)| place)
        .nth(parts - 1);
    let (id, more) = end.map_or((rest, ""), |end| (&rest[..end], &rest[end + 1..]));
    let more: Vec<&str> = more.split(':').collect();
    let part = |place: usize| more.get(place).copied().filter(|text| !text.is_empty());
    let mut body = json!({"SecretId": id});
    for (name, place) in [("VersionStage", 2), ("VersionId", 3)] {
        if let Some(value) = part(place) {
            body[name] = value.into();
        }
    }
    let question = Question::json("secretsmanager", "secretsmanager.GetSecretValue", &body);
    let answer = plane.ask(&question).await?;
    let Some(secret) = answer.get("SecretString").and_then(Value::as_str) else {
        return Ok(None);
    };
    let Some(key) = part(1) else {
        return Ok(Some(secret.to_owned()));
    };
    let members: Value = serde_json::from_str(secret).unwrap_or_default();
    Ok(members.get(key).map(|value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }))
}

/// The value of a parameter, `NAME` or `NAME:VERSION`.
async fn parameter(plane: &ControlPlane, name: &str) -> Result<Option<String>, Refusal> {
    let body = json!({"Name": name, "WithDecryption": true});
    let question = Question::json("ssm", "AmazonSSM.GetParameter", &body);
    let answer = plane.ask(&question).await?;
    let value = answer.get("Parameter").and_then(|it| it.get("Value"));
    Ok(value.and_then(Value::as_str).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Bytes;
    use http::{HeaderMap, StatusCode};

    /// Secrets Manager, Parameter Store and CloudFormation, as far as they are asked.
    async fn answer(headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
        let target = headers.get("x-amz-target").and_then(|it| it.to_str().ok());
        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
        let answer = match (target, asked["SecretId"].as_str(), asked["Name"].as_str()) {
            (Some("secretsmanager.GetSecretValue"), Some("prod/key"), _) => {
                let stage = asked["VersionStage"].as_str().unwrap_or("AWSCURRENT");
                json!({"SecretString": json!({"k": stage, "n": 7}).to_string()})
            }
            (Some("AmazonSSM.GetParameter"), _, Some(name)) if name != "/none" => {
                json!({"Parameter": {"Value": format!("value of {name}")}})
            }
            (Some(_), ..) => {
                let refusal = json!({"__type": "ParameterNotFound", "message": ""});
                return (StatusCode::BAD_REQUEST, refusal.to_string());
            }
            (None, ..) => {
                let export = "<member><Name>shared</Name><Value>q-1</Value></member>";
                let list =
                    format!("<ListExportsResult><Exports>{export}</Exports></ListExportsResult>");
                return (StatusCode::OK, format!("<R>{list}</R>"));
            }
        };
        (StatusCode::OK, answer.to_string())
    }

    #[tokio::test]
    async fn every_kind_of_value_is_asked_for_where_it_is() {
        crate::program::install_tls();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer);
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        let plane = ControlPlane::new(&aws::local(&url).await).unwrap();

        let reference = |text: &str| Want::Reference(text.to_owned());
        let wanted = [
            reference("secretsmanager:prod/key:SecretString:k"),
            reference("secretsmanager:prod/key:SecretString:k:AWSPREVIOUS"),
            reference("secretsmanager:prod/key:SecretString:n"),
            reference("secretsmanager:prod/key:SecretString:none"),
            reference("ssm-secure:/a/b:3"),
            Want::Parameter("/none".to_owned()),
            Want::Export("shared".to_owned()),
            Want::Export("unknown".to_owned()),
        ];
        let found = answers(&plane, wanted.iter()).await;
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("secretsmanager:prod/key:SecretString:k", "AWSCURRENT"),
                (
                    "secretsmanager:prod/key:SecretString:k:AWSPREVIOUS",
                    "AWSPREVIOUS"
                ),
                ("secretsmanager:prod/key:SecretString:n", "7"),
                ("ssm-secure:/a/b:3", "value of /a/b:3"),
                ("shared", "q-1"),
            ]
        );
    }
}
