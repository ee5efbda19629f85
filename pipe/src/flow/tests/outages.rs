//! Outages of hours: no message dies, and few are received again.

use super::*;

/// An outage under load: nothing dead, nothing received more than twice, full speed soon after.
#[track_caller]
fn outage(seconds: u64, per_second: u64, failure: impl Fn() -> Verdict + 'static) {
    let is_down = move |now| (at(10)..at(10 + seconds)).contains(&now);
    let target = move |now, _: &str| {
        if is_down(now) {
            failure()
        } else {
            Verdict::Delivered
        }
    };
    let rate = u32::try_from(per_second * 10).unwrap();
    let mut world = World::new(rate.max(300), FAST, target);
    for second in 0..10 + seconds {
        (0..per_second).for_each(|_| world.send(None));
        world.run_until(at(second));
    }
    let waiting = world.left();
    assert!(waiting as u64 >= (seconds - 1) * per_second, "{waiting}");
    let probes = world.attempts - world.delivered.len();
    assert!(probes as u64 <= 160 + seconds / 4, "{probes} probes");
    world.run_until(at(10 + seconds + 10));
    let soon = (waiting - world.left()) as u64;
    assert!(
        soon >= (1200).max(per_second * 40),
        "only {soon} in the first ten seconds after recovery"
    );
    world.run_until(at(10 + seconds + 2 * seconds + 60));
    assert_eq!((world.left(), world.dead().len()), (0, 0));
    assert!(
        world.queue.most_receives <= 2,
        "{}",
        world.queue.most_receives
    );
}

#[test]
fn an_hour_of_refused_connections_burns_no_receive_counts() {
    outage(3600, 10, || down(Cause::Target));
}

#[test]
fn an_hour_of_failures_that_may_be_the_messages_fault_burns_none_either() {
    outage(3600, 10, || down(Cause::Either));
}

#[test]
fn an_hour_of_429_burns_none_either() {
    outage(3600, 10, || down(Cause::Throttled));
}

/// `OUTAGE_SECONDS=3600` makes it the hour, which is 1.8 million messages.
#[test]
fn an_outage_at_five_hundred_messages_a_second() {
    let seconds = std::env::var("OUTAGE_SECONDS")
        .ok()
        .map_or(600, |text| text.parse().expect("a number of seconds"));
    outage(seconds, 500, || down(Cause::Target));
}

#[test]
fn a_lone_message_waits_out_an_hour() {
    let target = |now, _: &str| {
        if now < at(3600) {
            down(Cause::Target)
        } else {
            Verdict::Delivered
        }
    };
    let mut world = World::new(300, FAST, target);
    world.send(None);
    world.run_until(at(3610));
    assert_eq!(
        (
            world.left(),
            world.queue.most_receives,
            world.delivered.len()
        ),
        (0, 1, 1)
    );
}

#[test]
fn twelve_hours_of_retry_after_do_not_silence_it() {
    let target = |now, _: &str| match now < at(60) {
        true => failure(Cause::Target, Some(43_200)),
        false => Verdict::Delivered,
    };
    let mut world = World::new(300, FAST, target);
    (0..50).for_each(|_| world.send(None));
    world.run_until(at(600));
    assert!(world.delivered.len() >= 45, "{}", world.delivered.len());
}
