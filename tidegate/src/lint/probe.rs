//! Requests that show what a template does with values that mean something in the form around
//! them, and what SQS makes of the form. Pure.

use gateway::api::Apis;
use gateway::example::{Example, Offer};
use gateway::test_invoke::{PlannedCall, TestRequest, test_plan};
use kit::time::Timestamp;

use super::subject::Subject;

/// A value of a client, alone and within a JSON document.
pub(super) struct Hostile {
    /// The value.
    pub(super) value: &'static str,
    /// The body where a template takes any.
    pub(super) body: &'static str,
}

/// Values that anybody may send, and that a form changes unless they are encoded.
pub(super) const LOST: [Hostile; 5] = [
    Hostile {
        value: "R&D",
        body: r#"{"department":"R&D"}"#,
    },
    Hostile {
        value: "1+1",
        body: r#"{"sum":"1+1"}"#,
    },
    Hostile {
        value: "%41",
        body: r#"{"code":"%41"}"#,
    },
    Hostile {
        value: "5%25",
        body: r#"{"rate":"5%25"}"#,
    },
    Hostile {
        value: "a&b=c+d%26",
        body: r#"{"query":"a&b=c+d%26"}"#,
    },
];

/// The name of a queue that is not the integration's.
pub(super) const OTHER_QUEUE: &str = "other";

/// Values that send their message to another queue. The second leaves what follows it in the form
/// out of the queue's URL.
pub(super) fn to_other_queue(subject: &Subject) -> [String; 2] {
    let account = &subject.account;
    let url = format!(
        "x&QueueUrl=https://sqs.{}.{}/{}/{OTHER_QUEUE}",
        account.region,
        account.url_suffix(),
        account.account_id
    );
    [url.clone(), format!("{url}&z=")]
}

/// Values that delay their message.
pub(super) const DELAYED: [&str; 2] = ["x&DelaySeconds=900", "x&DelaySeconds=900&z="];

/// The form that a request becomes, as SQS decodes it: names and values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    fn of(call: &PlannedCall) -> Form {
        let pairs = form_urlencoded::parse(call.body.as_bytes()).into_owned();
        Form(pairs.collect())
    }

    /// The value that counts, of several with a name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut named = self.0.iter().rev().filter(|(own, _)| own == name);
        named.next().map(|(_, value)| value.as_str())
    }

    /// The first member that is not what the other form has: its name, and its value.
    pub(super) fn differs(&self, other: &Form) -> Option<(String, Option<String>)> {
        let names = other.0.iter().map(|(name, _)| name);
        let mut names = names.chain(self.0.iter().map(|(name, _)| name));
        let first = names.find(|name| self.get(name) != other.get(name))?;
        Some((first.clone(), self.get(first).map(ToOwned::to_owned)))
    }
}

/// The integration request for an example.
pub(super) fn planned(subject: &Subject, apis: &Apis, example: &Example) -> Option<PlannedCall> {
    let mut headers = example.headers.clone();
    headers.extend(
        example
            .host
            .iter()
            .map(|host| ("Host".to_owned(), host.clone())),
    );
    let body = example.body.clone().unwrap_or_default();
    let test = TestRequest::new(example.method.as_str(), &example.path, &headers, body).ok()?;
    // A time of its own, so that two plans differ in nothing else.
    let now = Timestamp::from_millis(1_700_000_000_000);
    test_plan(apis, &subject.account.account_id, test, now).call
}

/// What becomes of a request whose texts are `value`: the form as it is, and as it was meant.
pub(super) fn forms(
    subject: &Subject,
    offer: &Offer<'_>,
    media_type: &str,
    body: &str,
    value: &str,
) -> Option<(Example, Form, Form)> {
    let example = offer.example_of(media_type, body, value)?;
    let actual = Form::of(&planned(subject, &subject.apis, &example)?);
    let meant = Form::of(&planned(subject, &subject.encoded, &example)?);
    Some((example, actual, meant))
}

/// An example in words: its body, or its path and headers.
pub(super) fn shown(example: &Example) -> String {
    if let Some(body) = example.body.as_deref().filter(|body| *body != "{}") {
        return format!("the body {body}");
    }
    let own = example
        .headers
        .iter()
        .filter(|(name, _)| name != "Content-Type");
    let headers: String = own
        .map(|(name, value)| format!(" with {name}: {value}"))
        .collect();
    format!("the path {}{headers}", example.path)
}
