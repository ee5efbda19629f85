//! Rows in which packets are lost between the pipe and its target. Each runs in a network of its
//! own, so that nothing else on the machine notices: Linux gives one to every user who may make
//! user namespaces.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use super::scenario::{Environment, Scenario};
use super::{Row, seconds};
use crate::pipeline::Shape;
use crate::target::Answer;

/// Set for the process that has a network of its own.
const INSIDE: &str = "TIDEGATE_OWN_NETWORK";

/// What `sh` runs there.
const ENTER: &str = r#"ip link set lo up && exec "$@""#;

/// Measures a row by running this program again, in a network of its own. Where the machine gives
/// none, the row says so, and holds.
pub async fn in_a_network_of_its_own<F: Future<Output = Row>>(
    name: &str,
    mut row: Row,
    measure: impl FnOnce(Row) -> F,
) -> Row {
    if std::env::var_os(INSIDE).is_some() {
        return measure(row).await;
    }
    let inside = Command::new("iptables");
    if let Err(reason) = run(inside, &["--list", "--numeric"]).await {
        row.note(format!(
            "not measured, this machine gives no network of its own: {reason}"
        ));
        return row;
    }
    let itself = Command::new(std::env::current_exe().expect("this program has a path"));
    match run(itself, &["--exact", name]).await {
        Ok(table) => {
            let line = table
                .lines()
                .rfind(|line| line.starts_with(&format!("| {} ", row.what)));
            let measured = line.and_then(|line| line.split(" | ").nth(2));
            row.note(measured.unwrap_or("nothing"));
            row.demand(measured.is_some(), "the row is measured");
        }
        Err(reason) => row.demand(false, reason),
    }
    row
}

/// Runs a command in a network of its own. Returns its output, or why it failed.
async fn run(command: Command, arguments: &[&str]) -> Result<String, String> {
    let mut outer = Command::new("unshare");
    outer
        .args([
            "--user",
            "--map-root-user",
            "--net",
            "--",
            "sh",
            "-c",
            ENTER,
            "sh",
        ])
        .arg(command.get_program())
        .args(arguments);
    with_lock(outer.env(INSIDE, "1"));
    let done = tokio::task::spawn_blocking(move || outer.output()).await;
    match done.expect("starting a program does not panic") {
        Err(error) => Err(format!("there is no unshare: {error}")),
        Ok(Output { status, stdout, .. }) if status.success() => {
            Ok(String::from_utf8_lossy(&stdout).into_owned())
        }
        Ok(Output { stdout, stderr, .. }) => {
            let (told, errors) = (
                String::from_utf8_lossy(&stdout),
                String::from_utf8_lossy(&stderr),
            );
            let line = told.lines().rfind(|line| line.contains("**no**"));
            Err(line
                .or(errors.lines().last())
                .unwrap_or("no reason given")
                .to_owned())
        }
    }
}

/// The file that iptables locks is not ours to open elsewhere.
fn with_lock(command: &mut Command) -> &mut Command {
    let lock = std::env::temp_dir().join(format!("tidegate-iptables-{}", std::process::id()));
    command.env("XTABLES_LOCKFILE", lock)
}

/// Adds (`-I`) or removes (`-D`) a rule that loses packets to `port`, from one port or from all.
pub fn lose_packets(action: &str, port: u16, from: Option<u16>) {
    let mut command = Command::new("iptables");
    command.args([action, "INPUT", "-p", "tcp", "--dport", &port.to_string()]);
    if let Some(from) = from {
        command.args(["--sport", &from.to_string()]);
    }
    let status = with_lock(command.args(["-j", "DROP"])).status();
    assert!(
        status.expect("there is iptables").success(),
        "iptables {action}"
    );
}

/// Open connections break without a word, as behind a firewall that forgot them. New ones work.
pub async fn half_open(ground: &Environment, mut row: Row) -> Row {
    let (first, second) = (ground.size.of(40, 200), ground.size.of(40, 200));
    // Longer than the connection may take to be noticed, so that the timeout does not help.
    let shape = Shape {
        timeout: Duration::from_secs(60),
        visibility: 30,
        ..ground.shape()
    };
    let mut stage = Scenario::new(ground, shape).await;
    let slow = Answer::Slow(Duration::from_millis(200), 200);
    stage.answer(move |_| Some(slow));
    stage.start();
    stage.send(0..first, |_| false).await;
    stage
        .wait(ground.size.patience(), async |stage| {
            stage.taken().await as u64 == first
        })
        .await;
    let port = stage.pipeline.target.at().port();
    let connections = open_connections(port);
    for &from in &connections {
        lose_packets("-I", port, Some(from));
    }
    let broken = Instant::now();
    stage.send(first..first + second, |_| false).await;
    let evidence = stage.finish(first + second, 0).await;
    let figures = evidence.figures(|_| false);
    row.demand_of(&figures, shape.most_receives);
    let last = evidence
        .calls
        .iter()
        .filter(|call| call.taken)
        .map(|call| call.at)
        .max();
    let took = last.map_or(shape.timeout, |at| at.saturating_duration_since(broken));
    row.note(format!(
        "{} connections broken, everything delivered {} later",
        connections.len(),
        seconds(took)
    ));
    row.demand(!connections.is_empty(), "connections are kept open");
    row.demand(figures.most_receives == 1, "nothing is received twice");
    row.demand(took < Duration::from_secs(20), "noticed within seconds");
    row
}

/// The ports from which connections to `port` are established, by this network's own table.
fn open_connections(port: u16) -> Vec<u16> {
    let table = std::fs::read_to_string("/proc/net/tcp").expect("Linux has this table");
    let of = |address: &str| u16::from_str_radix(address.rsplit(':').next()?, 16).ok();
    let from = |line: &str| {
        let mut fields = line.split_whitespace().skip(1);
        let (local, remote, state) = (fields.next()?, fields.next()?, fields.next()?);
        (state == "01" && of(remote) == Some(port)).then(|| of(local))?
    };
    table.lines().filter_map(from).collect()
}
