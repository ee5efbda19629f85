//! The memory that messages and objects take, each counted by the part of the emulator that holds
//! them.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kit::time::Timestamp;

use super::budget::Budget;
use crate::lines::StateLine;

/// The memory of the queues and of the objects together. Cheap to clone.
#[derive(Clone, Default)]
pub struct Gauge(Arc<GaugeInner>);

#[derive(Default)]
struct GaugeInner {
    budget: Option<Budget>,
    /// Bytes of objects, those that are being written included.
    objects: AtomicU64,
    /// Bytes of messages when they were counted last.
    messages: AtomicU64,
    /// Counts the messages.
    count: Option<Box<dyn Fn() -> u64 + Send + Sync>>,
    full: StateLine,
}

impl fmt::Debug for Gauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gauge")
            .field("budget", &self.0.budget)
            .finish_non_exhaustive()
    }
}

/// Memory has no room for an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Full(String);

impl Gauge {
    /// A gauge with this budget; `count` counts the memory of messages.
    pub fn new(budget: Option<Budget>, count: impl Fn() -> u64 + Send + Sync + 'static) -> Gauge {
        Gauge(Arc::new(GaugeInner {
            budget,
            count: Some(Box::new(count)),
            ..GaugeInner::default()
        }))
    }

    /// The memory that messages may take; unknown on systems that do not report their memory.
    pub fn budget(&self) -> Option<&Budget> {
        self.0.budget.as_ref()
    }

    /// Records the memory of messages, and returns that of messages and objects together.
    pub fn with_messages(&self, bytes: u64) -> u64 {
        self.0.messages.store(bytes, Ordering::Relaxed);
        bytes + self.0.objects.load(Ordering::Relaxed)
    }

    /// Whether there is no room, as far as was counted.
    pub fn is_used_up(&self) -> bool {
        let used = self.with_messages(self.0.messages.load(Ordering::Relaxed));
        self.budget().is_some_and(|budget| budget.is_used_up(used))
    }

    /// Memory for an object: none yet.
    pub fn reserve(&self) -> Reservation {
        Reservation {
            gauge: self.clone(),
            bytes: 0,
        }
    }

    fn has_room(&self, more: u64) -> bool {
        let Some(budget) = self.budget() else {
            return true;
        };
        let used = self.with_messages(self.0.messages.load(Ordering::Relaxed));
        if !budget.is_used_up(used + more) {
            return true;
        }
        // Messages may have gone since they were counted.
        let counted = self.0.count.as_ref().map_or(0, |count| count());
        !budget.is_used_up(self.with_messages(counted) + more)
    }

    fn refuse(&self) -> Full {
        let text = self
            .budget()
            .map(Budget::object_refusal)
            .unwrap_or_default();
        if self.0.full.begins(Timestamp::now()) {
            tracing::warn!("{text}");
        }
        Full(text)
    }
}

/// Memory that an object holds; given back when it is dropped.
#[derive(Debug)]
pub struct Reservation {
    gauge: Gauge,
    bytes: u64,
}

impl Reservation {
    /// Takes or gives back until it is `bytes`.
    ///
    /// # Errors
    /// There is no room; then it stays as it is.
    pub fn resize(&mut self, bytes: u64) -> Result<(), Full> {
        let objects = &self.gauge.0.objects;
        if bytes > self.bytes {
            if !self.gauge.has_room(bytes - self.bytes) {
                return Err(self.gauge.refuse());
            }
            objects.fetch_add(bytes - self.bytes, Ordering::Relaxed);
        } else {
            objects.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
        }
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.gauge
            .0
            .objects
            .fetch_sub(self.bytes, Ordering::Relaxed);
        if self.bytes > 0 && !self.gauge.is_used_up() && self.gauge.0.full.ends() {
            tracing::info!("memory has room again: new objects are accepted");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;
    use crate::memory::limit::{LimitSource, MemoryLimit};

    const MEBIBYTE: u64 = 1024 * 1024;

    #[test]
    fn objects_and_messages_share_the_room() {
        let messages = Arc::new(AtomicU64::new(0));
        let counted = messages.clone();
        let limit = MemoryLimit {
            bytes: 64 * MEBIBYTE,
            source: LimitSource::Setting,
        };
        // 44 MiB are for messages and objects.
        let budget = Budget::new(limit, 0, 8 * MEBIBYTE).unwrap();
        let gauge = Gauge::new(Some(budget), move || counted.load(Ordering::Relaxed));
        let mut first = gauge.reserve();
        first.resize(30 * MEBIBYTE).unwrap();
        let mut second = gauge.reserve();
        assert!(
            second
                .resize(20 * MEBIBYTE)
                .unwrap_err()
                .to_string()
                .contains("64 MiB")
        );
        assert_eq!(
            gauge.with_messages(0),
            30 * MEBIBYTE,
            "what is refused takes nothing"
        );
        first.resize(MEBIBYTE).unwrap();
        second.resize(20 * MEBIBYTE).unwrap();
        assert!(!gauge.is_used_up());
        // What messages took when they were counted last is not believed to be full.
        gauge.with_messages(40 * MEBIBYTE);
        assert!(gauge.is_used_up());
        gauge.reserve().resize(MEBIBYTE).unwrap();
        assert!(!gauge.is_used_up());
        messages.store(40 * MEBIBYTE, Ordering::Relaxed);
        gauge.with_messages(40 * MEBIBYTE);
        assert!(gauge.reserve().resize(1).is_err());
        drop((first, second));
        assert_eq!(gauge.with_messages(0), 0, "all is given back");
    }

    #[test]
    fn without_a_limit_there_is_always_room() {
        let gauge = Gauge::default();
        assert!(gauge.reserve().resize(1 << 50).is_ok() && !gauge.is_used_up());
    }
}
