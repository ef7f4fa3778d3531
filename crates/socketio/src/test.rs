//! A client in the same process: tests of an application without ports, JavaScript or real time.
//!
//! ```
//! use socketio::{Data, Namespace, Socket, SocketIo};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let io = SocketIo::new(Namespace::new().on("hello", async |socket: Socket, Data(name): Data<String>| {
//!     socket.broadcast().emit("joined", &name);
//!     Data(format!("hello {name}"))
//! }));
//! let mut ana = io.test_client().connect("/").await.unwrap();
//! let ben = io.test_client().connect("/").await.unwrap();
//! assert_eq!(ben.emit_with_ack::<String>("hello", "ben").await, "hello ben");
//! assert_eq!(ana.recv().await, ("joined".to_owned(), ["ben".to_owned()]));
//! # }
//! ```
//!
//! Use `#[tokio::test(start_paused = true)]`: heartbeats and timeouts then take no time.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use engineio::{Packet, Pipe, PipeSender, RemoteAddr};
use http::{HeaderName, HeaderValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use socketio_proto::{
    AnyDecoder, Args, Arguments, Body, Codec, Encoded, FromArguments, Packet as SocketPacket, Value,
};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::io::SocketIo;

impl SocketIo {
    /// Starts to connect a client in the same process.
    pub fn test_client(&self) -> Connect {
        let request = http::Request::new(());
        Connect { io: self.clone(), request, auth: Json::Null }
    }
}

/// A client about to connect.
#[derive(Debug)]
#[must_use = "nothing happens until `connect`"]
pub struct Connect {
    io: SocketIo,
    request: http::Request<()>,
    auth: Json,
}

impl Connect {
    /// Sets the `auth` object.
    ///
    /// # Panics
    /// If it does not serialize.
    pub fn auth(mut self, auth: impl Serialize) -> Self {
        self.auth = serde_json::to_value(auth).expect("the auth serializes");
        self
    }

    /// Adds a header to the request.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.request.headers_mut().append(name, value);
        self
    }

    /// Sets the URL of the request.
    ///
    /// # Panics
    /// If it is no URL.
    pub fn uri(mut self, uri: &str) -> Self {
        *self.request.uri_mut() = uri.parse().expect("the URL is valid");
        self
    }

    /// Adds an extension to the request, as a tower layer in front would.
    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.request.extensions_mut().insert(value);
        self
    }

    /// Sets the address of the peer.
    pub fn remote_addr(self, addr: SocketAddr) -> Self {
        self.extension(RemoteAddr(addr))
    }

    /// Opens the connection and returns its frames as they are, for tests of the protocol itself.
    #[must_use]
    pub fn open(self) -> Pipe {
        let (parts, ()) = self.request.into_parts();
        self.io.inner().engine.pipe(parts.into())
    }

    /// Connects to a namespace.
    ///
    /// # Errors
    /// [`Rejected`] with what the client would read in `connect_error`.
    ///
    /// # Panics
    /// If the `auth` is no object.
    pub async fn connect(self, namespace: &str) -> Result<Client, Rejected> {
        let (namespace, auth) = (namespace.to_owned(), self.auth.clone());
        let codec = self.io.inner().settings.wiring.codec.clone();
        let pipe = self.open();
        let sender = pipe.sender();
        let auth = (!auth.is_null()).then_some(auth);
        let connect = codec.connect(&namespace, auth.as_ref()).expect("the auth is JSON");
        transmit(&sender, &connect);
        let (answered, answer) = oneshot::channel();
        let (events, received) = mpsc::unbounded_channel();
        let acks = Arc::new(Mutex::new(Some(HashMap::new())));
        let decoder = codec.decoder(usize::MAX);
        let pump =
            Pump { pipe, decoder, answered: Some(answered), events, acks: Arc::clone(&acks) };
        let task = tokio::spawn(pump.run());
        match answer.await {
            Ok(Ok(id)) => Ok(Client {
                id,
                namespace,
                codec,
                sender,
                acks,
                next_ack: 0.into(),
                received,
                task,
            }),
            Ok(Err(rejected)) => Err(rejected),
            Err(_) => Err(Rejected { message: "the connection was closed".into(), data: None }),
        }
    }
}

/// What the client reads in `connect_error`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The message.
    pub message: String,
    /// The data, if the server gave some.
    pub data: Option<Json>,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server refused the connection: {}", self.message)
    }
}

impl std::error::Error for Rejected {}

/// Who waits for which acknowledgement; `None` once the connection has ended.
type Acks = Arc<Mutex<Option<HashMap<u64, oneshot::Sender<Arguments>>>>>;

/// A connected client. Dropping it loses the connection.
///
/// It answers pings by itself, whether or not anything is awaited.
#[derive(Debug)]
pub struct Client {
    id: String,
    namespace: String,
    codec: Codec,
    sender: PipeSender,
    acks: Acks,
    next_ack: std::sync::atomic::AtomicU64,
    received: mpsc::UnboundedReceiver<Received>,
    task: JoinHandle<()>,
}

