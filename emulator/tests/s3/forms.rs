//! Uploads by browsers' forms, over the real server: what the policy says holds, and the answers
//! are S3's.

use crate::support::{Answer, Http};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::OffsetDateTime;

const KIND: [(&str, &str); 1] = [("content-type", "multipart/form-data; boundary=b")];

/// A form, whose policy names its fields, signed by key and secret `test`.
struct Form {
    fields: Vec<(String, String)>,
    conditions: Vec<Value>,
    expiration: &'static str,
    file: Option<(&'static str, String)>,
    is_signed: bool,
}

impl Form {
    fn of(key: &str) -> Form {
        Form {
            fields: vec![("key".into(), key.into())],
            conditions: vec![json!({"bucket": "box"}), json!(["starts-with", "$key", ""])],
            expiration: "2099-01-01T00:00:00Z",
            file: Some(("f.txt", "data".into())),
            is_signed: true,
        }
    }

    /// A field, and a condition that allows it.
    fn field(mut self, name: &str, value: &str) -> Form {
        self.conditions
            .push(json!(["starts-with", format!("${name}"), ""]));
        self.with(name, value)
    }

    fn with(mut self, name: &str, value: &str) -> Form {
        self.fields.push((name.into(), value.into()));
        self
    }

    fn condition(mut self, condition: Value) -> Form {
        self.conditions.push(condition);
        self
    }

    fn file(self, name: &'static str, body: &str) -> Form {
        Form {
            file: Some((name, body.to_owned())),
            ..self
        }
    }

