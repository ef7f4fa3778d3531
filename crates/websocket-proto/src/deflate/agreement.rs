//! What the server wants, and what comes of it.

use std::fmt;

use super::offer::{MalformedOffer, Offer, offers};

/// What a server wants of compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// Whether a message may refer to those that the server sent before. Default: no.
    ///
    /// It compresses short messages well, and costs 250 to 380 KB a connection. Without it, one
    /// [`Deflater`](super::Deflater) serves all connections with the same agreement, and one
    /// compressed message all receivers.
    pub server_context_takeover: bool,
    /// Whether a message may refer to those that the client sent before. Default: no.
    ///
    /// It costs 48 KB a connection.
    pub client_context_takeover: bool,
    /// How far back the server's messages refer: 2^n bytes. Default: 15. At least 9, at most 15.
    pub server_max_window_bits: u8,
    /// How far back the client's messages may refer: 2^n bytes. Default: 15. At least 9, at most 15.
    ///
    /// Below 15, an offer without `client_max_window_bits` is declined. It saves memory of the
    /// client and none of the server.
    pub client_max_window_bits: u8,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            server_context_takeover: false,
            client_context_takeover: false,
            server_max_window_bits: 15,
            client_max_window_bits: 15,
        }
    }
}

/// How a connection compresses. Its text is the server's answer, `Sec-WebSocket-Extensions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Agreement {
    pub(super) server_no_context_takeover: bool,
    pub(super) client_no_context_takeover: bool,
    /// 8 to 15.
    pub(super) server_max_window_bits: Option<u8>,
    /// 8 to 15.
    pub(super) client_max_window_bits: Option<u8>,
}

/// Reads what the client offers: the values of its headers `Sec-WebSocket-Extensions`. Accepts the
/// first good offer of permessage-deflate: `None` if there is none.
///
/// An offer with a parameter that is unknown, there twice or has a wrong value is no good one.
///
/// # Errors
/// [`MalformedOffer`] if a value is not a list of extensions. The request is then to be refused.
pub fn negotiate<T: AsRef<[u8]>>(
    preferences: &Preferences,
    headers: impl IntoIterator<Item = T>,
) -> Result<Option<Agreement>, MalformedOffer> {
    headers.into_iter().try_fold(None, |agreement, header| {
        let found = offers(header.as_ref())?.find_map(|offer| preferences.accept(offer));
        Ok(agreement.or(found))
    })
}

impl Preferences {
    fn accept(&self, offer: Offer) -> Option<Agreement> {
        let server_bits = self.server_max_window_bits.clamp(9, 15);
        let client_bits = self.client_max_window_bits.clamp(9, 15);
        Some(Agreement {
            server_no_context_takeover: offer.server_no_context_takeover
                || !self.server_context_takeover,
            client_no_context_takeover: offer.client_no_context_takeover
                || !self.client_context_takeover,
            server_max_window_bits: match offer.server_max_window_bits {
                Some(bits) => Some(bits.min(server_bits)),
                None => (server_bits < 15).then_some(server_bits),
            },
            client_max_window_bits: match client_bits {
                15 => None,
                bits => Some(offer.client_max_window_bits?.min(bits)),
            },
        })
    }
}

impl Agreement {
    /// Returns whether no message of the server refers to one before, so that connections can share
    /// a [`Deflater`](super::Deflater) and its messages.
    #[must_use]
    pub const fn is_shareable(&self) -> bool {
        self.server_no_context_takeover
    }

    /// Returns how far back the server's messages refer: 2^n bytes. 8 to 15.
    #[must_use]
    pub const fn server_max_window_bits(&self) -> u8 {
        match self.server_max_window_bits {
            Some(bits) => bits,
            None => 15,
        }
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("permessage-deflate")?;
        if self.server_no_context_takeover {
            f.write_str("; server_no_context_takeover")?;
        }
        if self.client_no_context_takeover {
            f.write_str("; client_no_context_takeover")?;
        }
        if let Some(bits) = self.server_max_window_bits {
            write!(f, "; server_max_window_bits={bits}")?;
        }
        if let Some(bits) = self.client_max_window_bits {
            write!(f, "; client_max_window_bits={bits}")?;
        }
        Ok(())
    }
}
