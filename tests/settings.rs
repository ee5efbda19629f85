//! A setting that holds what cannot be: every program ends with exit code 2 before it opens a port
//! or makes a file, and one line names the setting as the person wrote it, what it holds, and what
//! was expected.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "processes.rs"]
mod processes;

use std::collections::BTreeSet;
use std::io::Read as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use clap::{Args as _, CommandFactory as _};
use processes::{PATIENCE, free_offset};
use tempfile::TempDir;

/// One wrong value of one setting of some programs. Without a flag or without a variable, the other
/// is all there is.
struct Wrong {
    programs: &'static [&'static str],
    flag: &'static str,
    variable: &'static str,
    value: &'static str,
    told: &'static str,
}

const ALL: &[&str] = &["emulator", "gateway", "pipe", "pub", "sub", "up"];
const AWS: &[&str] = &["gateway", "pipe", "sub"];
const DEFINED: &[&str] = &["gateway", "pipe", "up"];

const LISTEN: &str = "expected host:port, :port or a port, such as 127.0.0.1:8080";
const HOST: &str = "expected a host name or an address";
const BOOLEAN: &str = "expected 1 or 0, true or false, yes or no";
const PORT: &str = "expected a port, a whole number from 0 to 65535";
const URL: &str = "expected http:// or https:// and a host";
const REGION: &str = "expected a region name, such as eu-west-1";
const ACCOUNT: &str = "expected an account ID of 12 digits";
const BUCKET: &str = "expected a bucket name: 3 to 63";
const ABSENT: &str = "cannot resolve host no-such-host.invalid";
const ELSEWHERE: &str = "this machine has no such address";

const fn wrong(
    programs: &'static [&'static str],
    flag: &'static str,
    variable: &'static str,
    value: &'static str,
    told: &'static str,
) -> Wrong {
    Wrong {
        programs,
        flag,
        variable,
        value,
        told,
    }
}

