//! Every rule with a duration, at its first and last millisecond.

use std::time::Duration;

use super::*;

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn just_before(at: Timestamp) -> Timestamp {
    at - Duration::from_millis(1)
}

fn one(engine: &mut Engine, now: Timestamp, queue: QueueId) -> Option<Delivery> {
    engine
        .receive(
            now,
            queue,
            ReceiveRequest {
                most: 1,
                ..ReceiveRequest::default()
            },
        )
        .unwrap()
        .pop()
}

fn ready(engine: &mut Engine, now: Timestamp, queue: QueueId) -> usize {
    engine.wake(now);
    engine.counts(now, queue).ready
}

#[test]
fn retention_ends_on_time_also_for_what_is_hidden() {
    for retention in [60, 345_600, 1_209_600] {
        let mut engine = Engine::new([0; 16]);
        let queue = queue(&mut engine, START, "q", |attributes| {
            attributes.retention = retention;
        });
        engine
            .send(START, queue, draft("seen", None, None))
            .unwrap();
        engine
            .send(START, queue, draft("unseen", None, None))
            .unwrap();
        let end = START + secs(retention.into());
        let held = one(&mut engine, just_before(end), queue).unwrap();
        assert_eq!(
            engine.counts(just_before(end), queue),
            Counts {
                ready: 1,
                delayed: 0,
                in_flight: 1
            }
        );
        assert_eq!(engine.counts(end, queue), Counts::default(), "{retention}");
        assert_eq!(
            engine.change_visibility(end, queue, held.receipt, secs(1)),
            Err(SettleError::Gone)
        );
        assert_eq!(engine.messages(), 0);
    }
}

#[test]
fn a_changed_retention_reaches_what_is_there() {
    let mut engine = Engine::new([0; 16]);
    let queue = queue(&mut engine, START, "q", |_| {});
    engine.send(START, queue, draft("x", None, None)).unwrap();
    engine.change_queue(queue, |definition| definition.attributes.retention = 60);
    assert_eq!(engine.counts(just_before(START + secs(60)), queue).ready, 1);
    assert_eq!(engine.counts(START + secs(60), queue).ready, 0);
}

#[test]
fn visibility_lasts_as_long_as_it_says_and_twelve_hours_at_most() {
    for seconds in [0, 1, 30, 43_200] {
        let mut engine = Engine::new([0; 16]);
        let queue = queue(&mut engine, START, "q", |attributes| {
            attributes.visibility = seconds;
        });
        engine.send(START, queue, draft("x", None, None)).unwrap();
        let first = one(&mut engine, START, queue).unwrap();
        let end = START + secs(seconds.into());
        assert_eq!(engine.next_wakeup(), Some(end));
        if seconds > 0 {
            assert_eq!(ready(&mut engine, just_before(end), queue), 0, "{seconds}");
        }
        let second = one(&mut engine, end, queue).unwrap();
        assert_eq!((first.receives, second.receives), (1, 2));
        assert_eq!(second.first_received, START);
    }
}

#[test]
fn one_receive_hides_for_twelve_hours_in_all() {
    let mut engine = Engine::new([0; 16]);
    let queue = queue(&mut engine, START, "q", |_| {});
    engine.send(START, queue, draft("x", None, None)).unwrap();
    let held = one(&mut engine, START, queue).unwrap().receipt;
    let later = START + secs(10);
    assert_eq!(
        engine.change_visibility(later, queue, held, secs(43_191)),
        Err(SettleError::TooLong)
    );
    assert_eq!(
        engine.change_visibility(later, queue, held, secs(43_190)),
        Ok(())
    );
    let end = START + secs(43_200);
    assert_eq!(ready(&mut engine, just_before(end), queue), 0);
    assert_eq!(ready(&mut engine, end, queue), 1);
    // The timeout is over: a standard queue answers with success and changes nothing.
    assert_eq!(engine.change_visibility(end, queue, held, secs(60)), Ok(()));
    assert_eq!(ready(&mut engine, end, queue), 1);
}