    fn body(mut self) -> String {
        if self.is_signed {
            self.sign();
        }
        let mut body = String::new();
        for (name, value) in &self.fields {
            body += &format!(
                "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
        if let Some((name, file)) = &self.file {
            body += &format!(
                "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{file}\r\n"
            );
        }
        body + "--b--\r\n"
    }

    fn sign(&mut self) {
        let now = OffsetDateTime::now_utc();
        let day = format!(
            "{:04}{:02}{:02}",
            now.year(),
            u8::from(now.month()),
            now.day()
        );
        for (name, value) in [
            ("x-amz-algorithm", "AWS4-HMAC-SHA256".to_owned()),
            ("x-amz-date", format!("{day}T000000Z")),
            (
                "x-amz-credential",
                format!("test/{day}/eu-west-1/s3/aws4_request"),
            ),
        ] {
            self.conditions.push(json!({ name: value }));
            self.fields.push((name.to_owned(), value));
        }
        let policy =
            json!({"expiration": self.expiration, "conditions": self.conditions}).to_string();
        let policy = STANDARD.encode(policy);
        let key = aws_sigv4::sign::v4::generate_signing_key("test", now.into(), "eu-west-1", "s3");
        let signature = aws_sigv4::sign::v4::calculate_signature(key, policy.as_bytes());
        self.fields.push(("policy".into(), policy));
        self.fields.push(("x-amz-signature".into(), signature));
    }

    async fn post(self, http: &Http) -> Answer {
        http.call("POST", "/box", &KIND, self.body()).await
    }
}

async fn started() -> Http {
    let http = Http::start().await;
    http.bucket("box").await;
    http
}

#[tokio::test]
async fn a_form_becomes_an_object_and_is_answered_as_it_wishes() {
    let http = started().await;
    let answer = Form::of("up/${filename}")
        .file("C:\\x\\photo 1.png", "data")
        .post(&http)
        .await;
    assert_eq!(
        (answer.status, answer.header("etag")),
        (204, "\"8d777f385d3dfec8815d20f7496026dc\"")
    );
    assert_eq!(
        answer.header("location"),
        format!("{}/box/up/photo%201.png", http.root())
    );
    assert_eq!(
        http.call("GET", "/box/up/photo%201.png", &[], "")
            .await
            .text(),
        "data"
    );

    let said = Form::of("k")
        .field("Content-Type", "text/x")
        .field("x-amz-meta-a", "1")
        .field("acl", "public-read");
    let tags = "<Tagging><TagSet><Tag><Key>t</Key><Value>1</Value></Tag></TagSet></Tagging>";
    let said = said
        .field("tagging", tags)
        .field("success_action_status", "201")
        .field("x-amz-storage-class", "STANDARD_IA");
    let answer = said.post(&http).await;
    assert_eq!(
        (answer.status, answer.between("<Key>", "</Key>").as_str()),
        (201, "k")
    );
    let read = http.call("GET", "/box/k", &[], "").await;
    for (name, value) in [
        ("content-type", "text/x"),
        ("x-amz-meta-a", "1"),
        ("x-amz-storage-class", "STANDARD_IA"),
    ] {
        assert_eq!(read.header(name), value);
    }
    assert!(
        http.call("GET", "/box/k?acl", &[], "")
            .await
            .text()
            .contains("AllUsers")
    );
    assert!(
        http.call("GET", "/box/k?tagging", &[], "")
            .await
            .text()
            .contains("<Key>t</Key>")
    );

    let redirected = Form::of("k")
        .field("success_action_redirect", "http://page.test/done")
        .post(&http)
        .await;
    let expected =
        "http://page.test/done?bucket=box&key=k&etag=%228d777f385d3dfec8815d20f7496026dc%22";
    assert_eq!(
        (redirected.status, redirected.header("location")),
        (303, expected)
    );
}

#[tokio::test]
async fn a_policy_is_held_to() {
    let http = started().await;
    let failed = |condition: &str| {
        format!("Invalid according to Policy: Policy Condition failed: {condition}")
    };
    let image = Form::of("a")
        .with("Content-Type", "text/plain")
        .condition(json!(["starts-with", "$Content-Type", "image/"]));
    let extra = Form::of("a").with("x-amz-meta-a", "1");
    let old = Form {
        expiration: "2020-01-01T00:00:00Z",
        ..Form::of("a")
    };
    for (form, text) in [
        (
            image,
            failed("[\"starts-with\", \"$Content-Type\", \"image/\"]"),
        ),
        (
            Form::of("a").condition(json!({"key": "b"})),
            failed("[\"eq\", \"$key\", \"b\"]"),
        ),
        (
            extra,
            "Invalid according to Policy: Extra input fields: x-amz-meta-a".to_owned(),
        ),
        (
            old,
            "Invalid according to Policy: Policy expired.".to_owned(),
        ),
    ] {
        let answer = form.post(&http).await;
        answer.refused(403, "AccessDenied");
        assert_eq!(
            answer
                .between("<Message>", "</Message>")
                .replace("&quot;", "\""),
            text
        );
    }
    assert_eq!(http.call("GET", "/box/a", &[], "").await.status, 404);
    let ranged = |least: Value, most: Value| {
        Form::of("a").condition(json!(["content-length-range", least, most]))
    };
    assert_eq!(
        ranged(json!("0"), json!("100")).post(&http).await.status,
        204
    );
    let answer = ranged(json!(0), json!(2)).post(&http).await;
    answer.refused(400, "EntityTooLarge");
    assert_eq!(
        answer.between("<Message>", "</Message>"),
        "Your proposed upload exceeds the maximum allowed size"
    );
    assert!(
        answer
            .text()
            .contains("<ProposedSize>4</ProposedSize><MaxSizeAllowed>2</MaxSizeAllowed>")
    );
    let answer = ranged(json!(5), json!(9)).post(&http).await;
    answer.refused(400, "EntityTooSmall");
    assert!(
        answer
            .text()
            .contains("<ProposedSize>4</ProposedSize><MinSizeAllowed>5</MinSizeAllowed>")
    );
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_named() {
    let http = started().await;
    let without_file = Form {
        file: None,
        ..Form::of("a")
    }
    .post(&http)
    .await;
    without_file.refused(400, "InvalidArgument");
    assert!(
        without_file
            .text()
            .contains("POST requires exactly one file upload per request.")
    );
    let without_key = Form {
        fields: Vec::new(),
        ..Form::of("a")
    }
    .post(&http)
    .await;
    without_key.refused(400, "InvalidArgument");
    assert!(
        without_key.text().contains("named &apos;key&apos;")
            || without_key.text().contains("named 'key'")
    );
    http.call("POST", "/box", &[("content-type", "text/plain")], "x")
        .await
        .refused(412, "PreconditionFailed");
    http.call("POST", "/box", &KIND, "no form")
        .await
        .refused(400, "MalformedPOSTRequest");
    http.call("POST", "/absent", &KIND, Form::of("a").body())
        .await
        .refused(404, "NoSuchBucket");
    let unsigned = Form {
        is_signed: false,
        ..Form::of("a")
    };
    unsigned
        .with("policy", "e30=")
        .post(&http)
        .await
        .refused(400, "InvalidArgument");
    assert_eq!(
        Form {
            is_signed: false,
            ..Form::of("plain")
        }
        .post(&http)
        .await
        .status,
        204,
        "no policy, no conditions"
    );
}

#[tokio::test]
async fn checksums_of_forms_are_verified() {
    let http = started().await;
    let sum = |value: &str| Form::of("a").field("x-amz-checksum-crc32", value);
    sum("AAAAAA==").post(&http).await.refused(400, "BadDigest");
    sum("junk").post(&http).await.refused(400, "InvalidRequest");
    // CRC-32 of `data`.
    assert_eq!(sum("rfPzYw==").post(&http).await.status, 204);
    Form::of("a")
        .field("Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg==")
        .post(&http)
        .await
        .refused(400, "BadDigest");
    let locked = Form::of("a")
        .field("x-amz-object-lock-mode", "GOVERNANCE")
        .post(&http)
        .await;
    locked.refused(501, "NotImplemented");
}

#[tokio::test]
async fn only_the_right_signature_is_let_in() {
    for (credentials, status) in [("test:test", 204), ("test:other", 403), ("other:test", 403)] {
        let http = Http::start_for(Some(credentials), &["box"]).await;
        assert_eq!(
            Form::of("a").post(&http).await.status,
            status,
            "{credentials}"
        );
        let unsigned = Form {
            is_signed: false,
            ..Form::of("a")
        }
        .post(&http)
        .await;
        unsigned.refused(403, "AccessDenied");
    }
}
