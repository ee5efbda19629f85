//! Files of the log that are cut, damaged, lost or full of holes.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use super::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_damaged_place_costs_one_record(seed in any::<u64>(), bit in 0..8u8) {
        let folder = tempfile::tempdir().unwrap();
        let (all, location) = filled(folder.path(), seed);
        let path = segments(folder.path()).swap_remove(location.0);
        flip(&path, location.1, bit);
        let found = House::open(folder.path(), START).drain();
        let found: Vec<&String> = found["live"].iter().map(|(_, body, ..)| body).collect();
        let lost = all.iter().filter(|body| !found.contains(body)).count();
        prop_assert!(lost <= 1, "{lost} lost");
        prop_assert!(found.iter().all(|body| all.contains(body)), "nothing is made up");
    }

    #[test]
    fn a_cut_costs_what_lay_behind_it(seed in any::<u64>()) {
        let folder = tempfile::tempdir().unwrap();
        let (all, location) = filled(folder.path(), seed);
        let path = segments(folder.path()).swap_remove(location.0);
        let before_cut = bodies(&path, location.1);
        File::options().write(true).open(&path).unwrap().set_len(location.1).unwrap();
        let found = House::open(folder.path(), START).drain();
        let found: Vec<&String> = found.get("live").into_iter().flatten().map(|(_, body, ..)| body).collect();
        prop_assert!(found.iter().all(|body| all.contains(body)), "nothing is made up");
        prop_assert!(before_cut.iter().all(|body| found.contains(&body)), "what lay before the cut is there");
    }
}

#[test]
fn a_cut_of_padding_costs_nothing() {
    let mut met = BTreeSet::new();
    // Until the last record of a file had every padding that messages have here: an odd number of
    // bytes.
    for seed in 0..100 {
        if met.len() == frame::ALIGN / 2 {
            break;
        }
        let folder = tempfile::tempdir().unwrap();
        drop(filled(folder.path(), seed));
        let path = segments(folder.path()).swap_remove(0);
        let (end, padding) = (written(&path), padding(&path));
        if !met.insert(padding) {
            continue;
        }
        let whole = bodies(&path, end);
        // One byte more is a byte of the message.
        for missing in 1..=padding + 1 {
            let copied = tempfile::tempdir().unwrap();
            copy(folder.path(), copied.path());
            cut(
                &segments(copied.path()).swap_remove(0),
                end - missing as u64,
            );
            let found = House::open(copied.path(), START).drain();
            let found: Vec<&String> = found["live"].iter().map(|(_, body, ..)| body).collect();
            let lost = whole.iter().filter(|body| !found.contains(body)).count();
            assert_eq!(
                lost,
                usize::from(missing > padding),
                "{missing} bytes are cut, {padding} are padding"
            );
        }
    }
    assert_eq!(met, BTreeSet::from([1, 3, 5, 7]));
}

#[test]
fn a_lost_end_in_the_middle_of_the_log_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path(), 7));
    assert_eq!(
        House::open(folder.path(), START).damage,
        [],
        "nothing is wrong yet"
    );
    let path = segments(folder.path()).swap_remove(1);
    let records: Vec<u64> = walk(&path, u64::MAX).iter().map(|(end, _)| *end).collect();
    let [.., from, to] = records[..] else {
        panic!("it holds many records")
    };
    for harm in [
        |path: &Path, from: u64| flip(path, from + 20, 3),
        |path: &Path, from: u64| cut(path, from + 20),
    ] {
        harm(&path, from);
        let found = House::open(folder.path(), START);
        assert_eq!(
            found.damage,
            [(
                number(&path),
                Damage::Cut {
                    from: from as u32,
                    to: to as u32
                }
            )]
        );
    }
}

#[test]
fn a_lost_file_in_the_middle_of_the_log_is_reported() {
    for harm in [
        |path: &Path| std::fs::remove_file(path).unwrap(),
        |path: &Path| cut(path, 0),
    ] {
        let folder = tempfile::tempdir().unwrap();
        drop(filled(folder.path(), 8));
        let path = segments(folder.path()).swap_remove(1);
        harm(&path);
        let found = House::open(folder.path(), START);
        assert!(
            matches!(found.damage[..], [(lost, Damage::Missing { .. })] if lost == number(&path)),
            "{:?}",
            found.damage
        );
    }
}