/// Standard queues take every receipt of a message, FIFO queues the newest one:
/// `docs/aws/sqs.md#visibility` and `docs/aws/sqs.md#deleting`.
#[test]
fn an_older_receipt_stays_good_in_a_standard_queue() {
    for (name, refused) in [("q", None), ("q.fifo", Some(SettleError::Expired))] {
        let mut engine = Engine::new([0; 16]);
        let queue = queue(&mut engine, START, name, |_| {});
        engine
            .send(START, queue, draft("x", Some("g"), Some("d")))
            .unwrap();
        let older = one(&mut engine, START, queue).unwrap().receipt;
        let again = START + secs(30);
        let newer = one(&mut engine, again, queue).unwrap().receipt;
        assert_ne!(older.receives, newer.receives);

        let changed = engine.change_visibility(again, queue, older, secs(100));
        assert_eq!(changed.err(), refused, "{name}");
        let end = again + secs(if refused.is_some() { 30 } else { 100 });
        assert_eq!(
            (
                ready(&mut engine, just_before(end), queue),
                ready(&mut engine, end, queue)
            ),
            (0, 1),
            "{name}"
        );

        let newest = one(&mut engine, end, queue).unwrap().receipt;
        assert_eq!(engine.delete(end, queue, older).err(), refused, "{name}");
        assert_eq!(engine.messages(), usize::from(refused.is_some()), "{name}");
        assert_eq!(engine.delete(end, queue, newest), Ok(()), "{name}");
    }
}

#[test]
fn delays_of_queue_and_message() {
    for (of_queue, of_message, expected) in [
        (0, None, 0),
        (7, None, 7),
        (7, Some(0), 0),
        (7, Some(900), 900),
    ] {
        let mut engine = Engine::new([0; 16]);
        let queue = queue(&mut engine, START, "q", |attributes| {
            attributes.delay = of_queue;
        });
        let draft = NewMessage {
            delay: of_message.map(secs),
            ..draft("x", None, None)
        };
        engine.send(START, queue, draft).unwrap();
        let end = START + secs(expected);
        if expected > 0 {
            assert_eq!(
                engine.counts(just_before(end), queue),
                Counts {
                    ready: 0,
                    delayed: 1,
                    in_flight: 0
                }
            );
            assert!(one(&mut engine, just_before(end), queue).is_none());
        }
        assert!(
            one(&mut engine, end, queue).is_some(),
            "{of_queue} {of_message:?}"
        );
    }
}

#[test]
fn a_deduplication_id_is_remembered_for_five_minutes_from_its_first_send() {
    let mut engine = Engine::new([0; 16]);
    let queue = queue(&mut engine, START, "q.fifo", |_| {});
    let send = |engine: &mut Engine, at| {
        engine
            .send(at, queue, draft("x", Some("g"), Some("id")))
            .unwrap()
    };
    let first = send(&mut engine, START);
    let end = START + secs(300);
    assert_eq!(send(&mut engine, START + secs(200)), first);
    assert_eq!(
        send(&mut engine, just_before(end)),
        first,
        "a duplicate does not start the time anew"
    );
    let second = send(&mut engine, end);
    assert_ne!(second, first);
    assert_eq!(engine.counts(end, queue).ready, 2);
    // Deleting the message does not forget the id.
    let held = one(&mut engine, end, queue).unwrap();
    engine.delete(end, queue, held.receipt).unwrap();
    assert_eq!(send(&mut engine, end + secs(1)), second);
}

#[test]
fn the_scope_of_deduplication_is_the_queue_or_the_group() {
    for (scope_is_group, messages) in [(false, 1), (true, 2)] {
        let mut engine = Engine::new([0; 16]);
        let queue = queue(&mut engine, START, "q.fifo", |attributes| {
            attributes.fifo.as_mut().unwrap().scope_is_group = scope_is_group;
        });
        for group in ["g", "h", "g"] {
            engine
                .send(START, queue, draft("x", Some(group), Some("id")))
                .unwrap();
        }
        assert_eq!(engine.counts(START, queue).ready, messages);
    }
}

#[test]
fn a_receive_too_many_moves_the_message_with_its_history() {
    for most in [1, 2, 5] {
        let mut engine = Engine::new([0; 16]);
        let dead = queue(&mut engine, START, "dead", |_| {});
        let live = queue(&mut engine, START, "live", |attributes| {
            attributes.redrive = redrive("dead", most);
        });
        let sent = engine.send(START, live, draft("x", None, None)).unwrap();
        let mut now = START;
        for receives in 1..=most {
            assert_eq!(one(&mut engine, now, live).unwrap().receives, receives);
            now = now + secs(30);
        }
        assert!(one(&mut engine, now, live).is_none());
        let delivery = one(&mut engine, now, dead).unwrap();
        assert_eq!(
            (delivery.id, delivery.sent_at),
            (sent.id, START),
            "id and time stay"
        );
        assert_eq!(
            (delivery.receives, delivery.first_received),
            (most + 1, START),
            "and the count goes on"
        );
        assert_eq!(delivery.origin, Some(arn("live").to_string()));
    }
}

