//! The body of a request to a service, as the parameters of an integration with a subtype make it.

use serde_json::Value as Json;

use super::expression::ValueExpression;
use super::subtype::{Subtype, ValueForm};

/// The body of a request, with expressions in the place of values.
#[derive(Debug)]
pub struct ServiceBody {
    list: Option<&'static str>,
    members: Vec<(&'static str, MemberTemplate)>,
}

/// A value that a request fills.
#[derive(Debug)]
enum MemberTemplate {
    /// One text, in one of the forms.
    Value(ValueForm, ValueExpression),
    /// JSON whose texts are expressions. What a request puts into them cannot end them.
    Tree(JsonTree),
}

#[derive(Debug)]
enum JsonTree {
    Text(ValueExpression),
    List(Vec<JsonTree>),
    Map(Vec<(String, JsonTree)>),
    Other(Json),
}

impl ServiceBody {
    /// The body that `parameters` make, each with its name and value.
    ///
    /// # Errors
    /// For each parameter that is wrong or missing: its number among them, if it is there, and the
    /// reason.
    pub(crate) fn read(
        subtype: &Subtype,
        parameters: &[(&str, &str)],
    ) -> Result<ServiceBody, Vec<(Option<usize>, String)>> {
        let (mut members, mut wrong) = (Vec::new(), Vec::new());
        for (number, (name, text)) in parameters.iter().enumerate() {
            let Some(known) = subtype.parameters.iter().find(|known| known.name == *name) else {
                let names = subtype.parameters.iter().map(|known| known.name);
                let names: Vec<&str> = names.chain(["Region"]).collect();
                let reason = format!("{name} is unknown: expected {}", names.join(", "));
                wrong.push((Some(number), reason));
                continue;
            };
            match MemberTemplate::parse(known.form, text) {
                Ok(template) => members.push((known.member, template)),
                Err(reason) => wrong.push((Some(number), format!("{name}: {reason}"))),
            }
        }
        let has = |name: &str| parameters.iter().any(|(given, _)| *given == name);
        let missing = subtype.parameters.iter();
        let missing = missing.filter(|known| known.is_required && !has(known.name));
        wrong.extend(missing.map(|known| (None, format!("{} is missing", known.name))));
        if wrong.is_empty() {
            let list = subtype.list;
            return Ok(ServiceBody { list, members });
        }
        Err(wrong)
    }

    /// The body of one request, whose values `text` gives.
    ///
    /// # Errors
    /// Those of `text`.
    pub(crate) fn render<E>(
        &self,
        mut text: impl FnMut(&ValueExpression) -> Result<String, E>,
    ) -> Result<Json, E> {
        let mut members = serde_json::Map::new();
        for (member, template) in &self.members {
            members.insert((*member).to_owned(), template.render(&mut text)?);
        }
        Ok(match self.list {
            Some(list) => serde_json::json!({ list: [members] }),
            None => Json::Object(members),
        })
    }

    /// Visits every expression of the body.
    pub(crate) fn each(&self, visit: &mut impl FnMut(&ValueExpression)) {
        let seen = self.render(|expression| {
            visit(expression);
            Ok::<_, std::convert::Infallible>(String::new())
        });
        let Ok(_) = seen;
    }

    /// The value of a member, when no request changes it.
    pub(crate) fn fixed(&self, member: &str) -> Option<String> {
        let (_, template) = self.members.iter().find(|(name, _)| *name == member)?;
        match template {
            MemberTemplate::Value(_, expression) => expression.fixed(),
            MemberTemplate::Tree(_) => None,
        }
    }
}

impl MemberTemplate {
    fn parse(form: ValueForm, text: &str) -> Result<MemberTemplate, String> {
        if form == ValueForm::Json
            && let Ok(json @ (Json::Object(_) | Json::Array(_))) = serde_json::from_str(text)
        {
            return JsonTree::of(json).map(MemberTemplate::Tree);
        }
        ValueExpression::parse(text).map(|expression| MemberTemplate::Value(form, expression))
    }

