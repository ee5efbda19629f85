//! The policy of a posted form: the conditions on its fields and its file. Pure.
//!
//! See `docs/aws/s3.md#posted-forms`; the texts are those of S3's answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::fields::FormFields;

/// Fields that need no condition. The same holds for those that begin with `x-ignore-`.
const EXEMPT: [&str; 5] = [
    "x-amz-signature",
    "signature",
    "awsaccesskeyid",
    "file",
    "policy",
];

/// A policy.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Policy {
    expiration: OffsetDateTime,
    conditions: Vec<PolicyCondition>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum PolicyCondition {
    Equals { field: String, value: String },
    StartsWith { field: String, prefix: String },
    Length { least: u64, most: u64 },
}

/// Why a form is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum PolicyError {
    #[error("Invalid Policy: {0}")]
    Invalid(String),
    #[error("Invalid according to Policy: Policy expired.")]
    Expired,
    #[error("Invalid according to Policy: Policy Condition failed: {0}")]
    Condition(String),
    #[error("Invalid according to Policy: Extra input fields: {0}")]
    Extra(String),
}

impl Policy {
    /// Reads a policy in base64, as a form has it.
    ///
    /// # Errors The text is not a policy.
    pub(super) fn read(encoded: &str) -> Result<Policy, PolicyError> {
        let invalid = |text: &str| PolicyError::Invalid(text.to_owned());
        let compact: String = encoded.split_ascii_whitespace().collect();
        let bytes = STANDARD
            .decode(compact)
            .map_err(|_| invalid("Invalid base64."))?;
        let policy: Value = serde_json::from_slice(&bytes).map_err(|_| invalid("Invalid JSON."))?;
        let expiration = policy["expiration"]
            .as_str()
            .ok_or_else(|| invalid("Policy missing expiration."))?;
        let expiration = OffsetDateTime::parse(expiration, &Rfc3339);
        let conditions = policy["conditions"]
            .as_array()
            .ok_or_else(|| invalid("Policy missing conditions."))?;
        Ok(Policy {
            expiration: expiration.map_err(|_| invalid("Invalid 'expiration' value."))?,
            conditions: conditions.iter().map(read).collect::<Result<_, _>>()?,
        })
    }

    /// Checks the fields against the policy. The file comes later.
    ///
    /// # Errors The policy has expired, a condition fails, or a field is in no condition.
    pub(super) fn check(
        &self,
        fields: &FormFields,
        bucket: &str,
        now: OffsetDateTime,
    ) -> Result<(), PolicyError> {
        if now >= self.expiration {
            return Err(PolicyError::Expired);
        }
        let value = |field: &str| {
            if field == "bucket" {
                Some(bucket)
            } else {
                fields.get(field)
            }
        };
        let failed = |condition: &&PolicyCondition| !condition.holds(&value);
        if let Some(condition) = self.conditions.iter().find(failed) {
            return Err(PolicyError::Condition(condition.text(fields)));
        }
        let is_extra = |name: &&str| {
            !EXEMPT.contains(name)
                && !name.starts_with("x-ignore-")
                && !self
                    .conditions
                    .iter()
                    .any(|condition| condition.field() == Some(*name))
        };
        let extra: Vec<&str> = fields.names().filter(is_extra).collect();
        if extra.is_empty() {
            Ok(())
        } else {
            Err(PolicyError::Extra(extra.join(", ")))
        }
    }

    /// The minimum and the maximum length of the file, in bytes.
    pub(super) fn length(&self) -> Option<(u64, u64)> {
        self.conditions
            .iter()
            .find_map(|condition| match condition {
                PolicyCondition::Length { least, most } => Some((*least, *most)),
                PolicyCondition::Equals { .. } | PolicyCondition::StartsWith { .. } => None,
            })
    }
}

impl PolicyCondition {
    fn holds<'f>(&self, value: &impl Fn(&str) -> Option<&'f str>) -> bool {
        match self {
            PolicyCondition::Equals {
                field,
                value: wanted,
            } => value(field).unwrap_or_default() == wanted,
            // Each type in a list of types must match.
            PolicyCondition::StartsWith { field, prefix } if field == "content-type" => {
                value(field)
                    .unwrap_or_default()
                    .split(',')
                    .all(|one| one.trim_start().starts_with(prefix.as_str()))
            }
            PolicyCondition::StartsWith { field, prefix } => value(field)
                .unwrap_or_default()
                .starts_with(prefix.as_str()),
            PolicyCondition::Length { .. } => true,
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            PolicyCondition::Equals { field, .. } | PolicyCondition::StartsWith { field, .. } => {
                Some(field)
            }
            PolicyCondition::Length { .. } => None,
        }
    }

    /// A failed condition as S3 writes it, with a field's name as the form writes it.
    fn text(&self, fields: &FormFields) -> String {
        let shown = |text: &str| Value::from(text).to_string();
        let name = |field: &str| shown(&format!("${}", fields.shown(field).unwrap_or(field)));
        match self {
            PolicyCondition::Equals { field, value } => {
                format!("[\"eq\", {}, {}]", name(field), shown(value))
            }
            PolicyCondition::StartsWith { field, prefix } => {
                format!("[\"starts-with\", {}, {}]", name(field), shown(prefix))
            }
            PolicyCondition::Length { least, most } => {
                format!("[\"content-length-range\", {least}, {most}]")
            }
        }
    }
}

