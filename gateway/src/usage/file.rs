//! Door: the file that keeps quota counters and generated keys over restarts. Only its owner may
//! read it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Map, Value as Json, json};
use time::Date;
use time::format_description::well_known::Iso8601;

use super::quota::{Counter, Counters};

/// What the file holds.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct UsageRecord {
    /// Generated values by the ids of their keys.
    pub keys: BTreeMap<String, String>,
    /// What was used.
    pub counters: Counters,
}

/// Reads the file. One that does not exist holds nothing.
///
/// # Errors
/// It cannot be read, or holds something else.
pub(super) fn read(path: &Path) -> anyhow::Result<UsageRecord> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(UsageRecord::default());
        }
        Err(error) => return Err(error.into()),
    };
    let json: Json = serde_json::from_str(&text)?;
    parse(&json).context("not a usage file of this program")
}

fn parse(json: &Json) -> Option<UsageRecord> {
    let keys = json.get("apiKeys")?.as_object()?.iter();
    let keys = keys.map(|(id, value)| Some((id.clone(), value.as_str()?.to_owned())));
    let counters = json.get("quotas")?.as_array()?.iter().map(|row| {
        let text = |name: &str| row.get(name)?.as_str();
        let counter = Counter {
            from: Date::parse(text("from")?, &Iso8601::DATE).ok()?,
            used: row.get("used")?.as_u64()?,
        };
        Some(((text("plan")?.to_owned(), text("key")?.to_owned()), counter))
    });
    Some(UsageRecord {
        keys: keys.collect::<Option<_>>()?,
        counters: Counters(counters.collect::<Option<_>>()?),
    })
}

/// Writes the file: a new one takes the old one's place whole.
///
/// # Errors
/// It cannot be written.
pub(super) fn write(path: &Path, kept: &UsageRecord) -> std::io::Result<()> {
    let beside = path.with_extension("tmp");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    writeln!(file, "{:#}", shown(kept))?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}

fn shown(kept: &UsageRecord) -> Json {
    let keys: Map<String, Json> = kept
        .keys
        .iter()
        .map(|(id, value)| (id.clone(), json!(value)))
        .collect();
    let rows = kept.counters.0.iter().map(|((plan, key), counter)| {
        json!({"plan": plan, "key": key, "from": counter.from.to_string(), "used": counter.used})
    });
    json!({"apiKeys": keys, "quotas": rows.collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;
    use time::macros::date;

    #[test]
    fn what_is_written_is_read_again_and_is_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("usage.json");
        assert_eq!(read(&path).unwrap(), UsageRecord::default());
        let counter = Counter {
            from: date!(2024 - 03 - 10),
            used: 7,
        };
        let kept = UsageRecord {
            keys: BTreeMap::from([("k".to_owned(), "v".to_owned())]),
            counters: Counters(BTreeMap::from([(
                ("p".to_owned(), "k".to_owned()),
                counter,
            )])),
        };
        write(&path, &kept).unwrap();
        assert_eq!(read(&path).unwrap(), kept);
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(&path, "{}").unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert_eq!(error, "not a usage file of this program");
    }
}
