use bytes::Bytes;
use http::StatusCode;
use kit::time::Timestamp;

use super::entries::{Entries, Entry};
use super::invalidation::{Course, course, is_asked_for};
use crate::api::UnauthorizedInvalidation;
use crate::method_response::MethodResponse;

const MEMORY: usize = 10_000;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn entry(body: &str) -> Entry {
    Entry {
        response: MethodResponse {
            status: StatusCode::OK,
            headers: vec![("A".to_owned(), "b".to_owned())],
            body: Bytes::copy_from_slice(body.as_bytes()),
        },
        is_traced: false,
        is_encoded: false,
    }
}

fn body(entries: &mut Entries, key: &str, now: Timestamp) -> Option<Bytes> {
    Some(entries.get(key, now)?.response.body.clone())
}

#[test]
fn a_response_is_kept_for_its_time_and_replaced() {
    let mut entries = Entries::new(MEMORY);
    entries.put("k".into(), entry("one"), at(70), at(10));
    assert_eq!(body(&mut entries, "k", at(69)).unwrap(), "one");
    entries.put("k".into(), entry("two"), at(80), at(20));
    assert_eq!(body(&mut entries, "k", at(79)).unwrap(), "two");
    assert_eq!(body(&mut entries, "k", at(80)), None);
    assert_eq!(entries.taken(), (0, 0, 0));
    entries.put("k".into(), entry("late"), at(80), at(80));
    assert_eq!(entries.taken(), (0, 0, 0), "no time to live");
}

#[test]
fn what_was_asked_for_longest_ago_makes_room() {
    let mut entries = Entries::new(MEMORY);
    let long = "x".repeat(2_500);
    for key in ["a", "b", "c"] {
        entries.put(key.into(), entry(&long), at(60), at(0));
    }
    assert!(body(&mut entries, "a", at(1)).is_some());
    entries.put("d".into(), entry(&long), at(60), at(2));
    let kept = ["a", "b", "c", "d"].map(|key| entries.get(key, at(3)).is_some());
    assert_eq!(kept, [true, false, true, true]);
    entries.put("huge".into(), entry(&"x".repeat(MEMORY)), at(60), at(3));
    assert!(entries.get("huge", at(3)).is_none() && entries.get("a", at(3)).is_some());
    assert!(entries.taken().0 <= MEMORY);
}

/// Whatever comes, memory stays bounded and the three views of it agree.
#[test]
fn memory_stays_bounded() {
    let mut entries = Entries::new(MEMORY);
    for number in 0..5_000_u64 {
        let key = format!("{}", number * 7 % 501);
        let size = usize::try_from(number * 31 % 3_000).unwrap();
        entries.put(key, entry(&"x".repeat(size)), at(number + 20), at(number));
        entries.get(&format!("{}", number % 501), at(number));
        let (taken, by_key, by_turn) = entries.taken();
        assert!(taken <= MEMORY && by_key == by_turn, "{number}");
    }
    assert!(entries.flush(None) > 0);
    assert_eq!(entries.taken(), (0, 0, 0));
}

#[test]
fn a_flush_meets_one_stage() {
    let mut entries = Entries::new(MEMORY);
    for (api, stage) in [("a", "dev"), ("a", "prod"), ("b", "dev")] {
        let key = format!("{}more", super::key::prefix(api, stage));
        entries.put(key, entry("x"), at(9), at(0));
    }
    assert_eq!(entries.flush(Some(&super::key::prefix("a", "dev"))), 1);
    assert_eq!(entries.taken().1, 2);
}

#[test]
fn only_max_age_0_asks_for_a_fresh_response() {
    for (header, expected) in [
        ("max-age=0", true),
        ("no-store, Max-Age = 0", true),
        ("max-age=\"0\"", true),
        ("max-age=00", false),
        ("max-age=10", false),
        ("no-cache", false),
        ("", false),
    ] {
        assert_eq!(is_asked_for(header), expected, "{header}");
    }
}

#[test]
fn who_may_not_invalidate_gets_what_the_stage_says() {
    let strategies = [
        UnauthorizedInvalidation::FailWith403,
        UnauthorizedInvalidation::SucceedWithResponseHeader,
        UnauthorizedInvalidation::SucceedWithoutResponseHeader,
    ];
    assert_eq!(
        strategies.map(|strategy| course(true, false, strategy)),
        [Course::Refused, Course::CachedWithWarning, Course::Cached]
    );
    for strategy in strategies {
        assert_eq!(course(true, true, strategy), Course::Fresh);
        assert_eq!(course(false, false, strategy), Course::Fresh);
    }
}
