//! Which protocol a client speaks.

/// The revision of the protocol that a client speaks: the `EIO` of its requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Revision {
    /// Revision 3, of the clients of Socket.IO 1 and 2.
    V3,
    /// Revision 4, of all others. The default.
    #[default]
    V4,
}
