//! The store on real files, with segments so small that a few messages fill one.

mod damage;
mod failing;
mod full;
mod house;
mod missing;
mod test_disk;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;
use tokio::runtime::{Builder, Runtime};

use house::House;

use super::commit::LogFailed;
use super::damage::Damage;
use super::records::records;
use super::*;
use crate::engine::{Attributes, NewMessage, QueueArn, QueueId, Receipt, ReceiveRequest, Redrive};

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const SEGMENT: u32 = 16 * 1024;

fn layout() -> SegmentLayout {
    SegmentLayout::new(SEGMENT)
}

fn arn(name: &str) -> QueueArn {
    QueueArn {
        region: "eu-west-1".into(),
        account: "000000000000".into(),
        name: name.into(),
    }
}

/// MessageId, body, receives, time sent in milliseconds, and the queue that it came from.
type Seen = (String, String, u32, u64, Option<String>);

#[derive(Debug, Clone)]
enum Step {
    Send(usize, u16),
    Receive(usize, usize, u64),
    Delete(usize),
    Hide(usize, u64),
    Wait(u64),
    Purge(usize),
    MoveBack,
    Clean,
}

const NAMES: [&str; 3] = ["dead", "live", "line.fifo"];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => (0..3usize, any::<u16>()).prop_map(|(queue, number)| Step::Send(queue, number)),
        8 => (0..3usize, 1..10usize, 0..60u64).prop_map(|(queue, most, hide)| Step::Receive(queue, most, hide)),
        6 => any::<usize>().prop_map(Step::Delete),
        2 => (any::<usize>(), 0..60u64).prop_map(|(receipt, hide)| Step::Hide(receipt, hide)),
        4 => (0..40_000u64).prop_map(Step::Wait),
        1 => (0..3usize).prop_map(Step::Purge),
        1 => Just(Step::MoveBack),
        1 => Just(Step::Clean),
    ]
}

fn take(house: &mut House, step: &Step) {
    let receipt = |house: &House, index: usize| {
        house
            .receipts
            .get(index % house.receipts.len().max(1))
            .copied()
    };
    match *step {
        // Bodies of very different lengths, so that records end anywhere in a segment.
        Step::Send(queue, number) => {
            _ = house.send(
                NAMES[queue],
                &format!("{number}{}", "x".repeat(usize::from(number) % 1500)),
            );
        }
        Step::Receive(queue, most, hide) => {
            let received = house.receive(NAMES[queue], most, hide);
            house
                .receipts
                .extend(received.into_iter().map(|(_, receipt)| receipt));
        }
        Step::Delete(index) => receipt(house, index)
            .into_iter()
            .for_each(|receipt| house.delete(receipt)),
        Step::Hide(index, hide) => {
            if let Some(receipt) = receipt(house, index) {
                let hide = Duration::from_secs(hide);
                _ = house
                    .engine
                    .change_visibility(house.now, receipt.queue, receipt, hide);
            }
        }
        Step::Wait(millis) => {
            house.now = house.now + Duration::from_millis(millis);
            house.engine.wake(house.now);
        }
        Step::Purge(queue) => house.engine.purge(house.now, house.queue(NAMES[queue])),
        Step::MoveBack => {
            _ = house.engine.start_move(house.now, &arn("dead"), None, None);
            house.engine.wake(house.now);
        }
        Step::Clean => house.clean(),
    }
    house.write_down();
}

