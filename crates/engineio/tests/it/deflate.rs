//! Compression of WebSocket messages, with a client that compresses and decompresses by itself.

use std::iter;

use bytes::Bytes;
use engineio::{Config, EngineIo, Message, Outgoing, PerMessageDeflate, Session, Shared};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

use crate::client::{Answer, HANDSHAKE, Http, frame};
use crate::server::connect;

/// What browsers and Node's clients offer.
const OFFER: &str = "permessage-deflate; client_max_window_bits";
const TARGET: &str = "/?EIO=4&transport=websocket";
/// What a sender leaves out at the end of each message.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PONG: u8 = 0x8a;
/// What the first byte of a frame has when the message is compressed.
const COMPRESSED: u8 = 0x40;

/// A client past its handshake, that reads and writes frames.
struct Client {
    http: Http,
    inflate: Decompress,
    deflate: Compress,
}

impl Client {
    /// Opens a session with this answer to its offer, and takes the open packet.
    async fn open(engine: &EngineIo, offer: &str, answer: &str) -> Self {
        let (mut http, answered) = ask(engine, TARGET, &[offer]).await;
        assert_eq!((answered.status, extensions(&answered)), (101, answer));
        let open = http.read(2).await;
        assert_eq!(open[0], TEXT, "too short to be compressed");
        http.read(usize::from(open[1])).await;
        Self::over(http)
    }

    fn over(http: Http) -> Self {
        let deflate = Compress::new(Compression::default(), false);
        Self { http, inflate: Decompress::new(false), deflate }
    }

    /// Opens a session without context takeover.
    async fn usual(engine: &EngineIo) -> Self {
        let no_takeover = "; server_no_context_takeover; client_no_context_takeover";
        Self::open(engine, OFFER, &format!("permessage-deflate{no_takeover}")).await
    }

    /// Reads a frame as it is: its first byte and its payload.
    async fn frame(&mut self) -> (u8, Vec<u8>) {
        let head = self.http.read(2).await;
        let length = match head[1] {
            126 => u16::from_be_bytes(self.http.read(2).await.try_into().unwrap()).into(),
            127 => u64::from_be_bytes(self.http.read(8).await.try_into().unwrap()),
            length => length.into(),
        };
        (head[0], self.http.read(length as usize).await)
    }

    /// Reads a frame that is compressed, and decompresses it: its opcode, and the bytes after and
    /// before.
    async fn compressed(&mut self) -> (u8, Vec<u8>, Vec<u8>) {
        let (first, payload) = self.frame().await;
        assert_eq!(first & COMPRESSED, COMPRESSED, "it is compressed");
        (first & !COMPRESSED, inflated(&mut self.inflate, &payload), payload)
    }

    /// Asserts that the next frame is this text, compressed without regard to those before.
    async fn assert_compressed(&mut self, text: &str) {
        self.inflate.reset(false);
        let (opcode, message, _) = self.compressed().await;
        assert_eq!((opcode, &*String::from_utf8(message).unwrap()), (TEXT, text));
    }

    /// Compresses, after what was compressed before.
    fn deflated(&mut self, message: &[u8]) -> Vec<u8> {
        let mut deflated = Vec::with_capacity(message.len() + 1000);
        self.deflate.compress_vec(message, &mut deflated, FlushCompress::Sync).unwrap();
        deflated.truncate(deflated.len() - TAIL.len());
        deflated
    }

    async fn write(&mut self, first: u8, payload: &[u8]) {
        self.http.write(frame(first, payload)).await;
    }

    async fn send_compressed(&mut self, first: u8, message: &[u8]) {
        let deflated = self.deflated(message);
        self.write(first | COMPRESSED, &deflated).await;
    }

    async fn assert_closed(&mut self, code: u16) {
        assert_eq!(self.frame().await, (CLOSE, code.to_be_bytes().into()));
    }
}

fn inflated(inflate: &mut Decompress, payload: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(2_000_000);
    let input = [payload, &TAIL].concat();
    inflate.decompress_vec(&input, &mut message, FlushDecompress::Sync).unwrap();
    message
}

