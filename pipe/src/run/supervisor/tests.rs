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

async fn fleet(pipes: &[(&str, &str)]) -> (Fleet, CancellationToken) {
    kit::program::install_tls();
    let sdk = kit::aws::local("http://127.0.0.1:9").await;
    let tools = Tools {
        sender: Sender::new(AllowTargets::default()).unwrap(),
        services: Arc::new(Services::new(sdk.clone()).unwrap()),
        clients: Arc::new(Clients::local(&sdk)),
        deadline: Duration::from_secs(5),
        concurrency: 1,
        verdict_rule: VerdictRule::default(),
        webhook_keys: None,
    };
    let stop = CancellationToken::new();
    (Fleet::start(tools, definition(pipes), &stop), stop)
}

impl Fleet {
    fn stop_of(&self, name: &str) -> CancellationToken {
        self.members[name].stop.clone()
    }
}

#[tokio::test]
async fn only_what_has_changed_is_started_anew() {
    let (mut fleet, stop) = fleet(&[("same", "out"), ("other", "out"), ("gone", "out")]).await;
    let [same, other, gone] = ["same", "other", "gone"].map(|name| fleet.stop_of(name));
    let created = fleet.board().find("other").unwrap().status.state().created;
    let replaced = fleet.replace(definition(&[
        ("same", "out"),
        ("other", "out2"),
        ("new", "out"),
    ]));
    assert_eq!(
        replaced,
        Replaced {
            new: 1,
            changed: 1,
            removed: 1,
            same: 1
        }
    );
    assert!(!same.is_cancelled() && other.is_cancelled() && gone.is_cancelled());
    assert!(!fleet.stop_of("other").is_cancelled(), "its successor runs");
    let names: Vec<String> = fleet
        .board()
        .pipes()
        .iter()
        .map(|shown| shown.pipe.name.clone())
        .collect();
    assert_eq!(names, ["new", "other", "same"]);
    assert_eq!(
        fleet.board().find("other").unwrap().status.state().created,
        created
    );
    stop.cancel();
    fleet.drained().await.unwrap();
}

#[tokio::test]
async fn a_pipe_is_stopped_and_started_and_stays_so_when_others_change() {
    let (mut fleet, stop) = fleet(&[("p", "out"), ("q", "out")]).await;
    assert_eq!(
        fleet.set("none", DesiredState::Stopped).unwrap_err(),
        ControlFault::unknown("none")
    );
    assert_eq!(
        fleet.board().find("p").unwrap().status.state().current,
        CurrentState::Starting
    );
    let shown = fleet.set("p", DesiredState::Stopped).unwrap();
    assert_eq!(shown.status.state().current, CurrentState::Stopping);
    assert!(
        matches!(
            fleet.set("p", DesiredState::Running),
            Err(ControlFault::Conflict(_))
        ),
        "not yet"
    );
    fleet.ended().await.unwrap();
    assert_eq!(shown.status.state().current, CurrentState::Stopped);
    assert!(
        !fleet.stop_of("q").is_cancelled(),
        "nothing happens to the other"
    );

    fleet.replace(definition(&[("p", "out"), ("q", "out2")]));
    assert_eq!(
        fleet.board().find("p").unwrap().status.state().current,
        CurrentState::Stopped
    );
    let shown = fleet.set("p", DesiredState::Running).unwrap();
    assert_eq!(shown.status.state().current, CurrentState::Starting);
    assert!(!fleet.stop_of("p").is_cancelled());
    stop.cancel();
    fleet.drained().await.unwrap();
    assert_eq!(shown.status.state().current, CurrentState::Stopped);
}
