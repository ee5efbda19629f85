//! What connections add to calls, what is secret about it, and how tokens are fetched.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use kit::call::Reply;
use kit::time::Timestamp;

use super::*;

fn oauth(method: Method) -> OAuth {
    OAuth {
        endpoint: "https://id.example/token?tenant=t".parse().unwrap(),
        method,
        client_id: "me".into(),
        client_secret: "s&cret".into(),
        parameters: ConnectionParameters {
            query: vec![("v".into(), "1".into())],
            body: vec![
                ("scope".into(), "a b".into()),
                ("client_id".into(), "you".into()),
            ],
            ..ConnectionParameters::default()
        },
    }
}

fn answer(status: StatusCode, body: &'static str) -> Reply {
    Reply {
        status,
        headers: HeaderMap::new(),
        body: Bytes::from_static(body.as_bytes()),
        complete: true,
    }
}

#[test]
fn headers_of_basic_and_api_key() {
    let Auth::Header { name, value } = Auth::basic("me", &"pass".into()) else {
        panic!("a header")
    };
    assert_eq!(
        (name, value.to_str().unwrap()),
        (header::AUTHORIZATION, "Basic bWU6cGFzcw==")
    );
    let key = Auth::api_key(HeaderName::from_static("x-key"), &"top secret".into()).unwrap();
    assert!(!format!("{key:?}").contains("top"), "{key:?}");
    assert!(Auth::api_key(HeaderName::from_static("x-key"), &"a\nb".into()).is_err());
}

#[test]
fn credentials_are_all_that_lets_somebody_in_and_no_names() {
    let parameters = ConnectionParameters {
        headers: vec![(HeaderName::from_static("x-shown"), "shown".parse().unwrap())],
        query: vec![("q".into(), "hidden".into())],
        public: vec!["shown".into()],
        ..ConnectionParameters::default()
    };
    let credentials = |auth| {
        let invocation = ConnectionParameters {
            query: parameters.query.clone(),
            ..ConnectionParameters::default()
        };
        let all = Connection {
            name: "c".into(),
            auth,
            invocation,
        }
        .credentials();
        all.into_iter()
            .filter(|secret| secret != "hidden")
            .collect::<Vec<_>>()
    };
    assert_eq!(parameters.secrets().collect::<Vec<_>>(), ["hidden"]);
    let basic = credentials(Auth::basic("me", &"pa:ss".into()));
    assert_eq!(basic, ["pa:ss", "bWU6cGE6c3M=", "Basic bWU6cGE6c3M="]);
    let key = |text: &str| Auth::api_key(HeaderName::from_static("x-key"), &text.into()).unwrap();
    assert_eq!(credentials(key("top-secret")), ["top-secret"]);
    assert_eq!(credentials(key("ApiKey abc")), ["abc", "ApiKey abc"]);
    assert_eq!(
        credentials(Auth::OAuth(oauth(Method::POST))),
        ["s&cret", "1", "a b", "you"]
    );
}

#[test]
fn a_token_is_asked_for_by_form_or_by_query() {
    let post = oauth(Method::POST).token_call();
    assert_eq!(post.url.as_str(), "https://id.example/token?tenant=t&v=1");
    let form = "grant_type=client_credentials&client_secret=s%26cret&scope=a+b&client_id=you";
    assert_eq!(post.body, form);
    assert_eq!(
        post.headers[header::CONTENT_TYPE],
        "application/x-www-form-urlencoded"
    );
    let get = oauth(Method::GET).token_call();
    assert_eq!(
        get.url.as_str(),
        format!("https://id.example/token?tenant=t&v=1&{form}")
    );
    assert!(get.body.is_empty());
}

#[test]
fn a_token_goes_stale_in_time_and_a_short_one_not_at_once() {
    let oauth = oauth(Method::POST);
    let now = Timestamp::from_millis(0);
    let body = r#"{"access_token":"t0","token_type":"bearer","expires_in":3600}"#;
    let token = oauth
        .read_token(&answer(StatusCode::OK, body), now)
        .unwrap();
    assert_eq!(
        (token.value.to_str().unwrap(), token.stale_at),
        ("Bearer t0", Timestamp::from_millis(3_540_000))
    );
    assert!(!format!("{token:?}").contains("t0"));
    let body = r#"{"access_token":"t0","expires_in":"40"}"#;
    let token = oauth
        .read_token(&answer(StatusCode::OK, body), now)
        .unwrap();
    assert_eq!(
        (token.stale_at.as_secs(), token.expires_at.as_secs()),
        (30, 40)
    );
    for (status, body) in [
        (StatusCode::OK, "{}"),
        (StatusCode::OK, "no"),
        (StatusCode::BAD_REQUEST, "secret"),
    ] {
        let reason = oauth.read_token(&answer(status, body), now).unwrap_err();
        assert!(!reason.contains("secret"), "{reason}");
    }
}
