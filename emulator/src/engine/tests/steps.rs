//! Work on millions of messages is done bit by bit; what cannot be seen any more may still be on
//! its way out.

use std::time::Duration;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const MANY: usize = 10 * STEP;

fn filled(name: &str, change: impl FnOnce(&mut Attributes)) -> (Engine, QueueId) {
    let mut engine = Engine::new([0; 16]);
    let queue = queue(&mut engine, NOW, name, change);
    for number in 0..MANY {
        let number = number.to_string();
        engine
            .send(NOW, queue, draft("x", Some(&number), Some(&number)))
            .unwrap();
    }
    engine.take_pending();
    (engine, queue)
}

/// Wakes until nothing is left to do; how often, and how much was dropped at most at once.
fn wake_up(engine: &mut Engine, now: Timestamp) -> (usize, usize) {
    let (mut wakes, mut most) = (0, 0);
    while engine.next_wakeup().is_some_and(|at| at <= now) {
        engine.wake(now);
        most = most.max(engine.take_pending().dropped.len());
        wakes += 1;
    }
    (wakes, most)
}

#[test]
fn a_purge_is_over_at_once_and_gives_back_step_by_step() {
    for name in ["q", "q.fifo"] {
        let (mut engine, queue) = filled(name, |_| {});
        let ask = ReceiveRequest {
            most: 3,
            visibility: Some(Duration::from_secs(5)),
            attempt: None,
        };
        let held = engine.receive(NOW, queue, ask).unwrap();
        engine.purge(NOW, queue);
        assert!(engine.take_pending().dropped.len() <= STEP);
        assert_eq!(
            (engine.counts(NOW, queue), engine.messages()),
            (Counts::default(), 0)
        );
        assert_eq!(engine.receive(NOW, queue, ask).unwrap(), []);
        assert_eq!(engine.location(held[0].receipt.key), None);
        assert_eq!(engine.delete(NOW, queue, held[0].receipt), Ok(()));
        let again = engine
            .send(NOW, queue, draft("y", Some("1"), Some("1")))
            .unwrap();
        engine.take_pending();
        // The old timers do not reach the new message, wherever it stands.
        let (wakes, most) = wake_up(&mut engine, NOW + Duration::from_secs(5));
        assert!(wakes > 1 && most <= STEP, "{wakes} wakes, {most} at most");
        let found = engine.receive(NOW, queue, ask).unwrap();
        assert_eq!(
            found
                .iter()
                .map(|delivery| &delivery.id)
                .collect::<Vec<_>>(),
            [&again.id]
        );
        assert_eq!((engine.messages(), engine.messages.len()), (1, 1));
    }
}

#[test]
fn a_deleted_queue_is_gone_at_once_and_gives_back_step_by_step() {
    let (mut engine, queue) = filled("q", |_| {});
    engine.delete_queue(NOW, queue);
    let pending = engine.take_pending();
    assert!(pending.dropped.len() <= STEP && pending.gone == [queue]);
    assert_eq!(engine.messages(), 0);
    let (_, most) = wake_up(&mut engine, NOW);
    assert!(most <= STEP && engine.messages.len() == 0);
}

#[test]
fn a_backlog_that_is_too_old_is_not_handed_out_and_goes_step_by_step() {
    let (mut engine, queue) = filled("q", |attributes| attributes.retention = 60);
    let end = NOW + Duration::from_secs(60);
    let young = engine.send(end, queue, draft("young", None, None)).unwrap();
    let ask = ReceiveRequest {
        most: 10,
        ..ReceiveRequest::default()
    };
    let mut found = Vec::new();
    for _ in 0..MANY / STEP {
        found.extend(engine.receive(end, queue, ask).unwrap());
        let pending = engine.take_pending();
        assert!(
            pending.dropped.len() <= 4 * STEP,
            "{}",
            pending.dropped.len()
        );
        if found.is_empty() {
            assert!(
                pending.ready.contains(&queue),
                "who waits is told to look again"
            );
        }
    }
    assert_eq!(
        found
            .iter()
            .map(|delivery| &delivery.id)
            .collect::<Vec<_>>(),
        [&young.id]
    );
}

