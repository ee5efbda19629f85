//! Templates that mean harm: each ends in an error that names the bound it ran into, within a
//! memory and a number of allocations that are counted, and on a stack of 2 MiB, which is what a
//! worker of the server has.
//!
//! Counts are the same on every machine. The time is shown by the benchmark beside this.

// To count is to stand between the program and its allocator, and that has no safe way.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

#[path = "hostile/cases.rs"]
mod cases;

/// Bytes of one rendering at once, its template included, its body not.
const MEMORY: usize = 64 * 1024 * 1024;
/// Allocations of one rendering.
const ALLOCATIONS: usize = 2_000_000;
/// The stack of a worker.
const STACK: usize = 2 * 1024 * 1024;

/// Bytes in use, the most that were, and how often any were asked for.
static IN_USE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, counted.
struct Counted;

// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let in_use = IN_USE.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(in_use, Relaxed);
        COUNT.fetch_add(1, Relaxed);
        // SAFETY: the caller's promise is the system's condition.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise is the system's condition.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counted = Counted;

/// The one test of this file: another beside it would be counted too.
#[test]
fn each_ends_at_a_bound() {
    let small = std::thread::Builder::new().stack_size(STACK);
    let thread = small
        .spawn(|| cases::all().iter().for_each(check))
        .expect("a thread can be started");
    assert!(thread.join().is_ok());
}

fn check(case: &cases::Hostile) {
    let (before, count) = (IN_USE.load(Relaxed), COUNT.load(Relaxed));
    PEAK.store(before, Relaxed);
    case.check();
    let (memory, count) = (PEAK.load(Relaxed) - before, COUNT.load(Relaxed) - count);
    assert!(
        memory <= MEMORY && count <= ALLOCATIONS,
        "{memory} bytes, {count} allocations: {:.80}",
        case.template
    );
}
