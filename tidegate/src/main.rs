//! `tidegate VERB`; without a verb, `up`.

use std::process::ExitCode;

/// Every event is a few hundred small allocations, handed from thread to thread, which the C
/// library's allocator is slow at; and it gives large payloads back to the system late or never.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tidegate::main()
}
