//! What all batch actions share: the rules for their entries, and the answer with winners and
//! losers.

use std::collections::HashSet;

use serde::Serialize;

use crate::engine::limits;
use crate::fault::Fault;

/// The answer to a batch: every entry is in one of the lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BatchResult<T> {
    /// Entries that were carried out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub successful: Vec<T>,
    /// Entries that were refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<FailedEntry>,
}

/// An entry that was carried out and has nothing else to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DoneEntry {
    /// The entry's id.
    pub id: String,
}

/// An entry that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct FailedEntry {
    /// The entry's id.
    pub id: String,
    /// Always true: the emulator has no faults of a single entry.
    pub sender_fault: bool,
    /// The error's code, in the spelling of the Query protocol.
    pub code: &'static str,
    /// The error's text.
    pub message: String,
}

impl FailedEntry {
    fn new(id: String, fault: &Fault) -> FailedEntry {
        FailedEntry {
            id,
            sender_fault: fault.is_senders(),
            code: fault.code().query,
            message: fault.to_string(),
        }
    }
}

/// Checks the ids of a batch: between 1 and 10 entries, ids of 1 to 80 letters, digits, `-` and
/// `_`, none twice.
pub(super) fn check_ids<'a>(
    entry: &'static str,
    ids: impl ExactSizeIterator<Item = &'a str>,
) -> Result<(), Fault> {
    match ids.len() {
        0 => return Err(Fault::EmptyBatchRequest { entry }),
        sent if sent > limits::BATCH_ENTRIES => {
            return Err(Fault::TooManyEntriesInBatchRequest { sent });
        }
        _ => {}
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let mut seen = HashSet::new();
    for id in ids {
        if id.is_empty() || id.len() > 80 || !id.bytes().all(plain) {
            return Err(Fault::InvalidBatchEntryId);
        }
        if !seen.insert(id) {
            return Err(Fault::BatchEntryIdsNotDistinct { id: id.to_owned() });
        }
    }
    Ok(())
}

/// Carries out every entry on its own.
pub(super) fn each<E, T>(
    entries: Vec<E>,
    id: impl Fn(&E) -> String,
    mut apply: impl FnMut(E) -> Result<T, Fault>,
) -> BatchResult<T> {
    let mut answer = BatchResult {
        successful: Vec::new(),
        failed: Vec::new(),
    };
    for entry in entries {
        let id = id(&entry);
        match apply(entry) {
            Ok(done) => answer.successful.push(done),
            Err(fault) => answer.failed.push(FailedEntry::new(id, &fault)),
        }
    }
    answer
}
