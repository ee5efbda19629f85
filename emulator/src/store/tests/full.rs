//! A full disk: new messages are refused, the rest goes on, and room is found again without help.

use std::sync::Arc;

use super::test_disk::TestDisk;
use super::*;

const SIZE: u32 = 256 * 1024;
/// A record holds it twice, for it is the deduplication id too.
const BODY: usize = 2000;

/// A disk with room for so many segments.
fn small_disk(folder: &Path, segments: usize) -> (Arc<TestDisk>, SegmentLayout) {
    let disk = Arc::new(TestDisk::default());
    disk.set_room(folder.join("sqs"), segments);
    (
        disk.clone(),
        SegmentLayout {
            size: SIZE,
            fs: disk,
        },
    )
}

/// Sends until the disk is full.
fn fill(house: &mut House, queue: &str) -> usize {
    for sent in 0..10_000 {
        match room(house, Need::Messages(BODY)) {
            Room::None => return sent,
            _ => house.send(queue, &format!("{sent}-{}", "w".repeat(BODY))),
        };
    }
    panic!("sends are never refused");
}

/// Whether there is room, when what is on its way has come.
fn room(house: &House, need: Need) -> Room {
    house.runtime.block_on(house.store.more_room(need));
    house.store.room(need)
}

/// Receives and deletes everything.
fn consume(house: &mut House) -> usize {
    let mut count = 0;
    loop {
        assert_eq!(room(house, Need::Receives), Room::Enough, "receives go on");
        let received = house.receive("live", 10, 60);
        if received.is_empty() {
            return count;
        }
        count += received.len();
        received
            .into_iter()
            .for_each(|(_, receipt)| house.delete(receipt));
    }
}

/// Cleans when the cleaner is rung for, until sends are taken again.
fn recover(house: &mut House) {
    for _ in 0..100 {
        if house.store.room(Need::Messages(BODY)) == Room::Enough {
            return;
        }
        let due = async {
            tokio::time::timeout(Duration::from_secs(1), house.store.cleaner().due()).await
        };
        assert!(
            house.runtime.block_on(due).is_ok(),
            "the cleaner is rung for at once"
        );
        house.clean();
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("sends are refused for ever");
}

#[test]
fn a_disk_that_its_own_messages_fill_recovers_when_they_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (_, layout) = small_disk(folder.path(), 8);
    let mut house = House::open_with(layout, folder.path(), START);
    let sent = fill(&mut house, "live");
    assert!(sent > 300 && house.store.health() == Health::Full, "{sent}");
    assert_eq!(consume(&mut house), sent);
    recover(&mut house);
    house.clean();
    assert_eq!(house.store.health(), Health::Sound);
    assert!(segments(folder.path()).len() <= 3, "and the space is free");
    let again = fill(&mut house, "live");
    assert!(again > sent / 2, "as much fits as before");
}

#[test]
fn a_full_disk_can_be_opened_and_drained() {
    let folder = tempfile::tempdir().unwrap();
    let (_, layout) = small_disk(folder.path(), 8);
    let mut house = House::open_with(layout.clone(), folder.path(), START);
    let sent = fill(&mut house, "live");
    drop(house);
    // Again and again: every start finds the disk as full as the last one left it.
    for _ in 0..3 {
        let house = House::open_with(layout.clone(), folder.path(), START);
        assert_eq!(room(&house, Need::Messages(BODY)), Room::None);
        assert_eq!(house.damage, []);
    }
    let mut house = House::open_with(layout.clone(), folder.path(), START);
    assert_eq!(consume(&mut house), sent);
    drop(house);
    let mut house = House::open_with(layout, folder.path(), START);
    recover(&mut house);
    house.send("live", "after");
    drop(house);
    assert_eq!(House::open(folder.path(), START).drain()["live"].len(), 1);
}

#[test]
fn receives_that_nothing_is_deleted_after_and_changes_go_on_on_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, layout) = small_disk(folder.path(), 4);
    let mut house = House::open_with(layout, folder.path(), START);
    let sent = fill(&mut house, "dead");
    disk.share();
    let (queue, mut refused) = (house.queue("dead"), 0);
    for number in 0..3000 {
        for need in [Need::Receives, Need::Records] {
            for look in 0.. {
                if room(&house, need) == Room::Enough {
                    break;
                }
                refused += 1;
                house.clean();
                assert!(
                    look < 3,
                    "{need:?} number {number}: what receives left is won back"
                );
            }
            match need {
                Need::Receives => assert_eq!(house.receive("dead", 10, 0).len(), 10),
                _ => house
                    .engine
                    .change_queue(queue, |definition| definition.modified = START),
            }
            house.write_down();
        }
    }
    assert!(refused > 3, "the reserve was used up {refused} times");
    house.store.close();
    drop(house);
    assert_eq!(
        House::open_with(SegmentLayout::new(SIZE), folder.path(), START).drain()["dead"].len(),
        sent
    );
}