/// Asks for a WebSocket and offers extensions, in a header each.
async fn ask(engine: &EngineIo, target: &str, offers: &[&str]) -> (Http, Answer) {
    let mut http = connect(engine);
    let offers = offers.iter().map(|offer| format!("sec-websocket-extensions: {offer}\r\n"));
    let headers: String = iter::once(HANDSHAKE.to_owned()).chain(offers).collect();
    http.send("GET", target, &headers, b"").await;
    let answer = http.answer().await;
    (http, answer)
}

fn extensions(answer: &Answer) -> &str {
    answer.header("sec-websocket-extensions").unwrap_or_default()
}

/// Sends back what comes.
fn echo(deflate: PerMessageDeflate) -> EngineIo {
    echo_with(Config::default(), deflate)
}

fn echo_with(config: Config, deflate: PerMessageDeflate) -> EngineIo {
    EngineIo::builder().config(config).per_message_deflate(deflate).build(
        async |mut session: Session| {
            while let Some(message) = session.next().await {
                session.send(message);
            }
        },
    )
}

/// Sends this to whoever says something.
fn sends(deflate: PerMessageDeflate, what: impl Into<Outgoing>) -> EngineIo {
    let what = what.into();
    EngineIo::builder().per_message_deflate(deflate).build(move |mut session: Session| {
        let what = what.clone();
        async move {
            while session.next().await.is_some() {
                session.send(what.clone());
            }
        }
    })
}

