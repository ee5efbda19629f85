//! `/healthz`, `/readyz` and `/metrics`: the same on every program, never on its public port.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of histograms whose name ends with `_seconds`: from a loopback hop to API Gateway's 29-second timeout.
const DURATIONS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 30.0];

/// The same for counts, such as the entries of a batch.
const COUNTS: [f64; 10] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0];

/// Samples of histograms pile up until they are sorted into their buckets, which has to be asked for.
const UPKEEP: Duration = Duration::from_secs(5);

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// The admin routes. `ready` tells whether the program's dependencies answer: `Err` holds the reason, which `/readyz`
/// shows with a 503.
pub fn router<F>(ready: impl Fn() -> F + Send + Sync + 'static) -> Router
where
    F: Future<Output = Result<(), String>> + Send,
{
    let ready = Arc::new(ready);
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(move || readiness(ready)))
        .route("/metrics", get(async || metrics()))
}

async fn readiness<F>(ready: Arc<impl Fn() -> F>) -> (StatusCode, String)
where
    F: Future<Output = Result<(), String>>,
{
    match ready().await {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {reason}\n")),
    }
}

fn metrics() -> String {
    let Some(handle) = recorder() else { return String::new() };
    handle.run_upkeep();
    handle.render()
}

/// Installs the process-wide recorder; metrics written before are lost. Further calls have no effect.
pub fn install_recorder() {
    recorder();
}

/// Keeps the memory that metrics take bounded, whether anybody reads them or not. Never returns.
pub async fn upkeep() {
    let mut turns = tokio::time::interval(UPKEEP);
    loop {
        turns.tick().await;
        if let Some(handle) = recorder() {
            handle.run_upkeep();
        }
    }
}

fn recorder() -> Option<&'static PrometheusHandle> {
    let install = || {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &DURATIONS)
            .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), &COUNTS))
            .expect("the lists are not empty");
        // Fails when the embedding program has set a recorder of its own; its metrics are then its own business.
        builder.install_recorder().ok()
    };
    RECORDER.get_or_init(install).as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    async fn ask(app: &Router, path: &str) -> (StatusCode, String) {
        let request = http::Request::get(path).body(Body::empty()).unwrap();
        let answer = app.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn each_route_answers() {
        install_recorder();
        metrics::counter!("kit_test_total").increment(3);
        let app = router(async || Err("SQS does not answer".to_owned()));
        assert_eq!(ask(&app, "/healthz").await, (StatusCode::OK, "ok\n".into()));
        let unready = (StatusCode::SERVICE_UNAVAILABLE, "not ready: SQS does not answer\n".into());
        assert_eq!(ask(&app, "/readyz").await, unready);
        assert!(ask(&app, "/metrics").await.1.contains("kit_test_total 3"));
    }
}
