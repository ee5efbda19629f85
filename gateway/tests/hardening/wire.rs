//! Requests that are malformed or too large get API Gateway's form of an answer, also where no
//! handler ever sees them.

use super::client::{exchange, status};
use super::process::Gateway;

fn many(count: usize, value: &str) -> String {
    (0..count).fold(String::new(), |all, number| {
        format!("{all}a{number}: {value}\r\n")
    })
}

#[tokio::test]
async fn malformed_requests_are_answered_in_the_form_of_api_gateway() {
    let gateway = Gateway::start(&[]).await;
    let end = "Connection: close\r\n\r\n";
    let host = "Host: x\r\n";
    let chunked = "Transfer-Encoding: chunked\r\n";
    for (expected, request) in [
        ("200", format!("GET /mock HTTP/1.1\r\n{host}{end}")),
        (
            "200",
            format!("GET http://x/mock HTTP/1.1\r\nHost: other\r\n{end}"),
        ),
        (
            "200",
            format!("GET /mock HTTP/1.1\r\n{host}{}{end}", many(500, "b")),
        ),
        (
            "200",
            format!("POST /mock HTTP/1.1\r\n{host}{chunked}{end}2\r\n{{}}\r\n0\r\n\r\n"),
        ),
        ("400", format!("GET /mock HTTP/1.1\r\n{end}")),
        ("400", format!("GET /mock HTTP/1.1\r\n{host}{host}{end}")),
        ("400", format!("GET /mock HTTP/1.1\r\nHost: a b\r\n{end}")),
        (
            "400",
            format!("POST /mock HTTP/1.1\r\n{host}Content-Length: 2\r\n{chunked}{end}{{}}"),
        ),
        (
            "400",
            format!(
                "POST /mock HTTP/1.1\r\n{host}Transfer-Encoding: chunked, chunked\r\n{end}0\r\n\r\n"
            ),
        ),
        (
            "400",
            format!(
                "POST /mock HTTP/1.1\r\n{host}Transfer-Encoding: gzip, chunked\r\n{end}0\r\n\r\n"
            ),
        ),
        ("400", format!("GET /mock HTTP/1.1\n{host}\n")),
        (
            "400",
            format!("POST /mock HTTP/1.1\r\n{host}{chunked}{end}x\r\n"),
        ),
        (
            "400",
            format!("POST /mock HTTP/1.1\r\n{host}{chunked}{end}2\r\n{{}}x\r\n0\r\n\r\n"),
        ),
        (
            "400",
            format!(
                "POST /mock HTTP/1.1\r\n{host}{chunked}{end}0\r\n{}\r\n",
                many(1000, "b")
            ),
        ),
        ("400", "nonsense\r\n\r\n".to_owned()),
        (
            "414",
            format!("GET /mock?{} HTTP/1.1\r\n{host}{end}", "x".repeat(10_300)),
        ),
        (
            "414",
            format!("GET /mock?{} HTTP/1.1\r\n{host}{end}", "x".repeat(200_000)),
        ),
        (
            "431",
            format!(
                "GET /mock HTTP/1.1\r\n{host}{}{end}",
                many(2, &"x".repeat(5_200))
            ),
        ),
        (
            "431",
            format!(
                "GET /mock HTTP/1.1\r\n{host}{}{end}",
                many(1, &"x".repeat(200_000))
            ),
        ),
        (
            "431",
            format!("GET /mock HTTP/1.1\r\n{host}{}{end}", many(3_000, "b")),
        ),
        (
            "413",
            format!("POST /mock HTTP/1.1\r\n{host}Content-Length: 10485761\r\n{end}"),
        ),
    ] {
        let answer = exchange(gateway.address, request.as_bytes()).await.unwrap();
        assert_eq!(status(&answer), Some(expected), "{request:.200} {answer}");
        let head = answer.to_lowercase();
        assert!(head.contains("\r\ncontent-type: "), "{answer}");
        if expected == "400" {
            assert!(head.contains("\r\nx-amzn-requestid: "), "{answer}");
            assert!(
                head.contains("\r\nx-amzn-errortype: badrequestexception\r\n"),
                "{answer}"
            );
            assert!(answer.ends_with(r#"{"message":"Bad Request"}"#), "{answer}");
        }
    }
}

#[tokio::test]
async fn limits_are_settings() {
    let args = [
        "--max-payload",
        "10",
        "--max-url",
        "300",
        "--max-header-bytes",
        "300",
    ];
    let gateway = Gateway::start(&args).await;
    for (expected, path, more) in [
        ("200", "", ""),
        ("413", "", "Content-Length: 11\r\n"),
        ("414", "?0123456789", ""),
        ("431", "", "A: 0123456789\r\n"),
    ] {
        let (path, more) = (
            path.repeat(30),
            more.to_owned() + &more.replace("Content", "X").repeat(30),
        );
        let request =
            format!("POST /mock{path} HTTP/1.1\r\nHost: x\r\n{more}Connection: close\r\n\r\n");
        let answer = exchange(gateway.address, request.as_bytes()).await.unwrap();
        assert_eq!(status(&answer), Some(expected), "{request}");
    }
}
