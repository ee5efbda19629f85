//! The filter of the log: `RUST_LOG` within bounds that it cannot widen. Pure.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Targets;

use crate::env::EnvError;

/// Our own crates: what they log never holds a message or a secret.
const OWN: [&str; 9] = [
    "emulator",
    "gateway",
    "harness",
    "kit",
    "pipe",
    "programs",
    "publisher",
    "subscriber",
    "tidegate",
];

const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

/// Other programs' words for levels.
const FOREIGN_LEVELS: [&str; 10] = [
    "all", "critical", "err", "fatal", "none", "notice", "on", "silent", "verbose", "warning",
];

/// The most talkative level of each library, whatever `RUST_LOG` asks for.
///
/// Libraries print requests, replies and credentials where they expect only developers to look:
/// hyper and h2 print headers and bytes, the SDK whole requests and the text that it signs, s3s
/// bodies even as errors. So the S3 library is silent (the emulator reports its failures itself),
/// the SDK's crates log errors only, so does h2, which warns once for each client that floods it,
/// and every other library logs at most warnings.
pub(super) fn caps() -> Targets {
    let sdk = [
        "aws_config",
        "aws_credential_types",
        "aws_runtime",
        "aws_sdk",
        "aws_sigv4",
        "aws_smithy",
        "aws_types",
    ];
    Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("h2", LevelFilter::ERROR)
        .with_target("s3s", LevelFilter::OFF)
        .with_targets(sdk.map(|target| (target, LevelFilter::ERROR)))
        .with_targets(OWN.map(|target| (target, LevelFilter::TRACE)))
}

/// Reads what `RUST_LOG` holds.
///
/// # Errors
/// It is not what the field means by that.
pub(super) fn parse(text: &str) -> Result<EnvFilter, EnvError> {
    let directives = || {
        text.split(',')
            .map(str::trim)
            .filter(|directive| !directive.is_empty())
    };
    // Fields of spans may have commas in them.
    let reason = if text.contains('[') {
        None
    } else {
        directives().find_map(wrong)
    };
    if let Some(reason) = reason {
        return Err(refused(text, &reason));
    }
    EnvFilter::builder()
        .parse(directives().collect::<Vec<_>>().join(","))
        .map_err(|error| refused(text, &error.to_string()))
}

fn refused(text: &str, reason: &str) -> EnvError {
    let expected = "expected a level (error, warn, info, debug, trace, off), or levels of parts such as info,gateway=debug";
    EnvError {
        name: "RUST_LOG".to_owned(),
        value: text.to_owned(),
        reason: format!("{reason}; {expected}"),
    }
}

/// What is wrong with one directive, if anything is. A word alone is a level or the name of a
/// crate; one that is nearly a level would be taken for a crate that does not exist, and silence
/// everything.
fn wrong(directive: &str) -> Option<String> {
    let word = directive.to_ascii_lowercase();
    let is_level =
        LEVELS.contains(&word.as_str()) || word.bytes().all(|byte| byte.is_ascii_digit());
    if !is_level && FOREIGN_LEVELS.contains(&word.as_str()) {
        return Some(format!("unknown level {directive:?}"));
    }
    if !is_level && !OWN.contains(&word.as_str()) {
        let near = LEVELS.iter().find(|level| distance(&word, level) <= 2);
        if let Some(level) = near {
            return Some(format!(
                "unknown level {directive:?}, did you mean {level}?"
            ));
        }
    }
    let parsed = EnvFilter::builder().parse(directive);
    parsed
        .is_err()
        .then(|| format!("invalid filter {directive:?}"))
}

/// How many letters are to be put in, taken out or changed, or neighbours to be swapped counted as
/// two.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut before = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let changed = before + usize::from(x != y);
            before = row[j + 1];
            row[j + 1] = changed.min(before + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn libraries_stay_below_their_caps() {
        let caps = caps();
        for (target, level, is_shown) in [
            ("gateway::server", Level::TRACE, true),
            ("kit", Level::TRACE, true),
            ("s3s::ops", Level::ERROR, false),
            (
                "aws_smithy_runtime::client::orchestrator",
                Level::WARN,
                false,
            ),
            ("aws_sdk_sqs::operation", Level::ERROR, true),
            ("hyper::proto::h1", Level::DEBUG, false),
            ("hyper::proto::h1", Level::WARN, true),
            ("h2::codec", Level::INFO, false),
        ] {
            assert_eq!(
                caps.would_enable(target, &level),
                is_shown,
                "{target} at {level}"
            );
        }
    }

    #[test]
    fn what_the_field_writes_is_taken() {
        for text in [
            "info",
            "WARN",
            "off",
            "2",
            "info,gateway=debug",
            "emulator",
            "pipe::flow=trace, hyper=off",
            "my_crate",
        ] {
            assert!(parse(text).is_ok(), "{text}: {:?}", parse(text).err());
        }
    }

    #[test]
    fn what_would_silence_everything_is_refused() {
        for (text, reason) in [
            ("inof", "unknown level \"inof\", did you mean info?"),
            ("warning", "unknown level \"warning\""),
            ("info,gateway=loud", "invalid filter \"gateway=loud\""),
            ("verbose", "unknown level \"verbose\""),
        ] {
            let message = parse(text).unwrap_err().to_string();
            assert!(
                message.starts_with(&format!("RUST_LOG={text}: {reason}; expected a level")),
                "{message}"
            );
        }
    }
}
