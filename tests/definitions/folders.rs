//! Folders and files that other tools write.

use http::StatusCode;
use tempfile::TempDir;

use super::{Chain, eventually, listens, processes};

impl Chain {
    /// Posts `body`, and waits until the call to the pipe's public host is in the outbox.
    pub(super) async fn passes_on(&self, path: &str, body: &str, expected: &str) {
        listens(8082 + self.offset).await;
        let (status, answer) = self.post(path, body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let begun = std::time::Instant::now();
        loop {
            let kept = eventually(&self.url(8082, "/outbox")).await;
            if kept.contains(expected) {
                return;
            }
            let log = || std::fs::read_to_string(&self.log).unwrap_or_default();
            assert!(begun.elapsed() < processes::PATIENCE, "{kept}\n{}", log());
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn a_stack_of_an_assembly_runs_with_its_nested_stack() {
    let told = Chain::refusal("assembly", &[]);
    assert!(told.contains("choose with --stack NAME"), "{told}");
    let chain = Chain::start("assembly", &["--stack", "Shop"]);
    let expected = r#"{\"order\": {\"id\": 7}}"#;
    chain.passes_on("/orders", r#"{"id": 7}"#, expected).await;
    let log = std::fs::read_to_string(&chain.log).unwrap();
    assert!(
        log.contains("/000000000000/shop-dev-Queues-Orders"),
        "{log}"
    );
    chain.process.stop();
}

#[test]
fn files_that_are_no_definitions_are_answered_with_what_to_give() {
    let folder = TempDir::new().unwrap();
    for (name, text, told) in [
        (
            "main.tf",
            "resource \"aws_sqs_queue\" \"q\" {}",
            "terraform show -json",
        ),
        ("serverless.yml", "service: a", "serverless package"),
        (
            "samconfig.toml",
            "version = 0.1",
            "--definition .aws-sam/build",
        ),
        ("cdk.json", "{\"app\": \"x\"}", "npx cdk synth"),
        (
            "api.yaml",
            "openapi: 3.0.1\npaths: {/a: {get: {}}}",
            "extensions=integrations",
        ),
        (
            "b.yaml",
            "openapi: 3.0.1\ninfo: {title: !Ref T}",
            "!Ref is a function of CloudFormation",
        ),
        ("c.yaml", "hello: world", "found the keys hello"),
    ] {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        let refusal = Chain::refusal(file.to_str().unwrap(), &[]);
        assert!(
            refusal.contains(told) && refusal.contains(name),
            "{name}: {refusal}"
        );
    }
}

#[tokio::test]
async fn a_plan_and_a_state_of_terraform_run() {
    for (name, path) in [("plan.json", "/orders"), ("state.json", "/prod/orders")] {
        let chain = Chain::start(name, &[]);
        let expected = r#"{\"order\": {\"id\": 7}}"#;
        chain.passes_on(path, r#"{"id": 7}"#, expected).await;
        // What the filter leaves out is gone.
        let log = std::fs::read_to_string(&chain.log).unwrap();
        assert!(log.contains("/000000000000/orders-dead"), "{log}");
        chain.process.stop();
    }
}

#[tokio::test]
async fn what_awss_own_commands_print_is_a_chain() {
    let others = [
        "stages.json",
        "queue.json",
        "pipe.json",
        "destination.json",
        "connection.json",
    ];
    let others = others.map(|name| super::definition(&format!("described/{name}")));
    let mut more: Vec<&str> = Vec::new();
    let resources = super::definition("described/resources.json");
    more.extend(["--definition", resources.to_str().unwrap()]);
    for file in &others {
        more.extend(["--definition", file.to_str().unwrap()]);
    }
    let chain = Chain::start("described/rest-api.json", &more);
    let expected = r#"{\"order\": {\"id\": 7}}"#;
    chain
        .passes_on("/live/orders", r#"{"id": 7}"#, expected)
        .await;
    chain.process.stop();
}
