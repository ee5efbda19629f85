//! The standard library's locks without poisoning.
//!
//! A panic while a lock is held is a bug in one request or one task. The others go on with the data
//! as it is, so no caller has to decide what a poisoned lock means.

pub use std::sync::{MutexGuard, RwLockReadGuard, RwLockWriteGuard};

use std::sync::PoisonError;
use std::time::Duration;

/// [`std::sync::Mutex`] without poisoning.
#[derive(Debug, Default)]
pub struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    /// A mutex that holds `value`.
    pub const fn new(value: T) -> Mutex<T> {
        Mutex(std::sync::Mutex::new(value))
    }

    /// Locks the mutex, blocking this thread until it is free.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// [`std::sync::RwLock`] without poisoning.
#[derive(Debug, Default)]
pub struct RwLock<T>(std::sync::RwLock<T>);

impl<T> RwLock<T> {
    /// A lock that holds `value`.
    pub const fn new(value: T) -> RwLock<T> {
        RwLock(std::sync::RwLock::new(value))
    }

    /// Locks for reading, blocking this thread until no writer holds the lock.
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks for writing, blocking this thread until nobody else holds the lock.
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// [`std::sync::Condvar`] for the guards of [`Mutex`]. After a wait, callers look at the state to
/// see what has changed, so the waits return the guard alone.
#[derive(Debug, Default)]
pub struct Condvar(std::sync::Condvar);

impl Condvar {
    /// A condition variable that no thread waits on.
    pub const fn new() -> Condvar {
        Condvar(std::sync::Condvar::new())
    }

    /// Waits for a notification. May return without one.
    pub fn wait<'l, T>(&self, guard: MutexGuard<'l, T>) -> MutexGuard<'l, T> {
        self.0.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a notification, for `timeout` at most. May return without one.
    pub fn wait_timeout<'l, T>(
        &self,
        guard: MutexGuard<'l, T>,
        timeout: Duration,
    ) -> MutexGuard<'l, T> {
        let waited = self.0.wait_timeout(guard, timeout);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Waits until `condition` is false, for `timeout` at most.
    pub fn wait_timeout_while<'l, T>(
        &self,
        guard: MutexGuard<'l, T>,
        timeout: Duration,
        condition: impl FnMut(&mut T) -> bool,
    ) -> MutexGuard<'l, T> {
        let waited = self.0.wait_timeout_while(guard, timeout, condition);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Wakes one waiting thread.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes all waiting threads.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::thread;

    #[test]
    fn locks_outlive_a_panic_of_their_holder() {
        let locks = Arc::new((Mutex::new(1), RwLock::new(1)));
        let held = locks.clone();
        let holder = thread::spawn(move || {
            let (mut mutex, mut lock) = (held.0.lock(), held.1.write());
            (*mutex, *lock) = (2, 2);
            panic!("while both are held");
        });
        assert!(holder.join().is_err());
        assert_eq!((*locks.0.lock(), *locks.1.read()), (2, 2));
    }

    #[test]
    fn a_wait_ends_with_a_notification_or_with_its_timeout() {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let setter = shared.clone();
        thread::spawn(move || {
            *setter.0.lock() = true;
            setter.1.notify_all();
        });
        let long = Duration::from_secs(30);
        let set = shared
            .1
            .wait_timeout_while(shared.0.lock(), long, |set| !*set);
        assert!(*set);
        let short = Duration::from_millis(1);
        let unset = shared.1.wait_timeout_while(set, short, |set| *set);
        assert!(*unset, "nobody took it back");
        assert!(*shared.1.wait_timeout(unset, short));
    }
}
