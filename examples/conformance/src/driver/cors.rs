//! The option `cors`, by the layer of tower-http.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
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
    /// 200 or 204: the layer says 200.
    #[expect(
        dead_code,
        reason = "a status of which clients ask no more than that it is one of success"
    )]
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

impl CorsOptions {
    /// Makes the layer, or none if no origin is allowed.
    pub(crate) fn layer(&self) -> Option<CorsLayer> {
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
