//! Which sites may use the server from a browser: the `Origin` of a request, WebSocket or not.

use std::fmt;
use std::sync::Arc;

use http::header::{HOST, HeaderName};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Which sites may use the server from a browser, beside its own. By default none.
///
/// A page of any site may open a WebSocket to any server, and the browser sends the server's cookies
/// along: CORS does not cover it. So every request that has an `Origin`, which browsers add and pages
/// cannot change, is refused with 403 unless the origin
///
/// - is the server's own: its host and port are those that the request was sent to (`Host`), or the
///   browser says so itself (`Sec-Fetch-Site`);
/// - or is allowed here.
///
/// A request without one passes: it comes from no page of another site, but from the same site or from
/// no browser at all.
///
/// Behind a proxy that does not pass on the `Host` that the browser sent, the own origin is not known:
/// have it passed on (nginx: `proxy_set_header Host $host`), or name the origin here, or say how many
/// proxies to trust, so that `X-Forwarded-Host` is read: see
/// [`Builder::trust_proxies`](crate::Builder::trust_proxies).
///
/// To let a page of another site *read* what it polls takes CORS as well: see [`EngineIo`](crate::EngineIo).
///
/// ```
/// use engineio::AllowOrigin;
///
/// let one = AllowOrigin::from("https://example.com");
/// let some = AllowOrigin::list(["https://example.com", "https://*.example.com", "http://localhost:5173"]);
/// let all = AllowOrigin::any();
/// let asked = AllowOrigin::predicate(|origin| origin.ends_with(".internal:8443"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct AllowOrigin(Rule);

#[derive(Clone, Default)]
enum Rule {
    /// The server's own.
    #[default]
    Same,
    Any,
    List(Arc<[Box<str>]>),
    Predicate(Arc<dyn Fn(&str) -> bool + Send + Sync>),
}

impl AllowOrigin {
    /// Allows every origin, as Node does: for a server that knows its clients by something that other
    /// sites do not have, and not by cookies.
    #[must_use]
    pub fn any() -> Self {
        Self(Rule::Any)
    }

    /// Allows the server's own origin alone: the default.
    #[must_use]
    pub fn same_origin() -> Self {
        Self(Rule::Same)
    }

    /// Allows these too: `https://example.com`, with a port if it is not the scheme's own.
    ///
    /// `https://*.example.com` allows everything below `example.com`, and not that itself. `null`,
    /// which is what files and sandboxes send, is allowed only if it is in the list.
    #[must_use]
    pub fn list<T: Into<String>>(origins: impl IntoIterator<Item = T>) -> Self {
        let origins = origins.into_iter().map(|origin| origin.into().to_lowercase().into());
        Self(Rule::List(origins.collect()))
    }

    /// Allows those too of which this is true. It is asked for every request, and must not block.
    #[must_use]
    pub fn predicate(allows: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Rule::Predicate(Arc::new(allows)))
    }

    /// Says whether a request with this origin may pass.
    pub(crate) fn allows(&self, origin: &HeaderValue, parts: &Parts, proxies: usize) -> bool {
        if matches!(self.0, Rule::Any) {
            return true;
        }
        let Ok(origin) = origin.to_str() else { return false };
        is_own(origin, parts, proxies)
            || match &self.0 {
                Rule::Same => false,
                Rule::Any => true,
                Rule::List(list) => list.iter().any(|allowed| is_meant(allowed, origin)),
                Rule::Predicate(allows) => allows(origin),
            }
    }
}

