//! A TCP proxy that can be cut: connections end at once, and new ones get nowhere.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::waiting::{address, port};

/// A TCP proxy on a loopback port of its own.
#[derive(Debug)]
pub struct Proxy {
    at: SocketAddr,
    open: watch::Sender<bool>,
}

impl Proxy {
    /// Starts a proxy to an `http://host:port` endpoint.
    ///
    /// # Panics
    /// The endpoint is not of that form.
    pub async fn to(endpoint: &str) -> Proxy {
        let target = endpoint
            .strip_prefix("http://")
            .expect("a plain endpoint")
            .trim_end_matches('/')
            .to_owned();
        let listener = port();
        let at = address(&listener);
        let (open, is_open) = watch::channel(true);
        let listener = TcpListener::from_std(listener).expect("a bound port");
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, target.clone(), is_open.clone()));
            }
        });
        Proxy { at, open }
    }

    /// The endpoint to give to clients.
    pub fn url(&self) -> String {
        format!("http://{}", self.at)
    }

    /// Cuts the proxy: open connections end, new ones get nowhere.
    pub fn cut(&self) {
        self.open.send_replace(false);
    }

    /// Lets connections through again.
    pub fn restore(&self) {
        self.open.send_replace(true);
    }
}

async fn carry(mut client: TcpStream, target: String, mut is_open: watch::Receiver<bool>) {
    if !*is_open.borrow_and_update() {
        return;
    }
    let Ok(mut server) = TcpStream::connect(target).await else {
        return;
    };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = is_open.wait_for(|open| !open) => {}
    }
}
