//! One check of a program's dependencies, shared by all callers of some seconds.
//!
//! A caller that asks each second (a compose file, a load balancer, a kubelet) would otherwise cost
//! millions of billed requests a month.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

/// How long a good answer holds: with 10 s, a month has 260,000 looks.
const GOOD: Duration = Duration::from_secs(10);
/// How long a bad one does: what starts at the same time is to be seen soon.
const BAD: Duration = Duration::from_secs(2);

/// Asks `check` when the last answer is too old.
pub(super) struct Readiness<C> {
    check: C,
    last: Mutex<Option<LastAnswer>>,
}

struct LastAnswer {
    until: Instant,
    answer: Result<(), String>,
}

impl<C, F> Readiness<C>
where
    C: Fn() -> F,
    F: Future<Output = Result<(), String>>,
{
    pub(super) fn new(check: C) -> Readiness<C> {
        Readiness {
            check,
            last: Mutex::new(None),
        }
    }

    /// The last answer, or a new one. A caller that comes during a check waits for its answer.
    pub(super) async fn look(&self) -> Result<(), String> {
        self.look_at(Instant::now()).await
    }

    async fn look_at(&self, now: Instant) -> Result<(), String> {
        let mut last = self.last.lock().await;
        if let Some(found) = last.as_ref().filter(|found| now < found.until) {
            return found.answer.clone();
        }
        let answer = (self.check)().await;
        let holds = if answer.is_ok() { GOOD } else { BAD };
        *last = Some(LastAnswer {
            until: now + holds,
            answer: answer.clone(),
        });
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Semaphore;

    /// A check that is good once it was asked three times, and ends when the gate lets it.
    fn third_time(asked: &Arc<AtomicUsize>, gate: &Arc<Semaphore>) -> impl Fn() -> Look {
        let (asked, gate) = (asked.clone(), gate.clone());
        move || {
            let (count, gate) = (asked.fetch_add(1, Ordering::SeqCst) + 1, gate.clone());
            Box::pin(async move {
                gate.acquire().await.expect("it is never closed").forget();
                if count < 3 {
                    Err(format!("look {count}"))
                } else {
                    Ok(())
                }
            })
        }
    }

    type Look = std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

    #[tokio::test]
    async fn a_look_serves_some_seconds_and_a_bad_one_not_as_long() {
        let (asked, open) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(100)));
        let readiness = Readiness::new(third_time(&asked, &open));
        let bad = |count| Err(format!("look {count}"));
        let begin = Instant::now();
        let just_before = Duration::from_millis(1);
        for (after, answer, looks) in [
            (Duration::ZERO, bad(1), 1),
            (BAD - just_before, bad(1), 1),
            (BAD, bad(2), 2),
            (2 * BAD, Ok(()), 3),
            (2 * BAD + GOOD - just_before, Ok(()), 3),
            (2 * BAD + GOOD, Ok(()), 4),
        ] {
            assert_eq!(readiness.look_at(begin + after).await, answer, "{after:?}");
            assert_eq!(asked.load(Ordering::SeqCst), looks, "{after:?}");
        }
    }

    #[tokio::test]
    async fn who_comes_during_a_look_shares_it() {
        let (asked, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let readiness = Readiness::new(third_time(&asked, &gate));
        let open = async { gate.add_permits(100) };
        let (a, b, c, ()) =
            tokio::join!(readiness.look(), readiness.look(), readiness.look(), open);
        assert_eq!([a, b, c], [(); 3].map(|()| Err("look 1".to_owned())));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn who_leaves_during_a_look_leaves_it_to_the_next() {
        let (asked, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let readiness = Readiness::new(third_time(&asked, &gate));
        let left = tokio::time::timeout(Duration::ZERO, readiness.look()).await;
        assert!(left.is_err());
        gate.add_permits(100);
        assert_eq!(
            (readiness.look().await, asked.load(Ordering::SeqCst)),
            (Err("look 2".to_owned()), 2)
        );
    }
}