/// As many as `PROPTEST_CASES` says.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(32)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_restart_changes_nothing(steps in prop::collection::vec(step(), 1..200)) {
        let folder = tempfile::tempdir().unwrap();
        let mut house = House::open(folder.path(), START);
        for step in &steps {
            take(&mut house, step);
        }
        let now = house.now;
        house.store.close();
        let copy = tempfile::tempdir().unwrap();
        copy_log(folder.path(), copy.path());
        let before = house.drain();
        let again = House::open(copy.path(), now);
        prop_assert_eq!(again.drain(), before);
    }
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = std::fs::read_dir(folder.join("sqs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

fn copy_log(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.join("sqs")).unwrap();
    for path in segments(from) {
        std::fs::copy(&path, to.join("sqs").join(path.file_name().unwrap())).unwrap();
    }
}

/// The number of a segment, from the name of its file; 0 for the file `lock`.
fn number(path: &Path) -> u32 {
    path.file_stem()
        .unwrap()
        .to_str()
        .unwrap()
        .parse()
        .unwrap_or(0)
}

#[test]
fn segments_vanish_with_their_messages_and_what_lives_moves_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::open(folder.path(), START);
    let survivor = "s".repeat(500);
    house.send("live", &survivor);
    house.receive("live", 1, 3600);
    for number in 0..200 {
        house.send("line.fifo", &format!("{number}{}", "z".repeat(1000)));
    }
    assert!(segments(folder.path()).len() > 10);
    loop {
        let received = house.receive("line.fifo", 10, 60);
        if received.is_empty() {
            break;
        }
        received
            .into_iter()
            .for_each(|(_, receipt)| house.delete(receipt));
    }
    house.clean();
    house.store.close();
    assert!(
        segments(folder.path()).len() <= 5,
        "{:?}",
        segments(folder.path())
    );
    drop(house);
    let mut again = House::open(folder.path(), START);
    // Its content moved; its state and the memory of deduplication ids came along.
    let queue = again.queue("line.fifo");
    again.send("line.fifo", &format!("0{}", "z".repeat(1000)));
    assert_eq!(
        again.engine.counts(START, queue).ready,
        0,
        "a duplicate of a message whose segment is gone"
    );
    let found = again.drain();
    assert_eq!(found["live"].len(), 1);
    assert_eq!((&found["live"][0].1, found["live"][0].2), (&survivor, 2));
}

#[test]
fn so_many_queues_that_no_segment_could_begin_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::open(folder.path(), START);
    let mut queues = 0;
    while house.store.room(Need::Definition) != Room::None {
        house.engine.create_queue(
            START,
            arn(&format!("more-{queues}")),
            Attributes::new(false),
            BTreeMap::new(),
        );
        house.write_down();
        queues += 1;
        assert!(queues < 100, "they are never refused");
    }
    assert!(queues > 5);
    (0..100).for_each(|number| _ = house.send("live", &format!("{number}-{}", "x".repeat(500))));
    drop(house);
    let again = House::open(folder.path(), START);
    assert_eq!(
        (again.engine.queues().count(), again.damage.len()),
        (queues + NAMES.len(), 0)
    );
    assert_eq!(again.drain()["live"].len(), 100);
}

#[test]
#[cfg(target_os = "linux")]
fn a_long_log_keeps_few_files_open() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::open(folder.path(), START);
    (0..1000).for_each(|number| _ = house.send("live", &format!("{number}-{}", "x".repeat(1000))));
    assert_eq!(house.receive("live", 1000, 60).len(), 1000);
    assert!(segments(folder.path()).len() > 100);
    let open = std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|file| file.unwrap().path().read_link().ok());
    let open = open.filter(|file| file.starts_with(folder.path())).count();
    assert!(open < 70, "{open}");
}

#[test]
fn a_folder_has_one_owner() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::open(folder.path(), START);
    let second = Store::open(folder.path(), SEGMENT, &mut Engine::new([0; 16]), START);
    assert!(matches!(second, Err(OpenError::InUse(path)) if path == folder.path()));
    drop(house);
    assert!(Store::open(folder.path(), SEGMENT, &mut Engine::new([0; 16]), START).is_ok());
}

#[test]
fn a_folder_with_more_messages_than_memory_has_room_for_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::open(folder.path(), START);
    (0..3000).for_each(|number| _ = house.send("live", &number.to_string()));
    drop(house);
    let open = |bytes| {
        let mut engine = Engine::new([0; 16]);
        engine.read_at_most(bytes);
        let opened = Store::open(folder.path(), SEGMENT, &mut engine, START);
        (opened.map(drop), engine.is_too_large(), engine.messages())
    };
    let (opened, is_too_large, messages) = open(100 * 1024);
    assert!(matches!(opened, Err(OpenError::Io { .. })) && is_too_large);
    assert!(
        messages < 3000,
        "reading ends when memory is full: {messages}"
    );
    let (opened, is_too_large, messages) = open(1024 * 1024);
    assert_eq!(
        (opened.is_ok(), is_too_large, messages),
        (true, false, 3000)
    );
}

#[test]
fn one_message_may_be_as_large_as_sqs_allows() {
    let folder = tempfile::tempdir().unwrap();
    let body = "m".repeat(1_048_576);
    let mut house = House::open_with(SegmentLayout::new(SEGMENT_SIZE), folder.path(), START);
    house.send("live", &body);
    drop(house);
    let found = House::open_with(SegmentLayout::new(SEGMENT_SIZE), folder.path(), START).drain();
    assert_eq!(found["live"][0].1, body);
}
