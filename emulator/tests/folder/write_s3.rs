//! Writes the objects, buckets and uploads of a data folder.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketCannedAcl, CompletedMultipartUpload, CompletedPart, CorsConfiguration, CorsRule,
    ObjectCannedAcl, StorageClass, Tag, Tagging,
};

use super::{Notes, Server, blocks};

impl Server {
    pub(super) async fn objects(&self, notes: &mut Notes) {
        self.bucket("box").await;
        self.bucket("empty").await;
        let rule = CorsRule::builder()
            .allowed_methods("GET")
            .allowed_origins("https://a.example")
            .build()
            .unwrap();
        let cors = CorsConfiguration::builder()
            .cors_rules(rule)
            .build()
            .unwrap();
        self.s3
            .put_bucket_cors()
            .bucket("box")
            .cors_configuration(cors)
            .send()
            .await
            .unwrap();
        self.s3
            .put_bucket_acl()
            .bucket("box")
            .acl(BucketCannedAcl::PublicRead)
            .send()
            .await
            .unwrap();
        let put = self
            .s3
            .put_object()
            .bucket("box")
            .key("a/full")
            .body(ByteStream::from_static(b"full"));
        let put = put
            .content_type("text/x")
            .metadata("who", "me")
            .tagging("one=1&two=")
            .acl(ObjectCannedAcl::PublicRead);
        put.storage_class(StorageClass::StandardIa)
            .send()
            .await
            .unwrap();
        for (key, body) in [
            ("ü & +", b"odd".to_vec()),
            ("two-blocks", blocks(66_000)),
            ("gone", b"x".to_vec()),
        ] {
            self.put(key, body).await;
        }
        self.put("again", b"first".to_vec()).await;
        self.put("again", b"second".to_vec()).await;
        self.s3
            .delete_object()
            .bucket("box")
            .key("gone")
            .send()
            .await
            .unwrap();
        let (joined, etag) = self.upload("joined").await;
        let part = CompletedPart::builder().part_number(1).e_tag(etag).build();
        let whole = CompletedMultipartUpload::builder().parts(part).build();
        let complete = self
            .s3
            .complete_multipart_upload()
            .bucket("box")
            .key("joined")
            .upload_id(joined);
        complete.multipart_upload(whole).send().await.unwrap();
        notes.upload = self.upload("under-way").await;
    }

    pub(super) async fn bucket(&self, name: &str) {
        self.s3.create_bucket().bucket(name).send().await.unwrap();
        let tag = Tag::builder().key("of").value(name).build().unwrap();
        let tags = Tagging::builder().tag_set(tag).build().unwrap();
        self.s3
            .put_bucket_tagging()
            .bucket(name)
            .tagging(tags)
            .send()
            .await
            .unwrap();
    }

    pub(super) async fn put(&self, key: &str, body: Vec<u8>) {
        self.s3
            .put_object()
            .bucket("box")
            .key(key)
            .body(body.into())
            .send()
            .await
            .unwrap();
    }

    /// Begins an upload and sends its only part. Its id, and the part's ETag.
    pub(super) async fn upload(&self, key: &str) -> (String, String) {
        let begin = self
            .s3
            .create_multipart_upload()
            .bucket("box")
            .key(key)
            .content_type("text/part");
        let id = begin.send().await.unwrap().upload_id.unwrap();
        let part = self
            .s3
            .upload_part()
            .bucket("box")
            .key(key)
            .upload_id(&id)
            .part_number(1);
        let etag = part
            .body(ByteStream::from_static(b"part one"))
            .send()
            .await
            .unwrap()
            .e_tag
            .unwrap();
        (id, etag)
    }
}
