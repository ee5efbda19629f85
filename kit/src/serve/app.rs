//! What answers the requests of a port.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use http::Request;
use tower::Service as _;

use super::peer::Peer;

/// An answer under way.
pub type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// What answers the requests of a port: a router, or what needs none. A router boxes the future of
/// a request once for itself and once for each layer.
pub trait App: Send + Sync + 'static {
    /// Answers a request that came from `peer`.
    fn answer(self: Arc<Self>, request: Request<Body>, peer: Peer) -> Answering;
}

/// Handlers find a `ConnectInfo<SocketAddr>` and a [`Peer`] among the extensions of a request.
impl App for Router {
    fn answer(self: Arc<Self>, mut request: Request<Body>, peer: Peer) -> Answering {
        let extensions = request.extensions_mut();
        extensions.insert(ConnectInfo::<SocketAddr>(peer.address));
        extensions.insert(peer);
        let mut router = Router::clone(&self);
        Box::pin(async move {
            let Ok(response) = router.call(request).await;
            response
        })
    }
}
