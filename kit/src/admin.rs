//! `/healthz`, `/readyz` and `/metrics`: the same on every program, never on its public port; and
//! who may ask them.

mod guard;
mod readiness;

pub use guard::{AdminArgs, guarded};

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use axum::routing::get;
use tokio_util::sync::CancellationToken;

use crate::registry;
use readiness::Readiness;

/// How often the samples of histograms are sorted.
const UPKEEP: Duration = Duration::from_secs(5);

/// The admin routes of a program. `ready` returns whether its dependencies answer: `Err` holds the
/// reason, which `/readyz` shows with a 503. It is called once for all callers of some seconds, for
/// each check costs a billed request.
pub fn router<F>(program: &'static str, ready: impl Fn() -> F + Send + Sync + 'static) -> Router
where
    F: Future<Output = Result<(), String>> + Send,
{
    let ready = Arc::new(Readiness::new(ready));
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(async move || readyz(ready.look().await)))
        .route("/metrics", get(async move || registry::render(program)))
        .method_not_allowed_fallback(async || {
            (
                StatusCode::METHOD_NOT_ALLOWED,
                "no such method: expected GET\n",
            )
        })
}

/// The same routes, where nothing is ready from the time on when `stop` is cancelled: load balancers
/// learn it while requests are still answered.
pub fn unready_after(routes: Router, stop: CancellationToken) -> Router {
    let look = move |request: Request, next: Next| {
        let is_over = stop.is_cancelled() && request.uri().path().starts_with("/readyz");
        async move {
            match is_over {
                true => readyz(Err("the program is stopping".to_owned())).into_response(),
                false => next.run(request).await,
            }
        }
    };
    routes.layer(axum::middleware::from_fn(look))
}

fn readyz(found: Result<(), String>) -> (StatusCode, String) {
    match found {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(reason) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("not ready: {reason}\n"),
        ),
    }
}

/// Keeps the memory that metrics take bounded, whether anybody reads them or not. Never returns.
pub async fn upkeep() {
    let mut turns = tokio::time::interval(UPKEEP);
    loop {
        turns.tick().await;
        registry::sort_samples();
    }
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
        registry::install();
        metrics::counter!("kit_test_total").increment(3);
        let app = router("gateway", async || Err("SQS does not answer".to_owned()));
        assert_eq!(ask(&app, "/healthz").await, (StatusCode::OK, "ok\n".into()));
        let unready = (
            StatusCode::SERVICE_UNAVAILABLE,
            "not ready: SQS does not answer\n".into(),
        );
        assert_eq!(ask(&app, "/readyz").await, unready);
        assert!(ask(&app, "/metrics").await.1.contains("kit_test_total 3"));
    }
    #[tokio::test]
    async fn nothing_is_ready_when_the_program_stops() {
        let stop = CancellationToken::new();
        let app = unready_after(router("gateway", async || Ok(())), stop.clone());
        assert_eq!(ask(&app, "/readyz").await.0, StatusCode::OK);
        stop.cancel();
        let unready = (
            StatusCode::SERVICE_UNAVAILABLE,
            "not ready: the program is stopping\n".into(),
        );
        assert_eq!(ask(&app, "/readyz").await, unready);
        assert_eq!(ask(&app, "/healthz").await.0, StatusCode::OK);
    }
}