#[rustfmt::skip]
const TABLE: &[Wrong] = &[
    wrong(ALL, "", "RUST_LOG", "inof", "did you mean info?"),
    wrong(ALL, "", "LOG_FORMAT", "yaml", "expected text or json"),
    wrong(ALL, "", "HOST", "a b", HOST),
    wrong(ALL, "", "HOST", "no-such-host.invalid", ABSENT),
    wrong(ALL, "", "HOST", "203.0.113.5", ELSEWHERE),
    wrong(&["emulator", "gateway", "pipe", "sub", "up"], "", "AWS_REGION", "no such region", REGION),
    wrong(&["emulator", "gateway", "pipe", "sub", "up"], "", "AWS_DEFAULT_REGION", "eu_west_1", REGION),
    wrong(AWS, "", "AWS_ACCOUNT_ID", "12", ACCOUNT),
    wrong(AWS, "", "AWS_ENDPOINT_URL", "localhost:4566", URL),
    wrong(&["gateway", "pipe"], "", "AWS_ENDPOINT_URL_SQS", "ftp://x", URL),
    wrong(&["sub"], "", "AWS_ENDPOINT_URL_S3", "http://", URL),
    wrong(&["gateway", "pipe", "pub", "sub", "up"], "", "QUIET", "maybe", BOOLEAN),
    wrong(DEFINED, "--definition", "DEFINITION", "/nope", "/nope: No such file or directory"),
    wrong(DEFINED, "--definition", "DEFINITION", "/", "no definition in this folder"),
    wrong(DEFINED, "--stack", "DEFINITION_STACK", "x", "no definition is a folder with stacks"),
    wrong(DEFINED, "--parameter-overrides", "PARAMETER_OVERRIDES", "SubEndpont=x", "did you mean SubEndpoint?"),
    wrong(DEFINED, "--parameter-overrides", "PARAMETER_OVERRIDES", "x", "expected Key=Value"),
    wrong(DEFINED, "", "LENIENT", "2", BOOLEAN),
    wrong(DEFINED, "--secret", "", "x", "--secret: expected NAME=VALUE"),
    wrong(DEFINED, "--secrets-file", "SECRETS_FILE", "/nope", "/nope: No such file or directory"),
    wrong(DEFINED, "--stack-name", "STACK_NAME", "a b", "expected letters, digits and hyphens"),
    wrong(DEFINED, "--physical", "PHYSICAL", "Queue", "expected LogicalId=name"),
    wrong(DEFINED, "--physical", "PHYSICAL", "Nobody=x", "no template has such a resource"),
    wrong(&["gateway", "pipe", "up"], "--admin-host", "ADMIN_HOST", "http://x", "expected a host name without scheme and port"),
    wrong(&["gateway", "up"], "--stage", "GATEWAY_STAGE", "nope", "no API has a stage nope"),
    wrong(&["pipe", "up"], "--allow-target", "PIPE_ALLOW_TARGET", "a b", "expected a host name, an address or a network"),
    wrong(&["pipe", "up"], "--allow-target", "PIPE_ALLOW_TARGET", "10.0.0.0/99", "expected a host name, an address or a network"),
    wrong(&["emulator", "up"], "--data", "EMULATOR_DATA", "/dev/null/x", "the data folder cannot be opened"),
    wrong(&["emulator", "up"], "", "EMULATOR_IN_MEMORY", "maybe", BOOLEAN),

    wrong(&["emulator"], "--listen", "EMULATOR_LISTEN", "localhost", LISTEN),
    wrong(&["emulator"], "--listen", "EMULATOR_LISTEN", "x:65536", LISTEN),
    wrong(&["emulator"], "--listen", "EMULATOR_LISTEN", "http://localhost:4566", LISTEN),
    wrong(&["emulator"], "--listen", "EMULATOR_LISTEN", "::1:4566", LISTEN),
    wrong(&["emulator"], "--listen", "EMULATOR_LISTEN", "no-such-host.invalid:0", ABSENT),
    wrong(&["emulator"], "--listen", "EMULATOR_LISTEN", "203.0.113.5:0", ELSEWHERE),
    wrong(&["emulator", "up"], "--credentials", "EMULATOR_CREDENTIALS", "hunter2", "expected KEY:SECRET"),
    wrong(&["emulator", "up"], "", "EMULATOR_NO_WAITS", "maybe", BOOLEAN),
    wrong(&["emulator", "up"], "--sqs-endpoint-strategy", "SQS_ENDPOINT_STRATEGY", "off", "expected dynamic, standard, domain or path"),
    wrong(&["emulator", "up"], "--segment-size", "EMULATOR_SEGMENT_SIZE", "x", "expected a number of bytes, such as"),
    wrong(&["emulator", "up"], "--segment-size", "EMULATOR_SEGMENT_SIZE", "1", "expected 4MiB to 1GiB, got 1 byte"),
    wrong(&["emulator", "up"], "--max-clock-step", "EMULATOR_MAX_CLOCK_STEP", "15m", "expected seconds, a whole number"),
    wrong(&["emulator", "up"], "--max-clock-step", "EMULATOR_MAX_CLOCK_STEP", "1.5", "expected seconds, a whole number"),
    wrong(&["emulator", "up"], "--max-memory", "EMULATOR_MAX_MEMORY", "lots", "expected a number of bytes, such as"),
    wrong(&["emulator", "up"], "--max-memory", "EMULATOR_MAX_MEMORY", "1k", "the memory limit of 1 KiB"),

    wrong(&["gateway"], "--listen", "GATEWAY_LISTEN", "localhost", LISTEN),
    wrong(&["gateway"], "--listen", "GATEWAY_LISTEN", "no-such-host.invalid:0", ABSENT),
    wrong(&["gateway"], "--listen", "GATEWAY_LISTEN", "203.0.113.5:0", ELSEWHERE),
    wrong(&["gateway"], "--admin-listen", "GATEWAY_ADMIN_LISTEN", "[a]:1", LISTEN),
    wrong(&["gateway"], "--admin-listen", "GATEWAY_ADMIN_LISTEN", "no-such-host.invalid:0", ABSENT),

    wrong(&["gateway", "up"], "--iam-credentials", "GATEWAY_CREDENTIALS", "hunter2", "expected KEY:SECRET"),
    wrong(&["gateway", "up"], "--iam-callers", "GATEWAY_IAM_CALLERS", "/nope", "/nope: No such file or directory"),
    wrong(&["gateway", "up"], "--jwks", "GATEWAY_JWKS", "keys.json", "expected ISSUER=FILE or ISSUER=URL"),
    wrong(&["gateway", "up"], "--jwks-interval", "GATEWAY_JWKS_INTERVAL", "0", "expected seconds, a whole number from 1 to 86400"),
    wrong(&["gateway", "up"], "--authorizer-timeout", "GATEWAY_AUTHORIZER_TIMEOUT", "30", "expected seconds, a whole number from 1 to 29"),
    wrong(&["gateway", "up"], "--trusted-proxy", "GATEWAY_TRUSTED_PROXY", "hunter", "expected a network, such as 10.0.0.0/8 or 2001:db8::/32, or an address"),
    wrong(&["gateway", "up"], "--drain-delay", "GATEWAY_DRAIN_DELAY", "hunter", "expected seconds, a whole number from 0 to 86400"),
    wrong(&["gateway", "up"], "--drain-timeout", "GATEWAY_DRAIN_TIMEOUT", "hunter", "expected seconds, a whole number from 0 to 86400"),
    wrong(&["gateway", "up"], "--max-payload", "GATEWAY_MAX_PAYLOAD", "hunter", "expected bytes, a whole number from 1 to 1073741824"),
    wrong(&["gateway", "up"], "--max-header-bytes", "GATEWAY_MAX_HEADER_BYTES", "hunter", "expected bytes, a whole number from 256 to 1048576"),
    wrong(&["gateway", "up"], "--max-url", "GATEWAY_MAX_URL", "hunter", "expected bytes, a whole number from 256 to 1048576"),
    wrong(&["gateway", "up"], "--max-connections", "GATEWAY_MAX_CONNECTIONS", "hunter", "expected connections, a whole number from 1 to 1000000"),
    wrong(&["gateway", "up"], "--max-connections-per-address", "GATEWAY_MAX_CONNECTIONS_PER_ADDRESS", "hunter", "expected connections, a whole number from 1 to 1000000"),
    wrong(&["gateway", "up"], "--max-streams", "GATEWAY_MAX_STREAMS", "hunter", "expected requests, a whole number from 1 to 10000"),
    wrong(&["gateway", "up"], "--max-requests", "GATEWAY_MAX_REQUESTS", "hunter", "expected requests, a whole number from 1 to 1000000"),
    wrong(&["gateway", "up"], "--head-timeout", "GATEWAY_HEAD_TIMEOUT", "hunter", "expected seconds, a whole number from 1 to 86400"),
    wrong(&["gateway", "up"], "--idle-timeout", "GATEWAY_IDLE_TIMEOUT", "hunter", "expected seconds, a whole number from 1 to 86400"),
    wrong(&["gateway", "up"], "--body-timeout", "GATEWAY_BODY_TIMEOUT", "hunter", "expected seconds, a whole number from 1 to 86400"),
    wrong(&["gateway", "up"], "--body-pause", "GATEWAY_BODY_PAUSE", "hunter", "expected seconds, a whole number from 1 to 86400"),
    wrong(&["gateway", "up"], "--write-timeout", "GATEWAY_WRITE_TIMEOUT", "hunter", "expected seconds, a whole number from 1 to 86400"),
    wrong(&["gateway", "up"], "--payload-memory", "GATEWAY_PAYLOAD_MEMORY", "hunter", "expected bytes, a whole number from 1048576 to 1099511627776"),
    wrong(&["gateway", "up"], "--spool-limit", "GATEWAY_SPOOL_LIMIT", "hunter", "expected bytes, a whole number from 0 to 1099511627776"),
    wrong(&["gateway", "up"], "--vpc-link", "GATEWAY_VPC_LINK", "hunter", "expected ID=HOST:PORT, such as abc123=10.0.0.5:8080 or abc123=[::1]:80"),
    wrong(&["gateway", "up"], "", "GATEWAY_ASSUME_ROLES", "maybe", BOOLEAN),
    wrong(&["gateway", "up"], "--account-throttle", "GATEWAY_ACCOUNT_THROTTLE", "hunter", "expected RATE,BURST, for example 10000,5000, or off"),
    wrong(&["gateway", "up"], "--cache-memory", "GATEWAY_CACHE_MEMORY", "hunter", "expected MiB, a whole number from 1 to 1048576"),
    wrong(&["gateway", "up"], "--tls-cert", "GATEWAY_TLS_CERT", "/nope", "/nope: No such file or directory"),
    wrong(&["gateway", "up"], "--tls-key", "GATEWAY_TLS_KEY", "/nope", "/nope: No such file or directory"),
    wrong(&["gateway", "up"], "--trust-store", "GATEWAY_TRUST_STORE", "/nope", "/nope: No such file or directory"),
    wrong(&["gateway", "up"], "--spool", "GATEWAY_SPOOL", "/nope", "/nope: expected a folder"),
    wrong(&["gateway", "up"], "--api-keys", "GATEWAY_API_KEYS", "/nope", "/nope: No such file or directory"),
    wrong(&["gateway", "up"], "--usage-file", "GATEWAY_USAGE_FILE", "/nope/x", "/nope/x cannot be written: its folder does not exist"),
    wrong(&["gateway", "up"], "--access-log", "GATEWAY_ACCESS_LOG", "/nope/x", "/nope/x cannot be opened: No such file or directory"),
    wrong(&["gateway", "up"], "--execution-log", "GATEWAY_EXECUTION_LOG", "/nope/x", "/nope/x cannot be opened: No such file or directory"),
    wrong(&["gateway", "up"], "--client-certificate", "GATEWAY_CLIENT_CERTIFICATE", "hunter", "expected ID=FILE, such as a1b2c3=gateway.pem"),
    wrong(&["gateway", "up"], "--client-certificate", "GATEWAY_CLIENT_CERTIFICATE", "a=/nope", "/nope: No such file or directory"),
    wrong(&["gateway", "up"], "--vpc-endpoint", "GATEWAY_VPC_ENDPOINT", "hunter", "expected ID=NETWORK or ID@VPC=NETWORK"),
    wrong(&["gateway"], "--allow-target", "GATEWAY_ALLOW_TARGET", "a b", "expected a host name, an address or a network"),
    wrong(&["pipe"], "--admin-listen", "PIPE_ADMIN_LISTEN", "1.2.3.4", LISTEN),
    wrong(&["pipe"], "--admin-listen", "PIPE_ADMIN_LISTEN", "203.0.113.5:0", ELSEWHERE),
    wrong(&["pipe", "up"], "--invocation-timeout", "PIPE_INVOCATION_TIMEOUT", "5s", "expected seconds, a whole number from 1 to 300"),
    wrong(&["pipe", "up"], "--invocation-timeout", "PIPE_INVOCATION_TIMEOUT", "0", "expected seconds, a whole number from 1 to 300"),
    wrong(&["pipe", "up"], "--concurrency", "PIPE_CONCURRENCY", "many", "expected a count, a whole number from 1 to 1250"),
    wrong(&["pipe", "up"], "--concurrency", "PIPE_CONCURRENCY", "1251", "expected a count, a whole number from 1 to 1250"),
    wrong(&["pipe", "up"], "--verdict", "PIPE_VERDICT", "amazon", "expected comparison or aws"),
    wrong(&["pipe", "up"], "--webhook-secret-file", "PIPE_WEBHOOK_SECRET_FILE", "/nope", "No such file or directory"),
    wrong(&["pipe", "up"], "--webhook-secret-file", "PIPE_WEBHOOK_SECRET_FILE", "/dev/null", "/dev/null"),

    wrong(&["pub", "sub"], "--port", "PORT", "x", PORT),
    wrong(&["pub", "sub"], "--port", "PORT", "65536", PORT),
    wrong(&["pub", "sub"], "--port", "PORT", "127.0.0.1:3000", PORT),
    wrong(&["pub", "sub"], "--host", "HOST", "localhost:3000", HOST),
    wrong(&["pub", "sub"], "--host", "HOST", "no-such-host.invalid", ABSENT),
    wrong(&["pub", "sub"], "--host", "HOST", "203.0.113.5", ELSEWHERE),
    wrong(&["pub"], "--sub-host", "SUB_HOST", "localhost:8080", URL),
    wrong(&["pub"], "--sub-host", "SUB_HOST", "http://", URL),
    wrong(&["sub"], "--bucket", "BUCKET", "A B", BUCKET),
    wrong(&["sub"], "--bucket", "BUCKET", "192.168.0.1", BUCKET),

    wrong(&["up"], "--port-offset", "PORT_OFFSET", "x", "expected an offset of ports, a whole number from 0 to 65535"),
    wrong(&["up"], "--port-offset", "PORT_OFFSET", "65000", "there is no port"),
    wrong(&["up"], "--without", "TIDEGATE_WITHOUT", "emulator", "expected one of gateway, pipe, pub, sub"),
];

