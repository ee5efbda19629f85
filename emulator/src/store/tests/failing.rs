//! Writes and syncs that fail, and the power cut after them: what was answered for is there,
//! nothing else is answered.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::test_disk::TestDisk;
use super::*;

/// What was asked for, and what was answered.
#[derive(Default)]
struct Ledger {
    tried: BTreeSet<String>,
    sent: BTreeSet<String>,
    delete_tried: BTreeSet<String>,
    deleted: BTreeSet<String>,
}

impl Ledger {
    /// Works until something fails; false when nothing did.
    fn work(&mut self, house: &mut House, random: &mut fastrand::Rng) -> bool {
        let mut held = Vec::new();
        for _ in 0..300 {
            let name = NAMES[random.usize(..3)];
            let done = match random.u8(..10) {
                0..5 => {
                    // No two are the same, also when it works again after a failure.
                    let body = format!("{}-{}", self.tried.len(), "x".repeat(random.usize(..1500)));
                    self.tried.insert(body.clone());
                    house
                        .try_send(name, &body)
                        .map(|_| _ = self.sent.insert(body))
                }
                5..7 => house
                    .try_receive(name, 4, 3600)
                    .map(|received| held.extend(received)),
                7..9 => match held.pop() {
                    None => Ok(()),
                    Some((body, receipt)) => {
                        self.delete_tried.insert(body.clone());
                        _ = house.engine.delete(house.now, receipt.queue, receipt);
                        house
                            .try_write_down()
                            .map(|()| _ = self.deleted.insert(body))
                    }
                },
                // A cleaning that fails costs no answer; the next one tries again.
                _ => {
                    _ = house.try_clean();
                    Ok(())
                }
            };
            if done.is_err() {
                return true;
            }
        }
        false
    }

    fn check(&self, found: &BTreeMap<String, Vec<Seen>>, seed: u64) {
        let found: BTreeSet<&String> = found.values().flatten().map(|(_, body, ..)| body).collect();
        let lost = self
            .sent
            .difference(&self.delete_tried)
            .find(|body| !found.contains(body));
        assert_eq!(lost, None, "seed {seed}: it was answered for");
        assert!(
            self.deleted.iter().all(|body| !found.contains(body)),
            "seed {seed}: it was deleted"
        );
        assert!(
            found.iter().all(|body| self.tried.contains(*body)),
            "seed {seed}: nobody sent it"
        );
    }
}

#[test]
fn what_was_answered_for_survives_failing_writes_and_syncs() {
    for seed in 0..u64::from(cases()) * 4 {
        let mut random = fastrand::Rng::with_seed(seed);
        let disk = Arc::new(TestDisk::default());
        let folder = tempfile::tempdir().unwrap();
        let mut house = House::open_with(
            SegmentLayout {
                size: SEGMENT,
                fs: disk.clone(),
            },
            folder.path(),
            START,
        );
        disk.fail_after(random.usize(..400));
        let mut ledger = Ledger::default();
        if ledger.work(&mut house, &mut random) {
            assert_eq!(house.store.health(), Health::Failed, "seed {seed}");
            assert_eq!(
                house.try_send("live", "late"),
                Err(LogFailed),
                "seed {seed}: nothing is answered after a failure"
            );
        }
        drop(house);
        disk.cut_power(&mut random);
        ledger.tried.insert("late".to_owned());
        ledger.check(&House::open(folder.path(), START).drain(), seed);
    }
}

#[test]
fn a_failed_store_takes_nothing_and_ends() {
    let disk = Arc::new(TestDisk::default());
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::open_with(
        SegmentLayout {
            size: SEGMENT,
            fs: disk.clone(),
        },
        folder.path(),
        START,
    );
    assert_eq!(house.store.health(), Health::Sound);
    disk.fail_after(0);
    assert_eq!(house.try_send("live", "first"), Err(LogFailed));
    assert_eq!(house.store.health(), Health::Failed);
    for _ in 0..10 {
        assert_eq!(house.try_send("live", "more"), Err(LogFailed));
    }
    house.clean();
    house.store.close();
}

#[test]
fn a_store_that_failed_goes_on_when_the_disk_does_and_tells_no_lie() {
    // Beside one another: most of the time each waits for the next look at its disk.
    std::thread::scope(|scope| {
        (0..u64::from(cases())).for_each(|seed| _ = scope.spawn(move || goes_on(seed)));
    });
}

fn goes_on(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let disk = Arc::new(TestDisk::default());
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::open_with(
        SegmentLayout {
            size: SEGMENT,
            fs: disk.clone(),
        },
        folder.path(),
        START,
    );
    let mut ledger = Ledger::default();
    for _ in 0..3 {
        disk.fail_for(random.usize(..200), random.usize(1..6));
        ledger.work(&mut house, &mut random);
        let began = std::time::Instant::now();
        while house.store.health() == Health::Failed {
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "seed {seed}: the disk is well again"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    disk.fail_for(0, 0);
    house.try_send("dead", "the last").unwrap();
    ledger.tried.insert("the last".to_owned());
    ledger.sent.insert("the last".to_owned());
    // What was answered for is on the disk, whatever the system thought of it.
    disk.kill();
    disk.cut_power(&mut random);
    drop(house);
    let found = House::open(folder.path(), START);
    assert_eq!(found.damage, [], "seed {seed}");
    ledger.check(&found.drain(), seed);
}

#[test]
fn what_a_start_found_is_durable_before_anybody_hears_of_it() {
    for seed in 0..u64::from(cases()) * 2 {
        let mut random = fastrand::Rng::with_seed(seed);
        let disk = Arc::new(TestDisk::default());
        let folder = tempfile::tempdir().unwrap();
        let layout = SegmentLayout {
            size: SEGMENT,
            fs: disk.clone(),
        };
        let mut house = House::open_with(layout.clone(), folder.path(), START);
        let mut ledger = Ledger::default();
        disk.fail_after(random.usize(..200));
        ledger.work(&mut house, &mut random);
        // Killed between a write and its sync: the next process reads what was never synced.
        drop(house);
        disk.kill();
        disk.fail_for(0, 0);
        let mut house = House::open_with(layout, folder.path(), START);
        let seen: Vec<String> = {
            let now = house.now + Duration::from_secs(43_200);
            house.now = now;
            NAMES
                .iter()
                .flat_map(|name| house.receive(name, 1000, 0))
                .map(|(body, _)| body)
                .collect()
        };
        disk.kill();
        disk.cut_power(&mut random);
        drop(house);
        let found = House::open(folder.path(), START).drain();
        let found: BTreeSet<&String> = found.values().flatten().map(|(_, body, ..)| body).collect();
        assert_eq!(
            seen.iter().find(|body| !found.contains(body)),
            None,
            "seed {seed}: it was handed out"
        );
    }
}
