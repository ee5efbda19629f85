use std::fs;

use super::*;

fn put(
    buckets: &Buckets,
    key: &str,
    body: &[u8],
    condition: &WriteCondition,
) -> Result<Arc<Object>, StorageError> {
    let mut staged = buckets.stage()?;
    staged.write(body)?;
    buckets.put("b", key, Headers::default(), staged, condition)
}

fn keys(buckets: &Buckets) -> Vec<String> {
    let query = ListQuery {
        limit: 100,
        ..ListQuery::default()
    };
    buckets
        .list("b", &query, |page| {
            page.objects
                .iter()
                .map(|object| object.head.key.clone())
                .collect()
        })
        .unwrap()
}

#[test]
fn what_was_put_is_there_after_a_restart_and_what_was_removed_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let buckets = Buckets::open(Some(folder.path()), "r").unwrap();
    buckets.create("b").unwrap();
    for key in ["../../etc/passwd", "a/b", "ü & +", &"k".repeat(1024)] {
        put(&buckets, key, key.as_bytes(), &WriteCondition::Always).unwrap();
    }
    put(&buckets, "a/b", b"newer", &WriteCondition::Always).unwrap();
    buckets
        .remove("b", "ü & +", &WriteCondition::Always)
        .unwrap();
    std::mem::forget(buckets.stage().unwrap());
    drop(buckets);
    let again = Buckets::open(Some(folder.path()), "r").unwrap();
    assert_eq!(keys(&again), ["../../etc/passwd", "a/b", &"k".repeat(1024)]);
    let object = again.get("b", "a/b").unwrap();
    let ObjectBody::File(path) = &object.body else {
        panic!("on disk")
    };
    assert_eq!(
        &fs::read(path).unwrap()[..object.head.size as usize],
        b"newer"
    );
    assert_eq!(object.head.etag, "0c10f4a0c12ba89211235026b861263d");
}

#[test]
fn conditions_are_judged_when_the_object_is_put() {
    let buckets = Buckets::open(None, "r").unwrap();
    buckets.create("b").unwrap();
    let first = put(&buckets, "k", b"1", &WriteCondition::Absent).unwrap();
    assert!(matches!(
        put(&buckets, "k", b"2", &WriteCondition::Absent),
        Err(StorageError::PreconditionFailed)
    ));
    assert!(matches!(
        put(&buckets, "k", b"2", &WriteCondition::Is("x".into())),
        Err(StorageError::PreconditionFailed)
    ));
    assert!(
        put(
            &buckets,
            "k",
            b"2",
            &WriteCondition::Is(first.head.etag.clone())
        )
        .is_ok()
    );
}

#[test]
fn buckets_are_made_once_and_removed_when_empty() {
    let folder = tempfile::tempdir().unwrap();
    let buckets = Buckets::open(Some(folder.path()), "r").unwrap();
    buckets.create("b").unwrap();
    assert!(matches!(
        buckets.create("b"),
        Err(StorageError::AlreadyOwned)
    ));
    put(&buckets, "k", b"1", &WriteCondition::Always).unwrap();
    assert!(matches!(buckets.delete("b"), Err(StorageError::NotEmpty)));
    buckets.remove("b", "k", &WriteCondition::Always).unwrap();
    buckets.delete("b").unwrap();
    assert!(matches!(
        put(&buckets, "k", b"1", &WriteCondition::Always),
        Err(StorageError::NoSuchBucket)
    ));
    drop(buckets);
    assert_eq!(Buckets::open(Some(folder.path()), "r").unwrap().names(), []);
}
