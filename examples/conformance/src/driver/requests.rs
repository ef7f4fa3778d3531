//! What lines say of a request.

use engineio::Request;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use serde_json::{Map, Value, json};

use super::console::misused;

/// What a question about a request says of it.
pub(crate) fn asked(request: &Request) -> Value {
    let mut headers = Map::new();
    for (name, value) in request.headers() {
        let value = String::from_utf8_lossy(value.as_bytes());
        let joined = headers.get(name.as_str()).and_then(Value::as_str);
        let joined =
            joined.map_or_else(|| value.to_string(), |before| format!("{before}, {value}"));
        headers.insert(name.as_str().to_owned(), joined.into());
    }
    json!({ "url": request.uri().to_string(), "method": "GET", "headers": headers })
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
