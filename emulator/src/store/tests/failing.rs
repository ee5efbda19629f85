//! Writes and syncs that fail, and the power cut after them: what was answered for is there, nothing else is answered.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::medium::TestDisk;
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
        for number in 0..300 {
            let name = NAMES[random.usize(..3)];
            let done = match random.u8(..10) {
                0..5 => {
                    let body = format!("{number}-{}", "x".repeat(random.usize(..1500)));
                    self.tried.insert(body.clone());
                    house.try_send(name, &body).map(|_| _ = self.sent.insert(body))
                }
                5..7 => house.try_receive(name, 4, 3600).map(|received| held.extend(received)),
                7..9 => match held.pop() {
                    None => Ok(()),
                    Some((body, receipt)) => {
                        self.delete_tried.insert(body.clone());
                        _ = house.engine.delete(house.now, receipt.queue, receipt);
                        house.try_write_down().map(|()| _ = self.deleted.insert(body))
                    }
                },
                _ => {
                    house.clean();
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
        let lost = self.sent.difference(&self.delete_tried).find(|body| !found.contains(body));
        assert_eq!(lost, None, "seed {seed}: it was answered for");
        assert!(self.deleted.iter().all(|body| !found.contains(body)), "seed {seed}: it was deleted");
        assert!(found.iter().all(|body| self.tried.contains(*body)), "seed {seed}: nobody sent it");
    }
}

#[test]
fn what_was_answered_for_survives_failing_writes_and_syncs() {
    for seed in 0..u64::from(cases()) * 4 {
        let mut random = fastrand::Rng::with_seed(seed);
        let disk = Arc::new(TestDisk::default());
        let folder = tempfile::tempdir().unwrap();
        let mut house = House::open_with(Layout { size: SEGMENT, medium: disk.clone() }, folder.path(), START);
        disk.fail_after(random.usize(..400));
        let mut ledger = Ledger::default();
        if ledger.work(&mut house, &mut random) {
            assert_eq!(house.store.condition(), Condition::Failed, "seed {seed}");
            assert_eq!(house.try_send("live", "late"), Err(Failed), "seed {seed}: nothing is answered after a failure");
        }
        drop(house);
        disk.cut_power(&mut random);
        ledger.tried.insert("late".to_owned());
        ledger.check(&House::open(folder.path(), START).drain(), seed);
    }
}

#[test]
fn a_failed_store_takes_nothing_and_holds_nothing() {
    let disk = Arc::new(TestDisk::default());
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::open_with(Layout { size: SEGMENT, medium: disk.clone() }, folder.path(), START);
    assert_eq!(house.store.condition(), Condition::Sound);
    disk.fail_after(0);
    assert_eq!(house.try_send("live", "first"), Err(Failed));
    assert_eq!(house.store.condition(), Condition::Failed);
    for _ in 0..100 {
        assert_eq!(house.try_send("live", "more"), Err(Failed));
    }
    let Store::Disk(disk) = &house.store else { panic!("it is on a disk") };
    assert_eq!(disk.committer.waiting(), 0, "what nobody will write is not kept");
    house.clean();
    house.store.close();
}
