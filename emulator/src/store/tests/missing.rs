//! Files of the log that are gone or empty: each is reported, wherever it stood, and nothing else
//! ever is.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::test_disk::TestDisk;
use super::*;

/// What somebody does to a file.
type Harm = fn(&Path);

const HARMS: [(&str, Harm); 3] = [
    ("removed", |path| std::fs::remove_file(path).unwrap()),
    ("emptied", |path| _ = std::fs::File::create(path).unwrap()),
    ("filled with zeros", |path| {
        let length = std::fs::metadata(path).unwrap().len();
        std::fs::File::create(path)
            .unwrap()
            .set_len(length)
            .unwrap();
    }),
];

/// Works for a while, so that old files go and new ones come, and ends in order or not.
fn worked(folder: &Path, random: &mut fastrand::Rng, is_killed: bool) -> Vec<String> {
    let disk = Arc::new(TestDisk::default());
    let mut house = House::open_with(
        SegmentLayout {
            size: SEGMENT,
            fs: disk.clone(),
        },
        folder,
        START,
    );
    let mut living = Vec::new();
    for number in 0..random.usize(20..150) {
        let body = format!("{number}-{}", "m".repeat(random.usize(..1500)));
        house.send("live", &body);
        living.push(body);
        if random.u8(..3) == 0 {
            for (body, receipt) in house.receive("live", 5, 3600) {
                house.delete(receipt);
                living.retain(|other| *other != body);
            }
            house.clean();
        }
    }
    if is_killed {
        disk.kill();
        // Nothing of what an orderly end does.
        disk.fail_after(0);
        _ = house.try_send("dead", "unanswered");
    }
    house.store.close();
    living
}

/// The files that hold something.
fn written(folder: &Path) -> Vec<PathBuf> {
    let holds = |path: &PathBuf| std::fs::read(path).unwrap().iter().any(|byte| *byte != 0);
    segments(folder).into_iter().filter(holds).collect()
}

fn missing(house: &House) -> BTreeSet<u32> {
    let damage = house.damage.iter();
    damage
        .filter(|(_, damage)| matches!(damage, Damage::Missing { .. }))
        .map(|(number, _)| *number)
        .collect()
}

#[test]
fn a_file_that_is_gone_or_empty_is_reported_wherever_it_stood() {
    for seed in 0..u64::from(cases()) {
        for is_killed in [false, true] {
            for (what, harm) in HARMS {
                let mut random = fastrand::Rng::with_seed(seed);
                let folder = tempfile::tempdir().unwrap();
                let living = worked(folder.path(), &mut random, is_killed);
                let files = written(folder.path());
                let index = [0, files.len() / 2, files.len() - 1][seed as usize % 3];
                harm(&files[index]);
                let found = House::open(folder.path(), START);
                let case = format!(
                    "seed {seed}, {what} {index} of {}, killed {is_killed}",
                    files.len()
                );
                assert_eq!(
                    missing(&found),
                    BTreeSet::from([number(&files[index])]),
                    "{case}"
                );
                // Once, and what is there is read.
                drop(found);
                let again = House::open(folder.path(), START);
                assert_eq!(
                    (missing(&again), again.damage.len()),
                    (BTreeSet::new(), 0),
                    "{case}"
                );
                let bodies: Vec<String> = again
                    .drain()
                    .remove("live")
                    .into_iter()
                    .flatten()
                    .map(|(_, body, ..)| body)
                    .collect();
                let others = bodies.iter().filter(|body| living.contains(body)).count();
                assert!(
                    files.len() < 3 || others > 0,
                    "{case}: {others} of {}",
                    living.len()
                );
            }
        }
    }
}

#[test]
fn all_files_gone_are_reported_and_their_numbers_and_receipts_are_not_given_again() {
    for is_folder in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let mut house = House::open(folder.path(), START);
        (0..60)
            .for_each(|number| _ = house.send("live", &format!("{number}-{}", "m".repeat(1000))));
        let receipts: Vec<Receipt> = house
            .receive("live", 60, 3600)
            .into_iter()
            .map(|(_, receipt)| receipt)
            .collect();
        drop(house);
        let files = written(folder.path());
        assert!(files.len() > 3);
        match is_folder {
            true => std::fs::remove_dir_all(folder.path().join("sqs")).unwrap(),
            false => segments(folder.path())
                .iter()
                .for_each(|path| std::fs::remove_file(path).unwrap()),
        }
        let mut found = House::open(folder.path(), START);
        assert_eq!(
            missing(&found),
            files.iter().map(|path| number(path)).collect()
        );
        (0..60).for_each(|number| _ = found.send("live", &format!("{number}-after")));
        found.receive("live", 60, 3600);
        receipts
            .into_iter()
            .for_each(|receipt| found.delete(receipt));
        let first = written(folder.path()).first().map(|path| number(path));
        assert!(first > files.last().map(|path| number(path)), "{first:?}");
        assert_eq!(
            found.drain()["live"].len(),
            60,
            "receipts of what is lost fit nothing new"
        );
    }
}

#[test]
fn what_a_lost_file_may_have_held_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::open(folder.path(), START);
    (0..60).for_each(|number| _ = house.send("live", &format!("{number}-{}", "m".repeat(1000))));
    drop(house);
    let path = segments(folder.path()).swap_remove(1);
    let mut bodies = 0u64;
    let count = |_, payload: &[u8]| bodies += u64::from(codec::decode_snapshot(payload).is_some());
    records(&std::fs::read(&path).unwrap(), number(&path), count, |_| {});
    std::fs::remove_file(&path).unwrap();
    let found = House::open(folder.path(), START);
    let [
        (
            lost,
            Damage::Missing {
                messages: Some(messages),
            },
        ),
    ] = found.damage[..]
    else {
        panic!("{:?}", found.damage)
    };
    assert_eq!(lost, number(&path));
    // The one that did not fit in any more may count.
    assert!(
        (bodies..=bodies + 1).contains(&messages),
        "{bodies} of {messages}"
    );
}