#[test]
fn a_torn_end_of_the_whole_log_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::open(folder.path(), START);
    house.send("live", "whole");
    house.send("live", "torn");
    // A log that ended in order is known to have ended behind it: what a kill leaves behind knows
    // nothing of that.
    let list = std::fs::read(folder.path().join("lock")).unwrap();
    drop(house);
    std::fs::write(folder.path().join("lock"), list).unwrap();
    let path = segments(folder.path()).swap_remove(0);
    let records = walk(&path, u64::MAX);
    let (from, torn) = (records[records.len() - 2].0, records[records.len() - 1].0);
    flip(&path, torn - 9, 0);
    let found = House::open(folder.path(), START);
    assert_eq!(found.damage, [(number(&path), Damage::Torn(from as u32))]);
    assert_eq!(found.drain()["live"].len(), 1);
}

#[test]
fn a_hole_in_a_file_is_not_its_end() {
    use rustix::fs::{FallocateFlags, fallocate};
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::open_with(SegmentLayout::new(SEGMENT_SIZE), folder.path(), START);
    // Zeros, which a copy that spares them leaves out.
    house.send("live", &"0".repeat(10));
    house.send("live", &format!("1{}", "\0".repeat(256 * 1024)));
    house.send("live", "2 behind it");
    drop(house);
    let path = segments(folder.path()).swap_remove(0);
    let zeros = walk(&path, u64::MAX).iter().rev().nth(1).unwrap().0 - 256 * 1024 + 4096;
    let file = File::options().write(true).open(&path).unwrap();
    fallocate(
        &file,
        FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE,
        zeros,
        128 * 1024,
    )
    .unwrap();
    let found = House::open_with(SegmentLayout::new(SEGMENT_SIZE), folder.path(), START);
    assert_eq!(found.damage, []);
    assert_eq!(found.drain()["live"].len(), 3);
}

/// A closed folder with many messages, and a written place in it to be damaged: the index of a
/// segment, and an offset.
fn filled(folder: &Path, seed: u64) -> (Vec<String>, (usize, u64)) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut house = House::open(folder, START);
    let bodies: Vec<String> = (0..60)
        .map(|number| format!("{number}-{}", "y".repeat(random.usize(..1200))))
        .collect();
    bodies.iter().for_each(|body| _ = house.send("live", body));
    house.store.close();
    let ends: Vec<u64> = segments(folder).iter().map(|path| written(path)).collect();
    let written: Vec<usize> = (0..ends.len()).filter(|index| ends[*index] > 0).collect();
    let index = written[random.usize(..written.len())];
    (bodies, (index, random.u64(..ends[index])))
}

/// Where the last record of a segment ends.
fn written(path: &Path) -> u64 {
    walk(path, u64::MAX).last().map_or(0, |(end, _)| *end)
}

/// Copies all that is in a folder.
fn copy(from: &Path, to: &Path) {
    for path in std::fs::read_dir(from)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        let location = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir_all(&location).unwrap();
            copy(&path, &location);
        } else {
            std::fs::copy(&path, &location).unwrap();
        }
    }
}

/// The bytes behind the last record of a segment that only fill it up.
fn padding(path: &Path) -> usize {
    let mut last = 0;
    let record = |location: Location, payload: &[u8]| {
        last = location.length as usize - frame::HEADER - payload.len();
    };
    records(&std::fs::read(path).unwrap(), number(path), record, |_| {});
    last
}

/// What the messages say that end before `cut`.
fn bodies(path: &Path, cut: u64) -> Vec<String> {
    let before = walk(path, cut).into_iter().filter(|(end, _)| *end <= cut);
    before.filter_map(|(_, body)| body).collect()
}

fn walk(path: &Path, cut: u64) -> Vec<(u64, Option<String>)> {
    let mut bytes = Vec::new();
    File::open(path)
        .unwrap()
        .take(cut)
        .read_to_end(&mut bytes)
        .unwrap();
    let mut found = Vec::new();
    let record = |location: Location, payload: &[u8]| {
        let body = match codec::decode(payload) {
            Some(Effect::Stored(stored)) => Some(stored.content.body),
            _ => None,
        };
        found.push((u64::from(location.offset + location.length), body));
    };
    records(&bytes, number(path), record, |_| {});
    found
}

fn flip(path: &Path, offset: u64, bit: u8) {
    let mut file = File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.seek(SeekFrom::Start(offset)).unwrap();
    file.read_exact(&mut byte).unwrap();
    file.seek(SeekFrom::Start(offset)).unwrap();
    file.write_all(&[byte[0] ^ 1 << bit]).unwrap();
}

fn cut(path: &Path, offset: u64) {
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_len(offset)
        .unwrap();
}
