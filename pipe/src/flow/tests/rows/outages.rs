//! Targets that fail at random or take nothing, and restarts of the pipe.

use super::*;

#[test]
fn a_target_that_fails_at_random_gets_what_it_takes_and_no_message_dies() {
    for (said, share) in [(503, 0.05), (503, 0.5), (404, 0.5)] {
        let mut dice = dice(3);
        let target = move |_, _: &str| {
            if dice() < share {
                status(said)
            } else {
                Verdict::Delivered
            }
        };
        let mut world = world(target);
        (0..10_000).for_each(|_| world.send(None));
        let whole = undisturbed(10_000);
        let fair = (whole as f64 / (1.0 - share)) as u64;
        world.run_until(Timestamp::from_millis(fair * 2));
        let delivered = world.delivered.len();
        // A status that speaks of the message gets one try a receive, until some got through that
        // had failed.
        assert!(
            delivered >= 9_000 || said == 404,
            "{said} for {share}: {delivered} in twice the time that it takes"
        );
        world.run_until(at(400));
        assert_eq!(
            (world.delivered_ids().len(), world.dead()),
            (10_000, [].as_slice()),
            "{said} for {share}"
        );
    }
}

/// Three hundred messages a second; for 200 seconds the whole target fails.
#[track_caller]
fn outage(
    what: &str,
    verdict: impl Fn() -> Verdict + 'static,
    takes: Option<u64>,
    most_calls: usize,
) {
    let is_down = |now| (at(10)..at(210)).contains(&now);
    let target = move |now, _: &str| {
        if is_down(now) {
            verdict()
        } else {
            Verdict::Delivered
        }
    };
    let mut world = world(target);
    world.hangs = Box::new(move |now, _| takes.map(Duration::from_secs).filter(|_| is_down(now)));
    for tick in 0..2400 {
        (0..30).for_each(|_| world.send(None));
        world.run_until(Timestamp::from_millis(tick * 100 + 100));
    }
    let calls = world.calls.iter().filter(|&&now| is_down(now)).count();
    assert!(calls < most_calls, "{what}: {calls} calls");
    world.run_until(at(220 + 60));
    assert_eq!((world.left(), world.dead()), (0, [].as_slice()), "{what}");
    assert!(
        world.queue.most_receives <= 2,
        "{what}: {}",
        world.queue.most_receives
    );
    let soon = world
        .delivered
        .iter()
        .filter(|(now, _)| (at(219)..at(220)).contains(now))
        .count();
    assert!(
        soon >= 2000,
        "{what}: {soon} in the tenth second after its return"
    );
}

#[test]
fn a_target_that_rejects_everything_is_waited_for() {
    for said in [404, 301, 403, 400] {
        outage(&said.to_string(), move || status(said), None, 300);
    }
}

#[test]
fn a_target_that_is_down_sees_few_calls() {
    outage("refused", refused, None, 100);
    for said in [503, 502, 401, 500] {
        outage(&said.to_string(), move || status(said), None, 100);
    }
    outage("429", || status(429), None, 100);
    outage(
        "silence",
        || Verdict::failed("silence", Cause::Timeout),
        Some(5),
        200,
    );
}

#[test]
fn a_restart_in_an_outage_costs_one_receive_of_one_message() {
    for crash in [false, true] {
        for pause in [1, 7, 31, 61] {
            let mut world = World::new(300, FAST, |_, _| refused());
            (0..20).for_each(|_| world.send(None));
            for restart in 1..=20 {
                world.run_until(at(restart * pause));
                if !crash {
                    world.stop(0);
                    world.run_until(at(restart * pause) + Duration::from_millis(100));
                    assert!(world.pipes[0].flow.is_done(), "after {pause} s");
                }
                world.crash(0, Order::Standard, 300);
            }
            let most = world.queue.most_receives;
            assert_eq!(
                (world.left(), world.dead().len()),
                (20, 0),
                "each {pause} s, {most} receives, crash: {crash}"
            );
        }
    }
}

#[test]
fn quick_restarts_under_a_slow_target_cost_nothing() {
    let mut world = World::with(
        &[Order::Standard],
        100_000,
        Duration::from_secs(1),
        |_, _| Verdict::Delivered,
    );
    (0..4000).for_each(|_| world.send(None));
    for restart in 1..=20 {
        world.run_until(at(restart * 10));
        world.stop(0);
        world.run_until(at(restart * 10 + 7));
        assert!(world.pipes[0].flow.is_done());
        world.crash(0, Order::Standard, 100_000);
        world.run_until(at(restart * 10 + 7));
    }
    world.run_until(at(1000));
    assert_eq!(
        (
            world.delivered.len(),
            world.left(),
            world.queue.most_receives
        ),
        (4000, 0, 1)
    );
}
