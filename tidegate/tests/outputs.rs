//! What the tools do when nobody reads what they print, or it cannot be written; and what wrong
//! settings print.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

fn tidegate(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command.args(args).stdin(Stdio::null());
    command
}

/// Exit code and standard error of a tool whose standard output nobody reads.
fn unread(args: &[&str]) -> (Option<i32>, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = tidegate(args)
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// Files for `match`, `transform` and `render`.
fn files(folder: &TempDir) -> [String; 4] {
    let write = |name: &str, text: &str| {
        let path: PathBuf = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    [
        write("pattern", r#"{"a": [1]}"#),
        write("event", r#"{"a": 1}"#),
        write("other", r#"{"a": 2}"#),
        write("template", "<$.a>"),
    ]
}

#[test]
fn the_verdict_is_the_exit_code_whether_anybody_reads_or_not() {
    let folder = TempDir::new().unwrap();
    let [pattern, event, other, template] = files(&folder);
    for (args, code) in [
        (vec!["match", "--pattern", &pattern, "--event", &event], 0),
        (
            vec!["match", "--pattern", &pattern, "--event", &other, "--json"],
            1,
        ),
        (vec!["match", "--pattern", &template, "--event", &event], 2),
        (
            vec!["transform", "--template", &template, "--event", &event],
            0,
        ),
        (vec!["render", "--template", &event], 0),
        (vec!["--help"], 0),
        (vec!["--version"], 0),
        (vec!["up", "--help"], 0),
    ] {
        assert_eq!(unread(&args), (Some(code), String::new()), "{args:?}");
    }
}

fn lines_of(verb: &str) -> Child {
    let (stdin, stdout, stderr) = (Stdio::piped(), Stdio::piped(), Stdio::piped());
    tidegate(&[verb, "--jsonl"])
        .stdin(stdin)
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .unwrap()
}

/// As in `tidegate match --jsonl < cases | head -1`.
#[test]
fn whoever_reads_the_first_line_only_gets_it_and_no_complaint() {
    for verb in ["match", "transform", "render"] {
        let mut child = lines_of(verb);
        let mut stdin = child.stdin.take().unwrap();
        let case = r#"{"name": "n", "pattern": {"a": [1]}, "event": {"a": 1}, "template": "x"}"#;
        let feeding = std::thread::spawn(move || while writeln!(stdin, "{case}").is_ok() {});
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        assert!(first.starts_with(r#"{"name":"n","#), "{first}");
        assert_eq!(child.wait().unwrap().code(), Some(0), "{verb}");
        let mut error = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut error)
            .unwrap();
        assert_eq!(error, "", "{verb}");
        feeding.join().unwrap();
    }
}

/// Nobody asked for an output that is lost: that is an error, other than a reader who went away.
#[test]
fn an_output_that_cannot_be_written_is_an_error() {
    let folder = TempDir::new().unwrap();
    let [pattern, event, ..] = files(&folder);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = tidegate(&["match", "--pattern", &pattern, "--event", &event])
        .stdout(full)
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(
        error.starts_with("tidegate: ") && error.contains("No space left"),
        "{error}"
    );
}

#[test]
fn an_error_that_nobody_reads_is_an_exit_code() {
    for args in [
        &["match", "--pattern", "no-such-file", "--event", "x"][..],
        &["--no-such-flag"],
        &["provision", "--definition", "x"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let status = tidegate(args)
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
            .stderr(writer)
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn a_wrong_variable_is_named_with_what_it_holds() {
    for (variable, value, told) in [
        (
            "LENIENT",
            "maybe",
            "expected 1 or 0, true or false, yes or no",
        ),
        (
            "EMULATOR_IN_MEMORY",
            "2",
            "expected 1 or 0, true or false, yes or no",
        ),
        (
            "RUST_LOG",
            "inof",
            "unknown level \"inof\", did you mean info?",
        ),
        ("LOG_FORMAT", "xml", "expected text or json"),
    ] {
        let output = tidegate(&["up"]).env(variable, value).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(
            error.starts_with(&format!("tidegate: {variable}={value}: {told}")),
            "{error}"
        );
        assert_eq!(
            (output.status.code(), error.lines().count()),
            (Some(2), 1),
            "{error}"
        );
    }
    let output = tidegate(&["provision"])
        .env("AWS_ENDPOINT_URL", "localhost:4566")
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("AWS_ENDPOINT_URL=localhost:4566: expected http://")
            && error.lines().count() == 1,
        "{error}"
    );
}

/// Every setting that the environment may hold.
#[test]
fn an_empty_variable_counts_as_unset() {
    let empty = [
        "LENIENT",
        "EMULATOR_IN_MEMORY",
        "EMULATOR_DATA",
        "PORT_OFFSET",
        "GATEWAY_STAGE",
        "PIPE_ALLOW_TARGET",
        "DEFINITION",
        "PARAMETER_OVERRIDES",
        "RUST_LOG",
        "LOG_FORMAT",
        "HOST",
        "AWS_REGION",
        "AWS_PROFILE",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_SQS",
        "AWS_ENDPOINT_URL_S3",
        "NO_COLOR",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    ];
    let command = |args: &[&str]| {
        let mut command = tidegate(args);
        command.envs(empty.map(|name| (name, "")));
        command
    };
    // Everything is read before the shift turns out to be too far.
    let output = command(&["up", "--port-offset", "65000"]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        error,
        "tidegate: --port-offset 65000: there is no port 4566 + 65000, the highest is 65535\n"
    );
    let output = command(&["provision"])
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains(
            "uses SQS at http://127.0.0.1:9 and S3 at http://127.0.0.1:9, region ap-northeast-2"
        ),
        "{error}"
    );
}
