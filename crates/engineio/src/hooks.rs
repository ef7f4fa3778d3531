//! What an application adds to requests and their answers.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use engineio_proto::Sid;
use http::HeaderMap;

use crate::refused::{ConnectionError, Forbidden};
use crate::request::Request;

/// An error of any kind.
pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// Asked of a request that opens a session.
type Ask<T> = Box<dyn Fn(Arc<Request>) -> Pin<Box<dyn Future<Output = T> + Send>> + Send + Sync>;
/// Told of the headers of an answer.
type Dress = Box<dyn Fn(&mut HeaderMap, &Request) + Send + Sync>;
/// Told of a request that was refused.
type Tell = Box<dyn Fn(&ConnectionError) + Send + Sync>;

/// What an application adds to requests and their answers. Most add nothing.
#[derive(Default)]
pub(crate) struct Hooks {
    pub(crate) allow_request: Option<Ask<Result<(), Forbidden>>>,
    pub(crate) generate_id: Option<Ask<Result<Sid, BoxError>>>,
    pub(crate) initial_headers: Option<Dress>,
    pub(crate) headers: Option<Dress>,
    pub(crate) connection_error: Option<Tell>,
}
