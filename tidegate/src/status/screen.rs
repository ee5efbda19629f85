//! The state of a chain on one screen. Pure.

use std::fmt::Write as _;

use kit::counted::counted;

use super::chain::{Chain, PipeState, QueueState, RouteState};

/// The screen.
pub(super) fn screen(chain: &Chain) -> String {
    let mut text = String::new();
    for program in &chain.programs {
        let state = if program.is_well { "up" } else { "DOWN" };
        let _ = writeln!(
            text,
            "{:<13}{state:<6}{}  {}",
            program.name, program.url, program.says
        );
    }
    section(&mut text, "routes", &chain.routes, route);
    section(&mut text, "pipes", &chain.pipes, pipe);
    section(&mut text, "queues", &chain.queues, queue);
    text
}

fn section<T>(text: &mut String, title: &str, rows: &[T], row: impl Fn(&T) -> [String; 2]) {
    if rows.is_empty() {
        return;
    }
    let rows: Vec<[String; 2]> = rows.iter().map(row).collect();
    let width = rows.iter().map(|[name, _]| name.chars().count()).max();
    let width = width.unwrap_or_default();
    let _ = writeln!(text, "\n{title}");
    for [name, says] in rows {
        let _ = writeln!(text, "  {name:<width$}  {says}");
    }
}

fn route(route: &RouteState) -> [String; 2] {
    let name = format!("{}  {}", route.api, route.route);
    let mut says = vec![counted(route.requests, "request").to_string()];
    for (count, what) in [(route.errors_4xx, "4xx"), (route.errors_5xx, "5xx")] {
        if count > 0 {
            says.push(format!("{count} answered {what}"));
        }
    }
    says.extend(times(route.p50, route.p99));
    [name, says.join(", ")]
}

fn pipe(pipe: &PipeState) -> [String; 2] {
    let mut says = vec![
        pipe.state.clone(),
        counted(pipe.events, "event").to_string(),
    ];
    let counts = [
        (pipe.failed, "executions failed"),
        (pipe.filtered, "filtered"),
        (pipe.dead, "dead"),
    ];
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        says.push(format!("{count} {what}"));
    }
    says.extend(times(pipe.p50, pipe.p99));
    if pipe.is_target_down {
        says.push("THE TARGET IS DOWN".to_owned());
    }
    says.extend(pipe.reason.clone());
    [pipe.name.clone(), says.join(", ")]
}

fn queue(queue: &QueueState) -> [String; 2] {
    let counts = &queue.counts;
    let mut says = format!(
        "{} waiting, {} in flight, {} delayed",
        counts.waiting, counts.in_flight, counts.delayed
    );
    if queue.has_dead() {
        let _ = write!(
            says,
            ": DEAD LETTERS of {}",
            queue.dead_letters_of.join(", ")
        );
    }
    [queue.name.clone(), says]
}

/// Latencies, as far as they were measured.
fn times(p50: Option<f64>, p99: Option<f64>) -> Option<String> {
    let shown = |seconds: f64| match seconds {
        seconds if seconds < 1.0 => format!("{} ms", seconds * 1000.0),
        seconds => format!("{seconds} s"),
    };
    match (p50, p99) {
        (Some(p50), Some(p99)) => Some(format!("p50 {}, p99 {}", shown(p50), shown(p99))),
        (Some(p50), None) => Some(format!("p50 {}", shown(p50))),
        _ => None,
    }
}
