//! What a session keeps of the request that opened it.

use std::net::SocketAddr;

use http::request::Parts;
use http::{Extensions, HeaderMap, Uri};

/// The address of the peer, as an extension of a request.
///
/// Whatever accepts connections puts it there. Without it a session has no remote address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteAddr(pub SocketAddr);

/// The URL that the client asked for, as an extension of a request.
///
/// Whatever rewrites a request's URL puts it there. Without it the URL is the one that is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginalUri(pub Uri);

/// The request that opened a session.
#[derive(Clone, Debug)]
pub struct Request {
    /// The URL as the client sent it, as far as it is known: see [`OriginalUri`].
    pub uri: Uri,
    /// The headers.
    pub headers: HeaderMap,
    /// What services in front of this one added: a user, a login, a trace.
    pub extensions: Extensions,
    /// The address of the peer, if known: see [`RemoteAddr`]. Behind a proxy it is the proxy's.
    pub remote_addr: Option<SocketAddr>,
}

impl From<Parts> for Request {
    fn from(mut parts: Parts) -> Self {
        let original = parts.extensions.remove::<OriginalUri>();
        let remote_addr = parts.extensions.remove::<RemoteAddr>().map(|RemoteAddr(addr)| addr);
        Self {
            uri: original.map_or(parts.uri, |OriginalUri(uri)| uri),
            headers: parts.headers,
            extensions: parts.extensions,
            remote_addr,
        }
    }
}
