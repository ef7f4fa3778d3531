//! Polls that are answered with a script, and posts that are forms: see [`engineio_proto::jsonp`].

use std::str;

use bytes::Bytes;
pub(crate) use engineio_proto::jsonp::index;
use engineio_proto::{Dialect, InvalidUtf8, Packets, jsonp, v3};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};

use crate::body::Body;

/// Puts the answer to a poll into a script. What refuses a poll stays as it is.
pub(crate) fn script(index: &str, response: Response<Body>) -> Response<Body> {
    if response.status() != StatusCode::OK {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let payload = String::from_utf8_lossy(body.as_bytes()); // text: the session knows that it polls by scripts
    // Node's is text, which browsers refuse to run where a page is served with `nosniff`.
    let content_type = HeaderValue::from_static("text/javascript; charset=UTF-8");
    head.headers.insert(CONTENT_TYPE, content_type);
    Response::from_parts(head, jsonp::script(index, &payload).into())
}

/// Reads the packets of a form. One that has none is no error, as in Node.
pub(crate) fn form(dialect: Dialect, body: &Bytes) -> Result<Packets, InvalidUtf8> {
    let form = str::from_utf8(body).map_err(|_| InvalidUtf8)?;
    match jsonp::form(form) {
        Some(payload) => dialect.decode_payload(payload.into()),
        None => Ok(Packets::V3(v3::Payload::of_bytes(Bytes::new()))),
    }
}
