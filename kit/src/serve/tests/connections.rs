//! Connections: how many, for how long, and from whom.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::clients::{LONG, exchange, rest, status};
use super::*;

const SHORT: Duration = Duration::from_millis(100);

/// A port whose clients must be quick with one thing.
fn impatient(patience: Patience) -> Server {
    Server {
        patience,
        ..strict()
    }
}

const PATIENT: Patience = Patience {
    head: LONG,
    idle: LONG,
    write: LONG,
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[tokio::test]
async fn silent_connections_end() {
    let (address, stop) = started(impatient(Patience {
        head: SHORT,
        ..PATIENT
    }));
    // A whole preface, with the settings that belong behind it.
    let begun = [PREFACE, &[0, 0, 0, 4, 0, 0, 0, 0, 0]].concat();
    for silent in [
        b"".as_slice(),
        &PREFACE[..10],
        PREFACE,
        &begun,
        b"G",
        b"GET / HTTP/1.1\r\nHost:",
    ] {
        let got = exchange(address, silent).await;
        assert!(!got.contains("200"), "{}: {got}", silent.escape_ascii());
    }
    stop.cancel();
}

#[tokio::test]
async fn a_connection_without_a_further_request_ends() {
    let (address, stop) = started(impatient(Patience {
        idle: SHORT,
        ..PATIENT
    }));
    let got = exchange(address, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(status(&got), "200");
    stop.cancel();
}

/// A connection with little room for what comes.
async fn narrow(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    socket.connect(address).await.unwrap()
}

#[tokio::test]
async fn a_client_that_takes_a_large_answer_slowly_gets_it() {
    let (address, stop) = started(impatient(Patience {
        idle: SHORT,
        ..PATIENT
    }));
    let mut client = narrow(address).await;
    let asked = b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    client.write_all(asked).await.unwrap();
    let mut part = vec![0; LARGE / 8];
    for _ in 0..8 {
        // The answer was handed over long ago.
        tokio::time::sleep(3 * SHORT).await;
        client.read_exact(&mut part).await.unwrap();
    }
    stop.cancel();
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_ends() {
    let (address, stop) = started(impatient(Patience {
        write: SHORT,
        ..PATIENT
    }));
    let mut client = narrow(address).await;
    client
        .write_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    tokio::time::sleep(3 * SHORT).await;
    assert!(rest(&mut client).await.len() < LARGE);
    // In HTTP/2, a client may take nothing although its connection is free: its windows are 0.
    let settings = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0];
    let head = b"\0\0\x0d\x01\x05\0\0\0\x01\x82\x86\x04\x06/large\x41\x01x";
    let got = exchange(address, &[PREFACE, &settings, head].concat()).await;
    assert!(got.len() < LARGE);
    stop.cancel();
}

#[tokio::test]
async fn an_early_answer_is_there_when_all_seats_are_taken() {
    let server = Server {
        seats: Seats::new(1, 1, Vec::new()),
        when_full: WhenFull::Refuse,
        ..strict()
    };
    let (address, stop) = started(server.clone());
    let mut first = TcpStream::connect(address).await.unwrap();
    first
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut answer = [0; 12];
    first.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    let got = exchange(address, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(status(&got), "503", "{got}");
    assert!(got.contains("connection: close"), "{got}");
    let admin = Server {
        seats: Seats::of_admin(),
        ..Server::default()
    };
    let (beside, _stop) = started(admin);
    let asked = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assert_eq!(status(&exchange(beside, asked).await), "200");
    drop(first);
    // The seat comes free when the server learns that the client is gone.
    while server.seats.taken() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(status(&exchange(address, asked).await), "200");
    stop.cancel();
}

#[tokio::test]
async fn a_connection_beyond_the_last_seat_may_wait_for_another_one_to_end() {
    let server = Server {
        seats: Seats::new(1, 1, Vec::new()),
        ..strict()
    };
    let (address, stop) = started(server.clone());
    let first = TcpStream::connect(address).await.unwrap();
    while server.seats.taken() == 0 {
        tokio::task::yield_now().await;
    }
    let asked = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let mut second = TcpStream::connect(address).await.unwrap();
    second.write_all(asked).await.unwrap();
    drop(first);
    assert_eq!(status(&rest(&mut second).await), "200");
    stop.cancel();
}

#[tokio::test]
async fn only_trusted_proxies_name_a_clients_address() {
    let request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let header = b"PROXY TCP4 192.0.2.9 10.0.0.1 5000 80\r\n";
    let trusting = Server {
        trusted: vec!["127.0.0.0/8".parse().unwrap()],
        ..strict()
    };
    let (address, stop) = started(trusting);
    let got = exchange(address, &[header.as_slice(), request].concat()).await;
    assert!(got.ends_with("\r\n\r\n192.0.2.9"), "{got}");
    assert!(
        exchange(address, request)
            .await
            .ends_with("\r\n\r\n127.0.0.1")
    );
    stop.cancel();
    let (address, stop) = started(strict());
    let got = exchange(address, &[header.as_slice(), request].concat()).await;
    assert_eq!(status(&got), "400", "{got}");
    stop.cancel();
}

#[tokio::test]
async fn a_port_that_stops_ends_idle_connections_at_once() {
    let (address, stop) = started(strict());
    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut kept = TcpStream::connect(address).await.unwrap();
    kept.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut first = [0; 12];
    kept.read_exact(&mut first).await.unwrap();
    stop.cancel();
    rest(&mut kept).await;
    assert_eq!(rest(&mut silent).await, "");
}
