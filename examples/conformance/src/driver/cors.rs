//! The option `cors`, by the layer of tower-http.

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use http::header::VARY;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde::Deserialize;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

use super::console::misused;

/// What the npm package `cors` may be told.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CorsOptions {
    origin: Option<Origin>,
    methods: Option<Strings>,
    allowed_headers: Option<Strings>,
    exposed_headers: Option<Strings>,
    credentials: Option<bool>,
    max_age: Option<u64>,
    options_success_status: Option<u16>,
}

/// `true` for whoever asks, one, or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Origin {
    Is(bool),
    Text(String),
    List(Vec<String>),
}

/// `"GET,POST"`, or a list.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Strings {
    Text(String),
    List(Vec<String>),
}

impl Strings {
    fn parse<T>(&self, what: impl Fn(&str) -> Option<T>) -> Vec<T> {
        let text = match self {
            Self::Text(text) => text.clone(),
            Self::List(list) => list.join(","),
        };
        let parse = |name: &str| {
            what(name).unwrap_or_else(|| misused(&format!("no header can have {name}")))
        };
        text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(parse).collect()
    }
}

/// What the layer would say otherwise than the npm package.
#[derive(Clone, Copy, Debug)]
struct Told {
    /// The answer depends on the `Origin`, or is said to.
    varies: bool,
    mirrors_headers: bool,
    preflight: StatusCode,
}

impl Told {
    async fn tell(self, request: Request, next: Next) -> Response {
        let is_preflight = request.method() == Method::OPTIONS;
        let mut response = next.run(request).await;
        if is_preflight {
            *response.status_mut() = self.preflight;
        }
        let names = match (self.varies, is_preflight && self.mirrors_headers) {
            (true, true) => "Origin, Access-Control-Request-Headers",
            (true, false) => "Origin",
            (false, true) => "Access-Control-Request-Headers",
            (false, false) => return response,
        };
        response.headers_mut().append(VARY, HeaderValue::from_static(names));
        response
    }
}

impl CorsOptions {
    /// Puts the layer around all routes, unless no origin is allowed.
    pub(crate) fn around(&self, app: Router) -> Router {
        let Some(layer) = self.layer() else { return app };
        let told = Told {
            varies: !matches!(&self.origin, None | Some(Origin::Text(_)))
                || matches!(&self.origin, Some(Origin::Text(one)) if one != "*"),
            mirrors_headers: self.allowed_headers.is_none(),
            preflight: self
                .options_success_status
                .and_then(|status| StatusCode::from_u16(status).ok())
                .unwrap_or(StatusCode::NO_CONTENT),
        };
        app.layer(layer.vary([]))
            .layer(from_fn(move |request: Request, next: Next| told.tell(request, next)))
    }

    /// Makes the layer, or none if no origin is allowed.
    fn layer(&self) -> Option<CorsLayer> {
        let header = |name: &str| HeaderName::try_from(name).ok();
        let origin = match &self.origin {
            Some(Origin::Is(false)) => return None,
            Some(Origin::Is(true)) => AllowOrigin::mirror_request(),
            Some(Origin::Text(one)) if one != "*" => AllowOrigin::exact(value(one)),
            Some(Origin::List(list)) => AllowOrigin::list(list.iter().map(|one| value(one))),
            None | Some(Origin::Text(_)) => AllowOrigin::any(),
        };
        let methods = match &self.methods {
            Some(methods) => methods.parse(|name| Method::try_from(name).ok()),
            None => ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"]
                .map(|name| Method::try_from(name).expect("it is a method"))
                .into(),
        };
        let headers = match &self.allowed_headers {
            Some(headers) => AllowHeaders::list(headers.parse(header)),
            None => AllowHeaders::mirror_request(),
        };
        let mut layer = CorsLayer::new()
            .allow_origin(origin)
            .allow_methods(AllowMethods::list(methods))
            .allow_headers(headers)
            .allow_credentials(self.credentials.unwrap_or(false));
        if let Some(headers) = &self.exposed_headers {
            layer = layer.expose_headers(headers.parse(header));
        }
        if let Some(seconds) = self.max_age {
            layer = layer.max_age(Duration::from_secs(seconds));
        }
        Some(layer)
    }
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or_else(|_| misused(&format!("no origin is {text}")))
}
