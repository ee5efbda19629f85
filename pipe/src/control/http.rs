//! Door: the admin port of the pipe: the routes of every program, `/filtered`, `/outbox`, and the control
//! plane of Pipes.
//!
//! The port is on loopback and checks no signatures. [`kit::admin::guarded`] rejects the pages of a
//! browser on this machine, and no request with an `Origin` changes anything.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::api::{self, ControlFault, PipeView};
use super::registry::Registry;
use crate::definition::DesiredState;
use crate::outbox::Outbox;
use crate::sqs::clients::Clients;

/// A change of state that the admin port asks for.
#[derive(Debug)]
pub(crate) struct PipeCommand {
    /// The name of the pipe.
    pub(crate) pipe: String,
    /// Whether the pipe is to run.
    pub(crate) wanted: DesiredState,
    /// Where the answer goes.
    pub(crate) answer: oneshot::Sender<Result<PipeView, ControlFault>>,
}

#[derive(Clone)]
struct Admin {
    registry: Arc<Registry>,
    commands: mpsc::Sender<PipeCommand>,
}

/// All routes. Commands are sent to `commands`.
pub(crate) fn routes(
    registry: Arc<Registry>,
    clients: Arc<Clients>,
    commands: mpsc::Sender<PipeCommand>,
    outbox: Option<Arc<Outbox>>,
) -> Router {
    let (filtered, readiness) = (registry.filtered.clone(), registry.clone());
    let ready = move || {
        let (registry, clients) = (readiness.clone(), clients.clone());
        async move { registry.ready(&clients).await }
    };
    let control = Router::new()
        .route("/v1/pipes", get(list).fallback(no_such_operation))
        .route(
            "/v1/pipes/{name}",
            get(describe).fallback(declared_elsewhere),
        )
        .route(
            "/v1/pipes/{name}/start",
            post(start).fallback(no_such_operation),
        )
        .route(
            "/v1/pipes/{name}/stop",
            post(stop).fallback(no_such_operation),
        )
        .route("/v1/{*rest}", any(no_such_operation))
        .route("/tags/{*arn}", any(declared_elsewhere))
        .with_state(Admin { registry, commands });
    let kept = Router::new();
    let kept = match outbox {
        Some(outbox) => kept.route("/outbox", get(async move || Json(outbox.show()))),
        None => kept,
    };
    kit::admin::router("pipe", ready)
        .route("/filtered", get(async move || Json(filtered.show())))
        .merge(kept)
        .merge(control)
}

