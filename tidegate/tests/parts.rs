//! `tidegate gateway`, `pipe`, `emulator`, `pub` and `sub` are the programs of these names, with
//! all their settings; `health` asks whether one of them is ready.

#![allow(clippy::unwrap_used, reason = "a test")]

mod harness;

use std::net::TcpListener;
use std::process::{Command, Output};

use clap::CommandFactory;
use harness::{Running, Stop};
use kit::program::Program;
use tempfile::TempDir;

fn tidegate(args: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tidegate"))
        .args(args)
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

/// Exit code, standard output and standard error.
fn outcome(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// A text without its line breaks, and without the name of the binary that has all programs.
fn words(text: &str) -> Vec<String> {
    let text = text.replace("tidegate ", "");
    text.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_help_of_a_part_is_that_of_its_program() {
    for (name, mut program) in [
        ("gateway", Program::<gateway::Cli>::command()),
        ("pipe", Program::<pipe::Cli>::command()),
        ("emulator", Program::<emulator::Cli>::command()),
        ("pub", Program::<publisher::Cli>::command()),
        ("sub", Program::<subscriber::Cli>::command()),
    ] {
        program.build();
        let expected = program.render_long_help().to_string();
        let (code, printed, error) = outcome(&tidegate(&[name, "--help"], &[]));
        assert_eq!((code, error.as_str()), (Some(0), ""));
        // Only a program of its own can be asked for its version.
        let without = |text: &str| {
            let mut words = words(text);
            words.retain(|word| !["-V,", "--version", "version"].contains(&word.as_str()));
            words
        };
        assert_eq!(without(&printed), without(&expected), "{name}");
    }
}

#[test]
fn a_part_refuses_a_wrong_setting_as_its_program_does() {
    for (args, variable, expected) in [
        (
            &["pipe", "--concurrency", "many"][..],
            ("X", "x"),
            "--concurrency many: expected a count",
        ),
        (
            &["gateway"],
            ("GATEWAY_LISTEN", "x:65536"),
            "GATEWAY_LISTEN=x:65536: expected host:port",
        ),
        (
            &["emulator", "--data", "/dev/null/x"],
            ("EMULATOR_LISTEN", ":0"),
            "emulator: the data folder",
        ),
        (
            &["sub", "--bucket", "A B"],
            ("X", "x"),
            "--bucket A B: expected a bucket name",
        ),
    ] {
        let (code, _, error) = outcome(&tidegate(args, &[variable]));
        assert_eq!(code, Some(2), "{args:?}: {error}");
        assert!(
            error.contains(expected) && error.lines().count() == 1,
            "{args:?}: {error}"
        );
    }
}

#[tokio::test]
async fn health_tells_a_chain_that_runs_from_one_that_does_not() {
    let data = TempDir::new().unwrap();
    let mut chain = Running::start(data.path(), &["--in-memory"]).await;
    let shift = chain.port(0);
    let at = |port: u16| format!("127.0.0.1:{}", port + shift);
    for (port, path) in [
        (8081, "readyz"),
        (8082, "readyz"),
        (4566, "healthz"),
        (3000, "ping"),
        (3001, "ping"),
    ] {
        let (code, line, error) = outcome(&tidegate(&["health", &at(port)], &[]));
        assert_eq!((code, error.as_str()), (Some(0), ""), "{port}");
        let url = format!("http://{}/{path}: ", at(port));
        assert!(
            line.starts_with(&url) && line.lines().count() == 1,
            "{line}"
        );
    }
    // A program knows where it listens, by its own settings.
    for (args, variable, port) in [
        (["gateway", "health"], "GATEWAY_ADMIN_LISTEN", 8081),
        (["pipe", "health"], "PIPE_ADMIN_LISTEN", 8082),
        (["emulator", "health"], "EMULATOR_LISTEN", 4566),
        (["pub", "health"], "PORT", 3000),
        (["sub", "health"], "PORT", 3001),
    ] {
        let listen = chain.port(port).to_string();
        // As in a container, where programs listen on all addresses.
        let environment = [(variable, listen.as_str()), ("HOST", "0.0.0.0")];
        let (code, line, error) = outcome(&tidegate(&args, &environment));
        assert_eq!((code, error.as_str()), (Some(0), ""), "{args:?}");
        assert!(line.contains(&at(port)), "{line}");
    }
    assert_eq!(chain.end(Stop::Terminate), Some(0));
    let address = at(8081);
    let (code, line, error) = outcome(&tidegate(&["health", &address], &[]));
    assert_eq!((code, line.as_str()), (Some(1), ""));
    assert!(
        error.starts_with(&format!("tidegate: cannot connect to {address}: ")),
        "{error}"
    );
}

#[test]
fn health_has_a_time_limit_and_needs_an_address() {
    // It accepts connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let asked = tidegate(&["health", "--timeout", "1", &address], &[]);
    let expected = format!("tidegate: {address} did not answer within 1 second\n");
    assert_eq!(outcome(&asked), (Some(1), String::new(), expected));
    let (code, _, error) = outcome(&tidegate(&["health"], &[]));
    assert!(code == Some(2) && error.contains("<ADDRESS>"), "{error}");
}
