use super::completion::{CompletionPart, SMALLEST_PART};
use super::*;
use crate::s3::storage::object::ObjectBody;

fn part(buckets: &Buckets, id: &str, number: i32, body: &[u8]) -> CompletionPart {
    let mut staged = buckets.stage().unwrap();
    staged.write(body).unwrap();
    let etag = buckets
        .add_part("b", id, number, staged)
        .unwrap()
        .head
        .etag
        .clone();
    CompletionPart {
        number,
        etag,
        checksum: None,
    }
}

fn begin(buckets: &Buckets) -> String {
    buckets
        .begin_upload("b", "k", Headers::default(), None)
        .unwrap()
}

fn complete(
    buckets: &Buckets,
    id: &str,
    asked: &[CompletionPart],
) -> Result<Arc<Object>, StorageError> {
    buckets.complete_upload(
        "b",
        "k",
        id,
        &Completion {
            parts: asked.to_vec(),
            ..Completion::default()
        },
    )
}

#[test]
fn parts_are_joined_in_order_on_disk_and_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    for folder in [None, Some(folder.path())] {
        let buckets = Buckets::open(folder, "r").unwrap();
        buckets.create("b").unwrap();
        let id = begin(&buckets);
        let last = part(&buckets, &id, 7, b"end");
        part(&buckets, &id, 2, b"replaced");
        let first = part(&buckets, &id, 2, &vec![b'x'; SMALLEST_PART as usize]);
        let backwards = complete(&buckets, &id, &[last.clone(), first.clone()]);
        assert!(matches!(backwards, Err(StorageError::InvalidPartOrder)));
        let wrong = CompletionPart {
            etag: "x".into(),
            ..last.clone()
        };
        assert!(matches!(
            complete(&buckets, &id, &[wrong]),
            Err(StorageError::InvalidPart)
        ));
        let small = part(&buckets, &id, 1, b"small");
        assert!(matches!(
            complete(&buckets, &id, &[small, last.clone()]),
            Err(StorageError::PartTooSmall)
        ));
        let object = complete(&buckets, &id, &[first, last]).unwrap();
        assert_eq!(object.head.size, SMALLEST_PART + 3);
        assert!(object.head.etag.ends_with("-2"));
        let body = match &object.body {
            ObjectBody::Memory(bytes) => bytes.to_vec(),
            ObjectBody::File(path) => fs::read(path).unwrap(),
        };
        assert!(body[SMALLEST_PART as usize..].starts_with(b"end"));
        assert!(matches!(
            buckets.upload("b", "k", &id),
            Err(StorageError::NoSuchUpload)
        ));
    }
    assert_eq!(
        fs::read_dir(folder.path().join(".drafts")).unwrap().count(),
        0
    );
    assert_eq!(
        fs::read_dir(folder.path().join("b").join(UPLOADS))
            .unwrap()
            .count(),
        0,
        "the parts are gone"
    );
}

#[test]
fn an_upload_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Buckets::open(Some(folder.path()), "r").unwrap();
    let buckets = open();
    buckets.create("b").unwrap();
    let headers = Headers {
        content_type: Some("text/x".into()),
        ..Headers::default()
    };
    let id = buckets.begin_upload("b", "k", headers, None).unwrap();
    let first = part(&buckets, &id, 1, &vec![b'x'; SMALLEST_PART as usize]);
    drop(buckets);
    let buckets = open();
    let last = part(&buckets, &id, 2, b"end");
    drop(buckets);
    let buckets = open();
    assert_eq!(buckets.open_uploads("b").unwrap().len(), 1);
    let object = complete(&buckets, &id, &[first, last]).unwrap();
    assert_eq!(object.head.size, SMALLEST_PART + 3);
    assert_eq!(
        open()
            .get("b", "k")
            .unwrap()
            .head
            .headers
            .content_type
            .as_deref(),
        Some("text/x")
    );
    assert_eq!(open().open_uploads("b").unwrap().len(), 0);
}

#[test]
fn aborted_uploads_and_old_ones_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let buckets = Buckets::open(Some(folder.path()), "r").unwrap();
    buckets.create("b").unwrap();
    let left = || {
        fs::read_dir(folder.path().join("b").join(UPLOADS))
            .unwrap()
            .count()
    };
    let (aborted, old) = (begin(&buckets), begin(&buckets));
    part(&buckets, &aborted, 1, b"x");
    part(&buckets, &old, 1, b"x");
    assert!(matches!(
        buckets.abort_upload("b", "other", &aborted, None),
        Err(StorageError::NoSuchUpload)
    ));
    buckets.abort_upload("b", "k", &aborted, None).unwrap();
    assert_eq!((left(), buckets.open_uploads("b").unwrap().len()), (1, 1));
    buckets.end_old_uploads(Timestamp::now()).unwrap();
    assert_eq!(left(), 1);
    buckets
        .end_old_uploads(Timestamp::now() + LONGEST + Duration::from_secs(1))
        .unwrap();
    assert_eq!((left(), buckets.open_uploads("b").unwrap().len()), (0, 0));
}

#[test]
fn uploads_go_with_their_bucket() {
    let buckets = Buckets::open(None, "r").unwrap();
    buckets.create("b").unwrap();
    let id = begin(&buckets);
    buckets.delete("b").unwrap();
    buckets.create("b").unwrap();
    assert!(matches!(
        buckets.upload("b", "k", &id),
        Err(StorageError::NoSuchUpload)
    ));
}