async fn list(
    State(admin): State<Admin>,
    query: Result<Query<api::ListQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, ControlFault> {
    let Query(query) = query.map_err(|error| ControlFault::Validation(error.body_text()))?;
    api::list(&admin.registry.pipes(), &query).map(Json)
}

/// The name of a pipe in a path, which may not be UTF-8.
type Name = Result<Path<String>, axum::extract::rejection::PathRejection>;

fn name(name: Name) -> Result<String, ControlFault> {
    name.map(|Path(name)| name)
        .map_err(|error| ControlFault::Validation(error.body_text()))
}

async fn describe(State(admin): State<Admin>, pipe: Name) -> Result<Json<Value>, ControlFault> {
    let pipe = name(pipe)?;
    let view = admin
        .registry
        .find(&pipe)
        .ok_or_else(|| ControlFault::unknown(&pipe))?;
    Ok(Json(api::describe(&view)))
}

async fn start(
    admin: State<Admin>,
    pipe: Name,
    headers: HeaderMap,
) -> Result<Json<Value>, ControlFault> {
    admin
        .set(name(pipe)?, DesiredState::Running, &headers)
        .await
}

async fn stop(
    admin: State<Admin>,
    pipe: Name,
    headers: HeaderMap,
) -> Result<Json<Value>, ControlFault> {
    admin
        .set(name(pipe)?, DesiredState::Stopped, &headers)
        .await
}

async fn no_such_operation() -> ControlFault {
    ControlFault::Validation(
        "Unknown operation: expected ListPipes, DescribePipe, StartPipe or StopPipe.".to_owned(),
    )
}

async fn declared_elsewhere() -> ControlFault {
    ControlFault::Validation(
        "Pipes are declared in the definition: change its files, which are read again.".to_owned(),
    )
}

impl Admin {
    async fn set(
        &self,
        pipe: String,
        wanted: DesiredState,
        headers: &HeaderMap,
    ) -> Result<Json<Value>, ControlFault> {
        if headers.contains_key(header::ORIGIN) {
            return Err(ControlFault::Validation(
                "Requests from browsers are rejected.".to_owned(),
            ));
        }
        let (answer, answered) = oneshot::channel();
        let ending = |_| ControlFault::Conflict("The process is shutting down.".to_owned());
        self.commands
            .send(PipeCommand {
                pipe,
                wanted,
                answer,
            })
            .await
            .map_err(|_| ending(()))?;
        let view = answered.await.map_err(|_| ending(()))??;
        Ok(Json(api::changed(&view)))
    }
}

impl IntoResponse for ControlFault {
    fn into_response(self) -> Response {
        let (code, status, message) = self.parts();
        let status = StatusCode::from_u16(status).expect("the table holds statuses");
        (
            status,
            [("x-amzn-errortype", code)],
            Json(json!({"message": message})),
        )
            .into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::filtered::FilteredEvent;
    use axum::body::Body;
    use http::Request;
    use http_body_util::BodyExt as _;
    use kit::time::Timestamp;
    use tower::ServiceExt as _;

    async fn answer(
        registry: Arc<Registry>,
        request: http::request::Builder,
    ) -> (u16, String, Value) {
        let sdk = kit::aws::local("http://127.0.0.1:9").await;
        let clients = Arc::new(Clients::local(&sdk));
        let routes = routes(registry, clients, mpsc::channel(1).0, None);
        let answer = routes
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        let code = answer
            .headers()
            .get("x-amzn-errortype")
            .map(|code| code.to_str().unwrap().to_owned());
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (
            status,
            code.unwrap_or_default(),
            serde_json::from_slice(&body).unwrap(),
        )
    }

    #[tokio::test]
    async fn the_admin_port_shows_what_filters_turned_away() {
        let registry = Arc::new(Registry::default());
        registry.filtered.keep_only(["p"].into_iter());
        registry.filtered.note(
            "p",
            FilteredEvent::new("m1", Timestamp::from_millis(7), Vec::new(), None),
        );
        let (_, _, body) = answer(registry, Request::get("/filtered")).await;
        let last = json!([{"messageId": "m1", "timestamp": 7, "misses": []}]);
        assert_eq!(
            body,
            json!({"pipes": [{"name": "p", "count": 1, "last": last}]})
        );
    }

    #[tokio::test]
    async fn faults_have_the_form_of_the_service() {
        let registry = Arc::new(Registry::default());
        let (status, code, body) = answer(registry.clone(), Request::get("/v1/pipes/none")).await;
        assert_eq!(
            (status, code.as_str(), &body["message"]),
            (
                404,
                "NotFoundException",
                &json!("Pipe none does not exist.")
            )
        );
        let (status, code, _) = answer(registry.clone(), Request::post("/v1/pipes/new")).await;
        assert_eq!(
            (status, code.as_str()),
            (400, "ValidationException"),
            "pipes are declared elsewhere"
        );
        let (status, code, _) =
            answer(registry.clone(), Request::get("/v1/pipes?Limit=many")).await;
        assert_eq!((status, code.as_str()), (400, "ValidationException"));
        for odd in [
            Request::get("/v1/pipes/%ff"),
            Request::post("/v1/pipes/%ff/stop"),
            Request::post("/v1/pipes"),
            Request::get("/v1/pipes/p/start"),
            Request::get("/v1/pipes/p/start/now"),
            Request::get("/v1/other"),
        ] {
            let asked = format!("{odd:?}");
            let (status, code, body) = answer(registry.clone(), odd).await;
            assert_eq!(
                (status, code.as_str()),
                (400, "ValidationException"),
                "{asked}"
            );
            assert!(body["message"].is_string(), "{asked}");
        }
        let page = Request::post("/v1/pipes/p/stop").header("origin", "http://evil.example");
        assert_eq!(
            answer(registry, page).await.0,
            400,
            "no page in a browser stops a pipe"
        );
    }
}