/// Secrets, and names of secrets, are not repeated.
const NOT_SHOWN: [&str; 3] = [
    "EMULATOR_CREDENTIALS",
    "GATEWAY_CREDENTIALS",
    "PARAMETER_OVERRIDES",
];

/// A program in a folder of its own, at ports that are free, which has no setting but these.
fn program(name: &str, folder: &Path, offset: u16) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_programs"));
    let kept = std::env::vars_os()
        .filter(|(name, _)| name == "PATH" || name.to_string_lossy().starts_with("LLVM_"));
    command
        .arg(name)
        .current_dir(folder)
        .env_clear()
        .envs(kept.collect::<Vec<_>>());
    let nothing = [
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ];
    command
        .envs(nothing)
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .env("PORT_OFFSET", offset.to_string());
    for listen in [
        "EMULATOR_LISTEN",
        "GATEWAY_LISTEN",
        "GATEWAY_ADMIN_LISTEN",
        "PIPE_ADMIN_LISTEN",
    ] {
        command.env(listen, ":0");
    }
    command
        .env("PORT", "0")
        .env("PIPE_ALLOW_TARGET", "127.0.0.1:3001");
    command.env("RUST_LOG", "error").env("LOG_FORMAT", "text");
    command
}

/// Runs a program that must not start: its exit code, and what it says.
fn refusal(mut command: Command) -> (Option<i32>, String) {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{command:?} started");
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let mut text = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    (child.wait().unwrap().code(), text)
}

