//! Notices that the wall clock was set while the process runs.

use std::time::Duration;

use super::timestamp::Timestamp;

/// How often to compare the clocks.
const LOOK: Duration = Duration::from_secs(10);

/// A difference that is too small to report, in milliseconds.
const TOLERATED: i64 = 2_000;

/// Logs one line for every time that the wall clock is set. Never returns.
pub(crate) async fn report_steps() {
    let mut turns = tokio::time::interval(LOOK);
    let mut known = 0;
    loop {
        turns.tick().await;
        let wall = Timestamp::wall();
        let ahead = wall.ahead_of(Timestamp::now());
        let Some(step) = step(known, ahead) else {
            continue;
        };
        let (direction, expected) = (if step > 0 { "forward" } else { "back" }, wall.moved(-step));
        tracing::warn!(
            "the wall clock was set {direction} by {} s, from {expected} to {wall}: timeouts, delays and retention \
             follow elapsed time and are not affected",
            (step.unsigned_abs() + 500) / 1000
        );
        known = ahead;
    }
}

/// By how many milliseconds the wall clock was set, when it is `ahead` of elapsed time by now and
/// was by `known` before.
fn step(known: i64, ahead: i64) -> Option<i64> {
    let step = ahead.saturating_sub(known);
    (step.saturating_abs() >= TOLERATED).then_some(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_what_changed_since_the_last_one() {
        for (known, ahead, expected) in [
            (0, 0, None),
            (0, 1_999, None),
            (0, 3_600_000, Some(3_600_000)),
            (3_600_000, 3_600_500, None),
            (3_600_000, 0, Some(-3_600_000)),
            (i64::MAX, i64::MIN, Some(i64::MIN)),
        ] {
            assert_eq!(step(known, ahead), expected, "{known} {ahead}");
        }
    }
}
