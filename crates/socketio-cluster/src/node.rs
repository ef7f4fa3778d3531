//! Who says something, and what an answer is to.

use std::fmt;
use std::sync::Arc;

/// Names of one kind: any text, compared as it is. Cheap to clone.
macro_rules! name {
    ($(#[$doc:meta])* $Name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $Name(Arc<str>);

        impl $Name {
            /// Makes one of its text.
            #[must_use]
            pub fn new(text: &str) -> Self {
                Self(text.into())
            }

            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// The id of one server of a cluster: Node's `uid`. A server draws 16 hexadecimal digits.
    NodeId
}

name! {
    /// The id of a question that is to be answered. Servers draw 16 hexadecimal digits.
    RequestId
}

impl NodeId {
    /// What a process calls itself that only emits, as all such do.
    pub const EMITTER: &str = "emitter";

    /// Says whether it is a process that only emits: it is no server, so nobody waits for it.
    #[must_use]
    pub fn is_emitter(&self) -> bool {
        self.as_str() == Self::EMITTER
    }
}
