//! `$context`: facts about an exchange, and the overrides that its templates set.
//!
//! A [`Context`] lives through the request template and the response template of one exchange, so
//! that what the first sets is there for the second. Overrides are final: setting the same one
//! twice fails the template. See `docs/aws/api-gateway.md#context` and
//! `docs/aws/api-gateway.md#overrides`.

use std::sync::Arc;

use serde_json::{Map as Members, Value as Json, json};

use crate::api::ResponseType;
use crate::gateway_responses::Fault;
use crate::vtl::KnownObject;

mod overrides;
mod view;

pub(crate) use overrides::{RequestOverride, ResponseOverride};
pub(super) use view::ContextView;

use overrides::{OVERRIDES, single};

/// What lints know of `$context`: `docs/aws/api-gateway.md#context`.
pub(super) const KNOWN: KnownObject = KnownObject {
    variable: "context",
    members: &[
        "accountId",
        "apiId",
        "authorizer",
        "awsEndpointRequestId",
        "deploymentId",
        "domainName",
        "domainPrefix",
        "error",
        "extendedRequestId",
        "httpMethod",
        "identity",
        "isCanaryRequest",
        "path",
        "protocol",
        "requestId",
        "requestOverride",
        "requestTime",
        "requestTimeEpoch",
        "resourceId",
        "resourcePath",
        "responseOverride",
        "stage",
        "wafResponseCode",
        "webaclArn",
    ],
    is_map: true,
    check: |_, _| Ok(()),
};

/// `$context` of one exchange.
#[derive(Debug, Clone, Default)]
pub struct Context {
    fields: Arc<Members<String, Json>>,
    /// `requestOverride` and `responseOverride`, when a template set anything there.
    overrides: Members<String, Json>,
}

impl Context {
    /// A context with these fields. What stands there under the names of the overrides counts as
    /// set by an earlier template.
    pub fn new(mut fields: Members<String, Json>) -> Context {
        let mut overrides = Members::new();
        for (name, _) in OVERRIDES {
            if let Some(set @ Json::Object(_)) = fields.shift_remove(name) {
                overrides.insert(name.to_owned(), set);
            }
        }
        Context {
            fields: Arc::new(fields),
            overrides,
        }
    }

    /// Sets a field, for the templates that follow.
    pub(crate) fn insert(&mut self, name: &str, value: Json) {
        Arc::make_mut(&mut self.fields).insert(name.to_owned(), value);
    }

    /// Fills `$context.error`, which gateway responses and access logs show:
    /// `docs/aws/api-gateway.md#customised-gateway-responses`.
    pub(crate) fn set_error(&mut self, fault: &Fault) {
        let message = fault.message();
        let text = match message.as_str() {
            "" => Json::Null,
            text => text.into(),
        };
        let error = json!({
            "messageString": text.to_string(),
            "message": message,
            "responseType": fault.kind().map(ResponseType::name),
            "validationErrorString": fault.validation_errors(),
        });
        Arc::make_mut(&mut self.fields).insert("error".to_owned(), error);
    }

    /// Sets a field of a field.
    pub(crate) fn insert_into(&mut self, field: &str, name: &str, value: Json) {
        let fields = Arc::make_mut(&mut self.fields);
        let inner = fields.entry(field).or_insert_with(|| Members::new().into());
        if let Json::Object(members) = inner {
            members.insert(name.to_owned(), value);
        }
    }

    /// The text of a field, by the names that lead to it; [`None`] when it is missing, null, or not
    /// a single value.
    pub fn get<S: AsRef<str>>(&self, path: &[S]) -> Option<String> {
        let (first, rest) = path.split_first()?;
        let start = self
            .overrides
            .get(first.as_ref())
            .or_else(|| self.fields.get(first.as_ref()))?;
        let found = rest
            .iter()
            .try_fold(start, |value, name| value.get(name.as_ref()))?;
        single(found)
    }

    /// Everything but the overrides.
    pub(crate) fn fields(&self) -> &Members<String, Json> {
        &self.fields
    }

    /// The overrides for the call.
    pub fn request_override(&self) -> RequestOverride {
        RequestOverride::of(&self.overrides)
    }

    /// The overrides for the answer.
    pub fn response_override(&self) -> ResponseOverride {
        ResponseOverride::of(&self.overrides)
    }

    /// Everything that was overridden, as JSON, for tools; [`None`] when nothing was. Each override
    /// shows its three maps, set or not.
    pub fn overrides(&self) -> Option<Members<String, Json>> {
        let mut all = Members::new();
        for (name, _) in OVERRIDES {
            let mut shown: Members<String, Json> = ["header", "path", "querystring"]
                .map(|map| (map.to_owned(), Members::new().into()))
                .into_iter()
                .collect();
            shown.extend(
                self.overrides
                    .get(name)
                    .and_then(Json::as_object)
                    .cloned()
                    .unwrap_or_default(),
            );
            all.insert(name.to_owned(), shown.into());
        }
        let is_set = |json: &Json| json.as_object().is_none_or(|members| !members.is_empty());
        let any = all
            .values()
            .filter_map(Json::as_object)
            .flat_map(Members::values)
            .any(is_set);
        any.then_some(all)
    }

    /// The context as a rendering sees it.
    pub(super) fn view(&self) -> ContextView {
        ContextView::new(self.fields.clone(), self.overrides.clone())
    }

    /// Stores the overrides that a rendering set.
    pub(super) fn keep(&mut self, overrides: Option<Members<String, Json>>) {
        self.overrides = overrides.unwrap_or(std::mem::take(&mut self.overrides));
    }
}

#[cfg(test)]
mod tests;