#[test]
fn a_group_waits_for_its_first_message_and_others_go_on() {
    let mut engine = Engine::new([0; 16]);
    let queue = queue(&mut engine, START, "q.fifo", |_| {});
    for (group, id) in [("g", "1"), ("g", "2"), ("h", "3")] {
        engine
            .send(START, queue, draft("x", Some(group), Some(id)))
            .unwrap();
    }
    let held = one(&mut engine, START, queue).unwrap();
    let other = one(&mut engine, START, queue).unwrap();
    assert!(other.sequence > held.sequence);
    assert!(
        one(&mut engine, START, queue).is_none(),
        "the second of g waits"
    );
    engine.delete(START, queue, held.receipt).unwrap();
    assert!(one(&mut engine, START, queue).is_some());
    let end = START + secs(30);
    assert_eq!(
        engine.delete(end, queue, other.receipt),
        Err(SettleError::Expired)
    );
}

#[test]
fn a_receive_attempt_is_repeated_for_five_minutes() {
    let mut engine = Engine::new([0; 16]);
    let queue = queue(&mut engine, START, "q.fifo", |attributes| {
        attributes.visibility = 43_200;
    });
    engine
        .send(START, queue, draft("x", Some("g"), Some("1")))
        .unwrap();
    let ask = ReceiveRequest {
        most: 1,
        visibility: None,
        attempt: Some(7),
    };
    let first = engine.receive(START, queue, ask).unwrap();
    let later = START + secs(299);
    let again = engine.receive(later, queue, ask).unwrap();
    assert_eq!(first, again);
    assert_eq!(
        engine.next_wakeup(),
        Some(later + secs(43_200)),
        "its visibility starts anew"
    );
    engine.delete(later, queue, first[0].receipt).unwrap();
    assert_eq!(engine.receive(later, queue, ask).unwrap(), []);
}

#[test]
fn a_move_task_keeps_its_rate_and_makes_new_messages() {
    let mut engine = Engine::new([0; 16]);
    let dead = queue(&mut engine, START, "dead", |_| {});
    let live = queue(&mut engine, START, "live", |attributes| {
        attributes.redrive = redrive("dead", 1);
    });
    for _ in 0..25 {
        engine.send(START, live, draft("x", None, None)).unwrap();
    }
    let ask = ReceiveRequest {
        most: 10,
        visibility: Some(Duration::ZERO),
        attempt: None,
    };
    for _ in 0..6 {
        engine.receive(START, live, ask).unwrap();
    }
    assert_eq!(engine.counts(START, dead).ready, 25);
    let later = START + secs(100);
    engine
        .start_move(later, &arn("dead"), None, Some(10))
        .unwrap();
    assert_eq!(
        engine.start_move(later, &arn("dead"), None, None),
        Err(MoveError::AlreadyRunning)
    );
    for (after, moved) in [(0, 1), (100, 2), (1000, 11), (2399, 24), (2400, 25)] {
        let now = later + Duration::from_millis(after);
        engine.wake(now);
        assert_eq!(engine.counts(now, live).ready, moved, "after {after} ms");
    }
    assert_eq!(engine.move_tasks()[0].status, MoveStatus::Completed);
    let delivery = one(&mut engine, later + secs(3), live).unwrap();
    assert_eq!((delivery.receives, delivery.origin), (1, None));
    assert!(delivery.sent_at >= later);
}

#[test]
fn a_name_is_blocked_for_a_minute_after_the_queue_is_gone() {
    let mut engine = Engine::new([0; 16]);
    let queue = queue(&mut engine, START, "q", |_| {});
    engine.delete_queue(START, queue);
    assert!(engine.was_deleted_recently(just_before(START + secs(60)), &arn("q")));
    assert!(!engine.was_deleted_recently(START + secs(60), &arn("q")));
}

#[test]
fn a_full_queue_refuses_standard_receivers_and_leaves_fifo_receivers_waiting() {
    for (name, full) in [("q", Err(InFlightFull)), ("q.fifo", Ok(Vec::new()))] {
        let mut engine = Engine::new([0; 16]);
        let queue = queue(&mut engine, START, name, |_| {});
        for number in 0..=limits::IN_FLIGHT {
            let number = number.to_string();
            engine
                .send(START, queue, draft("x", Some(&number), Some(&number)))
                .unwrap();
        }
        let ask = ReceiveRequest {
            most: limits::IN_FLIGHT,
            visibility: Some(secs(60)),
            attempt: None,
        };
        assert_eq!(
            engine.receive(START, queue, ask).unwrap().len(),
            limits::IN_FLIGHT
        );
        assert_eq!(engine.receive(START, queue, ask), full);
        assert_eq!(
            engine.receive(START + secs(60), queue, ask).unwrap().len(),
            limits::IN_FLIGHT
        );
    }
}
