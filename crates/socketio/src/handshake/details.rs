//! What other servers may know of a handshake.

use std::time::UNIX_EPOCH;

use serde_json::Value as Json;
use socketio_cluster::HandshakeDetails;

use crate::handshake::Handshake;

impl Handshake {
    /// Tells what other servers may know.
    pub(crate) fn details(&self) -> HandshakeDetails {
        let headers = self
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().into(), value.to_str().ok()?.into())));
        let query = self.query_pairs().map(|(name, value)| (name.into(), value.into()));
        let address = self.remote_addr().map(|address| address.ip().to_string());
        let issued = self.time().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        HandshakeDetails {
            headers: headers.collect(),
            address: address.unwrap_or_default().into(),
            cross_domain: self.is_cross_domain(),
            secure: self.is_secure(),
            issued: issued.try_into().unwrap_or(u64::MAX),
            url: self.uri().to_string().into(),
            query: query.collect(),
            auth: self.auth().unwrap_or(Json::Null), // the decoder checked it
        }
    }
}