/// Text that is as hard to compress as JSON is.
fn text(length: usize) -> String {
    let words = (0..).map(|n: usize| format!(r#"{{"id":{n},"at":{}}},"#, n * 7919 % 1000));
    words.flat_map(String::into_bytes).map(char::from).take(length).collect()
}

/// Bytes that cannot be compressed.
fn noise(length: usize) -> Vec<u8> {
    let next = |state: &u64| Some(state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1));
    let states = iter::successors(Some(1), next).take(length);
    states.map(|state| (state >> 56) as u8).collect()
}

#[tokio::test]
async fn the_first_offer_that_is_good_is_agreed_to() {
    let none = PerMessageDeflate::default();
    let all = PerMessageDeflate {
        server_context_takeover: true,
        client_context_takeover: true,
        ..PerMessageDeflate::default()
    };
    let small = PerMessageDeflate { server_max_window_bits: 10, client_max_window_bits: 12, ..all };
    let without = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    let cases: [(PerMessageDeflate, &[&str], &str); 10] = [
        (none, &[OFFER], without),
        (none, &["x-unknown, permessage-deflate"], without),
        (none, &["x-unknown", "permessage-deflate"], without),
        (
            none,
            &["permessage-deflate; server_max_window_bits=9"],
            &format!("{without}; server_max_window_bits=9"),
        ),
        (none, &["permessage-deflate; unknown, permessage-deflate"], without),
        (none, &["x-webkit-deflate-frame"], ""),
        (none, &["permessage-deflate; server_max_window_bits=99"], ""),
        (all, &[OFFER], "permessage-deflate"),
        (
            small,
            &[OFFER],
            "permessage-deflate; server_max_window_bits=10; client_max_window_bits=12",
        ),
        (small, &["permessage-deflate"], ""),
    ];
    for (deflate, offers, expected) in cases {
        let (_, answer) = ask(&echo(deflate), TARGET, offers).await;
        assert_eq!((answer.status, extensions(&answer)), (101, expected), "{offers:?}");
    }
}

#[tokio::test]
async fn an_offer_that_is_none_is_refused_as_by_node() {
    let engine = echo(PerMessageDeflate::default());
    for offer in ["permessage-deflate; =", "permessage-deflate; a=\"", ";", "a b", "a; b=\u{e9}"] {
        let (_, answer) = ask(&engine, TARGET, &[OFFER, offer]).await;
        let text = "Invalid or unacceptable Sec-WebSocket-Extensions header";
        assert_eq!((answer.status, &*answer.body), (400, text), "{offer}");
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(extensions(&answer), "");
    }
    assert_eq!(engine.sessions(), 0);
}

#[tokio::test]
async fn without_an_agreement_nothing_is_compressed_and_nothing_may_be() {
    let engine = echo(PerMessageDeflate::default());
    for offer in ["x-unknown", "permessage-deflate; server_max_window_bits=99"] {
        let mut client = Client::open(&engine, offer, "").await;
        let long = format!("4{}", text(5000));
        client.write(TEXT, long.as_bytes()).await;
        assert_eq!(client.frame().await, (TEXT, long.into_bytes()));
        client.send_compressed(TEXT, b"4hello").await;
        client.assert_closed(1002).await;
    }
}

#[tokio::test]
async fn messages_are_compressed_from_the_threshold_on() {
    for threshold in [1024, 200] {
        let deflate = PerMessageDeflate { threshold, ..PerMessageDeflate::default() };
        let mut client = Client::usual(&echo(deflate)).await;
        for opcode in [TEXT, BINARY] {
            let long = format!("4{}", text(threshold - 1));
            let short = &long[..threshold - 1];
            client.write(opcode, short.as_bytes()).await;
            assert_eq!(client.frame().await, (opcode, short.into()));
            client.write(opcode, long.as_bytes()).await;
            client.inflate.reset(false);
            let (found, message, compressed) = client.compressed().await;
            assert_eq!((found, &*message), (opcode, long.as_bytes()));
            assert!(compressed.len() < threshold / 2, "{} bytes", compressed.len());
        }
    }
}

#[tokio::test]
async fn with_a_threshold_of_nothing_even_nothing_is_compressed() {
    let deflate = PerMessageDeflate { threshold: 0, ..PerMessageDeflate::default() };
    let engine = echo(deflate);
    let (mut http, answer) = ask(&engine, TARGET, &[OFFER]).await;
    assert_eq!(answer.status, 101);
    let open = http.read(2).await;
    assert_eq!(open[0], TEXT, "what the protocol says is none of the application's");
    http.read(usize::from(open[1])).await;
    let mut client = Client::over(http);
    for message in [&b""[..], b"\0", b"hello"] {
        client.write(BINARY, message).await;
        client.inflate.reset(false);
        let (opcode, found, _) = client.compressed().await;
        assert_eq!((opcode, &*found), (BINARY, message));
    }
}

#[tokio::test]
async fn what_the_client_compressed_is_read() {
    let mut client = Client::usual(&echo(PerMessageDeflate::default())).await;
    let large = text(900_000);
    for message in ["4", "4hello", "4€😀", &format!("4{large}")] {
        client.deflate.reset();
        client.send_compressed(TEXT, message.as_bytes()).await;
        match message.len() {
            0..1024 => assert_eq!(client.frame().await, (TEXT, message.into())),
            _ => client.assert_compressed(message).await,
        }
    }
    client.write(TEXT, b"4not compressed").await;
    assert_eq!(client.frame().await, (TEXT, b"4not compressed".into()));
    client.deflate.reset();
    client.send_compressed(BINARY, b"").await;
    assert_eq!(client.frame().await, (BINARY, vec![]));
}

#[tokio::test]
async fn a_compressed_message_may_come_in_fragments_with_a_ping_between() {
    let mut client = Client::usual(&echo(PerMessageDeflate::default())).await;
    let deflated = client.deflated(b"4hello, hello, hello");
    let (first, second) = deflated.split_at(5);
    client.write(0x01 | COMPRESSED, first).await;
    client.write(0x89, b"ping").await;
    client.write(0x80, second).await;
    assert_eq!(client.frame().await, (PONG, b"ping".into()));
    assert_eq!(client.frame().await, (TEXT, b"4hello, hello, hello".into()));
}

#[tokio::test]
async fn a_limit_holds_for_what_was_decompressed() {
    let config = Config { max_payload: 2000, ..Config::default() };
    let engine = echo_with(config, PerMessageDeflate::default());
    let longest = format!("4{}", "a".repeat(1999));
    let mut client = Client::usual(&engine).await;
    client.send_compressed(TEXT, longest.as_bytes()).await;
    client.assert_compressed(&longest).await;
    client.deflate.reset();
    client.send_compressed(TEXT, format!("{longest}a").as_bytes()).await;
    client.assert_closed(1009).await;
}

#[tokio::test]
async fn a_bomb_is_answered_with_1009() {
    let engine = echo(PerMessageDeflate::default());
    let mut client = Client::usual(&engine).await;
    let bomb = client.deflated(&vec![0; 20_000_000]);
    assert!(bomb.len() < 30_000);
    client.write(BINARY | COMPRESSED, &bomb).await;
    client.assert_closed(1009).await;
}

#[tokio::test]
async fn what_is_not_compressed_though_it_says_so_is_answered_with_1007() {
    let engine = echo(PerMessageDeflate::default());
    for payload in [&b"\xff\xff\xff"[..], b"4hello"] {
        let mut client = Client::usual(&engine).await;
        client.write(TEXT | COMPRESSED, payload).await;
        client.assert_closed(1007).await;
    }
}

#[tokio::test]
async fn without_context_takeover_no_message_needs_another() {
    let message = text(2000);
    let mut client = Client::usual(&sends(PerMessageDeflate::default(), &*message)).await;
    let mut all = vec![];
    for _ in 0..3 {
        client.write(TEXT, b"4go").await;
        client.inflate.reset(false);
        let (_, found, compressed) = client.compressed().await;
        assert_eq!(found, format!("4{message}").into_bytes());
        all.push(compressed);
    }
    assert!(all[0] == all[1] && all[0] == all[2]);
}

#[tokio::test]
async fn with_context_takeover_messages_refer_to_those_before() {
    let deflate = PerMessageDeflate {
        server_context_takeover: true,
        client_context_takeover: true,
        ..PerMessageDeflate::default()
    };
    let mut client = Client::open(&echo(deflate), OFFER, "permessage-deflate").await;
    let message = format!("4{}", text(3000)).into_bytes();
    let mut lengths = vec![];
    for _ in 0..3 {
        let deflated = client.deflated(&message);
        client.write(TEXT | COMPRESSED, &deflated).await;
        let (_, found, compressed) = client.compressed().await;
        assert!(found == message);
        lengths.push((deflated.len(), compressed.len()));
        client.write(TEXT, b"4short").await; // what is not compressed is no context
        assert_eq!(client.frame().await, (TEXT, b"4short".into()));
    }
    let [first, second, third] = lengths[..] else { unreachable!() };
    assert!(second.0 * 10 < first.0 && third.0 * 10 < first.0, "the client's: {lengths:?}");
    assert!(second.1 * 10 < first.1 && third.1 * 10 < first.1, "the server's: {lengths:?}");
}

#[tokio::test]
async fn a_window_that_the_client_asks_for_is_kept_to() {
    let offer = "permessage-deflate; server_max_window_bits=9; client_no_context_takeover";
    let answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
        server_max_window_bits=9";
    let message = [noise(2000), noise(2000)].concat(); // the same again, but too far away
    let engine = echo(PerMessageDeflate::default());
    let mut client = Client::open(&engine, offer, answer).await;
    client.inflate = Decompress::new_with_window_bits(false, 9);
    client.write(BINARY, &message).await;
    let (_, found, compressed) = client.compressed().await;
    assert!(found == message && compressed.len() >= 4000);
    let mut client = Client::usual(&engine).await;
    client.write(BINARY, &message).await;
    let (_, found, compressed) = client.compressed().await;
    assert!(found == message && compressed.len() < 2500);
}

#[tokio::test]
async fn many_receivers_are_sent_the_same_bytes_and_others_what_they_can_read() {
    let own = "permessage-deflate; server_max_window_bits=10; client_no_context_takeover";
    let own_answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
        server_max_window_bits=10";
    for length in [2000, 60_000] {
        let message = text(length);
        let framed = format!("4{message}").into_bytes();
        let engine = sends(PerMessageDeflate::default(), Shared::new(&*message, []));
        let mut first = None;
        for offer in [own, OFFER, "x-none", OFFER, own, OFFER] {
            let mut client = match offer {
                "x-none" => Client::open(&engine, offer, "").await,
                OFFER => Client::usual(&engine).await,
                _ => Client::open(&engine, offer, own_answer).await,
            };
            client.write(TEXT, b"4go").await;
            if offer == "x-none" {
                assert!(client.frame().await == (TEXT, framed.clone()));
                continue;
            }
            let (_, found, compressed) = client.compressed().await;
            assert!(found == framed);
            if offer == OFFER {
                assert!(*first.get_or_insert_with(|| compressed.clone()) == compressed);
            }
        }
    }
}

#[tokio::test]
async fn messages_that_belong_together_stay_together_and_the_long_ones_are_compressed() {
    let (short, long, bytes) = (text(100), text(5000), noise(9000));
    let bytes_of = |bytes: &[u8]| Message::from(Bytes::copy_from_slice(bytes));
    let rest = [bytes_of(&bytes), (&*long).into(), bytes_of(&[1, 2, 3])];
    let engine = sends(PerMessageDeflate::default(), Shared::new(&*short, rest));
    let mut clients = [Client::usual(&engine).await, Client::usual(&engine).await];
    for turn in 0..4 {
        let client = &mut clients[turn % 2];
        client.write(TEXT, b"4go").await;
        assert_eq!(client.frame().await, (TEXT, format!("4{short}").into_bytes()));
        client.inflate.reset(false);
        let (opcode, message, _) = client.compressed().await;
        assert!((opcode, message) == (BINARY, bytes.clone()));
        client.assert_compressed(&format!("4{long}")).await;
        assert_eq!(client.frame().await, (BINARY, vec![1, 2, 3]));
    }
}

#[tokio::test]
async fn servers_that_share_a_message_compress_it_each_in_its_way() {
    let shared = Shared::new(text(5000), []);
    let fast = PerMessageDeflate { level: 1, ..PerMessageDeflate::default() };
    let never = PerMessageDeflate { threshold: 1_000_000, ..PerMessageDeflate::default() };
    let mut lengths = vec![];
    for deflate in [PerMessageDeflate::default(), fast, never, PerMessageDeflate::default()] {
        let mut client = Client::usual(&sends(deflate, shared.clone())).await;
        client.write(TEXT, b"4go").await;
        lengths.push(client.frame().await.1.len());
    }
    assert!(lengths[0] < lengths[1] && lengths[1] < lengths[2], "{lengths:?}");
    assert_eq!((lengths[2], lengths[3]), (5001, lengths[0]));
}

#[tokio::test]
async fn a_session_that_began_by_polling_compresses_on_its_websocket() {
    let engine = echo(PerMessageDeflate::default());
    let open = connect(&engine).get("/?EIO=4&transport=polling").await.body;
    let target = crate::client::target(&open).replace("/engine.io", "");
    let (http, answer) = ask(&engine, &target.replace("polling", "websocket"), &[OFFER]).await;
    assert_eq!(answer.status, 101);
    let mut client = Client::over(http);
    client.send_compressed(TEXT, b"2probe").await;
    assert_eq!(client.frame().await, (TEXT, b"3probe".into()));
    client.deflate.reset();
    client.send_compressed(TEXT, b"5").await;
    let long = format!("4{}", text(2000));
    client.write(TEXT, long.as_bytes()).await;
    client.assert_compressed(&long).await;
}

#[tokio::test]
async fn for_older_clients_text_is_compressed_and_bytes_have_their_type() {
    let config = Config { allow_eio3: true, ..Config::default() };
    let engine = echo_with(config, PerMessageDeflate::default());
    let (mut http, answer) = ask(&engine, "/?EIO=3&transport=websocket", &[OFFER]).await;
    assert_eq!(answer.status, 101);
    let open = http.read(2).await;
    http.read(usize::from(open[1])).await;
    let mut client = Client::over(http);
    let text = format!("4{}", text(5000));
    client.send_compressed(TEXT, text.as_bytes()).await;
    client.assert_compressed(&text).await;
    let bytes = [b"\x04", &noise(2000)[..]].concat();
    client.deflate.reset();
    client.send_compressed(BINARY, &bytes).await;
    assert_eq!(client.frame().await, (BINARY, bytes));
}
