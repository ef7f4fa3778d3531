//! `GET` and `POST` of an open session, from the request to the response.

use std::convert::Infallible;
use std::fmt::Display;
use std::future::{Future, poll_fn, ready};
use std::pin::{Pin, pin};
use std::sync::Arc;

use bytes::{Buf, Bytes};
use engineio_proto::{EncodedPayload, Packets, Refusal, Revision, v3};
use futures_util::future::{Either, select};
use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, USER_AGENT, X_XSS_PROTECTION};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body::Body as HttpBody;
use tokio::sync::oneshot;

use crate::body::{Body, Plain};
use crate::command::{Answer, Command, Post};
use crate::jsonp;
use crate::sessions::Handle;

/// A future of a service that a user need not name.
pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Bytes of an oversized body that are read and thrown away, so that its sender reads the refusal.
const MAX_DISCARDED: usize = 16 * 1024 * 1024;

/// Serves a request of an open session that is polling.
///
/// All of its head is read before anything is waited for, and nothing of it is kept: it is a part of the buffer that
/// the HTTP server reads into, and who holds it has that take another, 8 KiB more for every poll that waits.
pub(crate) fn serve<B>(
    handle: Arc<Handle>,
    parts: Parts,
    body: B,
    max_payload: usize,
    callback: Option<String>,
) -> BoxFuture<Result<Response<Body>, Infallible>>
where
    B: HttpBody<Error: Display> + Send + 'static,
{
    let (is_explorer, is_binary) = (is_explorer(&parts.headers), is_binary(&parts));
    match parts.method {
        Method::GET => {
            let (poll, answer) = oneshot::channel();
            handle.ask(Command::Poll(poll));
            Box::pin(async move { Ok(self::poll(answer, is_explorer, callback).await) })
        }
        Method::POST if is_binary && handle.dialect.revision == Revision::V4 => {
            handle.ask(Command::Violation("invalid content"));
            Box::pin(ready(Ok(empty(StatusCode::BAD_REQUEST))))
        }
        Method::POST => {
            let form = match (callback, is_binary) {
                (Some(_), _) => Form::Script,
                (None, true) => Form::Bytes,
                (None, false) => Form::Text,
            };
            let mut headers = parts.headers;
            headers.clear(); // the answer's need no map of their own
            Box::pin(async move {
                Ok(post(&handle, body, max_payload, headers, is_explorer, form).await)
            })
        }
        _ => Box::pin(ready(Ok(empty(StatusCode::INTERNAL_SERVER_ERROR)))), // as Node
    }
}

/// What the body of a post is.
enum Form {
    Text,
    /// Packets with bytes, of which only revision 3 knows.
    Bytes,
    /// What the form of a page sends that polls by scripts.
    Script,
}

/// Says whether a body is announced as binary.
fn is_binary(parts: &Parts) -> bool {
    // An exact match, as Node: a charset behind it makes it text.
    parts.method == Method::POST
        && parts.headers.get(CONTENT_TYPE).is_some_and(|value| value == "application/octet-stream")
}

/// Recognises Internet Explorer, whose filter broke payloads that looked like an attack.
pub(crate) fn is_explorer(headers: &HeaderMap) -> bool {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    agent.is_some_and(|agent| agent.contains(";MSIE") || agent.contains("Trident/"))
}

/// Waits for the session's answer to a poll, which is a script if there is a callback.
pub(crate) async fn poll(
    answer: oneshot::Receiver<Answer>,
    is_explorer: bool,
    callback: Option<String>,
) -> Response<Body> {
    match answer.await {
        Ok(Answer::Payload { body, is_plain }) => {
            let (content_type, body) = match body {
                EncodedPayload::Text(text) => ("text/plain; charset=UTF-8", text.into()),
                EncodedPayload::Binary(bytes) => ("application/octet-stream", bytes.into()),
            };
            let mut answer = ok(content_type, body, HeaderMap::new(), is_explorer);
            if is_plain {
                answer.extensions_mut().insert(Plain);
            }
            match callback {
                Some(index) => jsonp::script(&index, answer),
                None => answer,
            }
        }
        Ok(Answer::Overlap) => empty(StatusCode::BAD_REQUEST),
        Err(_) => refuse(Refusal::UnknownSid), // the session ended in between
    }
}

