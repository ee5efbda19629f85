//! Checks the objects, buckets and uploads of a data folder.

use std::time::Duration;

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use super::{Notes, Server, blocks};

impl Server {
    pub(super) async fn get(&self, key: &str) -> Result<Vec<u8>, String> {
        let object = self.s3.get_object().bucket("box").key(key).send().await;
        let object = object.map_err(|error| error.code().unwrap_or_default().to_owned())?;
        Ok(object.body.collect().await.unwrap().to_vec())
    }

    /// All keys of the bucket, when the index shows them.
    pub(super) async fn keys(&self) -> Vec<String> {
        for _ in 0..300 {
            match self.s3.list_objects_v2().bucket("box").send().await {
                Ok(page) => {
                    return page
                        .contents()
                        .iter()
                        .map(|object| object.key().unwrap().to_owned())
                        .collect();
                }
                Err(error) => assert_eq!(error.code(), Some("SlowDown"), "{error:?}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the index is not built");
    }

    pub(super) async fn check_objects(&self) {
        assert_eq!(
            self.keys().await,
            ["a/full", "again", "joined", "two-blocks", "ü & +"]
        );
        for (key, body) in [
            ("a/full", &b"full"[..]),
            ("again", b"second"),
            ("joined", b"part one"),
            ("ü & +", b"odd"),
        ] {
            assert_eq!(self.get(key).await, Ok(body.to_vec()), "{key}");
        }
        assert_eq!(self.get("two-blocks").await, Ok(blocks(66_000)));
        assert_eq!(self.get("gone").await, Err("NoSuchKey".to_owned()));
        let full = self
            .s3
            .head_object()
            .bucket("box")
            .key("a/full")
            .send()
            .await
            .unwrap();
        assert_eq!(
            (full.content_type(), full.storage_class().unwrap().as_str()),
            (Some("text/x"), "STANDARD_IA")
        );
        assert_eq!(full.metadata().unwrap()["who"], "me");
        let tags = self
            .s3
            .get_object_tagging()
            .bucket("box")
            .key("a/full")
            .send()
            .await
            .unwrap();
        let tags: Vec<_> = tags
            .tag_set()
            .iter()
            .map(|tag| (tag.key(), tag.value()))
            .collect();
        assert_eq!(tags, [("one", "1"), ("two", "")]);
        let grants = self
            .s3
            .get_object_acl()
            .bucket("box")
            .key("a/full")
            .send()
            .await
            .unwrap();
        assert_eq!(grants.grants().len(), 2, "the owner and everybody");
        let joined = self
            .s3
            .head_object()
            .bucket("box")
            .key("joined")
            .send()
            .await
            .unwrap();
        assert!(joined.e_tag().unwrap().ends_with("-1\""));
        assert_eq!(joined.content_type(), Some("text/part"));
    }

    pub(super) async fn check_buckets(&self) {
        let listed = self.s3.list_buckets().send().await.unwrap();
        let names: Vec<_> = listed
            .buckets()
            .iter()
            .filter_map(|bucket| bucket.name())
            .collect();
        assert_eq!(names, ["box", "empty"]);
        for name in names {
            let tags = self
                .s3
                .get_bucket_tagging()
                .bucket(name)
                .send()
                .await
                .unwrap();
            assert_eq!(tags.tag_set()[0].value(), name);
        }
        let cors = self
            .s3
            .get_bucket_cors()
            .bucket("box")
            .send()
            .await
            .unwrap();
        assert_eq!(
            cors.cors_rules()[0].allowed_origins(),
            ["https://a.example"]
        );
        assert_eq!(
            self.s3
                .get_bucket_acl()
                .bucket("box")
                .send()
                .await
                .unwrap()
                .grants()
                .len(),
            2
        );
    }

    /// The upload that was under way is completed.
    pub(super) async fn check_upload(&self, notes: &Notes) {
        let (id, etag) = &notes.upload;
        let open = self
            .s3
            .list_multipart_uploads()
            .bucket("box")
            .send()
            .await
            .unwrap();
        let open: Vec<_> = open
            .uploads()
            .iter()
            .map(|upload| (upload.key(), upload.upload_id()))
            .collect();
        assert_eq!(open, [(Some("under-way"), Some(id.as_str()))]);
        let parts = self
            .s3
            .list_parts()
            .bucket("box")
            .key("under-way")
            .upload_id(id)
            .send()
            .await
            .unwrap();
        assert_eq!(
            (parts.parts().len(), parts.parts()[0].e_tag()),
            (1, Some(etag.as_str()))
        );
        let part = CompletedPart::builder().part_number(1).e_tag(etag).build();
        let whole = CompletedMultipartUpload::builder().parts(part).build();
        let complete = self
            .s3
            .complete_multipart_upload()
            .bucket("box")
            .key("under-way")
            .upload_id(id);
        complete.multipart_upload(whole).send().await.unwrap();
        assert_eq!(self.get("under-way").await, Ok(b"part one".to_vec()));
    }
}
