//! What a session keeps of the request that opened it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::OnceLock;

use http::header::HeaderName;
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
///
/// Its URL and headers are kept as text, an eighth of what maps take, and read when somebody asks for them.
#[derive(Clone)]
pub struct Request {
    /// What services in front of this one added: a user, a login, a trace.
    pub extensions: Extensions,
    /// The address of the peer, if known: see [`RemoteAddr`]. Behind a proxy it is the proxy's.
    pub remote_addr: Option<SocketAddr>,
    /// The URL, and then each header: a line each.
    head: Box<[u8]>,
    read: OnceLock<Box<Head>>,
}

#[derive(Clone, Debug)]
struct Head {
    uri: Uri,
    headers: HeaderMap,
}

impl Request {
    /// Returns the URL as the client sent it, as far as it is known: see [`OriginalUri`].
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.head().uri
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head().headers
    }

    fn head(&self) -> &Head {
        self.read.get_or_init(|| Box::new(Head::read(&self.head)))
    }
}

/// Ends a line. Neither a URL nor a header has it.
const END: u8 = b'\n';
/// Stands between the name of a header and its value.
const COLON: u8 = b':';
/// Stands there if the value is not to be shown.
const SENSITIVE: u8 = b'\r';

impl Head {
    fn write(uri: &Uri, headers: &HeaderMap) -> Box<[u8]> {
        let mut text = uri.to_string().into_bytes();
        text.push(END);
        for (name, value) in headers {
            text.extend_from_slice(name.as_str().as_bytes());
            text.push(if value.is_sensitive() { SENSITIVE } else { COLON });
            text.extend_from_slice(value.as_bytes());
            text.push(END);
        }
        text.into()
    }

    fn read(text: &[u8]) -> Self {
        let mut lines = text.split(|byte| *byte == END);
        let uri = lines.next().and_then(|uri| Uri::try_from(uri).ok()).unwrap_or_default();
        Self { uri, headers: lines.filter_map(header).collect() }
    }
}

fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| matches!(*byte, COLON | SENSITIVE))?;
    let name = HeaderName::from_bytes(&line[..colon]).ok()?;
    let mut value = HeaderValue::from_bytes(&line[colon + 1..]).ok()?;
    value.set_sensitive(line[colon] == SENSITIVE);
    Some((name, value))
}

impl From<Parts> for Request {
    /// Copies the URL and the headers, which share the buffer that the request was read into: some
    /// 8 KiB, which would live as long as the session.
    fn from(mut parts: Parts) -> Self {
        let original = parts.extensions.remove::<OriginalUri>();
        let remote_addr = parts.extensions.remove::<RemoteAddr>().map(|RemoteAddr(addr)| addr);
        let uri = original.map_or(parts.uri, |OriginalUri(uri)| uri);
        Self {
            head: Head::write(&uri, &parts.headers),
            read: OnceLock::new(),
            extensions: parts.extensions,
            remote_addr,
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("uri", self.uri())
            .field("headers", self.headers())
            .field("extensions", &self.extensions)
            .field("remote_addr", &self.remote_addr)
            .finish_non_exhaustive()
    }
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
        assert_eq!(request.uri(), "/path?query");
        assert_eq!(
            request.headers().get_all("name").iter().collect::<Vec<_>>(),
            ["value", "value"]
        );
        parts.extensions.insert(OriginalUri(uri(18..27)));
        let original = Request::from(parts);
        assert_eq!(original.uri(), "/original");
        assert!(buffer.is_unique());
    }

    #[test]
    fn a_request_is_what_it_was() {
        let mut request = http::Request::new(());
        *request.uri_mut() = Uri::from_static("https://example.com:80/a?b=%20:c");
        let headers = request.headers_mut();
        for (name, value) in [("b", "1: 2"), ("a", ""), ("b", "\u{e9}"), ("c", "3")] {
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers.get_mut("c").unwrap().set_sensitive(true);
        let (uri, headers) = (request.uri().clone(), request.headers().clone());
        let kept = Request::from(request.into_parts().0);
        assert_eq!((kept.uri(), kept.headers()), (&uri, &headers));
        assert!(kept.headers()["c"].is_sensitive() && !kept.headers()["a"].is_sensitive());
    }
}
