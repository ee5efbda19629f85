use bytes::Bytes;
use http::{HeaderMap, Method};
use kit::call::Call;
use kit::time::Timestamp;
use url::Url;

use super::demand::{Demand, Execution, KeptLog, Wish};
use super::lines::sent;
use super::recording::Recording;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn execution<'a>(verb: &'a str, resource: &'a str) -> Execution<'a> {
    Execution {
        request_id: "id",
        verb,
        resource,
        stage: "prod",
    }
}

#[test]
fn a_wish_is_for_its_requests_and_for_so_many() {
    let mut demand = Demand::default();
    let wish = Wish {
        verb: Some("post".into()),
        resource: Some("/a".into()),
        count: 2,
        ..Wish::default()
    };
    assert!(demand.add(wish, at(0)));
    let mut takes = |verb, resource, now| demand.takes(&execution(verb, resource), at(now));
    assert!(!takes("GET", "/a", 1) && !takes("POST", "/A", 1));
    assert!(takes("POST", "/a", 1) && takes("POST", "/a", 599));
    assert!(!takes("POST", "/a", 599), "two were wished for");
    assert!(!demand.is_waiting());
    let wish = Wish {
        request_id: Some("ID".into()),
        count: 1,
        ..Wish::default()
    };
    assert!(demand.add(wish.clone(), at(0)));
    assert!(
        !demand.takes(&execution("GET", "/"), at(600)),
        "ten minutes have gone"
    );
    assert!((0..100).all(|_| demand.add(wish.clone(), at(600))));
    assert!(!demand.add(wish, at(600)));
}

#[test]
fn the_oldest_log_goes() {
    let mut demand = Demand::default();
    for number in 0..150 {
        demand.keep(KeptLog {
            request_id: number.to_string(),
            lines: vec![format!("line {number}")],
        });
    }
    assert_eq!(demand.kept(None).len(), 100);
    assert_eq!(demand.kept(Some("149")).len(), 1);
    assert!(demand.kept(Some("49")).is_empty());
}

fn call() -> Call {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", "AWS4 secret".parse().unwrap());
    headers.insert("x-other", "shown".parse().unwrap());
    Call {
        method: Method::POST,
        url: Url::parse("https://a.example/p?q=1&token=secret").unwrap(),
        headers,
        body: Bytes::from("x".repeat(2_000)),
    }
}

#[test]
fn lines_are_cut_and_show_no_secrets() {
    let mut recording = Recording::of("id", true);
    sent(&mut recording, &call());
    let lines = recording.finish().unwrap();
    assert_eq!(
        lines[1],
        "(id) Endpoint request headers: {authorization=********, x-other=shown}"
    );
    assert_eq!(
        lines[3],
        "(id) Sending request to https://a.example/p?q=1&token=********"
    );
    assert!(lines[2].ends_with("xxx[TRUNCATED]") && lines[2].len() == 1024);
    assert!(!lines.concat().contains("secret"));
}

#[test]
fn without_data_headers_and_bodies_are_left_out_and_without_a_wish_all() {
    let mut recording = Recording::of("id", false);
    sent(&mut recording, &call());
    assert_eq!(recording.finish().unwrap().len(), 1);
    let mut recording = Recording::default();
    sent(&mut recording, &call());
    assert_eq!(recording.finish(), None);
}