/// `{"field": "value"}`, `["eq", "$field", "value"]`, `["starts-with", "$field", "prefix"]` or
/// `["content-length-range", least, most]`, whose numbers may be strings.
fn read(condition: &Value) -> Result<PolicyCondition, PolicyError> {
    let invalid = |text: &str| PolicyError::Invalid(text.to_owned());
    match condition {
        Value::Object(pairs) => match pairs.iter().next().filter(|_| pairs.len() == 1) {
            Some((field, value)) => Ok(PolicyCondition::Equals {
                field: field_name(field),
                value: text(value)?,
            }),
            None => Err(invalid(
                "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
            )),
        },
        Value::Array(parts) => match &parts[..] {
            [operator, field, value] => {
                let operator = operator.as_str().unwrap_or_default().to_ascii_lowercase();
                match operator.as_str() {
                    "eq" => Ok(PolicyCondition::Equals {
                        field: field_name(&text(field)?),
                        value: text(value)?,
                    }),
                    "starts-with" => Ok(PolicyCondition::StartsWith {
                        field: field_name(&text(field)?),
                        prefix: text(value)?,
                    }),
                    "content-length-range" => Ok(PolicyCondition::Length {
                        least: number(field)?,
                        most: number(value)?,
                    }),
                    _ => Err(PolicyError::Invalid(format!(
                        "Invalid Condition: unknown operator '{operator}'."
                    ))),
                }
            }
            _ => Err(invalid("Invalid Condition: wrong number of arguments.")),
        },
        _ => Err(invalid("Invalid Condition: expected a list or an object.")),
    }
}

fn field_name(name: &str) -> String {
    name.strip_prefix('$').unwrap_or(name).to_ascii_lowercase()
}

fn text(value: &Value) -> Result<String, PolicyError> {
    let invalid = || PolicyError::Invalid("Invalid Condition: values must be strings.".to_owned());
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(invalid()),
    }
}

fn number(value: &Value) -> Result<u64, PolicyError> {
    let invalid = || {
        PolicyError::Invalid(
            "Invalid content-length-range: bounds must be whole numbers.".to_owned(),
        )
    };
    text(value)?.trim().parse().map_err(|_| invalid())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn policy(conditions: &Value) -> Result<Policy, PolicyError> {
        let document = json!({"expiration": "2030-01-01T00:00:00.000Z", "conditions": conditions});
        Policy::read(&STANDARD.encode(document.to_string()))
    }

    fn now() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap()
    }

    #[track_caller]
    fn check(conditions: &Value, expected: Result<(), &str>) {
        let fields = [
            ("key", "up/a"),
            ("Content-Type", "text/plain, image/png"),
            ("x-ignore-me", "1"),
            ("policy", "p"),
        ];
        let fields =
            FormFields::new(fields.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let result = policy(conditions).and_then(|policy| policy.check(&fields, "box", now()));
        assert_eq!(
            result.map_err(|refused| refused.to_string()),
            expected.map_err(ToOwned::to_owned)
        );
    }

    #[test]
    fn fields_are_held_to_conditions() {
        let rest = json!(["starts-with", "$Content-Type", ""]);
        check(
            &json!([{"bucket": "box"}, ["eq", "$key", "up/a"], rest]),
            Ok(()),
        );
        check(
            &json!([
                ["starts-with", "$KEY", "up/"],
                ["starts-with", "$content-type", "text/"]
            ]),
            Err(
                "Invalid according to Policy: Policy Condition failed: [\"starts-with\", \"$Content-Type\", \"text/\"]",
            ),
        );
        check(
            &json!([{"key": "b\""}]),
            Err(
                "Invalid according to Policy: Policy Condition failed: [\"eq\", \"$key\", \"b\\\"\"]",
            ),
        );
        check(
            &json!([{"bucket": "other"}]),
            Err(
                "Invalid according to Policy: Policy Condition failed: [\"eq\", \"$bucket\", \"other\"]",
            ),
        );
        check(
            &json!([{"key": "up/a"}]),
            Err("Invalid according to Policy: Extra input fields: content-type"),
        );
        check(
            &json!([{"acl": "private"}]),
            Err(
                "Invalid according to Policy: Policy Condition failed: [\"eq\", \"$acl\", \"private\"]",
            ),
        );
    }

    #[test]
    fn lengths_are_numbers_or_texts() {
        assert_eq!(
            policy(&json!([["content-length-range", "0", "100"]]))
                .unwrap()
                .length(),
            Some((0, 100))
        );
        assert_eq!(
            policy(&json!([["content-length-range", 1, 2]]))
                .unwrap()
                .length(),
            Some((1, 2))
        );
        assert!(policy(&json!([["content-length-range", "a", 2]])).is_err());
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        let old = json!({"expiration": "2020-01-01T00:00:00Z", "conditions": []});
        let old = Policy::read(&STANDARD.encode(old.to_string())).unwrap();
        assert_eq!(
            old.check(&FormFields::default(), "box", now()),
            Err(PolicyError::Expired)
        );
        for (text, reason) in [
            ("{", "Invalid Policy: Invalid JSON."),
            (
                "{\"conditions\": []}",
                "Invalid Policy: Policy missing expiration.",
            ),
            (
                "{\"expiration\": \"soon\", \"conditions\": []}",
                "Invalid Policy: Invalid 'expiration' value.",
            ),
        ] {
            assert_eq!(
                Policy::read(&STANDARD.encode(text))
                    .unwrap_err()
                    .to_string(),
                reason
            );
        }
        for wrong in [
            json!([["is", "$key", "x"]]),
            json!([["eq", "$key"]]),
            json!([{}]),
            json!(["x"]),
        ] {
            assert!(policy(&wrong).is_err(), "{wrong}");
        }
    }
}
