//! Pipes that come, go, stop and stay, beside a queue that is never found.

use super::*;
use crate::control::state::CurrentState;
use crate::flow::VerdictRule;
use crate::sqs::clients::Clients;
use kit::document::Node;
use kit::send::{AllowTargets, Sender};
use kit::service::Services;
use std::time::Duration;

/// Pipes from queues to queues.
fn definition(pipes: &[(&str, &str)]) -> PipeDefinitions {
    let node = |(name, out): &(&str, &str)| {
        let text = format!(
            r#"{{"Name": "{name}", "RoleArn": "r", "Source": "arn:aws:sqs:e:1:{name}", "Target": "arn:aws:sqs:e:1:{out}"}}"#
        );
        Node::parse("p.json", &text).unwrap()
    };
    let mut given = kit::definition::Declarations::default();
    given.pipes = pipes.iter().map(node).collect();
    PipeDefinitions::load(&given).unwrap()
}

async fn supervisor(pipes: &[(&str, &str)]) -> (Supervisor, CancellationToken) {
    kit::program::install_tls();
    let sdk = kit::aws::local("http://127.0.0.1:9").await;
    let dependencies = Dependencies {
        sender: Sender::new(AllowTargets::default()).unwrap(),
        services: Arc::new(Services::new(sdk.clone()).unwrap()),
        clients: Arc::new(Clients::local(&sdk)),
        deadline: Duration::from_secs(5),
        concurrency: 1,
        verdict_rule: VerdictRule::default(),
        webhook_keys: None,
        outbox: None,
    };
    let stop = CancellationToken::new();
    (
        Supervisor::start(dependencies, definition(pipes), &stop),
        stop,
    )
}

impl Supervisor {
    fn stop_of(&self, name: &str) -> CancellationToken {
        self.members[name].stop.clone()
    }
}

#[tokio::test]
async fn only_what_has_changed_is_started_anew() {
    let (mut supervisor, stop) =
        supervisor(&[("same", "out"), ("other", "out"), ("gone", "out")]).await;
    let [same, other, gone] = ["same", "other", "gone"].map(|name| supervisor.stop_of(name));
    let created = supervisor
        .registry()
        .find("other")
        .unwrap()
        .status
        .state()
        .created;
    let summary = supervisor.replace(definition(&[
        ("same", "out"),
        ("other", "out2"),
        ("new", "out"),
    ]));
    assert_eq!(
        summary,
        ReloadSummary {
            new: 1,
            changed: 1,
            removed: 1,
            same: 1
        }
    );
    assert!(!same.is_cancelled() && other.is_cancelled() && gone.is_cancelled());
    assert!(
        !supervisor.stop_of("other").is_cancelled(),
        "its successor runs"
    );
    let names: Vec<String> = supervisor
        .registry()
        .pipes()
        .iter()
        .map(|view| view.pipe.name.clone())
        .collect();
    assert_eq!(names, ["new", "other", "same"]);
    assert_eq!(
        supervisor
            .registry()
            .find("other")
            .unwrap()
            .status
            .state()
            .created,
        created
    );
    stop.cancel();
    supervisor.drained().await.unwrap();
}

#[tokio::test]
async fn a_pipe_is_stopped_and_started_and_stays_so_when_others_change() {
    let (mut supervisor, stop) = supervisor(&[("p", "out"), ("q", "out")]).await;
    assert_eq!(
        supervisor.set("none", DesiredState::Stopped).unwrap_err(),
        ControlFault::unknown("none")
    );
    assert_eq!(
        supervisor
            .registry()
            .find("p")
            .unwrap()
            .status
            .state()
            .current,
        CurrentState::Starting
    );
    let view = supervisor.set("p", DesiredState::Stopped).unwrap();
    assert_eq!(view.status.state().current, CurrentState::Stopping);
    assert!(
        matches!(
            supervisor.set("p", DesiredState::Running),
            Err(ControlFault::Conflict(_))
        ),
        "not yet"
    );
    supervisor.ended().await.unwrap();
    assert_eq!(view.status.state().current, CurrentState::Stopped);
    assert!(
        !supervisor.stop_of("q").is_cancelled(),
        "nothing happens to the other"
    );

    supervisor.replace(definition(&[("p", "out"), ("q", "out2")]));
    assert_eq!(
        supervisor
            .registry()
            .find("p")
            .unwrap()
            .status
            .state()
            .current,
        CurrentState::Stopped
    );
    let view = supervisor.set("p", DesiredState::Running).unwrap();
    assert_eq!(view.status.state().current, CurrentState::Starting);
    assert!(!supervisor.stop_of("p").is_cancelled());
    stop.cancel();
    supervisor.drained().await.unwrap();
    assert_eq!(view.status.state().current, CurrentState::Stopped);
}
