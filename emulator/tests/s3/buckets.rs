//! Settings of buckets: stored and returned, with the defaults of S3.

use crate::support::Http;

const TAGS: &str =
    "<Tagging><TagSet><Tag><Key>env</Key><Value>dev</Value></Tag></TagSet></Tagging>";

#[tokio::test]
async fn settings_of_buckets_are_kept_and_given_back() {
    let http = Http::start().await;
    http.bucket("box").await;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject"}]}"#;
    for (name, absent, document, shown) in [
        ("tagging", "NoSuchTagSet", TAGS, "<Value>dev</Value>"),
        ("policy", "NoSuchBucketPolicy", policy, "s3:GetObject"),
        (
            "lifecycle",
            "NoSuchLifecycleConfiguration",
            "<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter><Prefix>t/</Prefix></Filter>\
                <Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>",
            "<Days>1</Days>",
        ),
        (
            "website",
            "NoSuchWebsiteConfiguration",
            "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument></WebsiteConfiguration>",
            "<Suffix>index.html</Suffix>",
        ),
    ] {
        let path = format!("/box?{name}");
        http.call("GET", &path, &[], "").await.refused(404, absent);
        let put = http.call("PUT", &path, &[], document).await;
        assert!((200..300).contains(&put.status), "{name}: {}", put.text());
        assert!(
            http.call("GET", &path, &[], "")
                .await
                .text()
                .contains(shown),
            "{name}"
        );
        assert_eq!(
            http.call("DELETE", &path, &[], "").await.status,
            204,
            "{name}"
        );
        http.call("GET", &path, &[], "").await.refused(404, absent);
    }
    http.call("GET", "/absent?tagging", &[], "")
        .await
        .refused(404, "NoSuchBucket");
    http.call("PUT", "/box?policy", &[], "junk")
        .await
        .refused(400, "MalformedPolicy");
}

#[tokio::test]
async fn buckets_have_the_defaults_of_s3() {
    let http = Http::start().await;
    http.bucket("box").await;
    for (name, shown) in [
        ("acl", "FULL_CONTROL"),
        ("encryption", "AES256"),
        (
            "publicAccessBlock",
            "<BlockPublicAcls>true</BlockPublicAcls>",
        ),
        ("ownershipControls", "BucketOwnerEnforced"),
        ("requestPayment", "<Payer>BucketOwner</Payer>"),
        ("notification", "NotificationConfiguration"),
        ("logging", "BucketLoggingStatus"),
        ("accelerate", "AccelerateConfiguration"),
        ("versioning", "VersioningConfiguration"),
    ] {
        let answer = http.call("GET", &format!("/box?{name}"), &[], "").await;
        assert!(
            answer.status == 200 && answer.text().contains(shown),
            "{name}: {}",
            answer.text()
        );
    }
    for (name, absent) in [
        ("replication", "ReplicationConfigurationNotFoundError"),
        ("object-lock", "ObjectLockConfigurationNotFoundError"),
        ("policyStatus", "NoSuchBucketPolicy"),
    ] {
        http.call("GET", &format!("/box?{name}"), &[], "")
            .await
            .refused(404, absent);
    }
    for (name, absent) in [
        ("publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
        ("ownershipControls", "OwnershipControlsNotFoundError"),
    ] {
        assert_eq!(
            http.call("DELETE", &format!("/box?{name}"), &[], "")
                .await
                .status,
            204
        );
        http.call("GET", &format!("/box?{name}"), &[], "")
            .await
            .refused(404, absent);
    }
    let block = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>";
    assert_eq!(
        http.call("PUT", "/box?publicAccessBlock", &[], block)
            .await
            .status,
        200
    );
    let events = "<NotificationConfiguration><QueueConfiguration><Queue>arn:aws:sqs:r:000000000000:q</Queue>\
        <Event>s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>";
    http.call("PUT", "/box?notification", &[], events)
        .await
        .refused(501, "NotImplemented");
    assert_eq!(
        http.call(
            "PUT",
            "/box?notification",
            &[],
            "<NotificationConfiguration/>"
        )
        .await
        .status,
        200
    );
}
