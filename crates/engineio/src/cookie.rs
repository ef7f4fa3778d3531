//! The cookie that names a session to load balancers.

use std::time::{Duration, SystemTime};

use engineio_proto::Sid;
use http::HeaderValue;

/// A cookie with the session's id, for load balancers that send a client to the same server by it.
/// The server itself does not read it. By default none is set.
///
/// `Set-Cookie: io=lv_VI97HAXpY6yYWAAAB; Path=/; HttpOnly; SameSite=Lax` with the defaults, on the answer
/// to a client's first request, by polling or by WebSocket. Node sets none on the latter.
///
/// The id is a secret: whoever reads the cookie can read and write the session.
///
/// ```
/// use std::time::Duration;
/// use engineio::{Cookie, SameSite};
///
/// let cookie = Cookie::new("io").secure(true).same_site(SameSite::Strict).max_age(Duration::from_secs(86_400));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Cookie {
    name: String,
    path: Option<String>,
    domain: Option<String>,
    max_age: Option<Duration>,
    expires: Option<SystemTime>,
    http_only: bool,
    secure: bool,
    partitioned: bool,
    priority: Option<Priority>,
    same_site: Option<SameSite>,
}

/// Whether a browser sends a cookie with requests that another site causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// It does not.
    Strict,
    /// Only when the user follows a link.
    Lax,
    /// It does, if the cookie is [`secure`](Cookie::secure), which it is made by this.
    None,
}

/// Which cookies a browser drops last when it has too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Before others.
    Low,
    /// As others: the default of browsers.
    Medium,
    /// After others.
    High,
}

impl Default for Cookie {
    /// Node's `cookie: true`.
    fn default() -> Self {
        Self::new("io")
    }
}

impl Cookie {
    /// Names the cookie. Node's default is `io`.
    ///
    /// # Panics
    /// If that is no name: empty, or with a character that no token has.
    #[track_caller]
    pub fn new(name: &str) -> Self {
        let is_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        assert!(!name.is_empty() && name.bytes().all(is_token), "{name:?} cannot name a cookie");
        Self {
            name: name.to_owned(),
            path: Some("/".to_owned()),
            domain: None,
            max_age: None,
            expires: None,
            http_only: true,
            secure: false,
            partitioned: false,
            priority: None,
            same_site: Some(SameSite::Lax),
        }
    }

    /// Sets for which paths it is sent; `None` for those like the one it was set at. Default: `/`.
    ///
    /// # Panics
    /// If it has a character that no attribute has.
    #[track_caller]
    pub fn path<'a>(mut self, path: impl Into<Option<&'a str>>) -> Self {
        self.path = path.into().map(attribute);
        self
    }

    /// Sets the domain that it is sent to, with all below. Default: the server's host alone.
    ///
    /// # Panics
    /// If it has a character that no attribute has.
    #[track_caller]
    pub fn domain(mut self, domain: &str) -> Self {
        self.domain = Some(attribute(domain));
        self
    }

    /// Sets how long it is kept, in whole seconds. Default: as long as the browser runs.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Sets when it is forgotten, for browsers that do not know [`Cookie::max_age`].
    pub fn expires(mut self, at: SystemTime) -> Self {
        self.expires = Some(at);
        self
    }

    /// Sets whether scripts of the page cannot read it. Default: they cannot.
    pub fn http_only(mut self, yes: bool) -> Self {
        self.http_only = yes;
        self
    }

    /// Sets whether it is sent over TLS only. Default: no, as Node's; a server behind TLS wants it.
    pub fn secure(mut self, yes: bool) -> Self {
        self.secure = yes;
        self
    }

    /// Sets whether it is kept apart for each site that the server is embedded in (CHIPS). Default: no.
    pub fn partitioned(mut self, yes: bool) -> Self {
        self.partitioned = yes;
        self
    }

    /// Sets which cookies a browser drops last. Default: not said.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Sets whether other sites cause it to be sent; `None` leaves it to the browser. Default:
    /// [`SameSite::Lax`].
    pub fn same_site(mut self, same_site: impl Into<Option<SameSite>>) -> Self {
        self.same_site = same_site.into();
        self
    }

    /// Returns the `Set-Cookie` of a session.
    pub(crate) fn of(&self, sid: &Sid) -> HeaderValue {
        let mut cookie = format!("{}={}", self.name, sid.as_str());
        let mut attribute = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                cookie.extend(["; ", name, if value.is_empty() { "" } else { "=" }, value]);
            }
        };
        // In the order of Node's library.
        let max_age = self.max_age.map(|age| age.as_secs().to_string());
        let expires = self.expires.map(http_date);
        let is_secure = self.secure || self.same_site == Some(SameSite::None);
        let flag = |set: bool| set.then_some("");
        attribute("Max-Age", max_age.as_deref());
        attribute("Domain", self.domain.as_deref());
        attribute("Path", self.path.as_deref());
        attribute("Expires", expires.as_deref());
        attribute("HttpOnly", flag(self.http_only));
        attribute("Secure", flag(is_secure));
        attribute("Partitioned", flag(self.partitioned));
        attribute(
            "Priority",
            self.priority.map(|priority| match priority {
                Priority::Low => "Low",
                Priority::Medium => "Medium",
                Priority::High => "High",
            }),
        );
        attribute(
            "SameSite",
            self.same_site.map(|same_site| match same_site {
                SameSite::Strict => "Strict",
                SameSite::Lax => "Lax",
                SameSite::None => "None",
            }),
        );
        let mut cookie = HeaderValue::try_from(cookie).expect("its parts were checked");
        cookie.set_sensitive(true);
        cookie
    }
}

