use super::*;
use serde_json::Value;

#[test]
fn an_event_is_the_originals() {
    let event: Value = serde_json::from_str(&event(3)).unwrap();
    let body = &event["body"];
    assert_eq!(
        (&body["name"], &body["age"], &body["job"]),
        (&json!("leedonggyu-3"), &json!(31), &json!("devops"))
    );
    assert!(Uuid::parse_str(body["id"].as_str().unwrap()).is_ok());
}

#[test]
fn secrets_of_an_address_are_not_shown() {
    let url = "http://user:password@example.org:81/events/sub?token=secret"
        .parse()
        .unwrap();
    assert_eq!(shown(&url), "http://example.org:81/events/sub");
}

#[test]
fn an_address_has_a_scheme_and_a_host() {
    for text in ["localhost:8080", "ftp://x/", "x", "http://"] {
        assert_eq!(
            address(text),
            Err("expected http:// or https:// and a host".to_owned()),
            "{text}"
        );
    }
    assert_eq!(
        address("https://x/y").map(|url| url.to_string()),
        Ok("https://x/y".to_owned())
    );
}

#[tokio::test]
async fn one_refusal_among_many_is_told() {
    let answers = async |body: Bytes| {
        let refused = String::from_utf8_lossy(&body).contains("leedonggyu-7");
        if refused {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::OK
        }
    };
    let listener = serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let target = format!("http://{}/", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let app = Router::new().fallback(axum::routing::post(answers));
    tokio::spawn(serve::serve(listener, app, CancellationToken::new()));
    let publisher = Publisher {
        sender: Sender::new(AllowTargets::anywhere()).unwrap(),
        target,
    };
    let (status, Json(published)) = publish_all(publisher.clone(), COUNT).await;
    assert_eq!(
        (status, published.accepted, published.failed),
        (StatusCode::INTERNAL_SERVER_ERROR, 9, 1)
    );
    assert!(published.error.unwrap().contains("answered 500"));
    let (status, Json(published)) = publish_all(publisher, 5).await;
    assert_eq!((status, published.accepted), (StatusCode::OK, 5));
}

#[test]
fn a_count_is_a_number_within_bounds() {
    for (query, expected) in [
        ("", 10),
        ("other=x", 10),
        ("count=0", 0),
        ("count=10000&x=1", 10_000),
    ] {
        assert_eq!(count(query), Ok(expected), "{query}");
    }
    for query in [
        "count=x",
        "count=",
        "count",
        "count=-1",
        "count=1.5",
        "count=10001",
        "count=99999999999",
        "count=%ff",
    ] {
        let error = count(query).unwrap_err();
        assert!(
            error.starts_with("count=") && error.ends_with("a whole number from 0 to 10000"),
            "{query}: {error}"
        );
    }
    assert!(
        count("count=1&count=2")
            .unwrap_err()
            .starts_with("count is given 2 times")
    );
    assert!(
        count(&format!("count={}", "9".repeat(10_000)))
            .unwrap_err()
            .len()
            < 100
    );
}