#[test]
fn a_used_up_reserve_ends_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, layout) = small_disk(folder.path(), 4);
    let mut house = House::open_with(layout, folder.path(), START);
    fill(&mut house, "dead");
    let mut receives = 0;
    while room(&house, Need::Receives) == Room::Enough {
        house.receive("dead", 10, 0);
        receives += 1;
    }
    assert!(receives > 100, "{receives}");
    let queue = house.queue("dead");
    while room(&house, Need::Records) == Room::Enough {
        house
            .engine
            .change_queue(queue, |definition| definition.modified = START);
        house.write_down();
    }
    disk.set_room(folder.path().join("sqs"), 10);
    while house.store.room(Need::Messages(BODY)) != Room::Enough {
        std::thread::sleep(Duration::from_millis(20));
    }
    house.send("live", "again");
    house.store.close();
}

#[test]
fn what_lives_in_the_oldest_segment_does_not_hold_back_the_space_of_all_others() {
    let folder = tempfile::tempdir().unwrap();
    let (_, layout) = small_disk(folder.path(), 12);
    let mut house = House::open_with(layout, folder.path(), START);
    fill(&mut house, "live");
    let received = house.receive("live", 1000, 3600);
    let (kept, gone) = received.split_at(20);
    for (_, receipt) in gone {
        assert_eq!(room(&house, Need::Records), Room::Enough);
        house.delete(*receipt);
    }
    recover(&mut house);
    house.clean();
    let count = segments(folder.path()).len();
    assert!(count <= 4, "{count} segments for {} messages", kept.len());
    house.store.close();
    drop(house);
    assert_eq!(
        House::open(folder.path(), START).drain()["live"].len(),
        kept.len()
    );
}

#[test]
fn space_of_purged_messages_is_given_back_without_another_send() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::open(folder.path(), START);
    (0..200).for_each(|number| _ = house.send("live", &format!("{number}-{}", "w".repeat(1000))));
    assert!(segments(folder.path()).len() > 10);
    house.engine.purge(START, house.queue("live"));
    house.write_down();
    let due =
        async { tokio::time::timeout(Duration::from_secs(1), house.store.cleaner().due()).await };
    assert!(house.runtime.block_on(due).is_ok());
    house.clean();
    assert!(segments(folder.path()).len() <= 3);
}

/// Producers that go on asking, a consumer that deletes three tenths of what it receives, and
/// others who take what space is given back. Returns how many messages were deleted, and left.
fn stress(seed: u64) -> (usize, usize) {
    let mut random = fastrand::Rng::with_seed(seed);
    let folder = tempfile::tempdir().unwrap();
    let (disk, layout) = small_disk(folder.path(), random.usize(2..12));
    let mut house = House::open_with(layout.clone(), folder.path(), START);
    let (mut living, mut deleted, mut number) = (0, 0, 0);
    let mut producing = 400;
    let mut shared_at = random.usize(..200);
    let largest = [50, 2000, 20_000][random.usize(..3)];
    while living > 0 || producing > 0 {
        producing -= usize::from(producing > 0);
        shared_at = shared_at.checked_sub(1).unwrap_or(usize::MAX);
        if shared_at == 0 {
            disk.share();
        }
        for _ in 0..random.usize(..40) {
            let body = format!("{number}-{}", "w".repeat(random.usize(..largest)));
            if producing == 0 || room(&house, Need::Messages(2 * body.len())) != Room::Enough {
                break;
            }
            house.send("dead", &body);
            (living, number) = (living + 1, number + 1);
        }
        for look in 0.. {
            if room(&house, Need::Receives) == Room::Enough {
                break;
            }
            house.clean();
            assert!(
                look < 3,
                "seed {seed}: receives are refused with {living} messages, for good"
            );
        }
        for (_, receipt) in house.receive("dead", 10, 1) {
            if random.u8(..10) < 3 && room(&house, Need::Records) == Room::Enough {
                house.delete(receipt);
                (living, deleted) = (living - 1, deleted + 1);
            }
        }
        house.now = house.now + Duration::from_secs(2);
        house.engine.wake(house.now);
        if random.u8(..4) == 0 {
            house.clean();
        }
        if random.u8(..200) == 0 {
            let now = house.now;
            drop(house);
            house = House::open_with(layout.clone(), folder.path(), now);
            assert_eq!(house.damage, [], "seed {seed}");
        }
    }
    (deleted, living)
}

#[test]
fn a_disk_that_others_fill_always_drains() {
    let seeds = 0..u64::from(cases());
    let (deleted, left): (Vec<usize>, Vec<usize>) = seeds.map(stress).unzip();
    assert!(left.iter().all(|left| *left == 0), "left by seed: {left:?}");
    // A small disk holds few of the largest messages.
    assert!(
        deleted.iter().sum::<usize>() > 100 * deleted.len(),
        "deleted by seed: {deleted:?}"
    );
}
