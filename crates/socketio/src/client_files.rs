//! The official client's files, served as Node's `serveClient` does.

use std::io;
use std::path::Path;
use std::sync::OnceLock;

use bytes::Bytes;
use engineio::{Body, HttpCompression};
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

/// The files that Node serves, and no others: no path of a request is ever looked up.
const NAMES: [&str; 8] = [
    "socket.io.js",
    "socket.io.js.map",
    "socket.io.min.js",
    "socket.io.min.js.map",
    "socket.io.msgpack.min.js",
    "socket.io.msgpack.min.js.map",
    "socket.io.esm.min.js",
    "socket.io.esm.min.js.map",
];

/// How files are compressed. They are no secrets.
#[cfg(feature = "deflate")]
const COMPRESSION: Option<HttpCompression> = Some(HttpCompression { threshold: 0, level: 9 });
#[cfg(not(feature = "deflate"))]
const COMPRESSION: Option<HttpCompression> = None;

/// The files of one version of the client, in memory.
#[derive(Debug)]
pub(crate) struct ClientFiles {
    etag: HeaderValue,
    files: Vec<File>,
}

#[derive(Debug)]
struct File {
    name: &'static str,
    plain: Bytes,
    /// By gzip and by deflate, each once somebody wants it.
    compressed: [OnceLock<Bytes>; 2],
}

impl File {
    fn new(name: &'static str, plain: Vec<u8>) -> Self {
        Self { name, plain: plain.into(), compressed: Default::default() }
    }

    fn encoded(&self, compression: HttpCompression, encoding: &str) -> Option<Bytes> {
        let compressed = &self.compressed[usize::from(encoding != "gzip")];
        if compressed.get().is_none() {
            let _ = compressed.set(compression.encode(&self.plain, encoding).ok()?);
        }
        compressed.get().cloned()
    }
}

impl ClientFiles {
    /// Reads the files from the `dist` folder of the npm package `socket.io-client`.
    pub(crate) fn load(dist: &Path) -> io::Result<Self> {
        let context = |what: &str, error: io::Error| {
            io::Error::new(error.kind(), format!("{what} of socket.io-client: {error}"))
        };
        let package = dist.join("..").join("package.json");
        let package = std::fs::read(&package)
            .map_err(|error| context(&package.display().to_string(), error))?;
        let package: serde_json::Value = serde_json::from_slice(&package)?;
        let version = package["version"].as_str().unwrap_or_default();
        let etag = HeaderValue::try_from(format!("\"{version}\"")).map_err(io::Error::other)?;
        let files = NAMES.into_iter().map(|name| {
            let file = std::fs::read(dist.join(name)).map_err(|error| context(name, error))?;
            Ok(File::new(name, file))
        });
        Ok(Self { etag, files: files.collect::<io::Result<_>>()? })
    }

    /// Answers a request for a file, or returns `None` if there is no such file.
    pub(crate) fn serve(&self, rest: &str, headers: &HeaderMap) -> Option<Response<Body>> {
        let name = rest.strip_prefix('/')?;
        let file = self.files.iter().find(|file| file.name == name)?;
        if headers.get(IF_NONE_MATCH).is_some_and(|tag| self.is_known(tag)) {
            let mut response = Response::new(Body::default());
            *response.status_mut() = StatusCode::NOT_MODIFIED; // bare, as Node's
            return Some(response);
        }
        let encoded = COMPRESSION.and_then(|compression| {
            let encoding = compression.encoding(headers)?;
            Some((encoding, file.encoded(compression, encoding)?))
        });
        let body = encoded.as_ref().map_or(&file.plain, |(_, bytes)| bytes);
        let mut response = Response::new(Body::from(body.clone()));
        let content_type = match name.ends_with(".map") {
            true => "application/json; charset=utf-8",
            false => "application/javascript; charset=utf-8",
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=0"));
        headers.insert(ETAG, self.etag.clone());
        if let Some((encoding, _)) = encoded {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        if COMPRESSION.is_some() {
            headers.insert(VARY, ACCEPT_ENCODING.into());
        }
        Some(response)
    }

    fn is_known(&self, tag: &HeaderValue) -> bool {
        let tag = tag.as_bytes();
        tag.strip_prefix(b"W/").unwrap_or(tag) == self.etag.as_bytes()
    }
}
