//! Door: the cache on the admin port. `DELETE /cache?api=ID&stage=NAME` forgets the responses of a
//! stage, as FlushStageCache does; `DELETE /cache` forgets all.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::routing::delete;
use http::StatusCode;
use kit::counted::counted;
use serde::Deserialize;

use super::responses::ResponseCache;

/// The routes of the admin port.
pub(crate) fn routes(cache: Arc<ResponseCache>) -> Router {
    Router::new()
        .route("/cache", delete(flush))
        .with_state(cache)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FlushQuery {
    api: Option<String>,
    stage: Option<String>,
}

async fn flush(
    State(cache): State<Arc<ResponseCache>>,
    asked: Result<Query<FlushQuery>, QueryRejection>,
) -> (StatusCode, String) {
    let asked = asked.map(|Query(FlushQuery { api, stage })| (api, stage));
    let count = match asked {
        Ok((None, None)) => cache.flush(None),
        Ok((Some(api), Some(stage))) => cache.flush(Some((&api, &stage))),
        Ok(_) | Err(_) => {
            let expected = "expected both api (an API id) and stage in the query, or neither\n";
            return (StatusCode::BAD_REQUEST, expected.to_owned());
        }
    };
    (
        StatusCode::OK,
        format!("removed {}\n", counted(count, "cached response")),
    )
}
