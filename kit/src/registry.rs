//! The metrics of each program in a registry of its own, also when several programs share a
//! process.
//!
//! The first word of a metric's name is the program that owns it: `gateway_requests_total` belongs
//! to the gateway. All programs show the metrics without an owner.

use std::sync::OnceLock;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

/// The programs that have metrics, by the first word of their names.
pub const PROGRAMS: [&str; 6] = ["console", "emulator", "gateway", "pipe", "pub", "sub"];

/// Upper bounds of histograms whose name ends with `_seconds`: from a loopback hop to API Gateway's
/// 29-second timeout.
const DURATIONS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 30.0,
];

/// The same for counts, such as the entries of a batch.
const COUNTS: [f64; 10] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0];

/// The handles that render each program's metrics; the last one is for metrics without an owner.
static HANDLES: OnceLock<Option<Vec<PrometheusHandle>>> = OnceLock::new();

/// Installs the registries of this process; metrics written before are lost. Further calls have no
/// effect.
pub fn install() {
    handles();
}

/// The metrics of a program as Prometheus reads them, and those that are no program's.
pub fn render(program: &str) -> String {
    let Some(handles) = handles() else {
        return String::new();
    };
    let of = [
        PROGRAMS.iter().position(|known| *known == program),
        Some(PROGRAMS.len()),
    ];
    let rendered = of.into_iter().flatten().map(|index| {
        handles[index].run_upkeep();
        handles[index].render()
    });
    rendered.collect()
}

/// Sorts the samples of histograms into their buckets. Without this call they pile up.
pub(crate) fn sort_samples() {
    handles()
        .into_iter()
        .flatten()
        .for_each(PrometheusHandle::run_upkeep);
}

fn handles() -> Option<&'static Vec<PrometheusHandle>> {
    let install = || {
        let registries = Registries(std::array::from_fn(|_| registry()));
        let handles = registries
            .0
            .iter()
            .map(PrometheusRecorder::handle)
            .collect();
        // Fails when the embedding program has set a recorder of its own; its metrics are then its
        // own business.
        metrics::set_global_recorder(registries)
            .ok()
            .map(|()| handles)
    };
    HANDLES.get_or_init(install).as_ref()
}

fn registry() -> PrometheusRecorder {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &DURATIONS)
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), &COUNTS)
        })
        .expect("the lists are not empty")
        .build_recorder()
}

/// A registry for each of [`PROGRAMS`], and one for metrics without an owner.
struct Registries([PrometheusRecorder; PROGRAMS.len() + 1]);

impl Registries {
    fn of(&self, metric: &str) -> &PrometheusRecorder {
        &self.0[owner(metric).unwrap_or(PROGRAMS.len())]
    }
}

/// Whose metric it is.
fn owner(metric: &str) -> Option<usize> {
    let (first, _) = metric.split_once('_')?;
    PROGRAMS.iter().position(|program| *program == first)
}

impl Recorder for Registries {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.of(key.as_str())
            .describe_counter(key, unit, description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.of(key.as_str()).describe_gauge(key, unit, description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.of(key.as_str())
            .describe_histogram(key, unit, description);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        self.of(key.name()).register_counter(key, metadata)
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        self.of(key.name()).register_gauge(key, metadata)
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        self.of(key.name()).register_histogram(key, metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_shows_its_own_metrics_and_those_of_nobody() {
        install();
        metrics::counter!("gateway_registry_test_total").increment(1);
        metrics::gauge!("pipe_registry_test", "queue" => "a\"b").set(2.0);
        metrics::histogram!("emulator_registry_test_seconds").record(0.002);
        metrics::counter!("process_registry_test_total").increment(3);
        let (gateway, pipe, emulator) = (render("gateway"), render("pipe"), render("emulator"));
        assert!(
            gateway.contains("gateway_registry_test_total 1") && !gateway.contains("pipe_"),
            "{gateway}"
        );
        assert!(
            pipe.contains(r#"pipe_registry_test{queue="a\"b"} 2"#) && !pipe.contains("gateway_"),
            "{pipe}"
        );
        assert!(
            emulator.contains(r#"emulator_registry_test_seconds_bucket{le="0.0025"} 1"#),
            "{emulator}"
        );
        for shown in [gateway, pipe, emulator, render("sub"), render("unknown")] {
            assert!(shown.contains("process_registry_test_total 3"), "{shown}");
        }
    }
}
