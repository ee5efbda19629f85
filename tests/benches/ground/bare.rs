//! A server that reads requests and answers 200, and does nothing else: what this machine can do.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Serves until the process is ended.
pub async fn serve(listener: TcpListener) -> anyhow::Result<()> {
    let answer = async |request: Request<Incoming>| {
        request.into_body().collect().await?;
        Ok::<_, hyper::Error>(Response::new(Full::new(Bytes::from_static(b"{}"))))
    };
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(
            http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)),
        );
    }
}
