//! `GET` and `POST` of an open session, from the request to the response.

use std::fmt::Display;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};

use bytes::{Buf, Bytes};
use engineio_proto::{Payload, Refusal, Text};
use futures_util::future::{Either, select};
use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body::Body as HttpBody;
use tokio::sync::oneshot;

use crate::body::Body;
use crate::command::{Answer, Command, Post};
use crate::sessions::Handle;

/// Bytes of an oversized body that are read and thrown away, so that its sender reads the refusal.
const MAX_DISCARDED: usize = 16 * 1024 * 1024;

/// What a request's headers say to whoever answers it.
///
/// It is read before anything is waited for: the headers themselves are a part of the buffer that the HTTP server reads
/// into, and who holds them has it take another, 8 KiB more for every poll that waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    /// `application/octet-stream`.
    is_binary: bool,
    /// Bytes that the body is to have.
    announced: Option<usize>,
    /// Internet Explorer, whose filter broke payloads that looked like an attack.
    is_explorer: bool,
}

impl Head {
    pub(crate) fn new(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let agent = text(USER_AGENT).unwrap_or_default();
        Self {
            // An exact match, as Node: a charset behind it makes it text. Binary packets come as base64.
            is_binary: text(CONTENT_TYPE) == Some("application/octet-stream"),
            announced: text(CONTENT_LENGTH).and_then(|length| length.parse().ok()),
            is_explorer: agent.contains(";MSIE") || agent.contains("Trident/"),
        }
    }
}

/// Waits for the session's answer to a poll.
pub(crate) async fn poll(answer: oneshot::Receiver<Answer>, head: Head) -> Response<Body> {
    match answer.await {
        Ok(Answer::Payload(payload)) => {
            let content_type = HeaderValue::from_static("text/plain; charset=UTF-8");
            ok(content_type, payload.into(), head)
        }
        Ok(Answer::Overlap) => empty(StatusCode::BAD_REQUEST),
        Err(_) => refuse(Refusal::UnknownSid), // the session ended in between
    }
}

/// Hands the packets of a request to the session, and answers once they are taken.
pub(crate) async fn post<B>(
    handle: &Handle,
    head: Head,
    body: B,
    max_payload: usize,
) -> Response<Body>
where
    B: HttpBody<Error: Display> + Send + 'static,
{
    let Some(posting) = handle.start_post() else {
        handle.ask(Command::Violation("data request overlap from client"));
        return empty(StatusCode::BAD_REQUEST);
    };
    if head.is_binary {
        posting.finish();
        handle.ask(Command::Violation("invalid content"));
        return empty(StatusCode::BAD_REQUEST);
    }
    let mut body = Box::pin(body);
    let collected =
        unless(handle.commands.closed(), collect(body.as_mut(), max_payload, head.announced));
    let body = match collected.await {
        Some(Ok(bytes)) => bytes,
        Some(Err(Broken::TooLarge)) => {
            posting.finish();
            tokio::spawn(async move { discard(body.as_mut()).await });
            return empty(StatusCode::PAYLOAD_TOO_LARGE);
        }
        // Dropping `posting` tells the session of a lost client.
        Some(Err(Broken::Lost)) | None => return hang_up(),
    };
    let Ok(text) = Text::try_from(body) else {
        posting.finish();
        handle.ask(Command::Violation("a body is not UTF-8"));
        return empty(StatusCode::BAD_REQUEST);
    };
    let (done, taken) = oneshot::channel();
    handle.ask(Command::Post(Post { payload: Payload::new(text), done }));
    let taken = taken.await;
    posting.finish();
    match taken {
        // The content type is Node's, for browsers that offered anything else for download.
        Ok(()) => ok(HeaderValue::from_static("text/html"), Bytes::from_static(b"ok"), head),
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

async fn collect<B>(
    mut body: Pin<&mut B>,
    limit: usize,
    announced: Option<usize>,
) -> Result<Bytes, Broken>
where
    B: HttpBody<Error: Display>,
{
    if announced.is_some_and(|length| length > limit) {
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

fn ok(content_type: HeaderValue, body: Bytes, head: Head) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if head.is_explorer {
        headers.insert("x-xss-protection", HeaderValue::from_static("0"));
    }
    response
}
