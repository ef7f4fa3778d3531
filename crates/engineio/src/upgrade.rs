//! The handshake of a WebSocket, RFC 6455 section 4.2, as the server of a tower service sees it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engineio_proto::headers;
use http::header::{
    CONNECTION, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use sha1::{Digest, Sha1};

use crate::body::Body;
use crate::deflate::{Deflate, Malformed, PerMessageDeflate};

/// The constant of RFC 6455 section 1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Says whether a request asks for another protocol on its connection.
pub(crate) fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(UPGRADE) && has_token(headers, CONNECTION, "upgrade")
}

/// Answers the handshake with 101, or with the refusal that Node's WebSocket library gives. With the
/// 101 comes the compression that was agreed: none if the server wants none, whatever is offered.
pub(crate) fn accept(
    parts: &Parts,
    deflate: Option<&PerMessageDeflate>,
) -> (Response<Body>, Option<Deflate>) {
    let mut response = open(parts);
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return (response, None);
    }
    let agreed = match deflate.map(|deflate| deflate.negotiate(&parts.headers)).transpose() {
        Ok(agreed) => agreed.flatten(),
        Err(Malformed) => {
            return (refuse("Invalid or unacceptable Sec-WebSocket-Extensions header"), None);
        }
    };
    if let Some(deflate) = &agreed {
        response.headers_mut().insert(SEC_WEBSOCKET_EXTENSIONS, deflate.answer());
    }
    (response, agreed)
}

/// Answers all of the handshake but the extensions.
fn open(Parts { method, headers, .. }: &Parts) -> Response<Body> {
    if method != Method::GET {
        let mut response = refuse("Invalid HTTP method");
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        return response;
    }
    if !has_token(headers, UPGRADE, "websocket") {
        return refuse("Invalid Upgrade header");
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes);
    let Some(key) = key.filter(|key| headers::is_websocket_key(key)) else {
        return refuse("Missing or invalid Sec-WebSocket-Key header");
    };
    let version = headers.get(SEC_WEBSOCKET_VERSION).map(HeaderValue::as_bytes);
    if !matches!(version, Some(b"13" | b"8")) {
        let mut response = refuse("Missing or invalid Sec-WebSocket-Version header");
        let versions = HeaderValue::from_static("13, 8");
        response.headers_mut().insert(SEC_WEBSOCKET_VERSION, versions);
        return response;
    }
    // As Node's library does by default, the first subprotocol offered is the one chosen.
    let offered = headers.get(SEC_WEBSOCKET_PROTOCOL).map(HeaderValue::as_bytes);
    let protocol = match offered.map(headers::first_token) {
        Some(None) => return refuse("Invalid Sec-WebSocket-Protocol header"),
        Some(Some(protocol)) => HeaderValue::from_str(protocol).ok(),
        None => None,
    };
    let accept = STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize());
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let answer = response.headers_mut();
    answer.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    answer.insert(UPGRADE, HeaderValue::from_static("websocket"));
    answer.insert(SEC_WEBSOCKET_ACCEPT, accept.parse().expect("base64 is a header value"));
    if let Some(protocol) = protocol {
        answer.insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    response
}

/// Answers a request for a WebSocket with a refusal: always 400, in text, as Node does.
pub(crate) fn refuse(message: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(message.into());
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    headers.get_all(name).iter().any(|value| headers::has_token(value.as_bytes(), token))
}
