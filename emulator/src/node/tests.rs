//! A node that is opened again at another time of the wall clock.

use std::path::Path;

use kit::time::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::action::{Action, Caller, Cooldowns};
use crate::fault::Fault;
use crate::memory::{Bytes, MemoryLimit};

const SECOND: i64 = 1_000;
const YEAR: i64 = 365 * 24 * 3600 * SECOND;

struct House {
    folder: tempfile::TempDir,
    node: Node,
}

impl House {
    fn new() -> House {
        let folder = tempfile::tempdir().unwrap();
        let node = open(folder.path(), 0);
        House { folder, node }
    }

    /// Stops, and starts when the wall clock is `ahead` of what it is.
    fn restart(self, ahead: i64) -> House {
        let House { folder, node } = self;
        node.stop();
        node.close();
        drop(node);
        let node = open(folder.path(), ahead);
        House { folder, node }
    }

    async fn ask(&self, name: &str, members: Value) -> Value {
        let action = Action::from_json(name, members.to_string().as_bytes())
            .unwrap()
            .unwrap();
        serde_json::to_value(self.node.execute(action, &caller()).await.unwrap()).unwrap()
    }

    async fn receive(&self, queue: &str, visibility: u32) -> Vec<String> {
        let members =
            json!({"QueueUrl": queue, "MaxNumberOfMessages": 10, "VisibilityTimeout": visibility});
        let answer = self.ask("ReceiveMessage", members).await;
        let bodies = answer["Messages"].as_array().into_iter().flatten();
        bodies
            .map(|message| message["Body"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn caller() -> Caller {
    Caller {
        region: "eu-west-1".into(),
        names_region: true,
        account: "000000000000".into(),
        base: "http://localhost".into(),
        trace_header: None,
        cooldowns: Cooldowns::Skipped,
        strategy: Default::default(),
    }
}

fn open(folder: &Path, ahead: i64) -> Node {
    let tuning = Tuning {
        segment_size: 4 * 1024 * 1024,
        ..Tuning::default()
    };
    Node::open_at(Timestamp::wall().moved(ahead), Some(folder), tuning).unwrap()
}

#[tokio::test]
async fn a_clock_that_leapt_or_went_back_over_a_restart_changes_nothing() {
    let mut house = House::new();
    let short = json!({"QueueName": "short", "Attributes": {"MessageRetentionPeriod": "60"}});
    house.ask("CreateQueue", short).await;
    house
        .ask(
            "CreateQueue",
            json!({"QueueName": "f.fifo", "Attributes": {"FifoQueue": "true"}}),
        )
        .await;
    for body in ["waits", "hidden"] {
        house
            .ask(
                "SendMessage",
                json!({"QueueUrl": "short", "MessageBody": body, "DelaySeconds": 0}),
            )
            .await;
    }
    house
        .ask(
            "SendMessage",
            json!({"QueueUrl": "short", "MessageBody": "late", "DelaySeconds": 900}),
        )
        .await;
    let once = json!({"QueueUrl": "f.fifo", "MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": "d"});
    let first = house.ask("SendMessage", once.clone()).await;
    assert_eq!(house.receive("short", 40_000).await, ["waits", "hidden"]);
    for ahead in [3600 * SECOND, -3600 * SECOND, YEAR, -YEAR, 0] {
        house = house.restart(ahead);
        let all = json!({"QueueUrl": "short", "AttributeNames": ["All"]});
        let attributes = house.ask("GetQueueAttributes", all).await["Attributes"].take();
        assert_eq!(
            attributes["ApproximateNumberOfMessagesNotVisible"], "2",
            "at {ahead}"
        );
        assert_eq!(
            attributes["ApproximateNumberOfMessagesDelayed"], "1",
            "at {ahead}"
        );
        assert_eq!(
            house.ask("SendMessage", once.clone()).await,
            first,
            "the deduplication id is known at {ahead}"
        );
    }
}

#[tokio::test]
async fn a_restart_of_minutes_counts() {
    let house = House::new();
    house.ask("CreateQueue", json!({"QueueName": "q"})).await;
    house
        .ask("SendMessage", json!({"QueueUrl": "q", "MessageBody": "x"}))
        .await;
    assert_eq!(house.receive("q", 300).await, ["x"]);
    let house = house.restart(200 * SECOND);
    assert_eq!(house.receive("q", 300).await, [""; 0]);
    let house = house.restart(310 * SECOND);
    assert_eq!(house.receive("q", 300).await, ["x"]);
}

#[tokio::test]
async fn clients_see_the_wall_clock() {
    let mut house = House::new();
    house.ask("CreateQueue", json!({"QueueName": "q"})).await;
    house = house.restart(YEAR);
    house
        .ask("SendMessage", json!({"QueueUrl": "q", "MessageBody": "x"}))
        .await;
    let members =
        json!({"QueueUrl": "q", "AttributeNames": ["SentTimestamp"], "VisibilityTimeout": 0});
    let before = Timestamp::wall();
    // The wall clock of this test was right all the time, and what is shown follows it.
    let answer = house.ask("ReceiveMessage", members).await;
    let sent: u64 = answer["Messages"][0]["Attributes"]["SentTimestamp"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let apart = Timestamp::from_millis(sent).ahead_of(before).abs();
    assert!(apart < 30_000, "{apart} ms");
}

/// Sends until it is refused. Returns how many were taken, and the fault.
async fn fill(node: &Node, body: &str) -> (usize, Fault) {
    for count in 0..100_000 {
        let members = json!({"QueueUrl": "q", "MessageBody": body}).to_string();
        let action = Action::from_json("SendMessage", members.as_bytes())
            .unwrap()
            .unwrap();
        if let Err(fault) = node.execute(action, &caller()).await {
            return (count, fault);
        }
    }
    panic!("memory is never full");
}

#[tokio::test]
async fn sends_are_refused_before_memory_is_full_and_what_is_there_can_be_drained() {
    let folder = tempfile::tempdir().unwrap();
    let (_, held) = MemoryLimit::find(None).unwrap();
    // Six mebibytes for messages.
    let tuning = Tuning {
        max_memory: Some(Bytes(held + (18 << 20))),
        ..Tuning::default()
    };
    let node = Node::open_with(None, tuning).unwrap();
    let house = House { folder, node };
    house.ask("CreateQueue", json!({"QueueName": "q"})).await;
    let (taken, fault) = fill(&house.node, &"x".repeat(100_000)).await;
    assert!((20..80).contains(&taken), "{taken}");
    assert_eq!(fault.code().status, 503);
    let text = fault.to_string();
    assert!(
        text.contains("--max-memory or EMULATOR_MAX_MEMORY")
            && text.contains("Receiving and deleting goes on")
    );
    assert!(house.node.is_memory_full());
    let members = json!({"QueueUrl": "q", "MaxNumberOfMessages": 10});
    for message in house.ask("ReceiveMessage", members).await["Messages"]
        .as_array()
        .unwrap()
    {
        house
            .ask(
                "DeleteMessage",
                json!({"QueueUrl": "q", "ReceiptHandle": message["ReceiptHandle"]}),
            )
            .await;
    }
    house
        .ask("SendMessage", json!({"QueueUrl": "q", "MessageBody": "x"}))
        .await;
    assert!(!house.node.is_memory_full(), "there is room again");
}

#[test]
fn a_limit_without_room_for_messages_is_refused_at_start() {
    let tuning = Tuning {
        max_memory: Some(Bytes(1 << 20)),
        ..Tuning::default()
    };
    let error = Node::open_with(None, tuning).unwrap_err();
    assert!(error.to_string().contains("is too small"), "{error}");
}

/// Standard queues take every receipt of a message: `docs/aws/sqs.md#visibility` and
/// `docs/aws/sqs.md#deleting`.
#[tokio::test]
async fn an_older_receipt_handle_is_good_after_a_restart() {
    let house = House::new();
    house.ask("CreateQueue", json!({"QueueName": "q"})).await;
    house
        .ask("SendMessage", json!({"QueueUrl": "q", "MessageBody": "x"}))
        .await;
    let first = house
        .ask(
            "ReceiveMessage",
            json!({"QueueUrl": "q", "VisibilityTimeout": 0}),
        )
        .await;
    let older = first["Messages"][0]["ReceiptHandle"].clone();
    assert_eq!(house.receive("q", 600).await, ["x"], "a newer handle");
    let house = house.restart(0);
    assert_eq!(house.receive("q", 600).await, [""; 0]);
    let change = json!({"QueueUrl": "q", "ReceiptHandle": older, "VisibilityTimeout": 0});
    house.ask("ChangeMessageVisibility", change).await;
    assert_eq!(
        house.receive("q", 600).await,
        ["x"],
        "the older handle made it visible"
    );
    let house = house.restart(0);
    house
        .ask(
            "DeleteMessage",
            json!({"QueueUrl": "q", "ReceiptHandle": older}),
        )
        .await;
    let house = house.restart(700 * SECOND);
    assert_eq!(
        house.receive("q", 0).await,
        [""; 0],
        "the older handle deleted it"
    );
}