/// Hands the packets of a request to the session, and answers once they are taken.
async fn post<B>(
    handle: &Handle,
    body: B,
    max_payload: usize,
    headers: HeaderMap,
    is_explorer: bool,
    form: Form,
) -> Response<Body>
where
    B: HttpBody<Error: Display> + Send + 'static,
{
    let Some(posting) = handle.start_post() else {
        handle.ask(Command::Violation("data request overlap from client"));
        return empty(StatusCode::BAD_REQUEST);
    };
    let mut body = Box::pin(body);
    let collected = unless(handle.commands.closed(), collect(body.as_mut(), max_payload));
    let bytes = match collected.await {
        Some(Ok(bytes)) => bytes,
        Some(Err(Broken::TooLarge)) => {
            posting.finish();
            tokio::spawn(async move { discard(body.as_mut()).await });
            return empty(StatusCode::PAYLOAD_TOO_LARGE);
        }
        // Dropping `posting` tells the session of a lost client.
        Some(Err(Broken::Lost)) | None => return hang_up(),
    };
    drop(body);
    let payload = match form {
        Form::Script => jsonp::form(handle.dialect, &bytes),
        Form::Bytes => Ok(Packets::V3(v3::Payload::of_bytes(bytes))),
        Form::Text => handle.dialect.decode_payload(bytes),
    };
    let Ok(payload) = payload else {
        posting.finish();
        handle.ask(Command::Violation("a body is not UTF-8"));
        return empty(StatusCode::BAD_REQUEST);
    };
    let (done, taken) = oneshot::channel();
    handle.ask(Command::Post(Post { payload, done }));
    let taken = taken.await;
    posting.finish();
    match taken {
        // The content type is Node's, for browsers that offered anything else for download.
        Ok(()) => ok("text/html", Bytes::from_static(b"ok"), headers, is_explorer),
        Err(_) => hang_up(),
    }
}

/// Waits for `future`, or for `end` to come first.
async fn unless<T>(end: impl Future<Output = ()>, future: impl Future<Output = T>) -> Option<T> {
    match select(pin!(future), pin!(end)).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(_) => None,
    }
}

enum Broken {
    TooLarge,
    Lost,
}

async fn collect<B>(mut body: Pin<&mut B>, limit: usize) -> Result<Bytes, Broken>
where
    B: HttpBody<Error: Display>,
{
    if body.size_hint().lower() > limit as u64 {
        return Err(Broken::TooLarge);
    }
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let frame = frame.map_err(|error| {
            tracing::debug!(%error, "a body ended early");
            Broken::Lost
        })?;
        let Ok(mut data) = frame.into_data() else { continue };
        if bytes.len() + data.remaining() > limit {
            return Err(Broken::TooLarge);
        }
        if bytes.is_empty() && body.is_end_stream() {
            return Ok(data.copy_to_bytes(data.remaining())); // as it came, most often
        }
        while data.has_remaining() {
            let chunk = data.chunk();
            bytes.extend_from_slice(chunk);
            data.advance(chunk.len());
        }
    }
    Ok(bytes.into())
}

async fn discard<B: HttpBody>(mut body: Pin<&mut B>) {
    let mut discarded = 0;
    while let Some(Ok(frame)) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        discarded += frame.into_data().map_or(0, |data| data.remaining());
        if discarded > MAX_DISCARDED {
            return;
        }
    }
}

/// Answers with the refusal's code and message as JSON.
pub(crate) fn refuse(refusal: Refusal) -> Response<Body> {
    let mut response = Response::new(Body::from(refusal.json()));
    *response.status_mut() =
        StatusCode::from_u16(refusal.status()).expect("a refusal has an HTTP status");
    let content_type = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// Answers with a status alone.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = status;
    response
}

/// Answers a request whose session is gone, and ends its connection.
fn hang_up() -> Response<Body> {
    let mut response = empty(StatusCode::BAD_REQUEST);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Answers 200, with these headers beside those of polling.
fn ok(
    content_type: &'static str,
    body: Bytes,
    mut headers: HeaderMap,
    is_explorer: bool,
) -> Response<Body> {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if is_explorer {
        headers.insert(X_XSS_PROTECTION, HeaderValue::from_static("0"));
    }
    let mut response = Response::new(Body::from(body));
    *response.headers_mut() = headers;
    response
}
