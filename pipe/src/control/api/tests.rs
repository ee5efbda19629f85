//! What is shown of pipes, and of which pipes.

use super::*;
use kit::cloudformation::Account;
use kit::document::Node;

fn shown(names: &[&str]) -> Vec<PipeView> {
    let account = Account {
        region: "eu-west-1".into(),
        account_id: "1".into(),
        stack_name: "t".into(),
    };
    let pipe = |name: &&str| {
        let text = format!(
            r#"{{"Name": "{name}", "RoleArn": "r", "Source": "arn:aws:sqs:eu-west-1:1:{name}",
                "SourceParameters": {{"SqsQueueParameters": {{"BatchSize": 5}}}},
                "Target": "arn:aws:sqs:eu-west-1:1:out", "DesiredState": "STOPPED", "CurrentState": "RUNNING"}}"#
        );
        Node::parse("p.json", &text).unwrap()
    };
    let mut given = kit::definition::Declarations::default();
    given.pipes = names.iter().map(pipe).collect();
    given.account = Some(account);
    let pipes = crate::definition::PipeDefinitions::load(&given)
        .unwrap()
        .pipes;
    let status = || {
        Arc::new(Status::new(
            DesiredState::Stopped,
            Timestamp::from_millis(1500),
            Timestamp::from_millis(2000),
        ))
    };
    pipes
        .into_iter()
        .map(|pipe| PipeView {
            pipe: Arc::new(pipe),
            status: status(),
        })
        .collect()
}

fn names(answer: &Value) -> Vec<&str> {
    answer["Pipes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pipe| pipe["Name"].as_str().unwrap())
        .collect()
}

#[test]
fn a_description_has_the_members_of_the_service() {
    let [shown] = <[PipeView; 1]>::try_from(shown(&["orders"])).unwrap();
    shown.status.starts(Timestamp::from_millis(3000));
    shown.status.waits("no queue");
    let expected = json!({
        "Arn": "arn:aws:pipes:eu-west-1:1:pipe/orders",
        "Name": "orders",
        "DesiredState": "RUNNING",
        "CurrentState": "STARTING",
        "CreationTime": 1.5,
        "LastModifiedTime": 3.0,
        "StateReason": "no queue",
        "RoleArn": "r",
        "Source": "arn:aws:sqs:eu-west-1:1:orders",
        "SourceParameters": {"SqsQueueParameters": {"BatchSize": 5}},
        "Target": "arn:aws:sqs:eu-west-1:1:out",
    });
    assert_eq!(describe(&shown), expected);
    assert_eq!(changed(&shown)["CurrentState"], "STARTING");
    assert!(changed(&shown).get("StateReason").is_none());
}

#[test]
fn a_list_is_filtered_and_comes_in_pages() {
    let shown = shown(&["a1", "a2", "b1"]);
    shown[1].status.starts(Timestamp::from_millis(1));
    let query = |text: Value| serde_json::from_value::<ListQuery>(text).unwrap();
    let listed = |text: Value| list(&shown, &query(text)).unwrap();
    assert_eq!(names(&listed(json!({}))), ["a1", "a2", "b1"]);
    assert_eq!(
        names(&listed(
            json!({"NamePrefix": "a", "CurrentState": "STOPPED"})
        )),
        ["a1"]
    );
    assert_eq!(names(&listed(json!({"DesiredState": "RUNNING"}))), ["a2"]);
    assert_eq!(
        names(&listed(
            json!({"SourcePrefix": "arn:aws:sqs:eu-west-1:1:b"})
        )),
        ["b1"]
    );
    let first = listed(json!({"Limit": 2}));
    assert_eq!(
        (names(&first), &first["NextToken"]),
        (vec!["a1", "a2"], &json!("a2"))
    );
    let second = listed(json!({"Limit": 2, "NextToken": "a2"}));
    assert_eq!(
        (names(&second), second.get("NextToken")),
        (vec!["b1"], None)
    );
    assert!(list(&shown, &query(json!({"Limit": 0}))).is_err());
}

#[test]
fn only_what_rests_starts_and_only_what_runs_stops() {
    use CurrentState::{Running, Starting, Stopped, Stopping};
    for (current, start, stop) in [
        (Stopped, true, false),
        (Starting, false, true),
        (Running, false, true),
        (Stopping, false, false),
    ] {
        assert_eq!(
            check("p", current, DesiredState::Running).is_ok(),
            start,
            "{current:?}"
        );
        assert_eq!(
            check("p", current, DesiredState::Stopped).is_ok(),
            stop,
            "{current:?}"
        );
    }
}