impl From<&str> for AllowOrigin {
    /// Allows one: see [`AllowOrigin::list`].
    fn from(origin: &str) -> Self {
        Self::list([origin])
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for AllowOrigin {
    fn from(origins: [T; N]) -> Self {
        Self::list(origins)
    }
}

impl<T: Into<String>> From<Vec<T>> for AllowOrigin {
    fn from(origins: Vec<T>) -> Self {
        Self::list(origins)
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same => f.write_str("SameOrigin"),
            Self::Any => f.write_str("Any"),
            Self::List(list) => f.debug_tuple("List").field(list).finish(),
            Self::Predicate(_) => f.write_str("Predicate"),
        }
    }
}

/// Says whether an origin is the server's own. The scheme is not compared: who ends TLS does not say.
fn is_own(origin: &str, Parts { uri, headers, .. }: &Parts, proxies: usize) -> bool {
    // Only a browser sends it, and no page can change it.
    if headers.get(FETCH_SITE).is_some_and(|site| site == "same-origin") {
        return true;
    }
    let Some((scheme, host)) = origin.split_once("://") else { return false };
    let default_port = if scheme == "https" { ":443" } else { ":80" };
    let is_it = |other: &str| {
        let other = other.strip_suffix(default_port).unwrap_or(other);
        host.eq_ignore_ascii_case(other)
    };
    let said = headers.get(HOST).and_then(|host| host.to_str().ok());
    let said = said.or_else(|| uri.authority().map(|authority| authority.as_str()));
    said.is_some_and(is_it) || forwarded_host(headers, proxies).is_some_and(is_it)
}

/// Returns the host that the outermost of the trusted proxies was asked for.
fn forwarded_host(headers: &HeaderMap, proxies: usize) -> Option<&str> {
    let values = headers.get_all(FORWARDED_HOST).into_iter();
    let items = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let items: Vec<_> = items.map(str::trim).collect();
    // The innermost proxy added the last item; most replace what was there, so there may be fewer.
    let trusted = items.len().min(proxies);
    items[items.len() - trusted..].first().copied()
}

/// Says whether an origin of the list, in lower case, means this one.
fn is_meant(allowed: &str, origin: &str) -> bool {
    let Some((scheme, domain)) = allowed.split_once("://*.") else {
        return allowed.eq_ignore_ascii_case(origin);
    };
    let Some((said, host)) = origin.split_once("://") else { return false };
    let is_below = || {
        let start = host.len().checked_sub(domain.len())?;
        let (label, domain_said) = host.split_at_checked(start)?;
        Some(label.len() > 1 && label.ends_with('.') && domain_said.eq_ignore_ascii_case(domain))
    };
    said.eq_ignore_ascii_case(scheme) && is_below().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(allow: &AllowOrigin, origin: &str, headers: &[(&'static str, &str)]) -> bool {
        allows_behind(0, allow, origin, headers)
    }

    fn allows_behind(
        proxies: usize,
        allow: &AllowOrigin,
        origin: &str,
        headers: &[(&'static str, &str)],
    ) -> bool {
        let (mut parts, ()) = http::Request::new(()).into_parts();
        for (name, value) in headers {
            parts.headers.append(*name, HeaderValue::from_str(value).expect("a value"));
        }
        allow.allows(&HeaderValue::from_str(origin).expect("a value"), &parts, proxies)
    }

    #[test]
    fn the_own_origin_is_the_host_that_was_asked() {
        let same = AllowOrigin::default();
        for (origin, host) in [
            ("https://example.com", "example.com"),
            ("http://example.com", "example.com"),
            ("https://Example.COM", "example.com"),
            ("https://example.com", "example.com:443"),
            ("http://example.com", "example.com:80"),
            ("http://localhost:3000", "localhost:3000"),
            ("http://[::1]:3000", "[::1]:3000"),
        ] {
            assert!(allows(&same, origin, &[("host", host)]), "{origin} at {host}");
        }
        for (origin, host) in [
            ("https://example.com.evil.org", "example.com"),
            ("https://evil-example.com", "example.com"),
            ("https://www.example.com", "example.com"),
            ("https://example.com:8443", "example.com"),
            ("http://localhost:5173", "localhost:3000"),
            ("https://example.com", "example.com:80"),
            ("null", "null"),
            ("", ""),
            ("example.com", "example.com"),
        ] {
            assert!(!allows(&same, origin, &[("host", host)]), "{origin} at {host}");
        }
        assert!(!allows(&same, "https://example.com", &[]));
    }

    #[test]
    fn a_request_of_http_2_names_its_host_in_the_url() {
        let uri = http::Uri::from_static("https://example.com/engine.io/");
        let (parts, ()) =
            http::Request::builder().uri(uri).body(()).expect("a request").into_parts();
        let allows =
            |origin| AllowOrigin::default().allows(&HeaderValue::from_static(origin), &parts, 0);
        assert!(allows("https://example.com") && !allows("https://other.example"));
    }

    #[test]
    fn the_browser_knows_the_own_origin_whatever_a_proxy_made_of_the_host() {
        let same = AllowOrigin::same_origin();
        let site = |site| [("host", "backend:3000"), ("sec-fetch-site", site)];
        assert!(allows(&same, "https://example.com", &site("same-origin")));
        for other in ["same-site", "cross-site", "none", "Same-Origin"] {
            assert!(!allows(&same, "https://example.com", &site(other)), "{other}");
        }
    }

    #[test]
    fn a_forwarded_host_counts_only_from_proxies_that_are_trusted() {
        let same = AllowOrigin::same_origin();
        let forwarded = |hosts| [("host", "backend:3000"), ("x-forwarded-host", hosts)];
        let origin = "https://example.com";
        assert!(!allows_behind(0, &same, origin, &forwarded("example.com")));
        assert!(allows_behind(1, &same, origin, &forwarded("example.com")));
        assert!(allows_behind(2, &same, origin, &forwarded("example.com")));
        assert!(allows_behind(1, &same, origin, &forwarded("forged, example.com")));
        assert!(allows_behind(2, &same, origin, &forwarded("example.com, inner")));
        assert!(!allows_behind(1, &same, origin, &forwarded("example.com, inner")));
        assert!(!allows_behind(2, &same, origin, &forwarded("example.com, outer, inner")));
    }

    #[test]
    fn a_list_allows_its_own_and_what_is_below_a_star() {
        let list =
            AllowOrigin::list(["https://a.com", "https://*.B.com:8443", "http://localhost:5173"]);
        for origin in
            ["https://a.com", "https://A.com", "https://x.b.com:8443", "https://x.y.b.com:8443"]
        {
            assert!(allows(&list, origin, &[]), "{origin}");
        }
        for origin in [
            "http://a.com",
            "https://a.com:8443",
            "https://b.com:8443",
            "https://.b.com:8443",
            "https://xb.com:8443",
            "https://x.b.com",
            "http://x.b.com:8443",
            "https://x.b.com:8443.evil.org",
            "https://é.b.com:8443é",
            "null",
        ] {
            let value = HeaderValue::from_bytes(origin.as_bytes()).expect("a value");
            let (parts, ()) = http::Request::new(()).into_parts();
            assert!(!list.allows(&value, &parts, 0), "{origin}");
        }
        assert!(allows(&list, "https://own.org", &[("host", "own.org")]), "the own is not lost");
        assert!(allows(&["null"].into(), "null", &[]));
    }

    #[test]
    fn any_is_any_and_a_predicate_decides() {
        assert!(allows(&AllowOrigin::any(), "null", &[]));
        let asked = AllowOrigin::predicate(|origin| origin == "app://desktop");
        assert!(allows(&asked, "app://desktop", &[]));
        assert!(!allows(&asked, "app://other", &[]));
    }
}