impl Drop for Client {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An event that the server sent.
#[derive(Debug)]
pub struct Received {
    /// Its name.
    pub name: String,
    /// Its arguments.
    pub arguments: Arguments,
    /// The id by which the server wants an acknowledgement: see [`Client::acknowledge`].
    pub ack: Option<u64>,
}

impl Client {
    /// Returns the id of the socket.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Sends an event.
    ///
    /// # Panics
    /// If the arguments do not serialize, or the name is reserved.
    pub fn emit(&self, event: &str, args: impl Args) {
        let packet =
            self.codec.event(&self.namespace, None, event, &args).expect("the event encodes");
        transmit(&self.sender, &packet);
    }

    /// Sends an event and waits for the acknowledgement.
    ///
    /// # Panics
    /// If the connection ends before it comes, or if it is not of the type.
    pub async fn emit_with_ack<T: FromArguments>(&self, event: &str, args: impl Args) -> T {
        let id = self.next_ack.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let packet =
            self.codec.event(&self.namespace, Some(id), event, &args).expect("the event encodes");
        let (sender, receiver) = oneshot::channel();
        match &mut *lock(&self.acks) {
            Some(acks) => drop(acks.insert(id, sender)),
            None => drop(sender),
        }
        transmit(&self.sender, &packet);
        let Ok(arguments) = receiver.await else {
            panic!("the connection ended before \"{event}\" was acknowledged");
        };
        T::from_arguments(arguments)
            .unwrap_or_else(|error| panic!("the acknowledgement of \"{event}\": {error}"))
    }

    /// Waits for the next event and decodes all its arguments as one array or tuple.
    ///
    /// # Panics
    /// If the connection ends, or if the arguments are not of the type.
    pub async fn recv<T: DeserializeOwned>(&mut self) -> (String, T) {
        let Some(mut event) = self.next().await else { panic!("the connection ended") };
        let arguments = event.arguments.rest().map(Value::Array).map_err(|error| error.to_string());
        let arguments =
            arguments.and_then(|array| array.decode().map_err(|error| error.to_string()));
        let arguments = arguments
            .unwrap_or_else(|error| panic!("the arguments of \"{}\": {error}", event.name));
        (event.name, arguments)
    }

    /// Waits for the next event, or returns `None` once the server disconnected the client.
    pub async fn next(&mut self) -> Option<Received> {
        self.received.recv().await
    }

    /// Answers an event of the server.
    ///
    /// # Panics
    /// If the arguments do not serialize.
    pub fn acknowledge(&self, ack: u64, args: impl Args) {
        let packet =
            self.codec.ack(&self.namespace, ack, &args).expect("the acknowledgement encodes");
        transmit(&self.sender, &packet);
    }

    /// Leaves the namespace, as `socket.disconnect()` of the JavaScript client.
    ///
    /// # Panics
    /// If the server has a parser of its own, and that cannot write it.
    pub fn disconnect(&self) {
        let packet = self.codec.disconnect(&self.namespace).expect("the packet encodes");
        transmit(&self.sender, &packet);
    }
}

/// Takes in what the server sends.
struct Pump {
    pipe: Pipe,
    decoder: AnyDecoder,
    answered: Option<oneshot::Sender<Result<String, Rejected>>>,
    events: mpsc::UnboundedSender<Received>,
    acks: Acks,
}

impl Pump {
    async fn run(mut self) {
        while let Some(frame) = self.pipe.recv().await {
            let message = match frame {
                engineio::Message::Text(text) => match Packet::decode_text(text) {
                    Ok(Packet::Message(message)) => message,
                    Ok(Packet::Ping) => {
                        self.pipe.send(Packet::Pong.encode());
                        continue;
                    }
                    _ => continue,
                },
                binary @ engineio::Message::Binary(_) => binary,
            };
            let packet = self.decoder.add(message).expect("the server sends packets");
            if packet.is_some_and(|packet| self.on_packet(packet).is_none()) {
                break;
            }
        }
        *lock(&self.acks) = None; // whoever waits learns that nothing will come
    }

    /// Takes in a packet, or returns `None` at the end.
    fn on_packet(&mut self, packet: SocketPacket) -> Option<()> {
        match packet.body {
            Body::Connect(data) => {
                let data: Json = serde_json::from_slice(data?.as_bytes()).ok()?;
                let id = data["sid"].as_str().unwrap_or_default().to_owned();
                self.answered.take()?.send(Ok(id)).ok()
            }
            Body::ConnectError(data) => {
                let data: Json = serde_json::from_slice(data.as_bytes()).ok()?;
                let message = data["message"].as_str().unwrap_or_default().to_owned();
                let rejected = Rejected { message, data: data.get("data").cloned() };
                let _ = self.answered.take()?.send(Err(rejected)); // nobody may wait any more
                None
            }
            Body::Disconnect => None,
            Body::Event(event) => {
                let (name, arguments) = (event.name.to_string(), event.arguments);
                self.events.send(Received { name, arguments, ack: event.id }).ok()
            }
            Body::Ack { id, arguments } => {
                if let Some(waiting) = lock(&self.acks).as_mut()?.remove(&id) {
                    let _ = waiting.send(arguments); // nobody may wait any more
                }
                Some(())
            }
        }
    }
}

fn transmit(sender: &PipeSender, packet: &Encoded) {
    for message in packet.messages() {
        sender.send(Packet::Message(message).encode());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
