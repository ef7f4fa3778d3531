//! The server as a tower layer: it answers its own path and passes everything else on.

use std::fmt::{self, Display};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use engineio::Body;
use http::{Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::io::{BoxFuture, SocketIo};

/// Answers the requests of a server's own path, and passes every other one on: [`SocketIo::layer`].
#[derive(Clone, Debug)]
pub struct SocketIoLayer(SocketIo);

impl SocketIo {
    /// Makes a layer that answers [`Builder::path`](crate::Builder::path) and passes every other request on.
    ///
    /// ```
    /// # fn example(io: socketio::SocketIo) -> axum::Router {
    /// axum::Router::new().layer(io.layer())
    /// # }
    /// ```
    #[must_use]
    pub fn layer(&self) -> SocketIoLayer {
        SocketIoLayer(self.clone())
    }
}

impl<S> Layer<S> for SocketIoLayer {
    type Service = SocketIoService<S>;

    fn layer(&self, inner: S) -> SocketIoService<S> {
        SocketIoService { io: self.0.clone(), inner }
    }
}

/// A service with a server in front of it.
#[derive(Clone, Debug)]
pub struct SocketIoService<S> {
    io: SocketIo,
    inner: S,
}

impl<S, B, R> Service<Request<B>> for SocketIoService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    B: HttpBody<Error: Display> + Send + 'static,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let answer = match self.io.is_ours(&request) {
            true => Answer::Own { own: self.io.call(request) },
            false => Answer::Inner { inner: self.inner.call(request) },
        };
        ResponseFuture { answer }
    }
}

pin_project! {
    /// Waits for a response: our own, or that of the service behind.
    pub struct ResponseFuture<F> {
        #[pin]
        answer: Answer<F>,
    }
}

pin_project! {
    #[project = AnswerProjection]
    enum Answer<F> {
        Own { own: BoxFuture },
        Inner { #[pin] inner: F },
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<ResponseBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().answer.project() {
            AnswerProjection::Own { own } => own.as_mut().poll(cx).map(|answer| {
                let response = answer.unwrap_or_else(|never| match never {});
                Ok(response.map(ResponseBody::own))
            }),
            AnswerProjection::Inner { inner } => {
                inner.poll(cx).map_ok(|response| response.map(ResponseBody::inner))
            }
        }
    }
}

pin_project! {
    /// The body of a response: our own, or that of the service behind.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        own: Body,
        #[pin]
        inner: Option<B>,
    }
}

impl<B> ResponseBody<B> {
    fn own(own: Body) -> Self {
        Self { own, inner: None }
    }

    fn inner(inner: B) -> Self {
        Self { own: Body::default(), inner: Some(inner) }
    }
}

impl<B: HttpBody<Data = Bytes>> HttpBody for ResponseBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        match this.inner.as_pin_mut() {
            Some(inner) => inner.poll_frame(cx),
            None => Pin::new(this.own)
                .poll_frame(cx)
                .map(|frame| frame.map(|frame| frame.map_err(|never| match never {}))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().map_or_else(|| self.own.is_end_stream(), HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| self.own.size_hint(), HttpBody::size_hint)
    }
}