/// Checks the value of an attribute: RFC 6265, section 4.1.1.
#[track_caller]
fn attribute(value: &str) -> String {
    let may_stand = |byte: u8| matches!(byte, b' '..=b'~') && byte != b';';
    let is_value = !value.is_empty() && value.bytes().all(may_stand);
    assert!(is_value, "{value:?} cannot be an attribute of a cookie");
    value.to_owned()
}

/// Writes a time as HTTP does: `Sun, 06 Nov 1994 08:49:37 GMT`. Times before 1970 are taken for that.
fn http_date(time: SystemTime) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // The civil calendar, its year begun in March: the day that leap years add is then its last.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = (march_month + 2) % 12; // from 0, for January
    let year = era * 400 + year_of_era + u64::from(month < 2);
    let name = |names: &[&'static str], index: u64| {
        usize::try_from(index).ok().and_then(|index| names.get(index).copied()).unwrap_or_default()
    };
    format!(
        "{}, {day:02} {} {year} {:02}:{:02}:{:02} GMT",
        name(&DAYS, days % 7),
        name(&MONTHS, month),
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(cookie: &Cookie) -> String {
        let value = cookie.of(&Sid::parse("123").expect("a sid"));
        value.to_str().expect("ASCII").to_owned()
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn cookies_are_written_as_by_nodes_library() {
        let cookie = Cookie::default;
        assert_eq!(written(&cookie()), "io=123; Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(written(&cookie().path(None)), "io=123; HttpOnly; SameSite=Lax");
        assert_eq!(written(&Cookie::new("a").http_only(false).same_site(None)), "a=123; Path=/");
        let all = Cookie::new("io")
            .max_age(Duration::from_millis(86_400_999))
            .domain("example.com")
            .path("/custom")
            .expires(at(784_111_777))
            .secure(true)
            .partitioned(true)
            .priority(Priority::High)
            .same_site(SameSite::Strict);
        assert_eq!(
            written(&all),
            "io=123; Max-Age=86400; Domain=example.com; Path=/custom; \
             Expires=Sun, 06 Nov 1994 08:49:37 GMT; HttpOnly; Secure; Partitioned; Priority=High; \
             SameSite=Strict"
        );
        for (priority, text) in [(Priority::Low, "Low"), (Priority::Medium, "Medium")] {
            assert!(written(&cookie().priority(priority)).contains(text));
        }
    }

    #[test]
    fn a_cookie_for_other_sites_is_secure_since_browsers_drop_it_otherwise() {
        let cookie = Cookie::default().same_site(SameSite::None);
        assert_eq!(written(&cookie), "io=123; Path=/; HttpOnly; Secure; SameSite=None");
    }

    #[test]
    fn dates_are_those_of_http() {
        assert_eq!(http_date(at(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(at(951_782_400)), "Tue, 29 Feb 2000 00:00:00 GMT");
        assert_eq!(http_date(at(951_868_799)), "Tue, 29 Feb 2000 23:59:59 GMT");
        assert_eq!(http_date(at(1_709_251_200)), "Fri, 01 Mar 2024 00:00:00 GMT");
        assert_eq!(http_date(at(4_102_444_799)), "Thu, 31 Dec 2099 23:59:59 GMT");
        assert_eq!(http_date(at(0) - Duration::from_secs(1)), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    #[should_panic(expected = "cannot name a cookie")]
    fn a_name_that_would_end_early_is_none() {
        let _ = Cookie::new("io;x");
    }

    #[test]
    #[should_panic(expected = "cannot be an attribute")]
    fn an_attribute_cannot_bring_others() {
        let _ = Cookie::new("io").domain("a; Secure");
    }
}
