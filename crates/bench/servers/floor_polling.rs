//! The floor for polling: hyper, which answers fixed bodies.

use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use bench::wire;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(serve(stream));
    }
}

/// One connection is one client: its first `GET` opens, the second one connects, all others find an echo.
async fn serve(stream: TcpStream) {
    let gets = AtomicU64::new(0);
    let service = service_fn(|request: Request<Incoming>| {
        let body = if request.method() == Method::POST {
            "ok"
        } else {
            match gets.fetch_add(1, Ordering::Relaxed) {
                0 => wire::OPENED,
                1 => wire::CONNECTED,
                _ => wire::ECHO,
            }
        };
        async move {
            let mut sent = request.into_body();
            while let Some(Ok(_)) = sent.frame().await {}
            answer(body)
        }
    });
    _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

fn answer(body: &'static str) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
    let kind = HeaderValue::from_static("text/plain; charset=UTF-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(response)
}
