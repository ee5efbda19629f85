//! One read-only request to a service, and what its answer means. Pure.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;
use url::Url;
use url::form_urlencoded::Serializer;

use super::refusal::{Refusal, RefusalKind};
use crate::arn::{partition_of, url_suffix};
use crate::call::{Call, Reply};
use crate::service::{error_code, error_message};

/// Version 2 of API Gateway signs as version 1 does, and has an endpoint variable of its own.
const VERSION_2: &str = "apigatewayv2";

/// One read-only request.
#[derive(Debug, Clone)]
pub struct Question {
    /// The service: its first label in host names, but for version 2 of API Gateway.
    pub(super) endpoint: &'static str,
    /// What a policy must allow: `pipes:DescribePipe`.
    action: String,
    /// On what, where the action alone says little: `/restapis/a1b2c3`.
    subject: String,
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: String,
}

impl Question {
    fn of(endpoint: &'static str, action: String, method: Method) -> Question {
        Question {
            endpoint,
            action,
            subject: String::new(),
            method,
            path: "/".to_owned(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: String::new(),
        }
    }

    /// A GET to API Gateway; `/v2/…` is version 2.
    pub fn api_gateway(path: String) -> Question {
        let service = match path.starts_with("/v2/") {
            true => VERSION_2,
            false => "apigateway",
        };
        let mut question = Question::of(service, "apigateway:GET".to_owned(), Method::GET);
        question.subject = format!(" on {path}");
        question.path = path;
        let json = HeaderValue::from_static("application/json");
        question.headers.insert(ACCEPT, json);
        question
    }

    /// `pipes:DescribePipe`.
    pub fn pipe(name: &str) -> Question {
        let action = "pipes:DescribePipe".to_owned();
        Question {
            path: format!("/v1/pipes/{}", segment(name)),
            ..Question::of("pipes", action, Method::GET)
        }
    }

    /// An action of a service that speaks AWS JSON: `AWSEvents.DescribeConnection` of `events`.
    pub fn json(service: &'static str, target: &'static str, body: &Value) -> Question {
        let (_, name) = target.split_once('.').unwrap_or(("", target));
        let mut question = Question::of(service, format!("{service}:{name}"), Method::POST);
        let kind = match service {
            "sqs" => "application/x-amz-json-1.0",
            _ => "application/x-amz-json-1.1",
        };
        let target_header = HeaderName::from_static("x-amz-target");
        question.headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static(kind)),
            (target_header, HeaderValue::from_static(target)),
        ]);
        question.body = body.to_string();
        question
    }

    /// An action of CloudFormation.
    pub(super) fn cloudformation(action: &str, parameters: &[(&str, &str)]) -> Question {
        let service = "cloudformation";
        let mut form = Serializer::new(String::new());
        form.append_pair("Action", action);
        form.append_pair("Version", "2010-05-15");
        form.extend_pairs(parameters);
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
        Question {
            headers,
            body: form.finish(),
            ..Question::of(service, format!("{service}:{action}"), Method::POST)
        }
    }

    /// The same with a parameter in its query; one of that name is replaced.
    #[must_use]
    pub fn with_query(mut self, name: &str, value: &str) -> Question {
        self.query.retain(|(known, _)| known != name);
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a further parameter in its form.
    pub(super) fn with_form(mut self, name: &str, value: &str) -> Question {
        let mut form = Serializer::new(self.body);
        self.body = form.append_pair(name, value).finish();
        self
    }

    pub(super) fn is_version_2(&self) -> bool {
        self.endpoint == VERSION_2
    }

    /// The name of the service in signatures.
    pub(super) fn signing_name(&self) -> &'static str {
        match self.endpoint {
            VERSION_2 => "apigateway",
            own => own,
        }
    }

    /// The request, in a region.
    pub(super) fn call(&self, region: &str) -> Call {
        let suffix = url_suffix(partition_of(region));
        let host = format!("https://{}.{region}.{suffix}", self.signing_name());
        // A region is a label of a host name: it was checked when it was read.
        let mut url = Url::parse(&host).unwrap_or_else(|_| unreachable!("{host} is a URL"));
        url.set_path(&self.path);
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Call {
            method: self.method.clone(),
            url,
            headers: self.headers.clone(),
            body: Bytes::from(self.body.clone()),
        }
    }

    /// Why the service does not answer the question, if it does not.
    pub(super) fn refusal(&self, reply: &Reply) -> Option<Refusal> {
        if reply.status.is_success() {
            return None;
        }
        let code = error_code(reply).unwrap_or_else(|| reply.status.as_u16().to_string());
        let message = error_message(reply).unwrap_or_default();
        Some(Refusal::of_answer(
            (&self.action, &self.subject),
            reply.status,
            &code,
            &message,
        ))
    }

    /// The answer is not what the service is known to answer.
    pub(super) fn unreadable(&self, reason: &str) -> Refusal {
        let text = format!("{}: the answer cannot be read: {reason}", self.action);
        Refusal::new(RefusalKind::Other, text)
    }

    /// Nobody answers.
    pub(super) fn unanswered(&self, reason: &str) -> Refusal {
        Refusal::new(
            RefusalKind::Unanswered,
            format!("{}: {reason}", self.action),
        )
    }

    /// There is nothing to sign the question with.
    pub(super) fn without_credentials(&self, reason: &str) -> Refusal {
        let text = format!(
            "{}: no credentials: {reason} (set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)",
            self.action
        );
        Refusal::new(RefusalKind::Credentials, text)
    }
}

/// A name as a segment of a path.
fn segment(name: &str) -> String {
    percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .replace("%2D", "-")
        .replace("%5F", "_")
        .replace("%2E", ".")
}
