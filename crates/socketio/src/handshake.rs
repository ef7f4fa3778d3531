//! What is known of a client from its first request.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::SystemTime;

use engineio::{Text, query};
use http::{Extensions, HeaderMap, Uri, header};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_till1, take_while};
use nom::character::complete::{char, digit1};
use nom::combinator::{all_consuming, opt};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};
use serde::de::DeserializeOwned;

use crate::client::Client;

mod details;

/// What is known of a client from its first request and its `CONNECT` packet. An extractor.
///
/// The request is the one that opened the connection: a later upgrade changes nothing here.
#[derive(Clone)]
pub struct Handshake {
    client: Arc<Client>,
    auth: Option<Text>,
}

impl Handshake {
    pub(crate) fn new(client: Arc<Client>, auth: Option<Text>) -> Self {
        Self { client, auth }
    }

    /// Returns the headers of the request.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.client.request.headers()
    }

    /// Returns the value of a cookie, as it was sent.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let headers = self.headers().get_all(header::COOKIE).into_iter();
        let mut cookies = headers.filter_map(|value| value.to_str().ok()).flat_map(cookies);
        cookies.find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Returns the URL as the client sent it, or as it is seen behind what rewrites it.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        self.client.request.uri()
    }

    /// Returns a parameter of the URL, the protocol's own (`EIO`, `transport`) included. If it was
    /// given several times, the last one.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<Cow<'_, str>> {
        self.query_pairs().filter(|(key, _)| key == name).last().map(|(_, value)| value)
    }

    /// Returns all parameters of the URL in their order.
    pub fn query_pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        query::pairs(self.uri().query().unwrap_or_default())
    }

    /// Returns what services in front of this one added to the request.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.client.request.extensions
    }

    /// Returns the address of the peer of the connection, if the HTTP server told it. Behind a proxy it
    /// is the proxy's.
    #[must_use]
    pub fn remote_addr(&self) -> Option<SocketAddr> {
        self.client.request.remote_addr
    }

    /// Returns the address of the client: the peer's, or what the proxies in front say if
    /// [`Builder::trust_proxies`](crate::Builder::trust_proxies) tells how many there are.
    #[must_use]
    pub fn client_ip(&self) -> Option<IpAddr> {
        let peer = self.remote_addr().map(|addr| addr.ip());
        if self.client.proxies == 0 {
            return peer;
        }
        let said = self.said_by_proxies("x-forwarded-for");
        said.map_or(peer, |address| forwarded_address(address).ok().map(|(_, ip)| ip))
    }

    /// Returns when the connection was opened.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        self.client.time
    }

    /// Says whether the client came by TLS, as far as the URL or a trusted proxy says so.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        let proxied = self.client.proxies > 0;
        let said = proxied.then(|| self.said_by_proxies("x-forwarded-proto")).flatten();
        said.or_else(|| self.uri().scheme_str())
            .is_some_and(|scheme| matches!(scheme, "https" | "wss"))
    }

    /// Says whether the request has an `Origin`, as Node's `xdomain` does. It is compared to nothing.
    #[must_use]
    pub fn is_cross_domain(&self) -> bool {
        self.headers().contains_key(header::ORIGIN)
    }

    /// Reads the `auth` that the client gave for this namespace: an object, `{}` if none.
    ///
    /// # Errors
    /// It is not of the type.
    pub fn auth<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(self.auth_text().as_bytes())
    }

    pub(crate) fn auth_text(&self) -> Text {
        self.auth.clone().unwrap_or(Text::from_static("{}"))
    }

    /// Returns what the outermost trusted proxy says, of a header to which each proxy adds an item.
    fn said_by_proxies(&self, name: &str) -> Option<&str> {
        let values = self.headers().get_all(name).into_iter();
        let items: Vec<&str> = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(',').map(str::trim))
            .collect();
        // The innermost proxy added the last item. Items before the trusted ones are the client's own.
        items.get(items.len().saturating_sub(self.client.proxies)).copied()
    }
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake")
            .field("remote_addr", &self.remote_addr())
            .finish_non_exhaustive()
    }
}

/// The pairs of a `Cookie` header, RFC 6265 section 4.2. Parts that are no pair are passed over.
fn cookies(header: &str) -> impl Iterator<Item = (&str, &str)> {
    header.split(';').filter_map(|part| cookie(part).ok().map(|(_, pair)| pair))
}

fn cookie(part: &str) -> IResult<&str, (&str, &str)> {
    let (rest, name) =
        delimited(take_while(|c| c == ' '), take_till1(|c| c == '='), char('=')).parse(part)?;
    let value = rest.trim();
    let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    Ok(("", (name.trim(), unquoted.unwrap_or(value))))
}

/// An address as proxies write it: `192.0.2.1`, `192.0.2.1:47011`, `2001:db8::1`, `[2001:db8::1]:47011`.
fn forwarded_address(text: &str) -> IResult<&str, IpAddr> {
    fn port(text: &str) -> IResult<&str, Option<&str>> {
        opt(preceded(char(':'), digit1)).parse(text)
    }
    let bracketed = delimited(tag("["), take_till(|c| c == ']'), tag("]"));
    let with_port = terminated(bracketed, port);
    let plain = terminated(take_till1(|c| c == ':'), port);
    alt((
        all_consuming(with_port).map_opt(|text: &str| text.parse().ok()),
        all_consuming(plain).map_opt(|text: &str| text.parse().ok()),
        take_till1(|c: char| c.is_whitespace()).map_opt(|text: &str| text.parse().ok()),
    ))
    .parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        let ip = |text| forwarded_address(text).map(|(_, ip): (_, IpAddr)| ip.to_string()).ok();
        assert_eq!(ip("192.0.2.1").as_deref(), Some("192.0.2.1"));
        assert_eq!(ip("192.0.2.1:47011").as_deref(), Some("192.0.2.1"));
        assert_eq!(ip("2001:db8::1").as_deref(), Some("2001:db8::1"));
        assert_eq!(ip("[2001:db8::1]").as_deref(), Some("2001:db8::1"));
        assert_eq!(ip("[2001:db8::1]:47011").as_deref(), Some("2001:db8::1"));
        assert_eq!(ip("unknown"), None);
        assert_eq!(ip(""), None);
    }

    #[test]
    fn cookies_are_pairs_between_semicolons() {
        let pairs: Vec<_> = cookies("a=1; b=\"x=y\";junk;  c = 3").collect();
        assert_eq!(pairs, [("a", "1"), ("b", "x=y"), ("c", "3")]);
    }
}
