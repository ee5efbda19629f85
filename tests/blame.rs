//! The table of `rows`, measured against the programs as processes:
//! `cargo test -p tests --test blame`. It prints the table; `TIDEGATE_FULL=1` measures at full
//! size, one row after the other, and takes the better part of an hour.
#![allow(clippy::print_stdout, reason = "the table is for whoever runs this")]

use std::sync::{Arc, LazyLock, Mutex};

use harness::backend::Backend;
use harness::rows::catalog::{Measure, rows};
use harness::rows::scenario::Environment;
use harness::rows::{HEAD, Row, Size};
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

const PROGRAMS: &str = env!("CARGO_BIN_EXE_programs");

/// Short rows wait most of the time, so that several can be measured at once.
const AT_ONCE: usize = 12;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// One emulator for all rows. Their queues have different names.
static EMULATOR: OnceCell<Mutex<Backend>> = OnceCell::const_new();

type Table = Arc<Mutex<Vec<(usize, Row)>>>;

fn main() {
    let size = Size::from_environment();
    let mut arguments = Arguments::from_args();
    arguments
        .test_threads
        .get_or_insert(if size.is_full() { 1 } else { AT_ONCE });
    let table = Table::default();
    let trials = rows()
        .into_iter()
        .enumerate()
        .map(|(index, row)| trial(index, row, size, table.clone()));
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    print(&table);
    if let Some(emulator) = EMULATOR.get() {
        // Statics are not dropped, so the process would outlive the tests.
        RUNTIME.block_on(emulator.lock().expect("nobody panics with it").close());
    }
    conclusion.exit();
}

fn trial(index: usize, (name, measure): (String, Measure), size: Size, table: Table) -> Trial {
    Trial::test(name, move || {
        let row = RUNTIME.block_on(async { measure(ground(size).await).await });
        let broken = row.broken().join("; ");
        let line = row.line();
        if size.is_full() {
            // The table as a whole is an hour away.
            println!("{line}");
        }
        table
            .lock()
            .expect("nobody panics with it")
            .push((index, row));
        if broken.is_empty() {
            Ok(())
        } else {
            Err(Failed::from(line))
        }
    })
}

async fn ground(size: Size) -> Environment {
    let started = || async {
        kit::program::install_tls();
        Mutex::new(Backend::process_in_memory(PROGRAMS).await)
    };
    let backend = EMULATOR.get_or_init(started).await;
    let Backend::Process { at, .. } = &*backend.lock().expect("nobody panics with it") else {
        panic!("a process")
    };
    Environment {
        emulator: format!("http://{at}"),
        programs: PROGRAMS,
        size,
    }
}

fn print(table: &Table) {
    let mut table = table.lock().expect("nobody panics with it");
    table.sort_by_key(|(index, _)| *index);
    if !table.is_empty() {
        println!("{HEAD}");
    }
    for (_, row) in table.iter() {
        println!("{}", row.line());
    }
}
