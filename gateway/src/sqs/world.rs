//! What sending needs of the world outside: calls to SQS, and time. Tests have a world of their
//! own, whose time is told, so that they can say how long a caller may wait.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use kit::call::{Call, Reply};
use kit::service::{Identity, ServiceError, Services};

/// Something that happens later.
pub(super) type Later<'w, T> = Pin<Box<dyn Future<Output = T> + Send + 'w>>;

/// How much of an answer is read: ten entries with long error texts are a few kilobytes.
const LONGEST_REPLY: usize = 256 * 1024;

/// Calls SQS, and has a clock.
pub(super) trait World: Debug + Send + Sync {
    /// The time.
    fn now(&self) -> Instant;
    /// Returns at that time.
    fn sleep_until(&self, then: Instant) -> Later<'_, ()>;
    /// Calls SQS as `identity`, for up to `time`.
    fn call<'w>(
        &'w self,
        identity: &'w Identity,
        call: &'w Call,
        region: &'w str,
        time: Duration,
    ) -> Later<'w, Result<Reply, ServiceError>>;
}

impl World for Services {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep_until(&self, then: Instant) -> Later<'_, ()> {
        Box::pin(tokio::time::sleep_until(then.into()))
    }

    fn call<'w>(
        &'w self,
        identity: &'w Identity,
        call: &'w Call,
        region: &'w str,
        time: Duration,
    ) -> Later<'w, Result<Reply, ServiceError>> {
        Box::pin(self.send_to_as(identity, call, ("sqs", region), time, LONGEST_REPLY))
    }
}

/// What comes of `future` within `patience`, if anything does.
pub(super) async fn within<T>(
    world: &dyn World,
    patience: Duration,
    future: impl Future<Output = T> + Unpin,
) -> Option<T> {
    tokio::select! {
        biased;
        result = future => Some(result),
        () = world.sleep_until(world.now() + patience) => None,
    }
}
