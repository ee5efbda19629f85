//! The state of a chain, and whether it is well. Pure.

use serde::Serialize;
use serde_json::Value;

use super::metrics::{quantile, samples, sum};
use crate::queues::Counts;

/// Everything that was found out.
#[derive(Debug, Default, Serialize)]
pub(super) struct Chain {
    pub programs: Vec<ProgramState>,
    pub routes: Vec<RouteState>,
    pub pipes: Vec<PipeState>,
    pub queues: Vec<QueueState>,
}

/// A program, by what its admin port says.
#[derive(Debug, Serialize)]
pub(super) struct ProgramState {
    pub name: &'static str,
    pub url: String,
    /// Whether it answers and is ready.
    pub is_well: bool,
    /// Why not, or what it says.
    pub says: String,
}

/// A method of the gateway.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct RouteState {
    pub api: String,
    pub route: String,
    pub requests: u64,
    pub errors_4xx: u64,
    pub errors_5xx: u64,
    /// Seconds, at most.
    pub p50: Option<f64>,
    pub p99: Option<f64>,
}

/// A pipe.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct PipeState {
    pub name: String,
    pub state: String,
    /// What it waits for.
    pub reason: Option<String>,
    pub events: u64,
    pub failed: u64,
    pub filtered: u64,
    pub dead: u64,
    pub is_target_down: bool,
    pub p50: Option<f64>,
    pub p99: Option<f64>,
}

/// A queue.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct QueueState {
    pub name: String,
    #[serde(flatten)]
    pub counts: Counts,
    /// The queues whose dead letters it gets.
    pub dead_letters_of: Vec<String>,
}

impl Chain {
    /// Whether nothing is down and no message is dead.
    pub(super) fn is_well(&self) -> bool {
        let programs = self.programs.iter().all(|program| program.is_well);
        let pipes = self.pipes.iter().all(|pipe| !pipe.is_target_down);
        let queues = self.queues.iter().all(|queue| !queue.has_dead());
        programs && pipes && queues
    }
}

impl QueueState {
    /// Whether it holds dead letters.
    pub(super) fn has_dead(&self) -> bool {
        !self.dead_letters_of.is_empty() && self.counts.all() > 0
    }
}

/// The methods of a gateway, from its metrics.
pub(super) fn routes(metrics: &str) -> Vec<RouteState> {
    let samples = samples(metrics);
    let counts = samples
        .iter()
        .filter(|sample| sample.name == "gateway_api_count_total");
    let states = counts.map(|sample| {
        let label = |name| sample.label(name).unwrap_or_default();
        let names = ["api", "stage", "resource", "method"];
        let labels = names.map(|name| (name, label(name)));
        let count = |name| sum(&samples, name, &labels) as u64;
        let latency = |of| quantile(&samples, "gateway_api_latency_seconds", &labels, of);
        RouteState {
            api: label("api").to_owned(),
            route: format!("{} {}", label("method"), label("resource")),
            requests: sample.value as u64,
            errors_4xx: count("gateway_api_4xx_error_total"),
            errors_5xx: count("gateway_api_5xx_error_total"),
            p50: latency(0.5),
            p99: latency(0.99),
        }
    });
    let mut states: Vec<RouteState> = states.collect();
    states.sort_by(|a, b| (&a.api, &a.route).cmp(&(&b.api, &b.route)));
    states
}

/// The pipes, from the answer to ListPipes and the metrics.
pub(super) fn pipes(listed: &Value, metrics: &str) -> Vec<PipeState> {
    let samples = samples(metrics);
    let listed = listed.get("Pipes").and_then(Value::as_array);
    let states = listed.into_iter().flatten().map(|pipe| {
        let text = |name| pipe.get(name).and_then(Value::as_str);
        let name = text("Name").unwrap_or_default();
        let labels = [("pipe", name)];
        let value = |name| sum(&samples, name, &labels);
        let duration = |of| quantile(&samples, "pipe_duration_seconds", &labels, of);
        PipeState {
            name: name.to_owned(),
            state: text("CurrentState").unwrap_or_default().to_owned(),
            reason: text("StateReason").map(str::to_owned),
            events: value("pipe_event_count_total") as u64,
            failed: value("pipe_execution_failed_total") as u64,
            filtered: value("pipe_events_filtered_total") as u64,
            dead: value("pipe_dead_lettered_total") as u64,
            is_target_down: value("pipe_target_down") > 0.0,
            p50: duration(0.5),
            p99: duration(0.99),
        }
    });
    states.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_chain_is_well_while_nothing_is_down_or_dead() {
        let queue = |dead: &[&str], waiting| QueueState {
            name: "q".to_owned(),
            counts: Counts {
                waiting,
                ..Counts::default()
            },
            dead_letters_of: dead.iter().map(|name| (*name).to_owned()).collect(),
        };
        let chain = |queues| Chain {
            queues,
            ..Chain::default()
        };
        assert!(chain(vec![queue(&[], 9), queue(&["q"], 0)]).is_well());
        assert!(!chain(vec![queue(&["q"], 1)]).is_well());
        let mut down = chain(Vec::new());
        down.pipes = pipes(
            &json!({"Pipes": [{"Name": "p", "CurrentState": "RUNNING"}]}),
            "pipe_target_down{pipe=\"p\"} 1\npipe_event_count_total{pipe=\"p\"} 12\n",
        );
        assert_eq!((down.pipes[0].events, down.is_well()), (12, false));
    }

    #[test]
    fn a_route_has_its_own_counts() {
        let labels = |method| format!("api=\"a\",stage=\"s\",resource=\"/x\",method=\"{method}\"");
        let text = format!(
            "gateway_api_count_total{{{}}} 5\ngateway_api_count_total{{{}}} 7\n\
             gateway_api_5xx_error_total{{{}}} 2\n",
            labels("POST"),
            labels("GET"),
            labels("POST"),
        );
        let routes = routes(&text);
        assert_eq!(
            routes
                .iter()
                .map(|it| (it.route.as_str(), it.requests, it.errors_5xx))
                .collect::<Vec<_>>(),
            [("GET /x", 7, 0), ("POST /x", 5, 2)]
        );
    }
}
