//! What the gateway logs for its operator: one line for each kind of trouble.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use kit::call::{Call, Reply};
use kit::send::{AllowTargets, Sender};
use serde_json::{Value, json};

use crate::logs::{Logs, metric};
use crate::processes::{PATIENCE, Ports, ask, listens};

#[tokio::test]
async fn what_is_the_operators_business_is_one_line_a_kind() {
    let (logs, ports) = (Logs::new(), Ports::free());
    let endpoint = ports.endpoint();
    // The queue does not exist.
    let emulator = logs.start("emulator", ports.program("emulator", &endpoint));
    listens(ports.emulator).await;
    let gateway = logs.start("gateway", ports.program("gateway", &endpoint));
    listens(ports.gateway).await;
    listens(ports.gateway_admin).await;
    for _ in 0..3 {
        let url = Ports::url(ports.gateway, "/events/sub");
        let missing = ask(Method::POST, &url, "{}").await.unwrap();
        assert_eq!(missing.status, StatusCode::INTERNAL_SERVER_ERROR);
        let unknown = ask(
            Method::POST,
            &Ports::url(ports.gateway, "/nowhere?token=t0k3n"),
            "{}",
        )
        .await
        .unwrap();
        assert_eq!(unknown.status, StatusCode::FORBIDDEN);
        assert_eq!(
            post_text(&url).await.status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE
        );
    }
    for kind in ["queue missing", "unknown route", "no template"] {
        let name = format!("gateway_troubles_total{{kind=\"{kind}\"}}");
        assert_eq!(metric(ports.gateway_admin, &name).await, "3", "{kind}");
    }
    gateway.stop();
    emulator.stop();
    for (kind, words) in [
        ("queue missing", "ex-queue"),
        (
            "unknown route",
            "no resource or method of the definition matches POST /nowhere at 127.0.0.1",
        ),
        (
            "no template",
            "has no request template for content type text/plain, the client gets 415 (it has application/json)",
        ),
    ] {
        let lines: Vec<Value> = logs
            .lines("gateway")
            .into_iter()
            .filter(|line| line["kind"] == kind)
            .collect();
        assert_eq!(lines.len(), 1, "once a minute: {lines:#?}");
        let (line, text) = (&lines[0], lines[0]["message"].as_str().unwrap());
        assert!(text.contains(words) && !text.contains("t0k3n"), "{text}");
        assert_eq!(
            (&line["level"], &line["unreported"]),
            (&json!("WARN"), &json!(0))
        );
        let request_id = line["request_id"].as_str().unwrap();
        assert_eq!(
            logs.says("gateway", "answered", ("request_id", request_id))
                .await["level"],
            "INFO"
        );
    }
    assert_eq!(
        logs.count_hops("gateway"),
        [0, 0, 9, 0, 0],
        "each request is a line all the same"
    );
}

async fn post_text(url: &str) -> Reply {
    let headers =
        HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"))]);
    let call = Call {
        method: Method::POST,
        url: url.parse().unwrap(),
        headers,
        body: Bytes::from_static(b"hello"),
    };
    let sender = Sender::new(AllowTargets::anywhere()).unwrap();
    sender.send(call, PATIENCE, 1 << 20).await.unwrap()
}
