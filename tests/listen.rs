//! Every form of a listen address, with the real programs.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "processes.rs"]
mod processes;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use processes::{PATIENCE, Process};
use tempfile::TempDir;

/// A listen setting, and which of the addresses in the line of the program's start it is: there is
/// one more in the gateway's.
struct Setting {
    program: &'static str,
    flag: &'static str,
    variable: &'static str,
    line: &'static str,
    is_last: bool,
}

const SETTINGS: [Setting; 4] = [
    Setting {
        program: "emulator",
        flag: "--listen",
        variable: "EMULATOR_LISTEN",
        line: "emulator listens on ",
        is_last: false,
    },
    Setting {
        program: "gateway",
        flag: "--listen",
        variable: "GATEWAY_LISTEN",
        line: "gateway listens on ",
        is_last: false,
    },
    Setting {
        program: "gateway",
        flag: "--admin-listen",
        variable: "GATEWAY_ADMIN_LISTEN",
        line: "gateway listens on ",
        is_last: true,
    },
    Setting {
        program: "pipe",
        flag: "--admin-listen",
        variable: "PIPE_ADMIN_LISTEN",
        line: "pipe's /healthz",
        is_last: true,
    },
];

/// What is written, `P` being a free port, and the address that is bound. Port 0 is one that the
/// system chooses.
const FORMS: [(&str, &str, &str); 10] = [
    ("localhost:P", "", "127.0.0.1"),
    ("127.0.0.1:P", "", "127.0.0.1"),
    (":P", "", "127.0.0.1"),
    ("P", "", "127.0.0.1"),
    ("P", "localhost", "127.0.0.1"),
    (":P", "0.0.0.0", "0.0.0.0"),
    (":0", "::1", "::1"),
    ("[::1]:0", "0.0.0.0", "::1"),
    ("0.0.0.0:0", "::1", "0.0.0.0"),
    ("[::]:0", "", "::"),
];

fn program(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_programs"));
    let kept = std::env::vars_os()
        .filter(|(name, _)| name == "PATH" || name.to_string_lossy().starts_with("LLVM_"));
    command
        .arg(name)
        .current_dir(folder)
        .env_clear()
        .envs(kept.collect::<Vec<_>>());
    command.envs([
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("EMULATOR_IN_MEMORY", "1"),
        ("GATEWAY_LISTEN", "127.0.0.1:0"),
        ("GATEWAY_ADMIN_LISTEN", "127.0.0.1:0"),
        ("PIPE_ALLOW_TARGET", "127.0.0.1:3001"),
        ("RUST_LOG", "info"),
        ("LOG_FORMAT", "text"),
    ]);
    command
}

/// Starts a program and returns the addresses in the line that begins like this.
fn addresses(command: Command, log: &Path, line: &str) -> (Process, Vec<SocketAddr>) {
    let process = Process::into_file(command, log);
    let begun = Instant::now();
    loop {
        let text = std::fs::read_to_string(log).unwrap();
        // A line that is not ended may lack a part.
        let whole = &text[..text.rfind('\n').unwrap_or_default()];
        if let Some(found) = whole.lines().find(|told| told.contains(line)) {
            let urls = found.split("http://").skip(1);
            let address = |url: &str| url.split([',', ';', ' ', '/']).next()?.parse().ok();
            return (process, urls.filter_map(address).collect());
        }
        assert!(begun.elapsed() < PATIENCE, "{line} is not in {text}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// A server answers at the address.
fn reach(at: SocketAddr) {
    let ip = match at.ip() {
        ip if !ip.is_unspecified() => ip,
        ip if ip.is_ipv4() => Ipv4Addr::LOCALHOST.into(),
        _ => Ipv6Addr::LOCALHOST.into(),
    };
    assert!(TcpStream::connect((ip, at.port())).is_ok(), "{at}");
}

fn check(setting: &Setting, is_flag: bool, form: &str, host: &str, expected: &str) {
    let folder = TempDir::new().unwrap();
    let port = free_port();
    let written = form.replace('P', &port.to_string());
    let mut command = program(setting.program, folder.path());
    match is_flag {
        true => command.args([setting.flag, &written]),
        false => command.env(setting.variable, &written),
    };
    if !host.is_empty() {
        command.env("HOST", host);
    }
    let (process, found) = addresses(command, &folder.path().join("log"), setting.line);
    let case = format!(
        "{} {} {written} HOST={host}: {found:?}",
        setting.program, setting.flag
    );
    let found = if setting.is_last {
        found.last()
    } else {
        found.first()
    }
    .unwrap_or_else(|| panic!("{case}"));
    assert_eq!(found.ip().to_string(), expected, "{case}");
    assert!(
        if form.contains('P') {
            found.port() == port
        } else {
            found.port() > 0
        },
        "{case}"
    );
    reach(*found);
    process.stop();
}

fn has_ipv6() -> bool {
    TcpListener::bind("[::1]:0").is_ok()
}

#[test]
fn a_listen_setting_is_taken_in_every_form() {
    for setting in &SETTINGS {
        for (index, (form, host, expected)) in FORMS.into_iter().enumerate() {
            if has_ipv6() || !expected.contains(':') {
                check(setting, index % 2 == 0, form, host, expected);
            }
        }
    }
}

#[test]
fn pub_and_sub_take_host_and_port() {
    for (program_name, host, expected) in [
        ("pub", "", "127.0.0.1"),
        ("pub", "localhost", "127.0.0.1"),
        ("sub", "0.0.0.0", "0.0.0.0"),
        ("sub", "::1", "::1"),
        ("pub", "[::1]", "::1"),
    ] {
        if !has_ipv6() && expected.contains(':') {
            continue;
        }
        for is_flag in [true, false] {
            let folder = TempDir::new().unwrap();
            let port = free_port().to_string();
            let mut command = program(program_name, folder.path());
            let settings = [("--port", "PORT", port.as_str()), ("--host", "HOST", host)];
            for (flag, variable, value) in settings
                .into_iter()
                .filter(|(_, _, value)| !value.is_empty())
            {
                if is_flag {
                    command.args([flag, value])
                } else {
                    command.env(variable, value)
                };
            }
            let line = format!("{program_name} listens on ");
            let (process, found) = addresses(command, &folder.path().join("log"), &line);
            assert_eq!(
                (
                    found[0].ip().to_string().as_str(),
                    found[0].port().to_string()
                ),
                (expected, port)
            );
            reach(found[0]);
            process.stop();
        }
    }
}
