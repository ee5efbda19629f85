//! Door: every pipe of a definition in one process, and the admin port beside them.

use std::sync::Arc;

use anyhow::Context as _;
use axum::routing::get;
use axum::{Json, Router};
use kit::send::Sender;
use kit::{admin, serve};
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::definition::Definition;
use crate::fleet::{Board, Fleet, Tools};
use crate::source;

/// Runs all pipes until `stop`, then drains them for up to thirty seconds.
///
/// # Errors
/// The system's certificate authorities cannot be read, the signal handler for reloads cannot be installed, or the admin
/// port broke.
pub async fn run(settings: Settings, stop: CancellationToken) -> anyhow::Result<()> {
    let sender = Sender::new(settings.allow_targets).context("cannot read the system's certificate authorities")?;
    let client = source::client(&settings.sdk);
    let tools = Tools {
        sender,
        client: client.clone(),
        deadline: settings.invocation_timeout,
        concurrency: settings.concurrency,
        webhook_keys: settings.webhook_keys,
    };
    let mut fleet = Fleet::start(tools, settings.definition, &stop);
    let routes = routes(fleet.board(), client);
    let serving = async {
        if let Some(listener) = settings.admin {
            serve::serve(listener, routes, stop.clone()).await?;
        }
        stop.cancelled().await;
        Ok::<(), std::io::Error>(())
    };
    let mut serving = std::pin::pin!(serving);
    let mut definitions = settings.reload.map(|reload| reload.watch(stop.clone())).transpose()?;
    loop {
        tokio::select! {
            served = &mut serving => break served?,
            ended = fleet.ended() => ended?,
            Some(definition) = next(&mut definitions) => {
                tracing::info!("the definition has changed: {} pipes", definition.pipes.len());
                fleet.replace(definition, &stop);
            }
        }
    }
    fleet.drained().await
}

async fn next(definitions: &mut Option<Receiver<Definition>>) -> Option<Definition> {
    definitions.as_mut()?.recv().await
}

/// The routes of every program, and `GET /filtered`: see [`Filtered::show`](crate::filtered::Filtered::show).
fn routes(board: Arc<Board>, client: aws_sdk_sqs::Client) -> Router {
    let filtered = board.filtered.clone();
    let ready = move || {
        let (board, client) = (board.clone(), client.clone());
        async move { board.ready(&client).await }
    };
    admin::router(ready).route("/filtered", get(async move || Json(filtered.show())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filtered::TurnedAway;
    use axum::body::Body;
    use http_body_util::BodyExt as _;
    use kit::time::Timestamp;
    use serde_json::{Value, json};
    use tower::ServiceExt as _;

    #[tokio::test]
    async fn the_admin_port_shows_what_filters_turned_away() {
        let sdk = kit::aws::local("http://127.0.0.1:9").await;
        let board = Arc::new(Board::default());
        board.filtered.keep_only(["p"].into_iter());
        board.filtered.note("p", TurnedAway::new("m1", Timestamp::from_millis(7), Vec::new(), None));
        let request = http::Request::get("/filtered").body(Body::empty()).unwrap();
        let answer = routes(board, source::client(&sdk)).oneshot(request).await.unwrap();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let last = json!([{"messageId": "m1", "timestamp": 7, "misses": []}]);
        let expected = json!({"pipes": [{"name": "p", "count": 1, "last": last}]});
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), expected);
    }
}
