//! What a session keeps of the request that opened it.

use std::net::SocketAddr;

use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderValue, Uri};

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
    /// Copies the URL and the headers, which share the buffer that the request was read into: some
    /// 8 KiB, which would live as long as the session.
    fn from(mut parts: Parts) -> Self {
        let original = parts.extensions.remove::<OriginalUri>();
        let remote_addr = parts.extensions.remove::<RemoteAddr>().map(|RemoteAddr(addr)| addr);
        let uri = original.map_or(parts.uri, |OriginalUri(uri)| uri);
        Self {
            uri: Uri::try_from(uri.to_string()).unwrap_or(uri),
            headers: parts
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), copy(value)))
                .collect(),
            extensions: parts.extensions,
            remote_addr,
        }
    }
}

fn copy(value: &HeaderValue) -> HeaderValue {
    let mut copy = HeaderValue::from_bytes(value.as_bytes()).expect("it is a header value");
    copy.set_sensitive(value.is_sensitive());
    copy
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn a_request_does_not_keep_the_buffer_that_it_was_read_from() {
        let buffer = Bytes::from(b"/path?query value /original".to_vec());
        let mut request = http::Request::new(());
        let uri = |range| Uri::from_maybe_shared(buffer.slice(range)).unwrap();
        *request.uri_mut() = uri(0..11);
        let value = HeaderValue::from_maybe_shared(buffer.slice(12..17)).unwrap();
        request.headers_mut().append("name", value.clone());
        request.headers_mut().append("name", value);
        let (mut parts, ()) = request.into_parts();
        let request = Request::from(parts.clone());
        assert_eq!(request.uri, "/path?query");
        assert_eq!(request.headers.get_all("name").iter().collect::<Vec<_>>(), ["value", "value"]);
        parts.extensions.insert(OriginalUri(uri(18..27)));
        let original = Request::from(parts);
        assert_eq!(original.uri, "/original");
        assert!(buffer.is_unique());
    }
}
