//! Requests with more fields than the HTTP library reads at once.

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::clients::{exchange, rest};
use super::*;

/// The numbers in the fields `X-0` to `X-6`, in their order.
fn expected() -> String {
    let of = |name: usize| (0..300).filter(move |number| number % 7 == name);
    let numbers = (0..7).flat_map(of).map(|number| format!("{number} "));
    numbers.collect()
}

#[tokio::test]
async fn all_fields_arrive_in_order_however_many_and_however_they_are_cut() {
    let (address, stop) = started(strict());
    let many: String = (0..300)
        .map(|number| format!("X-{}: {number}\r\n", number % 7))
        .collect();
    let ask = |more: &str| {
        format!(
            "POST /fields HTTP/1.1\r\n{many}Host: x\r\nContent-Length: 3\r\n{more}\r\nabc\
             GET / HTTP/1.1\r\nHost: x\r\n{more}\r\n"
        )
    };
    let text = format!("{0}{0}{1}", ask(""), ask("Connection: close\r\n"));
    let last = text.rfind("GET /").unwrap();
    for piece in [1, 1000, 4096, last] {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.set_nodelay(true).unwrap();
        for bytes in text.as_bytes()[..last].chunks(piece) {
            client.write_all(bytes).await.unwrap();
            tokio::task::yield_now().await;
        }
        let got = rest(&mut client).await;
        let whole = format!("\r\n\r\nabc {}", expected());
        assert_eq!(got.matches(&whole).count(), 3, "{piece}: {got}");
        assert_eq!(got.matches("HTTP/1.1 200 OK").count(), 5, "{piece}: {got}");
    }
    stop.cancel();
}

#[tokio::test]
async fn trailers_are_as_many_as_the_library_reads_or_the_body_is_malformed() {
    let (address, stop) = started(strict());
    for (trailers, answer) in [(90, "2"), (101, "malformed"), (400, "malformed")] {
        let trailers = "a:\r\n".repeat(trailers);
        let text = format!(
            "POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\
             Connection: close\r\n\r\n2\r\nab\r\n0\r\n{trailers}\r\n"
        );
        let got = exchange(address, text.as_bytes()).await;
        assert!(got.ends_with(&format!("\r\n\r\n{answer}")), "{got}");
    }
    stop.cancel();
}