#[test]
fn a_cut_end_of_a_log_that_ended_in_order_is_no_torn_write() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::open(folder.path(), START);
    (0..3).for_each(|number| _ = house.send("live", &format!("{number}")));
    drop(house);
    let path = written(folder.path()).pop().unwrap();
    let (mut ends, bytes) = (Vec::new(), std::fs::read(&path).unwrap());
    records(
        &bytes,
        number(&path),
        |location, _| ends.push(location.offset + location.length),
        |_| {},
    );
    let [.., from, to] = ends[..] else {
        panic!("it holds many records")
    };
    std::fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(u64::from(from) + 20)
        .unwrap();
    let found = House::open(folder.path(), START);
    assert_eq!(found.damage, [(number(&path), Damage::Cut { from, to })]);
}

#[test]
fn a_power_cut_at_any_moment_loses_no_file() {
    for seed in 0..u64::from(cases()) * 8 {
        let mut random = fastrand::Rng::with_seed(seed);
        let disk = Arc::new(TestDisk::default());
        let folder = tempfile::tempdir().unwrap();
        let layout = SegmentLayout {
            size: SEGMENT,
            fs: disk.clone(),
        };
        let mut house = House::open_with(layout.clone(), folder.path(), START);
        disk.set_room(folder.path().join("sqs"), random.usize(6..20));
        disk.fail_after(random.usize(..600));
        for number in 0..200 {
            if house.store.room(Need::Messages(2000)) == Room::Enough
                && house
                    .try_send(
                        "live",
                        &format!("{number}-{}", "m".repeat(random.usize(..1500))),
                    )
                    .is_err()
            {
                break;
            }
            if random.u8(..4) == 0 {
                let Ok(received) = house.try_receive("live", 8, 3600) else {
                    break;
                };
                for (_, receipt) in received {
                    _ = house.engine.delete(house.now, receipt.queue, receipt);
                }
                if house.try_write_down().is_err() {
                    break;
                }
                _ = house.try_clean();
            }
        }
        drop(house);
        if random.bool() {
            disk.kill();
        }
        disk.fail_for(0, 0);
        disk.cut_power(&mut random);
        let again = House::open_with(layout, folder.path(), START);
        assert_eq!(
            (
                missing(&again),
                again.damage.contains(&(0, Damage::Unlisted))
            ),
            (BTreeSet::new(), false),
            "seed {seed}"
        );
    }
}

/// A folder that version 0.2 left: nothing in the file `lock`, and beginnings that speak of no
/// manifest.
fn make_old(folder: &Path) {
    std::fs::write(folder.join("lock"), "").unwrap();
    for path in written(folder) {
        let mut bytes = std::fs::read(&path).unwrap();
        let mut begin = Vec::new();
        records(
            &bytes,
            number(&path),
            |location, payload| {
                if codec::decode_begin(payload).is_some() {
                    begin = payload[..9].to_vec();
                    assert_eq!((location.offset, frame::length(9)), (0, location.length));
                }
            },
            |_| {},
        );
        let mut first = Vec::new();
        frame::write(&mut first, number(&path), 0, &begin);
        bytes[..first.len()].copy_from_slice(&first);
        std::fs::write(&path, bytes).unwrap();
    }
}

#[test]
fn a_folder_of_an_older_version_opens_without_an_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let living = worked(folder.path(), &mut fastrand::Rng::with_seed(4), false);
    make_old(folder.path());
    let found = House::open(folder.path(), START);
    assert_eq!(found.damage, []);
    drop(found);
    // The older version again, which changes files that the list does not know of.
    let mut older = House::open(folder.path(), START);
    let list = std::fs::read(folder.path().join("lock")).unwrap();
    (0..60)
        .for_each(|number| _ = older.send("line.fifo", &format!("{number}-{}", "m".repeat(1000))));
    for (_, receipt) in older.receive("live", 1000, 3600) {
        older.delete(receipt);
    }
    older.clean();
    assert!(!living.is_empty());
    drop(older);
    make_old(folder.path());
    std::fs::write(folder.path().join("lock"), list).unwrap();
    assert_eq!(House::open(folder.path(), START).damage, []);
}

#[test]
fn a_list_that_is_gone_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    worked(folder.path(), &mut fastrand::Rng::with_seed(2), false);
    std::fs::remove_file(folder.path().join("lock")).unwrap();
    let found = House::open(folder.path(), START);
    assert_eq!(found.damage, [(0, Damage::Unlisted)]);
    drop(found);
    assert_eq!(House::open(folder.path(), START).damage, []);
}

#[test]
fn a_file_that_is_removed_or_cut_while_it_is_written_is_noticed_before_an_answer() {
    for (what, harm) in HARMS {
        let folder = tempfile::tempdir().unwrap();
        let mut house = House::open(folder.path(), START);
        house.send("live", "before");
        let path = written(folder.path()).pop().unwrap();
        harm(&path);
        // A file of the same length cannot be told apart by its length; the next start finds what
        // is gone.
        let is_noticed = house.try_send("live", "after") == Err(LogFailed);
        assert_eq!(is_noticed, what != "filled with zeros", "{what}");
        drop(house);
        let found = House::open(folder.path(), START);
        assert!(!found.damage.is_empty(), "{what}: {:?}", found.damage);
    }
}
