//! What lines say of a request.

use engineio::{ConnectionError, Context, Request};
use http::header::COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use serde_json::{Map, Value, json};

use super::console::misused;

/// What is said of a request that is not allowed.
const FORBIDDEN: &str = "Forbidden";

/// What a question about a request says of it.
pub(crate) fn asked(request: &Request) -> Value {
    json!({
        "url": request.uri().to_string(),
        "method": "GET",
        "headers": joined(request.headers()),
    })
}

/// Headers as Node has them: bytes are characters of Latin-1, and values of the same name are one.
pub(crate) fn joined(headers: &HeaderMap) -> Value {
    let mut all = Map::new();
    for name in headers.keys() {
        let values: Vec<_> = headers.get_all(name).iter().map(latin1).collect();
        let separator = if name == COOKIE { "; " } else { ", " };
        all.insert(name.as_str().to_owned(), values.join(separator).into());
    }
    Value::Object(all)
}

/// The value of a header, each byte a character.
pub(crate) fn latin1(value: &HeaderValue) -> String {
    value.as_bytes().iter().copied().map(char::from).collect()
}

/// The pairs of a query, decoded.
pub(crate) fn query(uri: &Uri) -> Value {
    let pairs = engineio::query::pairs(uri.query().unwrap_or_default());
    Value::Object(
        pairs.map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect(),
    )
}

/// Headers that an option names.
pub(crate) fn headers(named: &Map<String, Value>) -> HeaderMap {
    let parse = |(name, value): (&String, &Value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
    };
    named.iter().map(|header| parse(header).unwrap_or_else(|| misused("no such header"))).collect()
}

/// What is said of a request that was refused.
pub(crate) fn refused(error: &ConnectionError) -> Value {
    json!({
        "code": error.code(),
        "message": match error.context {
            Context::Forbidden { .. } => FORBIDDEN, // whatever the client reads
            _ => error.message(),
        },
        "context": context(&error.context),
    })
}

/// The names of the JavaScript server.
fn context(context: &Context) -> Value {
    let mut fields = match context {
        Context::UnknownTransport { transport: Some(transport) } => {
            json!({ "transport": transport })
        }
        Context::UnknownSid { sid } => json!({ "sid": sid }),
        Context::BadHandshakeMethod { method } => json!({ "method": method.as_str() }),
        Context::InvalidOrigin { origin } | Context::ForbiddenOrigin { origin } => {
            json!({ "origin": latin1(origin) })
        }
        Context::TransportMismatch { transport, previous_transport } => json!({
            "transport": transport.to_string(),
            "previousTransport": previous_transport.to_string(),
        }),
        Context::ProtocolMismatch { protocol } => match protocol.as_deref() {
            Some("4") => json!({ "protocol": 4, "previousProtocol": 3 }),
            _ => json!({ "protocol": 3, "previousProtocol": 4 }),
        },
        Context::IdGenerationError { error } => json!({ "error": error.to_string() }),
        Context::Forbidden { message } if message == FORBIDDEN => json!({ "message": null }),
        Context::Forbidden { message } => json!({ "message": message }),
        Context::UnsupportedProtocol { .. } => json!({ "protocol": 3 }),
        _ => json!({}),
    };
    if let Some(name) = context.name() {
        fields["name"] = name.into();
    }
    fields
}
