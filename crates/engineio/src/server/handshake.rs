//! The request that opens a session, from the hooks to its answer.

use std::sync::Arc;

use engineio_proto::{Dialect, Sid, Transport};
use http::header::SET_COOKIE;
use http::request::Parts;
use http::{HeaderMap, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use tokio::sync::oneshot;

use super::EngineIo;
use crate::body::Body;
use crate::compression;
use crate::deflate::Deflate;
use crate::link::Link;
use crate::polling;
use crate::refused::Context;
use crate::request::Request;
use crate::session::Carrier;
use crate::upgrade;
use crate::websocket::WebSocket;

impl EngineIo {
    /// Opens a session, if the application lets the client in.
    pub(super) async fn shake_hands(
        self,
        parts: Parts,
        transport: Transport,
        dialect: Dialect,
    ) -> Response<Body> {
        match self.refuse_when_closing() {
            Some(refused) => refused,
            None => match transport {
                Transport::Polling => self.open_polling(parts, dialect).await,
                Transport::WebSocket => self.open_websocket(parts, dialect).await,
            },
        }
    }

    /// Opens a session whose first poll this is.
    async fn open_polling(&self, parts: Parts, dialect: Dialect) -> Response<Body> {
        let is_explorer = polling::is_explorer(&parts.headers);
        let (wanted, callback) = (self.encoding(&parts.headers), self.callback(&parts));
        let request = Arc::new(Request::from(parts));
        let sid = match self.let_in(&request).await {
            Ok(sid) => sid,
            Err(context) => return self.refuse(|| request, context, false),
        };
        let (poll, answer) = oneshot::channel();
        self.start(sid.clone(), Arc::clone(&request), Carrier::Poll(poll), dialect);
        let response = polling::poll(answer, is_explorer, callback).await;
        let mut response = compression::compress(response, wanted).await;
        if response.status() == StatusCode::OK {
            self.dress_first(response.headers_mut(), &sid, &request);
        }
        response
    }

    /// Answers 101 and opens a session.
    async fn open_websocket(self, mut parts: Parts, dialect: Dialect) -> Response<Body> {
        let (on_upgrade, mut response, deflate) = match self.accept(&mut parts) {
            Ok(accepted) => accepted,
            Err(refused) => return refused,
        };
        let request = Arc::new(Request::from(parts));
        let sid = match self.let_in(&request).await {
            Ok(sid) => sid,
            Err(context) => return self.refuse(|| request, context, true),
        };
        self.dress_first(response.headers_mut(), &sid, &request);
        self.take_over(on_upgrade, deflate, dialect, move |server, link| {
            server.start(sid, request, Carrier::Link(link), dialect);
        });
        response
    }

    /// Answers a request for a WebSocket: with what is needed to go on, or with a refusal.
    #[expect(clippy::result_large_err, reason = "either is an answer")]
    pub(super) fn accept(
        &self,
        parts: &mut Parts,
    ) -> Result<(OnUpgrade, Response<Body>, Option<Deflate>), Response<Body>> {
        let Some(on_upgrade) = parts.extensions.remove::<OnUpgrade>() else {
            tracing::warn!("this HTTP server offers no upgrade: hyper needs `with_upgrades`");
            return Err(upgrade::refuse(Context::TransportHandshakeError.refusal().message()));
        };
        let (response, deflate) = upgrade::accept(parts, self.0.options.deflate.as_ref());
        match response.status() {
            StatusCode::SWITCHING_PROTOCOLS => Ok((on_upgrade, response, deflate)),
            _ => Err(response),
        }
    }

    /// Waits for the 101 to be written, and hands the connection on.
    ///
    /// The task ends with the handshake, so that a session's own holds nothing of it for life.
    pub(super) fn take_over(
        self,
        on_upgrade: OnUpgrade,
        deflate: Option<Deflate>,
        dialect: Dialect,
        then: impl FnOnce(&Self, Link) + Send + 'static,
    ) {
        tokio::spawn(async move {
            let upgraded = match on_upgrade.await {
                Ok(upgraded) => upgraded,
                Err(error) => return tracing::debug!(%error, "a handshake broke"),
            };
            let config = &self.0.options.config;
            let websocket = WebSocket::new(upgraded, config, deflate, dialect);
            then(&self, Link::WebSocket(Box::new(websocket)));
        });
    }

    /// Asks the application whether a client may open a session, and what the session is called.
    async fn let_in(&self, request: &Arc<Request>) -> Result<Sid, Context> {
        let hooks = &self.0.options.hooks;
        if let Some(allow) = &hooks.allow_request {
            allow(Arc::clone(request)).await?;
        }
        let Some(generate) = &hooks.generate_id else {
            return Ok(Sid::from_random(rand::random()));
        };
        let sid = generate(Arc::clone(request)).await;
        sid.and_then(|sid| match self.0.sessions.get(&sid) {
            Some(_) => Err("the id is taken".into()),
            None => Ok(sid),
        })
        .map_err(|error| Context::IdGenerationError { error: error.into() })
    }

    /// Adds what the answer that opens a session has and others do not, and then what all have.
    fn dress_first(&self, headers: &mut HeaderMap, sid: &Sid, request: &Request) {
        if let Some(cookie) = &self.0.options.cookie {
            headers.append(SET_COOKIE, cookie.of(sid));
        }
        if let Some(add) = &self.0.options.hooks.initial_headers {
            add(headers, request);
        }
        self.dress(headers, request);
    }

    /// Adds what every answer has.
    pub(super) fn dress(&self, headers: &mut HeaderMap, request: &Request) {
        if let Some(add) = &self.0.options.hooks.headers {
            add(headers, request);
        }
    }
}
