//! What memory holds of an object, measured: the whole program over many objects that were there before, and after puts.

#![allow(clippy::unwrap_used, unsafe_code, reason = "a test, with an allocator that counts")]

mod served;

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use served::{Server, write_first_format};

/// Before the start, and put afterwards.
const THERE: usize = 100_000;
const PUT: usize = 2_000;

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is the system allocator's; this only counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the rules of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the rules of `dealloc`.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_holds_less_than_100_bytes_of_an_object() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..THERE {
        write_first_format(
            folder.path(),
            &format!("{number:08}-4f1c-4a5e-9b7e-event-sqs.txt"),
            b"body",
            &"0".repeat(32),
        );
    }
    let server = Server::start(folder.path()).await;
    // The cache is as full as it gets after this.
    assert_eq!(server.keys().await.len(), THERE);
    let built = HELD.load(Ordering::Relaxed);
    for number in 0..PUT {
        server.put(&format!("new/{number:08}"), b"body").await;
    }
    let put = HELD.load(Ordering::Relaxed);
    server.stop().await;
    let server = Server::start(folder.path()).await;
    let started = HELD.load(Ordering::Relaxed);
    assert_eq!(server.keys().await.len(), THERE + PUT);
    let listed = HELD.load(Ordering::Relaxed);
    let all = [built, put, started, listed].map(|bytes| bytes / THERE);
    println!("bytes an object, all that the program holds: {all:?} (index built, after puts, after a restart, listed)");
    println!("the index on disk: {} bytes an object", size(&folder.path().join("s3/.index")) / THERE);
    assert!(all.iter().all(|bytes| *bytes < 100), "{all:?}");
}

fn size(folder: &Path) -> usize {
    served::files(folder).iter().map(|path| usize::try_from(fs::metadata(path).unwrap().len()).unwrap()).sum()
}
