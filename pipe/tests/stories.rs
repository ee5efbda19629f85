//! Pipes at work between queues and an HTTP target on loopback.
#![expect(
    clippy::unwrap_used,
    reason = "a story that cannot go on fails where it stands, helpers included"
)]

mod queue;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::routing::post;
use kit::cloudformation::Account;
use kit::definition::DefinitionArgs;
use kit::send::AllowTargets;
use pipe::Settings;
use pipe::definition::{Reload, RulesRun};
use queue::Queues;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a story waits for what must happen: the limit of patience, not a measurement.
const PATIENCE: Duration = Duration::from_secs(60);

async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

type Seen = Arc<Mutex<Vec<(String, String)>>>;

/// Notes path and message id of every call; takes some milliseconds for each.
async fn target() -> (String, Seen) {
    let take = async |State(seen): State<Seen>, uri: Uri, headers: HeaderMap, body: String| {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let id = headers["webhook-id"].to_str().unwrap().to_owned();
        seen.lock().unwrap().push((uri.path().to_owned(), id));
        body
    };
    let seen = Seen::default();
    let app = Router::new()
        .route("/{*path}", post(take))
        .with_state(seen.clone());
    let listener = kit::serve::bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(kit::serve::serve(listener, app, CancellationToken::new()));
    (url, seen)
}

fn template(pipe: &str, endpoint: &str) -> String {
    format!(
        "Resources:
  Pipe:
    Type: AWS::Pipes::Pipe
    Properties: {{Name: p, RoleArn: r, Source: 'arn:aws:sqs:eu-west-1:1:in', {pipe}}}
  D:
    Type: AWS::Events::ApiDestination
    Properties:
      ConnectionArn: !GetAtt C.Arn
      InvocationEndpoint: '{endpoint}'
      HttpMethod: POST
      InvocationRateLimitPerSecond: 5000
  C:
    Type: AWS::Events::Connection
    Properties:
      AuthorizationType: API_KEY
      AuthParameters: {{ApiKeyAuthParameters: {{ApiKeyName: k, ApiKeyValue: v}}}}
"
    )
}

async fn start(file: &Path, endpoint: &str) -> (CancellationToken, JoinHandle<anyhow::Result<()>>) {
    kit::program::install_tls();
    let account = Account {
        region: "eu-west-1".into(),
        account_id: "1".into(),
        stack_name: "t".into(),
    };
    let args = DefinitionArgs {
        files: vec![file.to_owned()],
        ..DefinitionArgs::default()
    };
    let definition = args.load(&account).unwrap();
    let allowed = AllowTargets::new(["127.0.0.1".parse().unwrap()]);
    let settings =
        Settings::new(&definition, allowed, kit::aws::local(endpoint).await, None).unwrap();
    let settings = Settings {
        reload: Some(Reload::new(
            args,
            account,
            settings.allow_targets.clone(),
            RulesRun::Elsewhere,
        )),
        ..settings
    };
    let stop = CancellationToken::new();
    (stop.clone(), tokio::spawn(pipe::run(settings, stop)))
}

#[tokio::test]
async fn a_reload_under_load_loses_nothing_and_repeats_nothing() {
    let (queues, (url, seen), folder) = (
        Queues::default(),
        target().await,
        tempfile::tempdir().unwrap(),
    );
    let file = folder.path().join("t.yaml");
    let to = |path: &str| template("Target: !GetAtt D.Arn", &format!("{url}/{path}"));
    std::fs::write(&file, to("before")).unwrap();
    let sent: Vec<String> = (0..2000)
        .map(|number| queues.send("in", &number.to_string(), None))
        .collect();
    let (stop, running) = start(&file, &queues.serve().await).await;
    eventually("the first arrive", || seen.lock().unwrap().len() > 100).await;
    std::fs::write(&file, to("after")).unwrap();
    let keep_sending = async {
        for number in 0.. {
            if seen
                .lock()
                .unwrap()
                .iter()
                .any(|(path, _)| path == "/after")
            {
                return number;
            }
            queues.send("in", "more", None);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        unreachable!("it counts for ever")
    };
    let more = tokio::time::timeout(PATIENCE, keep_sending)
        .await
        .expect("the new definition takes over");
    eventually("all are delivered and deleted", || queues.left("in") == 0).await;
    stop.cancel();
    running.await.unwrap().unwrap();
    let seen = seen.lock().unwrap();
    let ids: BTreeSet<&String> = seen.iter().map(|(_, id)| id).collect();
    assert!(
        ids.len() == sent.len() + more && sent.iter().all(|id| ids.contains(id)),
        "{} arrived",
        ids.len()
    );
    assert_eq!(seen.len(), ids.len(), "nothing twice");
}

#[tokio::test]
async fn from_queue_to_queue_in_the_order_of_each_group() {
    let (queues, folder) = (Queues::default(), tempfile::tempdir().unwrap());
    let file = folder.path().join("t.yaml");
    let pipe = "Target: 'arn:aws:sqs:eu-west-1:1:out.fifo', TargetParameters: {InputTemplate: '{\"n\": <$.body.n>}', \
                SqsQueueParameters: {MessageGroupId: $.body.group}}";
    let text = template(pipe, "http://x.example").replace(":1:in", ":1:in.fifo");
    std::fs::write(&file, text).unwrap();
    for number in 0..100 {
        let group = format!("g{}", number % 3);
        queues.send(
            "in.fifo",
            &format!(r#"{{"n": {number}, "group": "{group}"}}"#),
            Some(&group),
        );
    }
    let (stop, running) = start(&file, &queues.serve().await).await;
    eventually("all are sent on and deleted", || {
        queues.left("in.fifo") == 0
    })
    .await;
    stop.cancel();
    running.await.unwrap().unwrap();
    let arrived = queues.waiting("out.fifo");
    assert_eq!(arrived.len(), 100);
    for remainder in 0..3 {
        let group = format!("g{remainder}");
        let bodies: Vec<&str> = arrived
            .iter()
            .filter(|it| it.group.as_deref() == Some(&group))
            .map(|it| it.body.as_str())
            .collect();
        let expected: Vec<String> = (0..100)
            .filter(|n| n % 3 == remainder)
            .map(|n| format!(r#"{{"n": {n}}}"#))
            .collect();
        assert_eq!(bodies, expected, "{group}");
    }
}

#[tokio::test]
async fn an_enrichment_is_asked_and_an_empty_answer_ends_it() {
    let (queues, (url, seen), folder) = (
        Queues::default(),
        target().await,
        tempfile::tempdir().unwrap(),
    );
    let file = folder.path().join("t.yaml");
    let pipe = "Enrichment: !GetAtt D.Arn, EnrichmentParameters: {InputTemplate: '<$.body.answer>'}, \
                Target: 'arn:aws:sqs:eu-west-1:1:out', TargetParameters: {InputTemplate: '{\"got\": <$.a>}'}";
    std::fs::write(&file, template(pipe, &format!("{url}/ask"))).unwrap();
    queues.send("in", r#"{"answer": [{"a": 1}, {"a": 2}]}"#, None);
    queues.send("in", r#"{"answer": {}}"#, None);
    let (stop, running) = start(&file, &queues.serve().await).await;
    eventually("both are dealt with", || queues.left("in") == 0).await;
    stop.cancel();
    running.await.unwrap().unwrap();
    let bodies: Vec<String> = queues
        .waiting("out")
        .into_iter()
        .map(|message| message.body)
        .collect();
    assert_eq!(bodies, [r#"{"got": 1}"#, r#"{"got": 2}"#]);
    assert_eq!(seen.lock().unwrap().len(), 2);
}
