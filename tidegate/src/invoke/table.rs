//! The outcome of a request as a table: the station on the left, what came of it on the right.

use std::fmt::Write as _;

use gateway::test_invoke::{Outcome, PlannedCall, Refusal, RouteFound, Shown, StoredMessage};

/// Where the right column begins.
const INDENT: usize = 11;

/// The table.
pub(super) fn of(outcome: &Outcome) -> String {
    let mut table = Table::default();
    match &outcome.route {
        Some(route) => table.route(route),
        None => table.row("route", ["none: no API has this path and method"]),
    }
    if let Some(refusal) = &outcome.refusal {
        table.refusal(refusal);
    }
    if let Some(call) = &outcome.call {
        table.call(call);
    }
    match (&outcome.reply, &outcome.call) {
        (Some(reply), Some(_)) => table.shown("reply", reply),
        (Some(reply), None) => table.shown("mock", reply),
        (None, _) => {}
    }
    match &outcome.response {
        Some(response) => table.shown("response", response),
        None => table.row(
            "response",
            ["unknown: give the backend's reply with --reply FILE, or --send"],
        ),
    }
    table.0
}

/// Lines about stations.
#[derive(Default)]
pub(super) struct Table(pub(super) String);

impl Table {
    /// A station, and the lines about it.
    pub(super) fn row<T: AsRef<str>>(&mut self, station: &str, lines: impl IntoIterator<Item = T>) {
        let mut left = station;
        for text in lines {
            for line in text.as_ref().split('\n') {
                let line = format!("{left:INDENT$}{line}");
                let _ = writeln!(self.0, "{}", line.trim_end());
                left = "";
            }
        }
    }

    fn route(&mut self, route: &RouteFound) {
        let RouteFound {
            api,
            api_id,
            stage,
            resource,
            path_parameters,
            not_checked,
        } = route;
        let first = format!("{resource} of {api} ({api_id}), stage {stage}");
        let parameters = path_parameters.iter();
        let parameters = parameters.map(|(name, value)| format!("{name} = {value}"));
        self.row("route", std::iter::once(first).chain(parameters));
        self.row("unchecked", not_checked);
    }

    fn refusal(&mut self, refusal: &Refusal) {
        let kind = refusal.response_type.as_deref().unwrap_or("no type");
        let mut lines = vec![format!("{kind}: {}", refusal.message)];
        lines.extend(refusal.validation_errors.clone());
        self.row("refused", lines);
    }

    fn call(&mut self, call: &PlannedCall) {
        let mut lines = vec![format!("{}: {} {}", call.service, call.method, call.url)];
        lines.extend(call.role.as_ref().map(|arn| format!("as the role {arn}")));
        lines.extend(headers(&call.headers));
        lines.extend(body(&call.body));
        self.row("call", lines);
        if let Some(message) = &call.message {
            self.message(message);
        }
    }

    fn message(&mut self, message: &StoredMessage) {
        let mut lines = vec![format!("to {}", message.queue_url)];
        let named = [
            ("MessageGroupId", message.group_id.clone()),
            ("MessageDeduplicationId", message.deduplication_id.clone()),
            (
                "DelaySeconds",
                message.delay_seconds.map(|seconds| seconds.to_string()),
            ),
        ];
        for (name, value) in named {
            lines.extend(value.map(|value| format!("{name}: {value}")));
        }
        let attributes = message.attributes.iter();
        lines.extend(attributes.map(|(name, kind, value)| format!("{name} ({kind}): {value}")));
        lines.extend(body(&message.body));
        self.row("message", lines);
    }

    fn shown(&mut self, station: &str, shown: &Shown) {
        let mut lines = vec![shown.status.to_string()];
        lines.extend(headers(&shown.headers));
        lines.extend(body(&shown.body));
        self.row(station, lines);
    }
}

fn headers(headers: &[(String, String)]) -> impl Iterator<Item = String> {
    headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
}

/// An empty line and the body, if there is one.
pub(super) fn body(text: &str) -> Vec<String> {
    match text {
        "" => Vec::new(),
        text => vec![String::new(), text.to_owned()],
    }
}