    fn render<E>(
        &self,
        text: &mut impl FnMut(&ValueExpression) -> Result<String, E>,
    ) -> Result<Json, E> {
        Ok(match self {
            MemberTemplate::Tree(tree) => tree.render(text)?,
            MemberTemplate::Value(form, expression) => written(*form, text(expression)?),
        })
    }
}

fn written(form: ValueForm, text: String) -> Json {
    use base64::Engine as _;
    match form {
        ValueForm::Text => Json::String(text),
        ValueForm::Base64 => Json::String(base64::engine::general_purpose::STANDARD.encode(text)),
        // The service says what it thinks of anything else.
        ValueForm::Number | ValueForm::Json => {
            serde_json::from_str(&text).unwrap_or(Json::String(text))
        }
    }
}

impl JsonTree {
    fn of(json: Json) -> Result<JsonTree, String> {
        Ok(match json {
            Json::String(text) => JsonTree::Text(ValueExpression::parse(&text)?),
            Json::Array(items) => JsonTree::List(
                items
                    .into_iter()
                    .map(JsonTree::of)
                    .collect::<Result<_, _>>()?,
            ),
            Json::Object(members) => {
                let member = |(name, value)| Ok((name, JsonTree::of(value)?));
                JsonTree::Map(
                    members
                        .into_iter()
                        .map(member)
                        .collect::<Result<_, String>>()?,
                )
            }
            other => JsonTree::Other(other),
        })
    }

    fn render<E>(
        &self,
        text: &mut impl FnMut(&ValueExpression) -> Result<String, E>,
    ) -> Result<Json, E> {
        Ok(match self {
            JsonTree::Text(expression) => Json::String(text(expression)?),
            JsonTree::Other(json) => json.clone(),
            JsonTree::List(items) => {
                let mut made = Vec::with_capacity(items.len());
                for item in items {
                    made.push(item.render(text)?);
                }
                Json::Array(made)
            }
            JsonTree::Map(members) => {
                let mut made = serde_json::Map::new();
                for (name, value) in members {
                    made.insert(name.clone(), value.render(text)?);
                }
                Json::Object(made)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(subtype: &str, parameters: &[(&str, &str)]) -> String {
        let body = ServiceBody::read(Subtype::named(subtype).unwrap(), parameters).unwrap();
        let text = |expression: &ValueExpression| {
            Ok::<_, ()>(expression.fixed().unwrap_or_else(|| "\"x\"".to_owned()))
        };
        body.render(text).unwrap().to_string()
    }

    #[test]
    fn values_are_written_in_their_forms_and_end_no_text() {
        for (subtype, parameters, expected) in [
            (
                "SQS-SendMessage",
                &[
                    ("QueueUrl", "u"),
                    ("MessageBody", "$request.body"),
                    ("DelaySeconds", "5"),
                    (
                        "MessageAttributes",
                        r#"{"a":{"DataType":"String","StringValue":"${context.x}"}}"#,
                    ),
                ][..],
                r#"{"QueueUrl":"u","MessageBody":"\"x\"","DelaySeconds":5,"MessageAttributes":{"a":{"DataType":"String","StringValue":"\"x\""}}}"#,
            ),
            (
                "EventBridge-PutEvents",
                &[("Detail", "{}"), ("DetailType", "d"), ("Source", "s")],
                r#"{"Entries":[{"Detail":"{}","DetailType":"d","Source":"s"}]}"#,
            ),
            (
                "Kinesis-PutRecord",
                &[("StreamName", "s"), ("Data", "hi"), ("PartitionKey", "p")],
                r#"{"StreamName":"s","Data":"aGk=","PartitionKey":"p"}"#,
            ),
            (
                "StepFunctions-StartExecution",
                &[("StateMachineArn", "a"), ("Input", "{}")],
                r#"{"stateMachineArn":"a","input":"{}"}"#,
            ),
        ] {
            assert_eq!(rendered(subtype, parameters), expected);
        }
    }

    #[test]
    fn what_is_wrong_is_told_at_once() {
        let subtype = Subtype::named("SQS-SendMessage").unwrap();
        let wrong = ServiceBody::read(subtype, &[("MessageBody", "$request.x"), ("Delay", "1")]);
        let wrong: Vec<String> = wrong
            .unwrap_err()
            .into_iter()
            .map(|(_, text)| text)
            .collect();
        assert!(
            wrong[0].starts_with("MessageBody: $request.x: expected"),
            "{wrong:?}"
        );
        assert!(
            wrong[1].starts_with("Delay is unknown: expected QueueUrl"),
            "{wrong:?}"
        );
        assert_eq!(wrong[2], "QueueUrl is missing");
    }
}
