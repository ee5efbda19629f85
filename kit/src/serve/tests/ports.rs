//! Starting and stopping a port.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

#[tokio::test]
async fn what_is_under_way_is_finished() {
    let listener = bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, begun) = (CancellationToken::new(), CancellationToken::new());
    let app = Router::new().route(
        "/",
        get({
            let (stop, begun) = (stop.clone(), begun.clone());
            async move || {
                begun.cancel();
                stop.cancelled().await;
                "done"
            }
        }),
    );
    let server = tokio::spawn(serve(listener, app, stop.clone()));
    let mut client = tokio::net::TcpStream::connect(address).await.unwrap();
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    begun.cancelled().await;
    stop.cancel();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("done"), "{answer}");
    server.await.unwrap().unwrap();
}

#[test]
fn a_busy_port_is_named_with_the_setting_that_moves_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let message = bind(address, "--listen or GATEWAY_LISTEN")
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        format!(
            "cannot listen on {address}: the address is in use (choose another with --listen or GATEWAY_LISTEN)"
        )
    );
}

#[test]
fn the_queue_of_clients_is_as_long_as_the_system_allows() {
    let allowed = std::fs::read_to_string("/proc/sys/net/core/somaxconn");
    let allowed: usize = allowed.unwrap().trim().parse().unwrap();
    let listener = bind(([127, 0, 0, 1], 0).into(), "nothing").unwrap();
    let address = listener.local_addr().unwrap();
    // Nobody accepts them. The queue of the standard library's own listeners has 128 places.
    let clients = (0..allowed.min(400))
        .map(|_| std::net::TcpStream::connect_timeout(&address, clients::LONG).unwrap());
    assert_eq!(clients.collect::<Vec<_>>().len(), allowed.min(400));
}
