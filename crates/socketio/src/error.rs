//! What a client is told when something fails.

use std::fmt;

use serde::Serialize;
use serde_json::Value as Json;

/// Any error, as tower's layers have them.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The error of a handler or a middleware.
///
/// One that was made for the client with [`Error::new`] reaches it as it is: as
/// `{"error":{"message","data"}}` in an acknowledgement, as `{"message","data"}` in a
/// `connect_error`. Any other error becomes one by `?`; it is logged, and the client reads
/// `internal error`: what a database or a file system says is not for browsers.
///
/// ```
/// use socketio::{Data, Error};
///
/// async fn half(Data(n): Data<String>) -> Result<Data<i64>, Error> {
///     let n: i64 = n.parse()?; // "internal error"
///     if n % 2 != 0 {
///         return Err(Error::new("an even number, please").data(n)); // as it is
///     }
///     Ok(Data(n / 2))
/// }
/// ```
pub struct Error(Box<Kind>);

enum Kind {
    Client { message: String, data: Option<Json> },
    Internal(BoxError),
}

impl Error {
    /// Makes an error for the client.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Kind::Client { message: message.into(), data: None }))
    }

    /// Adds data for the client. An internal error stays as it is.
    ///
    /// Data that cannot be serialized is a bug: it is left out, and logged.
    #[must_use]
    pub fn data(mut self, value: impl Serialize) -> Self {
        if let Kind::Client { data, .. } = &mut *self.0 {
            match serde_json::to_value(value) {
                Ok(value) => *data = Some(value),
                Err(error) => tracing::error!(%error, "the data of an error cannot be encoded"),
            }
        }
        self
    }

    /// Returns the message that the client reads.
    #[must_use]
    pub fn client_message(&self) -> &str {
        match &*self.0 {
            Kind::Client { message, .. } => message,
            Kind::Internal(_) => "internal error",
        }
    }

    /// Returns the data that the client reads.
    #[must_use]
    pub fn client_data(&self) -> Option<&Json> {
        match &*self.0 {
            Kind::Client { data, .. } => data.as_ref(),
            Kind::Internal(_) => None,
        }
    }

    /// Says whether the error was not made for the client.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        matches!(&*self.0, Kind::Internal(_))
    }

    /// Makes one of any error. What was an [`Error`] before it was boxed is that again.
    pub(crate) fn from_boxed(error: BoxError) -> Self {
        match error.downcast::<Boxed>() {
            Ok(boxed) => boxed.0,
            Err(error) => Self(Box::new(Kind::Internal(error))),
        }
    }

    /// Returns what an acknowledgement carries: `{"error":{"message","data"}}`.
    pub(crate) fn to_reply(&self) -> Json {
        let mut error = serde_json::Map::new();
        error.insert("message".into(), self.client_message().into());
        if let Some(data) = self.client_data() {
            error.insert("data".into(), data.clone());
        }
        serde_json::json!({ "error": error })
    }
}

impl<E> From<E> for Error
where
    E: std::error::Error + Send + Sync + 'static,
{
    fn from(error: E) -> Self {
        Self(Box::new(Kind::Internal(Box::new(error))))
    }
}

/// An [`Error`] in a box of another type: by itself it is no `std::error::Error`, so that all those become one.
#[derive(Debug)]
struct Boxed(Error);

impl fmt::Display for Boxed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Boxed {}

impl From<Error> for BoxError {
    /// Lets tower's layers pass it on.
    fn from(error: Error) -> Self {
        Box::new(Boxed(error))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Client { message, .. } => f.write_str(message),
            Kind::Internal(source) => source.fmt(f),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::Client { message, data } => {
                f.debug_struct("Error").field("message", message).field("data", data).finish()
            }
            Kind::Internal(source) => f.debug_tuple("Error").field(source).finish(),
        }
    }
}
