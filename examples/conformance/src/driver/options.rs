//! The options of both drivers: the names of the JavaScript server's, and its defaults.

use std::time::Duration;

use engineio::{
    AllowOrigin, Config, Cookie, HttpCompression, PerMessageDeflate, Priority, SameSite, Transport,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::console::misused;

/// The options that an Engine.IO server has. A name that is not here is an error.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EngineOptions {
    pub(crate) path: Option<String>,
    transports: Option<Vec<String>>,
    ping_interval: Option<u64>,
    ping_timeout: Option<u64>,
    upgrade_timeout: Option<u64>,
    max_http_buffer_size: Option<usize>,
    allow_upgrades: Option<bool>,
    #[serde(rename = "allowEIO3")]
    allow_eio3: Option<bool>,
    per_message_deflate: Option<Switch<Threshold>>,
    http_compression: Option<Switch<Threshold>>,
    cookie: Option<Switch<CookieOptions>>,
    pub(crate) cors: Option<super::cors::CorsOptions>,
    pub(crate) initial_packet: Option<Value>,
    pub(crate) add_trailing_slash: Option<bool>,
    allow_request: Option<String>,
    pub(crate) initial_headers: Option<Map<String, Value>>,
    #[serde(flatten)]
    pub(crate) others: Map<String, Value>,
}

/// `true`, `false`, or how.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Switch<T> {
    Is(bool),
    With(T),
}

impl<T: Default> Switch<T> {
    fn on(self) -> Option<T> {
        match self {
            Self::Is(yes) => yes.then(T::default),
            Self::With(how) => Some(how),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Threshold {
    threshold: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CookieOptions {
    name: Option<String>,
    /// `false` for none.
    path: Option<Value>,
    domain: Option<String>,
    max_age: Option<u64>,
    http_only: Option<bool>,
    secure: Option<bool>,
    partitioned: Option<bool>,
    priority: Option<String>,
    /// `true` for strict, `false` for none of it.
    same_site: Option<Value>,
}

impl EngineOptions {
    /// Says whether whoever steers the driver is to be asked about each handshake.
    pub(crate) fn asks(&self) -> bool {
        match self.allow_request.as_deref() {
            None => false,
            Some("remote") => true,
            Some(_) => misused("allowRequest can only be \"remote\""),
        }
    }

    /// Ends the process if an option is left that the driver does not have.
    pub(crate) fn expect_no_others(&self) {
        if let Some(name) = self.others.keys().next() {
            misused(&format!("no such option: {name}"));
        }
    }

    pub(crate) fn config(&self) -> Config {
        let mut config = Config::default();
        let set = |time: &mut Duration, option: Option<u64>| {
            *time = option.map_or(*time, Duration::from_millis);
        };
        set(&mut config.ping_interval, self.ping_interval);
        set(&mut config.ping_timeout, self.ping_timeout);
        set(&mut config.upgrade_timeout, self.upgrade_timeout);
        config.max_payload = self.max_http_buffer_size.unwrap_or(config.max_payload);
        config.allow_upgrades = self.allow_upgrades.unwrap_or(config.allow_upgrades);
        config.allow_jsonp = true;
        config.allow_eio3 = self.allow_eio3.unwrap_or(config.allow_eio3);
        if let Some(names) = &self.transports {
            config.transports = names.iter().map(|name| transport(name)).collect();
        }
        config
    }

    pub(crate) fn deflate(&mut self) -> Option<PerMessageDeflate> {
        let Threshold { threshold } = self.per_message_deflate.take()?.on()?;
        let default = PerMessageDeflate::default();
        Some(PerMessageDeflate { threshold: threshold.unwrap_or(default.threshold), ..default })
    }

    /// On unless it is switched off, as in the JavaScript server.
    pub(crate) fn compression(&mut self) -> Option<HttpCompression> {
        let Threshold { threshold } = match self.http_compression.take() {
            None => Threshold::default(),
            Some(switch) => switch.on()?,
        };
        let default = HttpCompression::default();
        Some(HttpCompression { threshold: threshold.unwrap_or(default.threshold), ..default })
    }

    pub(crate) fn cookie(&mut self) -> Option<Cookie> {
        self.cookie.take()?.on().map(CookieOptions::cookie)
    }

    /// Any, as the JavaScript server does not look at it.
    pub(crate) fn origin() -> AllowOrigin {
        AllowOrigin::any()
    }
}

impl CookieOptions {
    fn cookie(self) -> Cookie {
        let mut cookie = Cookie::new(self.name.as_deref().unwrap_or("io"));
        if let Some(path) = self.path {
            cookie = cookie.path(path.as_str());
        }
        if let Some(domain) = self.domain {
            cookie = cookie.domain(&domain);
        }
        if let Some(seconds) = self.max_age {
            cookie = cookie.max_age(Duration::from_secs(seconds));
        }
        if let Some(priority) = self.priority {
            cookie = cookie.priority(match priority.as_str() {
                "low" => Priority::Low,
                "medium" => Priority::Medium,
                "high" => Priority::High,
                other => misused(&format!("no such priority: {other}")),
            });
        }
        if let Some(same_site) = self.same_site {
            cookie = cookie.same_site(match same_site.as_str().map(str::to_lowercase).as_deref() {
                Some("strict") => Some(SameSite::Strict),
                Some("lax") => Some(SameSite::Lax),
                Some("none") => Some(SameSite::None),
                Some(other) => misused(&format!("no such sameSite: {other}")),
                None => (same_site == Value::Bool(true)).then_some(SameSite::Strict),
            });
        }
        cookie
            .http_only(self.http_only.unwrap_or(true))
            .secure(self.secure.unwrap_or(false))
            .partitioned(self.partitioned.unwrap_or(false))
    }
}

fn transport(name: &str) -> Transport {
    match name {
        "polling" => Transport::Polling,
        "websocket" => Transport::WebSocket,
        other => misused(&format!("no such transport: {other}")),
    }
}