/// What is wrong about how a program refuses a value, if anything is.
fn check(program_name: &str, setting: &str, wrong: &Wrong, offset: u16) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let mut command = program(program_name, folder.path(), offset);
    match setting.starts_with("--") {
        true => command.args([setting, wrong.value]),
        false => command.env(setting, wrong.value),
    };
    let (code, text) = refusal(command);
    let value = wrong.value.trim_end_matches(":0");
    let is_shown = text.contains(value) || NOT_SHOWN.contains(&wrong.variable) || value == "1k";
    let checks = [
        (code == Some(2), "the exit code is not 2"),
        (text.trim_end().lines().count() == 1, "it is not one line"),
        (text.contains(setting), "the setting is missing"),
        (text.contains(wrong.told), wrong.told),
        (is_shown && !text.contains("hunter2"), "the value"),
        (
            std::fs::read_dir(folder.path()).unwrap().count() == 0,
            "it made a file",
        ),
    ];
    let failed = checks.into_iter().filter(|(is_right, _)| !is_right);
    failed
        .map(|(_, what)| format!("{program_name} {setting} {}: {text}  {what}", wrong.value))
        .collect()
}

#[test]
fn a_wrong_value_is_one_line_and_exit_code_2() {
    let offset = free_offset();
    let mut failed = Vec::new();
    for wrong in TABLE {
        for program_name in wrong.programs {
            for setting in [wrong.flag, wrong.variable]
                .into_iter()
                .filter(|setting| !setting.is_empty())
            {
                failed.extend(check(program_name, setting, wrong, offset));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Any text is right for these: none.
const FREE: [&str; 0] = [];

/// A new setting has to come into the table.
#[test]
fn the_table_has_every_setting_of_every_program() {
    let up = tidegate::up::Args::augment_args(clap::Command::new("up"));
    let programs = [
        ("emulator", emulator::Cli::command()),
        ("gateway", gateway::Cli::command()),
        ("pipe", pipe::Cli::command()),
        ("pub", publisher::Cli::command()),
        ("sub", subscriber::Cli::command()),
        ("up", up),
    ];
    for (name, command) in programs {
        let rows: Vec<&Wrong> = TABLE
            .iter()
            .filter(|wrong| wrong.programs.contains(&name))
            .collect();
        let known: BTreeSet<&str> = rows
            .iter()
            .flat_map(|wrong| [wrong.flag, wrong.variable])
            .collect();
        for arg in command
            .get_arguments()
            .filter(|arg| !["help", "version"].contains(&arg.get_id().as_str()))
        {
            let flag = format!("--{}", arg.get_long().unwrap());
            let is_switch = !arg.get_action().takes_values();
            assert!(
                is_switch || FREE.contains(&flag.as_str()) || known.contains(flag.as_str()),
                "{name} {flag}"
            );
            if let Some(variable) = arg.get_env() {
                let variable = variable.to_str().unwrap();
                assert!(
                    FREE.contains(&flag.as_str()) || known.contains(variable),
                    "{name} {variable}"
                );
            }
        }
    }
}

#[test]
fn a_busy_port_is_told_before_the_data_folder_is_made() {
    let offset = free_offset();
    let busy = TcpListener::bind(("127.0.0.1", 4566 + offset)).unwrap();
    let at = busy.local_addr().unwrap();
    for (name, setting) in [
        ("emulator", "--listen or EMULATOR_LISTEN"),
        ("up", "--port-offset"),
    ] {
        let folder = TempDir::new().unwrap();
        let mut command = program(name, folder.path(), offset);
        command.env("EMULATOR_LISTEN", at.to_string());
        let (code, text) = refusal(command);
        let program = if name == "up" { "tidegate" } else { name };
        let expected = format!(
            "{program}: cannot listen on {at}: the address is in use (choose another with {setting})\n"
        );
        assert_eq!((code, text), (Some(2), expected));
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            0,
            "{name} made a file"
        );
    }
}
