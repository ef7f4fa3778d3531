//! What is axum's own: its extractors at connect, its `ConnectInfo` and `OriginalUri`.

use std::net::SocketAddr;

use ::axum::extract::{ConnectInfo, FromRequestParts, OriginalUri};
use ::axum::response::IntoResponse;
use http::request::Parts;
use http::{Extensions, Uri};

use crate::error::Error;
use crate::event::{Event, FromEvent};

/// Runs an axum extractor on the request that opened the connection.
///
/// In middlewares and at connect it reads what the request had: `Http(Query(options)): Http<Query<Options>>`,
/// a typed header, a session. In events it works as well, on the same request.
///
/// A rejection is logged, and reaches the client as the name of its status: `Unauthorized`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Http<T>(pub T);

impl<T, S> FromEvent<S> for Http<T>
where
    T: FromRequestParts<S, Rejection: Send> + Send,
    S: Send + Sync,
{
    async fn from_event(event: &mut Event, state: &S) -> Result<Self, Error> {
        let mut parts = request_parts(event);
        T::from_request_parts(&mut parts, state).await.map(Self).map_err(|rejection| {
            let status = rejection.into_response().status();
            tracing::debug!(%status, "an axum extractor refused");
            Error::new(status.canonical_reason().unwrap_or("refused"))
        })
    }
}

fn request_parts(event: &Event) -> Parts {
    let handshake = event.socket().handshake();
    let (mut parts, ()) = http::Request::new(()).into_parts();
    parts.uri = handshake.uri().clone();
    parts.headers = handshake.headers().clone();
    parts.extensions = handshake.extensions().clone();
    parts
}

/// Takes over what axum says of a request: the address of the peer, and the URL that its router rewrote.
pub(crate) fn adopt(extensions: &mut Extensions) {
    if let Some(ConnectInfo(addr)) = extensions.get::<ConnectInfo<SocketAddr>>().copied() {
        extensions.insert(engineio::RemoteAddr(addr));
    }
    // Not left there: it shares the buffer that the request was read into. Axum's own extractor falls back to
    // the URL, which is the original one by then.
    if let Some(OriginalUri(uri)) = extensions.remove::<OriginalUri>() {
        extensions.insert(engineio::OriginalUri(uri));
    }
}

/// Returns the URL that the client asked for, if something rewrote it.
pub(crate) fn original_uri(extensions: &Extensions) -> Option<&Uri> {
    let adopted = extensions.get().map(|engineio::OriginalUri(uri)| uri);
    adopted.or_else(|| extensions.get().map(|OriginalUri(uri)| uri))
}
