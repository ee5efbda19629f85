//! A road that can be cut: bytes go through it to an endpoint until it is down, then connections
//! end at once.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::{address, port};

/// A relay on a loopback port of its own.
#[derive(Debug)]
pub struct Relay {
    at: SocketAddr,
    open: watch::Sender<bool>,
}

impl Relay {
    /// Opens a road to an `http://host:port` endpoint.
    ///
    /// # Panics
    /// The endpoint is not of that form.
    pub async fn to(endpoint: &str) -> Relay {
        let target = endpoint
            .strip_prefix("http://")
            .expect("a plain endpoint")
            .trim_end_matches('/')
            .to_owned();
        let listener = port();
        let at = address(&listener);
        let (open, road) = watch::channel(true);
        let listener = TcpListener::from_std(listener).expect("a bound port");
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, target.clone(), road.clone()));
            }
        });
        Relay { at, open }
    }

    /// The endpoint to give to clients.
    pub fn url(&self) -> String {
        format!("http://{}", self.at)
    }

    /// Cuts the road: connections under way end, new ones get nowhere.
    pub fn cut(&self) {
        self.open.send_replace(false);
    }

    /// Opens it again.
    pub fn mend(&self) {
        self.open.send_replace(true);
    }
}

async fn carry(mut client: TcpStream, target: String, mut road: watch::Receiver<bool>) {
    if !*road.borrow_and_update() {
        return;
    }
    let Ok(mut server) = TcpStream::connect(target).await else {
        return;
    };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = road.wait_for(|open| !open) => {}
    }
}
