//! A token endpoint that can be told what to answer, and many who want a token.

use super::*;
use crate::targets::connection::ConnectionParameters;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use http::Method;
use kit::send::AllowTargets;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The endpoint's answers: each request takes `delay` and is counted; tokens are numbered.
struct Endpoint {
    status: Mutex<StatusCode>,
    delay: Duration,
    expires_in: u64,
    requests: AtomicUsize,
}

async fn answer(State(endpoint): State<Arc<Endpoint>>) -> (StatusCode, String) {
    let number = endpoint.requests.fetch_add(1, Ordering::SeqCst);
    tokio::time::sleep(endpoint.delay).await;
    let body = format!(
        r#"{{"access_token":"t{number}","expires_in":{}}}"#,
        endpoint.expires_in
    );
    (*endpoint.status.lock(), body)
}

async fn world(status: StatusCode, expires_in: u64) -> (Arc<Endpoint>, Arc<TokenCache>, DropGuard) {
    kit::program::install_tls();
    let (delay, requests) = (Duration::from_millis(50), AtomicUsize::new(0));
    let endpoint = Arc::new(Endpoint {
        status: Mutex::new(status),
        delay,
        expires_in,
        requests,
    });
    let app = Router::new()
        .route("/token", post(answer))
        .with_state(endpoint.clone());
    let listener = kit::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(kit::serve::serve(listener, app, stop.clone()));
    let (client_id, client_secret) = ("me".into(), "s".into());
    let oauth = OAuth {
        endpoint: url,
        method: Method::POST,
        client_id,
        client_secret,
        parameters: ConnectionParameters::default(),
    };
    let connection = Connection {
        name: "c".into(),
        auth: Auth::OAuth(oauth),
        invocation: ConnectionParameters::default(),
    };
    let sender = Sender::new(AllowTargets::anywhere()).unwrap();
    (
        endpoint,
        Arc::new(TokenCache::new(Arc::new(connection), sender)),
        stop.drop_guard(),
    )
}

impl Endpoint {
    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn token(tokens: &Arc<TokenCache>) -> Result<String, String> {
    tokens
        .token()
        .await
        .map(|token| token.unwrap().to_str().unwrap().to_owned())
}

async fn many(tokens: &Arc<TokenCache>) -> Vec<Result<String, String>> {
    let wanting: Vec<_> = (0..50)
        .map(|_| {
            tokio::spawn({
                let it = tokens.clone();
                async move { token(&it).await }
            })
        })
        .collect();
    let mut answers = Vec::new();
    for one in wanting {
        answers.push(one.await.unwrap());
    }
    answers
}

#[tokio::test]
async fn many_who_want_a_token_make_one_request() {
    let (endpoint, tokens, _stop) = world(StatusCode::OK, 3600).await;
    assert_eq!(many(&tokens).await, vec![Ok("Bearer t0".to_owned()); 50]);
    assert_eq!(endpoint.requests(), 1);
    tokens.forget(&HeaderValue::from_static("Bearer other"));
    assert_eq!(
        token(&tokens).await,
        Ok("Bearer t0".into()),
        "it was not this one that was refused"
    );
    tokens.forget(&HeaderValue::from_static("Bearer t0"));
    assert_eq!(token(&tokens).await, Ok("Bearer t1".into()));
}

#[tokio::test]
async fn a_failure_answers_all_who_wait_and_is_not_believed_for_long() {
    let (endpoint, tokens, _stop) = world(StatusCode::SERVICE_UNAVAILABLE, 3600).await;
    let reason = "connection c: the token endpoint answered 503 Service Unavailable".to_owned();
    assert_eq!(many(&tokens).await, vec![Err(reason); 50]);
    assert_eq!(endpoint.requests(), 1);
    *endpoint.status.lock() = StatusCode::OK;
    tokio::time::sleep(FAILURE).await;
    assert_eq!(token(&tokens).await, Ok("Bearer t1".into()));
}

#[tokio::test]
async fn a_caller_that_gives_up_leaves_the_request_to_the_others() {
    let (endpoint, tokens, _stop) = world(StatusCode::OK, 3600).await;
    let soon = tokio::time::timeout(Duration::from_millis(10), token(&tokens)).await;
    assert!(soon.is_err());
    assert_eq!(
        (token(&tokens).await, endpoint.requests()),
        (Ok("Bearer t0".into()), 1)
    );
}

#[tokio::test]
async fn a_token_that_is_about_to_expire_is_used_while_the_next_is_fetched() {
    let (endpoint, tokens, _stop) = world(StatusCode::OK, 8).await;
    assert_eq!(token(&tokens).await, Ok("Bearer t0".into()));
    assert_eq!(
        token(&tokens).await,
        Ok("Bearer t0".into()),
        "eight seconds are worth keeping"
    );
    // Stale after six seconds.
    tokio::time::sleep(Duration::from_millis(6050)).await;
    assert_eq!(
        many(&tokens).await,
        vec![Ok("Bearer t0".to_owned()); 50],
        "nobody waits"
    );
    // Nobody asks for a token meanwhile: the next one is fetched all the same.
    let fetched = async {
        while endpoint.requests() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), fetched)
        .await
        .expect("the next one is fetched");
    while token(&tokens).await == Ok("Bearer t0".into()) {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        (token(&tokens).await, endpoint.requests()),
        (Ok("Bearer t1".into()), 2)
    );
}

#[test]
fn a_stale_token_outlives_a_failed_request_for_another() {
    let at = Timestamp::from_millis;
    let token = Token {
        value: HeaderValue::from_static("t"),
        stale_at: at(50),
        expires_at: at(100),
    };
    let failure = |until| Some(("no".to_owned(), at(until)));
    let known = |now, failure| match (Known {
        token: Some(token.clone()),
        failure,
    })
    .at(at(now))
    {
        TokenState::Fresh(_) => "fresh",
        TokenState::Stale(_) => "stale",
        TokenState::Failed(_) => "failed",
        TokenState::Unknown => "unknown",
    };
    assert_eq!(
        [known(49, None), known(50, None), known(100, None)],
        ["fresh", "stale", "unknown"]
    );
    assert_eq!(
        [
            known(60, failure(70)),
            known(70, failure(70)),
            known(100, failure(101))
        ],
        ["fresh", "stale", "failed"]
    );
}
