//! Two futures of one task that wake one another, without a scheduler in between.
//!
//! A future that wakes its own task while it is polled makes the runtime put the task at the end of
//! its queue, and wake a sleeping thread to help with the queue. Where a connection and the
//! exchange on it hand things back and forth, that happens several times a call.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use crate::lock::Mutex;

/// So often the two are polled in a row; then others have their turn.
const ROUNDS: usize = 16;

/// Runs `main` to its end and `beside` for as long.
pub(super) async fn together<T>(
    main: impl Future<Output = T>,
    mut beside: Pin<&mut impl Future>,
) -> T {
    let mut main = std::pin::pin!(main);
    let alarm = Arc::new(Alarm::default());
    let waker = Waker::from(alarm.clone());
    let mut is_over = false;
    std::future::poll_fn(|context| {
        alarm.is_looking.store(true, Ordering::SeqCst);
        alarm.set(context.waker());
        let mut inner = Context::from_waker(&waker);
        for _ in 0..ROUNDS {
            alarm.has_rung.store(false, Ordering::SeqCst);
            if let Poll::Ready(result) = main.as_mut().poll(&mut inner) {
                return Poll::Ready(result);
            }
            is_over = is_over || beside.as_mut().poll(&mut inner).is_ready();
            if alarm.has_rung.load(Ordering::SeqCst) {
                continue;
            }
            alarm.is_looking.store(false, Ordering::SeqCst);
            // It may have rung between the two lines.
            if !alarm.has_rung.load(Ordering::SeqCst) {
                return Poll::Pending;
            }
            alarm.is_looking.store(true, Ordering::SeqCst);
        }
        alarm.is_looking.store(false, Ordering::SeqCst);
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

/// Wakes the task, unless it is looking already.
#[derive(Debug, Default)]
struct Alarm {
    has_rung: AtomicBool,
    is_looking: AtomicBool,
    task: Mutex<Option<Waker>>,
}

impl Alarm {
    fn set(&self, waker: &Waker) {
        let mut task = self.task.lock();
        if !task.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *task = Some(waker.clone());
        }
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.has_rung.store(true, Ordering::SeqCst);
        if !self.is_looking.load(Ordering::SeqCst)
            && let Some(task) = self.task.lock().as_ref()
        {
            task.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn what_goes_back_and_forth_arrives() {
        let ((ask, mut asked), (answer, mut answered)) = (mpsc::channel(1), mpsc::channel(1));
        let beside = std::pin::pin!(async move {
            while let Some(number) = asked.recv().await {
                tokio::task::yield_now().await;
                answer.send(number * 2).await.unwrap();
            }
        });
        let main = async {
            let mut sum = 0;
            for number in 0..1000 {
                ask.send(number).await.unwrap();
                sum += answered.recv().await.unwrap();
            }
            sum
        };
        assert_eq!(together(main, beside).await, 999_000);
    }

    #[tokio::test]
    async fn what_runs_beside_may_end_first_and_others_wake_it() {
        let (ready, wait) = tokio::sync::oneshot::channel();
        let beside = std::pin::pin!(async {});
        let other = tokio::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            ready.send(7).unwrap();
        });
        assert_eq!(together(wait, beside).await, Ok(7));
        other.await.unwrap();
    }

    #[tokio::test]
    async fn a_future_that_always_wakes_itself_leaves_room_for_others() {
        let restless = std::pin::pin!(std::future::poll_fn(|context| {
            context.waker().wake_by_ref();
            Poll::<()>::Pending
        }));
        let (ready, wait) = tokio::sync::oneshot::channel();
        tokio::spawn(async move { ready.send(()).unwrap() });
        assert_eq!(together(wait, restless).await, Ok(()));
    }
}
