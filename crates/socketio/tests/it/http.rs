//! A client that writes every byte of HTTP itself, and one that polls.

use std::future::Future;

use socketio::SocketIo;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

use crate::server;
use crate::soon;

pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// A connection that speaks HTTP/1.1.
pub(crate) struct Http(pub(crate) BufReader<Box<dyn Io>>);

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    /// Returns the header of this name, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    /// Asserts that this is the engine's refusal of a request without a transport.
    #[track_caller]
    pub(crate) fn assert_ours(&self) {
        let refusal = r#"{"code":0,"message":"Transport unknown"}"#;
        assert_eq!((self.status, &*self.body), (400, refusal), "{self:?}");
    }
}

impl Http {
    pub(crate) fn new(io: impl Io + 'static) -> Self {
        Self(BufReader::new(Box::new(io)))
    }

    /// Sends a request and leaves its answer for later. `headers` end with `\r\n` each.
    pub(crate) async fn send(&mut self, method: &str, target: &str, headers: &str, body: &str) {
        let length = match body {
            "" if method != "POST" => String::new(),
            body => format!("content-length: {}\r\n", body.len()),
        };
        let head = format!("{method} {target} HTTP/1.1\r\nhost: test\r\n{headers}{length}\r\n");
        self.0.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    }

    /// Reads the answer to a request.
    #[track_caller]
    pub(crate) fn answer(&mut self) -> impl Future<Output = Answer> {
        let answer = self.answer_in_bytes();
        async {
            let (mut answer, body) = answer.await;
            answer.body = String::from_utf8(body).unwrap();
            answer
        }
    }

    /// Reads the answer to a request, whose body need not be a text.
    #[track_caller]
    pub(crate) fn answer_in_bytes(&mut self) -> impl Future<Output = (Answer, Vec<u8>)> {
        soon(async {
            let status = self.line().await;
            let status = status.strip_prefix("HTTP/1.1 ").expect("an answer")[..3].parse().unwrap();
            let mut answer = Answer { status, headers: Vec::new(), body: String::new() };
            loop {
                let line = self.line().await;
                let Some((name, value)) = line.split_once(": ") else { break };
                answer.headers.push((name.to_ascii_lowercase(), value.into()));
            }
            let length = answer.header("content-length").map_or(0, |value| value.parse().unwrap());
            let mut body = vec![0; length];
            self.0.read_exact(&mut body).await.unwrap();
            (answer, body)
        })
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).await.unwrap();
        line.trim_end().into()
    }

    pub(crate) async fn request(&mut self, method: &str, target: &str, headers: &str) -> Answer {
        self.send(method, target, headers, "").await;
        self.answer().await
    }

    pub(crate) async fn get(&mut self, target: &str) -> Answer {
        self.request("GET", target, "").await
    }
}

/// A polling client in process: each request on a connection of its own.
pub(crate) struct Polling {
    io: SocketIo,
    target: String,
}

impl Polling {
    /// Opens a connection that is in no namespace.
    pub(crate) async fn open(io: &SocketIo) -> Self {
        let target = "/socket.io/?EIO=4&transport=polling";
        let open = server::connect(io).get(target).await;
        assert_eq!(open.status, 200, "{open:?}");
        let sid = open.body.split('"').nth(3).expect("a sid").to_owned();
        Self { io: io.clone(), target: format!("{target}&sid={sid}") }
    }

    /// Opens a connection and joins the main namespace.
    pub(crate) async fn joined(io: &SocketIo) -> Self {
        let polling = Self::open(io).await;
        polling.post("40").await;
        let answer = polling.poll().await;
        assert!(answer.starts_with(r#"40{"sid":"#), "{answer}");
        polling
    }

    /// Returns the address of the session.
    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// Sends a poll and leaves its answer for later.
    pub(crate) async fn start_poll(&self) -> Http {
        let mut http = server::connect(&self.io);
        http.send("GET", &self.target, "", "").await;
        http
    }

    /// Polls successfully.
    pub(crate) async fn poll(&self) -> String {
        let answer = self.start_poll().await.answer().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    /// Posts successfully.
    pub(crate) async fn post(&self, body: &str) {
        let mut http = server::connect(&self.io);
        http.send("POST", &self.target, "", body).await;
        let answer = http.answer().await;
        assert_eq!((answer.status, &*answer.body), (200, "ok"));
    }
}
