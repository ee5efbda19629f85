//! What is remembered of messages that failed, and for how long.

use super::*;

const KIND: (FailureKind, Cause) = (FailureKind::Status(500), Cause::Either);

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

#[test]
fn only_so_many_are_remembered_that_were_left_to_the_queue() {
    let mut suspects = Suspects::default();
    for n in 0..REMEMBERED + 10 {
        let id = n.to_string();
        suspects.failed(at(2), &id, at(1), KIND, true);
        suspects.leave(at(2), &id);
        suspects.forget(&id);
    }
    assert_eq!(
        (suspects.all.len(), suspects.left.len()),
        (REMEMBERED, REMEMBERED)
    );
    assert!(!suspects.was_left("9") && suspects.was_left("10"));
}

#[test]
fn one_that_was_never_left_is_forgotten_with_its_lease() {
    let mut suspects = Suspects::default();
    suspects.failed(at(2), "m", at(1), KIND, false);
    suspects.forget("m");
    assert_eq!((suspects.len(), suspects.uncompared.len()), (0, 0));
}

#[test]
fn another_try_is_of_no_use_until_another_message_gets_through() {
    let mut suspects = Suspects::default();
    suspects.failed(at(2), "m", at(1), KIND, false);
    assert!(!suspects.needs_others("m", false) && suspects.needs_others("m", true));
    assert_eq!(suspects.others_passed(at(3)), ["m"]);
    assert!(!suspects.needs_others("m", true), "it was compared");
    suspects.leave(at(4), "m");
    suspects.failed(at(6), "m", at(5), KIND, false);
    assert!(
        !suspects.needs_others("m", true),
        "such failures are known to be the messages' fault: it counts without"
    );
}

#[test]
fn a_failure_that_counted_without_a_comparison_is_withdrawn_when_the_target_went_down() {
    let counts = |suspects: &Suspects| {
        let suspect = &suspects.all["m"];
        (suspect.compared, suspect.alone)
    };
    for target_is_down in [false, true] {
        let mut suspects = Suspects::default();
        suspects.failed(at(2), "m", at(1), KIND, true);
        suspects.leave(at(2), "m");
        suspects.forget("m");
        suspects.failed(at(4), "m", at(3), KIND, false);
        suspects.leave(at(4), "m");
        suspects.forget("m");
        assert_eq!(counts(&suspects), (1, 1), "it counts at once");
        if target_is_down {
            suspects.target_is_down();
            assert_eq!(counts(&suspects), (1, 0), "it was the target's");
        } else {
            suspects.others_passed(at(5));
            assert_eq!(counts(&suspects), (2, 0), "it was compared");
        }
        assert!(suspects.uncompared.is_empty() && suspects.was_left("m"));
    }
}
