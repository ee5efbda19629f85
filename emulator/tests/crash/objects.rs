//! Objects under kills: a put that was answered is there with its body, a deleted object is not,
//! and listings show exactly what reads find.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use super::client::Client;
use super::lock;
use super::program::Emulator;

/// Kills; fewer than of queues, because each is followed by a read of every object.
const ROUNDS: usize = 40;
const WRITERS: usize = 4;
/// Keys of each writer.
const KEYS: usize = 60;

/// What may be under a key: what was answered last, and what was asked for and not answered. 0 is
/// nothing.
type Ledger = BTreeMap<String, Vec<usize>>;

#[test]
fn no_object_that_was_answered_for_is_undone_by_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut emulator = Emulator::start(folder.path());
    assert_eq!(
        Client::connect(emulator.port)
            .unwrap()
            .request("PUT", "/box", b"")
            .unwrap()
            .0,
        200
    );
    let (mut ledger, mut checked) = (Ledger::new(), 0);
    for round in 0..ROUNDS {
        ledger = work(&mut emulator, round, ledger);
        emulator = Emulator::start(folder.path());
        checked += check(&mut Client::connect(emulator.port).unwrap(), &mut ledger);
    }
    assert!(checked > ROUNDS, "{checked}");
    println!("{ROUNDS} kills, {checked} objects found as they were answered for");
}

/// Lets writers put and delete, each its own keys, until the emulator is killed.
fn work(emulator: &mut Emulator, round: usize, ledger: Ledger) -> Ledger {
    let (port, ledger) = (emulator.port, Mutex::new(ledger));
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let ledger = &ledger;
            scope.spawn(move || write(port, round, writer, ledger));
        }
        std::thread::sleep(Duration::from_millis(fastrand::u64(20..300)));
        emulator.kill();
    });
    ledger.into_inner().unwrap()
}

fn write(port: u16, round: usize, writer: usize, ledger: &Mutex<Ledger>) -> Option<()> {
    let mut client = Client::connect(port)?;
    for number in 1.. {
        let key = format!("w{writer}/{:02}", fastrand::usize(..KEYS));
        let version = match fastrand::u8(..4) {
            0 => 0,
            _ => (round * WRITERS + writer) * 1_000_000 + number,
        };
        lock(ledger)
            .entry(key.clone())
            .or_insert_with(|| vec![0])
            .push(version);
        let path = format!("/box/{key}");
        let (status, answer) = match version {
            0 => client.request("DELETE", &path, b"")?,
            version => client.request("PUT", &path, &body(version))?,
        };
        assert!(
            status == 200 || status == 204,
            "{status} {}",
            String::from_utf8_lossy(&answer)
        );
        lock(ledger).insert(key, vec![version]);
    }
    None
}

/// A body that begins with its version, of very different lengths.
fn body(version: usize) -> Vec<u8> {
    let mut body = format!("{version} ").into_bytes();
    body.resize(20 + version * 7919 % 150_000 / (1 + version % 50), b'x');
    body
}

/// Reads every object and the listing. Returns how many there are; afterwards the ledger holds what
/// was found.
fn check(client: &mut Client, ledger: &mut Ledger) -> usize {
    let listed = listing(client);
    let mut found = Vec::new();
    for (key, may) in ledger.iter_mut() {
        let (status, answer) = client.request("GET", &format!("/box/{key}"), b"").unwrap();
        let version = match status {
            404 => 0,
            200 => {
                let text = String::from_utf8_lossy(&answer);
                let version = text.split(' ').next().unwrap().parse().unwrap();
                assert!(answer == body(version), "{key} is not one whole put");
                found.push(key.clone());
                version
            }
            status => panic!("{key}: {status} {}", String::from_utf8_lossy(&answer)),
        };
        assert!(
            may.contains(&version),
            "{key} is {version}, and not one of {may:?}"
        );
        *may = vec![version];
    }
    assert_eq!(listed, found, "a listing shows what reads find");
    found.len()
}

/// All keys, as soon as the index is ready.
fn listing(client: &mut Client) -> Vec<String> {
    for _ in 0..300 {
        let (status, answer) = client.request("GET", "/box?list-type=2", b"").unwrap();
        if status == 200 {
            let text = String::from_utf8(answer).unwrap();
            assert!(text.contains("<IsTruncated>false"), "{text}");
            return text
                .split("<Key>")
                .skip(1)
                .map(|rest| rest.split('<').next().unwrap().to_owned())
                .collect();
        }
        assert_eq!(status, 503);
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("the index is not ready");
}
