//! `tidegate VERB`; without a verb, `up`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tidegate::main()
}
