//! Lines that would come again and again: one a minute, with the number of those that were left
//! out.

use std::time::{Duration, Instant};

use crate::lock::Mutex;

/// Between two lines of one kind.
const PAUSE: Duration = Duration::from_secs(60);

/// One kind of line.
#[derive(Debug, Default)]
pub struct Repeated {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last: Option<Instant>,
    left_out: u64,
}

impl Repeated {
    /// A kind of line that was not written yet.
    pub const fn new() -> Repeated {
        Repeated {
            state: Mutex::new(State {
                last: None,
                left_out: 0,
            }),
        }
    }

    /// Whether the line is to be written now; holds how many were left out since the last one.
    pub fn due(&self, now: Instant) -> Option<u64> {
        let mut state = self.state.lock();
        if state
            .last
            .is_some_and(|last| now.saturating_duration_since(last) < PAUSE)
        {
            state.left_out += 1;
            return None;
        }
        state.last = Some(now);
        Some(std::mem::take(&mut state.left_out))
    }

    /// What follows is news again: the next line is written at once.
    pub fn reset(&self) {
        *self.state.lock() = State::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_a_minute_and_the_others_are_counted() {
        let (line, begun) = (Repeated::new(), Instant::now());
        let at = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(
            [0, 1, 59, 60, 61].map(|second| line.due(at(second))),
            [Some(0), None, None, Some(2), None]
        );
        line.reset();
        assert_eq!(line.due(at(62)), Some(0));
    }
}