#[test]
fn a_receive_moves_a_bounded_number_of_dead_letters() {
    let (mut engine, live) = filled("live", |attributes| {
        attributes.redrive = redrive("dead", 1000);
    });
    let dead = queue(&mut engine, NOW, "dead", |_| {});
    let ask = ReceiveRequest {
        most: MANY,
        visibility: Some(Duration::ZERO),
        attempt: None,
    };
    engine.receive(NOW, live, ask).unwrap();
    engine.change_queue(live, |definition| {
        definition.attributes.redrive = redrive("dead", 1);
    });
    let ask = ReceiveRequest { most: 10, ..ask };
    assert_eq!(engine.receive(NOW, live, ask).unwrap(), []);
    let moved = engine.counts(NOW, dead).ready;
    assert!((STEP..STEP + 10).contains(&moved), "{moved}");
    assert!(engine.take_pending().ready.contains(&live));
}

#[test]
fn memory_of_deduplication_ids_shrinks_when_its_time_is_over() {
    let (mut engine, queue) = filled("q.fifo", |_| {});
    engine.purge(NOW, queue);
    for number in 0..MANY {
        let number = number.to_string();
        engine
            .send(NOW, queue, draft("x", Some(&number), Some(&number)))
            .unwrap();
    }
    let ask = ReceiveRequest {
        most: MANY,
        visibility: Some(Duration::from_secs(600)),
        attempt: None,
    };
    for delivery in engine.receive(NOW, queue, ask).unwrap() {
        engine.delete(NOW, queue, delivery.receipt).unwrap();
    }
    let end = NOW + limits::DEDUPLICATION + Duration::from_secs(1);
    engine.sweep(end);
    wake_up(&mut engine, end);
    assert!(
        engine
            .queues
            .get_mut(&queue)
            .unwrap()
            .fifo()
            .unwrap()
            .is_forgotten()
    );
}

#[test]
fn who_waits_at_the_limit_of_messages_in_flight_is_told_of_room() {
    let mut engine = Engine::new([0; 16]);
    let queue = queue(&mut engine, NOW, "q", |_| {});
    (0..=limits::IN_FLIGHT).for_each(|_| _ = engine.send(NOW, queue, draft("x", None, None)));
    let ask = ReceiveRequest {
        most: limits::IN_FLIGHT,
        ..ReceiveRequest::default()
    };
    let held = engine.receive(NOW, queue, ask).unwrap();
    assert_eq!(engine.receive(NOW, queue, ask), Err(InFlightFull));
    engine.take_pending();
    engine.delete(NOW, queue, held[0].receipt).unwrap();
    assert_eq!(engine.take_pending().ready, [queue]);
}

#[test]
fn a_move_task_goes_on_after_a_restart_and_keeps_its_rate() {
    let mut engine = Engine::new([0; 16]);
    let dead = queue(&mut engine, NOW, "dead", |_| {});
    let live = queue(&mut engine, NOW, "live", |attributes| {
        attributes.redrive = redrive("dead", 1);
    });
    (0..25).for_each(|_| _ = engine.send(NOW, live, draft("x", None, None)));
    let ask = ReceiveRequest {
        most: 10,
        visibility: Some(Duration::ZERO),
        attempt: None,
    };
    (0..6).for_each(|_| _ = engine.receive(NOW, live, ask));
    engine
        .start_move(NOW, &arn("dead"), None, Some(10))
        .unwrap();
    engine.wake(NOW + Duration::from_secs(1));
    assert_eq!(engine.counts(NOW, live).ready, 11);
    // A checkpoint in the middle counts what the log says again.
    let checkpoint = engine.checkpoint();
    let log = engine.take_pending().effects;
    let mut again = Engine::new([1; 16]);
    let later = NOW + Duration::from_secs(1000);
    for effect in log.iter().chain(&checkpoint).chain(&log[log.len() - 5..]) {
        again.replay(effect.clone(), Location::default(), later);
    }
    again.resume(later);
    assert_eq!(again.move_tasks()[0].moved, 11);
    for (after, moved) in [(0, 12), (100, 13), (1300, 25)] {
        again.wake(later + Duration::from_millis(after));
        assert_eq!(again.counts(later, live).ready, moved, "after {after} ms");
    }
    assert_eq!(
        (again.move_tasks()[0].status, again.counts(later, dead)),
        (MoveStatus::Completed, Counts::default())
    );
    let id = again.move_tasks()[0].id.clone();
    assert_eq!(again.cancel_move(&id), Err(MoveError::Unknown));
}
