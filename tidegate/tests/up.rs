//! `tidegate up` as people start it: the real binary, its ports, what it prints, how it stops, and
//! what a second start finds.

#![allow(clippy::unwrap_used, reason = "a test")]

mod harness;

use std::net::TcpListener;

use harness::{Running, Stop};
use http::StatusCode;
use tempfile::TempDir;

const EVENT: &str = r#"{"id": 10, "age": 31, "name": "leedonggyu", "job": "devops"}"#;
const KEPT: &str = "/donggyu-test-poc/10-sqs.txt";

/// Nobody listens there, so that what is published waits in the queue.
const NOWHERE: [&str; 5] = [
    "--allow-target",
    "127.0.0.1:9",
    "--parameter-overrides",
    "SubEndpoint=http://127.0.0.1:9/sub",
    "VisibilityTimeout=1",
];

#[tokio::test]
async fn what_it_prints_works() {
    let data = TempDir::new().unwrap();
    let mut chain = Running::start(data.path(), &[]).await;
    let printed = chain.printed();
    for port in [3000, 8080, 8081, 4566, 8082, 3001] {
        assert!(
            printed.contains(&format!("http://127.0.0.1:{}/", chain.port(port))),
            "{port} is missing in {printed}"
        );
    }
    assert!(printed.contains("pub-sub-pipe"), "{printed}");
    let reply = chain.post(8080, "/events/sub", EVENT).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(String::from_utf8_lossy(&reply.body).contains("d7de115dcbff88d6d55b3aa5402a6ddd"));
    assert_eq!(chain.eventually_get(4566, KEPT).await, EVENT);
    assert_eq!(chain.get(3000, "/pub").await.status, StatusCode::OK);
    for admin in [8081, 8082] {
        for path in ["/healthz", "/readyz", "/metrics"] {
            assert_eq!(
                chain.get(admin, path).await.status,
                StatusCode::OK,
                "{admin}{path}"
            );
        }
    }
    assert_eq!(chain.end(Stop::Terminate), Some(0));
}

/// All programs share a process, and each shows only what is its own.
#[tokio::test]
async fn each_port_shows_the_metrics_of_its_own_program() {
    let data = TempDir::new().unwrap();
    let mut chain = Running::start(data.path(), &["--in-memory"]).await;
    assert_eq!(
        chain.post(8080, "/events/sub", EVENT).await.status,
        StatusCode::OK
    );
    assert_eq!(chain.eventually_get(4566, KEPT).await, EVENT);
    for (port, program) in [(8081, "gateway"), (8082, "pipe"), (4566, "emulator")] {
        let reply = chain.get(port, "/metrics").await;
        let text = String::from_utf8_lossy(&reply.body);
        let names = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once('_'));
        let owners: std::collections::BTreeSet<&str> = names.map(|(first, _)| first).collect();
        assert!(
            owners.contains(program),
            "{program} shows nothing of its own: {text}"
        );
        let others = kit::registry::PROGRAMS
            .into_iter()
            .filter(|known| *known != program && owners.contains(known));
        assert_eq!(
            others.collect::<Vec<_>>(),
            [""; 0],
            "{program} shows what is others': {text}"
        );
    }
    assert_eq!(chain.end(Stop::Terminate), Some(0));
}

