//! Clients that write bytes and read bytes.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than anything takes that is right.
pub(super) const LONG: Duration = Duration::from_secs(30);

/// Writes these bytes and returns everything that comes until the server ends the connection.
pub(super) async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(bytes).await.unwrap();
    rest(&mut client).await
}

/// Everything that comes until the server ends the connection.
pub(super) async fn rest(client: &mut TcpStream) -> String {
    let mut got = Vec::new();
    let read = timeout(LONG, client.read_to_end(&mut got)).await;
    // A reset also ends it.
    drop(read.expect("the server ends the connection"));
    String::from_utf8_lossy(&got).into_owned()
}

/// The status of the only answer.
pub(super) fn status(answer: &str) -> &str {
    answer
        .strip_prefix("HTTP/1.1 ")
        .map_or("none", |rest| &rest[..3])
}
