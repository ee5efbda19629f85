//! Requests, byte by byte and at once.

use super::*;

const LIMIT: usize = 1024;

/// How many bytes are passed on, and why the connection is read no further; the same however the
/// bytes are cut.
#[track_caller]
fn check(bytes: &[u8]) -> (usize, Option<Stop>) {
    let whole = Wire::new(LIMIT).check(bytes);
    let mut wire = Wire::new(LIMIT);
    let (mut passed, mut end) = (0, 0);
    let mut stop = None;
    while stop.is_none() && end < bytes.len() {
        end += 1;
        let checked = wire.check(&bytes[passed..end]);
        passed += checked.pass;
        stop = checked.stop;
    }
    assert_eq!(
        (whole.pass, &whole.stop),
        (passed, &stop),
        "{}",
        bytes.escape_ascii()
    );
    (passed, stop)
}

const BAD: Option<Stop> = Some(Stop::Refused(Refusal::BadRequest, Method::Other));

#[test]
fn what_is_right_is_passed_on_whole() {
    for text in [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\nhost:x:80\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET /a%20b?x={y}|z HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
        "GET http://a.example:80/x HTTP/1.1\r\nHost: b.example\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na\nbGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\na\nb\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n00A;x=\"y\"\r\n0123456789\r\n1 ;z\r\n\r\r\n0\r\nX: y\r\nZ:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: \tbé \r\nB:\r\n\r\n",
    ] {
        assert_eq!(check(text.as_bytes()), (text.len(), None), "{text:?}");
    }
}

#[test]
fn a_head_that_breaks_a_rule_is_refused() {
    for text in [
        // Hosts.
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [x]\r\n\r\n",
        "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n",
        // Where the body ends.
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        // Lines.
        "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA: b\rc\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA: \0\r\n\r\n",
        // Request lines.
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\r\nHost: a\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r",
        "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n\r\n",
    ] {
        assert_eq!(check(text.as_bytes()), (0, BAD), "{text:?}");
    }
    let head = b"HEAD / HTTP/1.1\r\n\r\n";
    let refused = Stop::Refused(Refusal::BadRequest, Method::Head);
    assert_eq!(check(head), (0, Some(refused)));
}

#[test]
fn a_request_is_refused_behind_one_that_is_right() {
    let right = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let text = format!("{right}GET / HTTP/1.1\r\n\r\n{right}");
    assert_eq!(check(text.as_bytes()), (right.len(), BAD));
}

#[test]
fn heads_have_a_limit() {
    let long = "x".repeat(LIMIT);
    let refused = |refusal| Some(Stop::Refused(refusal, Method::Other));
    let url = format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(check(url.as_bytes()), (0, refused(Refusal::UriTooLong)));
    let field = format!("GET / HTTP/1.1\r\nHost: a\r\nA: {long}\r\n\r\n");
    let too_large = refused(Refusal::HeadersTooLarge);
    assert_eq!(check(field.as_bytes()), (0, too_large));
    let many = "a:\r\n".repeat(head::MOST_FIELDS);
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n");
    let checked = Wire::new(1 << 20).check(many.as_bytes());
    assert_eq!(checked.stop, refused(Refusal::HeadersTooLarge));
}

#[test]
fn malformed_chunks_end_the_connection() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (right, wrong) in [
        ("", "x\r\n"),
        ("", "\r\n"),
        ("", ";\r\n"),
        ("", "-1\r\n"),
        ("", " 1\r\n"),
        ("0", "x1\r\n"),
        ("1", "\na"),
        ("1\r", "a"),
        ("1\r\na", "b\r\n"),
        ("1\r\na\r", "b"),
        ("1\r\na", "\n0\r\n\r\n"),
        ("1;a", "\nb"),
        ("000000000000001", "1\r\n"),
        ("0\r\n", " a: b\r\n\r\n"),
        ("0\r\na: b", "\n\r\n"),
        ("0\r\n\r", "x"),
        ("0\r\n\r\n", ""),
    ] {
        let passed = head.len() + right.len();
        let stop = (!wrong.is_empty()).then_some(Stop::Malformed);
        let text = format!("{head}{right}{wrong}");
        assert_eq!(check(text.as_bytes()), (passed, stop), "{text:?}");
    }
}