/// The environment may speak of AWS: the chain is a place of its own.
#[tokio::test]
async fn an_environment_for_aws_changes_nothing() {
    let data = TempDir::new().unwrap();
    let environment = [
        ("AWS_ACCOUNT_ID", "123456789012"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9"),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("HTTP_PROXY", "http://127.0.0.1:9"),
    ];
    let mut chain = Running::start_with(data.path(), &["--in-memory"], &environment).await;
    assert_eq!(
        chain.post(8080, "/events/sub", EVENT).await.status,
        StatusCode::OK
    );
    assert_eq!(chain.eventually_get(4566, KEPT).await, EVENT);
    assert_eq!(chain.end(Stop::Terminate), Some(0));
    assert_eq!(
        std::fs::read_dir(data.path()).unwrap().count(),
        0,
        "--in-memory writes nothing"
    );
}

#[tokio::test]
async fn a_second_start_finds_what_the_first_kept() {
    for stop in [Stop::Terminate, Stop::Kill] {
        let data = TempDir::new().unwrap();
        let mut chain = Running::start(data.path(), &NOWHERE).await;
        assert_eq!(
            chain.post(8080, "/events/sub", EVENT).await.status,
            StatusCode::OK
        );
        assert_eq!(
            chain
                .put(4566, "/donggyu-test-poc/before", "an object")
                .await
                .status,
            StatusCode::OK
        );
        assert_eq!(chain.get(4566, KEPT).await.status, StatusCode::NOT_FOUND);
        let code = chain.end(stop);
        assert_eq!(code, if stop == Stop::Kill { None } else { Some(0) });

        let mut chain = Running::start(data.path(), &[]).await;
        assert_eq!(chain.eventually_get(4566, KEPT).await, EVENT);
        assert_eq!(
            chain.eventually_get(4566, "/donggyu-test-poc/before").await,
            "an object"
        );
        chain.end(Stop::Terminate);
    }
}

#[tokio::test]
async fn a_busy_port_is_named_and_ends_with_2() {
    let data = TempDir::new().unwrap();
    let offset = harness::free_offset();
    let busy = TcpListener::bind(("127.0.0.1", 3001 + offset)).unwrap();
    let (code, error) = harness::refusal(data.path(), offset, &[]);
    assert_eq!(code, Some(2));
    let address = busy.local_addr().unwrap();
    assert_eq!(
        error,
        format!(
            "tidegate: cannot listen on {address}: the address is in use (choose another with --port-offset)\n"
        )
    );
}

#[tokio::test]
async fn a_part_that_is_left_out_does_not_run() {
    let data = TempDir::new().unwrap();
    let mut chain = Running::start(data.path(), &["--in-memory", "--without", "sub,pub"]).await;
    for absent in [3000, 3001] {
        assert!(
            TcpListener::bind(("127.0.0.1", chain.port(absent))).is_ok(),
            "{absent} is not listened on"
        );
    }
    let printed = chain.printed();
    assert!(
        !printed.contains("  publisher ") && !printed.contains("  subscriber "),
        "{printed}"
    );
    assert_eq!(
        chain.post(8080, "/events/sub", EVENT).await.status,
        StatusCode::OK
    );
    assert_eq!(chain.get(8082, "/readyz").await.status, StatusCode::OK);
    assert_eq!(chain.end(Stop::Terminate), Some(0));

    let environment = [("TIDEGATE_WITHOUT", "gateway,pipe")];
    let mut chain = Running::start_with(data.path(), &["--in-memory"], &environment).await;
    for absent in [8080, 8081, 8082] {
        assert!(
            TcpListener::bind(("127.0.0.1", chain.port(absent))).is_ok(),
            "{absent} is not listened on"
        );
    }
    let printed = chain.printed();
    assert!(
        !printed.contains(&chain.port(8080).to_string()) && !printed.contains("  pipe "),
        "{printed}"
    );
    assert_eq!(chain.end(Stop::Terminate), Some(0));
    let (code, error) = harness::refusal(data.path(), 0, &["--without", "emulator"]);
    assert!(
        code == Some(2) && error.contains("expected one of gateway, pipe, pub, sub"),
        "{error}"
    );
}

/// With credentials, whoever does not sign is turned away, and the parts sign.
#[tokio::test]
async fn the_parts_take_the_settings_of_their_programs() {
    let data = TempDir::new().unwrap();
    let keys = data.path().join("keys");
    std::fs::write(&keys, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
    let args = [
        "--in-memory",
        "--credentials",
        "AKIAHOUSE:s3cret",
        "--no-waits",
        "--sqs-endpoint-strategy",
        "path",
    ];
    let more = [
        "--concurrency",
        "8",
        "--invocation-timeout",
        "9",
        "--webhook-secret-file",
        keys.to_str().unwrap(),
    ];
    let mut chain = Running::start(data.path(), &[&args[..], &more].concat()).await;
    assert_eq!(
        chain.post(8080, "/events/sub", EVENT).await.status,
        StatusCode::OK
    );
    assert_eq!(
        chain.get(4566, "/donggyu-test-poc").await.status,
        StatusCode::FORBIDDEN
    );
    let endpoint = format!("http://127.0.0.1:{}", chain.port(4566));
    let sdk = kit::aws::local_as(&endpoint, Some(("AKIAHOUSE", "s3cret"))).await;
    let queue = aws_sdk_sqs::Client::new(&sdk)
        .get_queue_url()
        .queue_name("ex-queue")
        .send()
        .await
        .unwrap();
    let url = queue.queue_url.unwrap();
    assert!(
        url.ends_with("/queue/ap-northeast-2/000000000000/ex-queue"),
        "{url}"
    );
    let config = aws_sdk_s3::config::Builder::from(&sdk)
        .force_path_style(true)
        .build();
    let s3 = aws_sdk_s3::Client::from_conf(config);
    let begun = std::time::Instant::now();
    while s3
        .head_object()
        .bucket("donggyu-test-poc")
        .key("10-sqs.txt")
        .send()
        .await
        .is_err()
    {
        assert!(begun.elapsed() < harness::PATIENCE, "the event is not kept");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(chain.end(Stop::Terminate), Some(0));
}
