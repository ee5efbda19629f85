//! Every record comes back as it was written.

use kit::time::Timestamp;

use super::*;
use crate::engine::{AttributeData, AttributeValue, Content, MessageKey, Snapshot, StoredMessage};

fn stored() -> StoredMessage {
    let at = Timestamp::from_millis;
    let key = MessageKey {
        slot: 3,
        serial: u64::MAX,
    };
    let snapshot = Snapshot {
        key,
        queue: 1,
        origin: 2,
        sent_at: at(4),
        due: at(5),
        first_received: at(6),
        received_at: at(7),
        receives: 8,
        group: Some(u128::MAX),
        deduplication: None,
    };
    let text = AttributeValue {
        data_type: "String.x".into(),
        data: AttributeData::Text("é".into()),
    };
    let binary = AttributeValue {
        data_type: "Binary".into(),
        data: AttributeData::Binary(vec![0, 255]),
    };
    let content = Content {
        body: "한국어 🌊".into(),
        attributes: vec![("a".into(), text), ("b".into(), binary)],
        trace_header: Some("Root=1".into()),
        sender: "000000000000".into(),
        group: Some("g".into()),
        deduplication: None,
    };
    StoredMessage { snapshot, content }
}

#[test]
fn every_effect_comes_back() {
    let (key, at) = (MessageKey { slot: 1, serial: 2 }, Timestamp::from_millis(3));
    for effect in [
        Effect::Counters {
            seed: [7; 16],
            serial: 9,
            queue: 4,
        },
        Effect::QueueDeleted { queue: 1, at },
        Effect::Purged {
            queue: 1,
            purge: Purge { at, below: 4 },
        },
        Effect::Stored(Box::new(stored())),
        Effect::Received {
            key,
            receives: 2,
            at,
            due: at,
        },
        Effect::Hidden { key, due: at },
        Effect::Moved { key, to: 5, at },
        Effect::Renewed {
            key,
            serial: 6,
            to: 5,
            at,
        },
        Effect::Deleted { key },
        Effect::Remembered {
            queue: 1,
            id: 2,
            serial: 3,
            at,
        },
    ] {
        let bytes = encode(&effect);
        assert_eq!(decode(&bytes).as_ref(), Some(&effect));
        for cut in 0..bytes.len() {
            assert_eq!(decode(&bytes[..cut]), None, "{effect:?} cut at {cut}");
        }
    }
}

#[test]
fn a_snapshot_is_read_without_the_content() {
    let whole = encode(&Effect::Stored(Box::new(stored())));
    assert_eq!(decode_snapshot(&whole), Some(stored().snapshot));
    assert_eq!(
        decode_snapshot(&encode(&Effect::Deleted {
            key: stored().snapshot.key
        })),
        None
    );
}

#[test]
fn a_beginning_comes_back_and_is_no_effect() {
    let begin = Begin {
        previous: 7,
        end: 4096,
        is_listed: true,
    };
    let bytes = encode_begin(begin);
    // As an older version wrote it.
    assert_eq!(
        decode_begin(&bytes[..9]),
        Some(Begin {
            is_listed: false,
            ..begin
        })
    );
    assert_eq!((decode_begin(&bytes), decode(&bytes)), (Some(begin), None));
    assert_eq!(
        decode_begin(&encode(&Effect::Deleted {
            key: stored().snapshot.key
        })),
        None
    );
}

#[test]
fn unknown_tags_are_not_effects() {
    assert_eq!(decode(&[]), None);
    assert_eq!(decode(&[200, 1, 2]), None);
    assert_eq!(decode(&[QUEUE, b'{']), None);
}
