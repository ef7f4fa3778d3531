//! Parsers: MessagePack, and those of users.

use bytes::Bytes;
use engineio::Message;
use serde_json::{Value as Json, json};
use socketio::parser::{Error as ParserError, Kind, Parser, PlainPacket, Read, Text};
use socketio::test::Rejected;
use socketio::{
    Builder, Data, Error, Handshake, MemoryBus, Namespace, Rest, Socket, SocketIo, Value,
};

use crate::channel;
use crate::raw::Raw;

/// A packet as a JSON array.
struct Compact;

impl Parser for Compact {
    fn write(&self, packet: PlainPacket) -> Result<Vec<Message>, ParserError> {
        let PlainPacket { kind, namespace, data, id } = packet;
        Ok(vec![serde_json::to_string(&(kind.number(), namespace.as_str(), data, id))?.into()])
    }

    fn reader(&self) -> Read {
        Box::new(|message| {
            let Message::Text(text) = message else { return Err("bytes".into()) };
            let array: (u64, String, Option<Value>, Option<u64>) =
                serde_json::from_str(text.as_str())?;
            let (kind, namespace, data, id) = array;
            let kind = Kind::from_number(kind).ok_or("no such kind of packet")?;
            Ok(Some(PlainPacket { kind, namespace: namespace.into(), data, id }))
        })
    }
}

/// The same as two messages: one that says where the packet belongs, one with its content as bytes. It cannot write an
/// event `unspeakable`.
struct Halves;

impl Parser for Halves {
    fn write(&self, packet: PlainPacket) -> Result<Vec<Message>, ParserError> {
        let PlainPacket { kind, namespace, data, id } = packet;
        if let Some(Value::Array(data)) = &data {
            if data.first().and_then(Value::as_str) == Some("unspeakable") {
                return Err("unspeakable".into());
            }
        }
        let head = serde_json::to_string(&(kind.number(), namespace.as_str(), id))?;
        Ok(vec![head.into(), Bytes::from(serde_json::to_vec(&data)?).into()])
    }

    fn reader(&self) -> Read {
        let mut head: Option<Text> = None;
        Box::new(move |message| match (message, head.take()) {
            (Message::Text(text), None) => {
                head = Some(text);
                Ok(None)
            }
            (Message::Binary(data), Some(head)) => {
                let (kind, namespace, id): (u64, String, _) = serde_json::from_str(head.as_str())?;
                let kind = Kind::from_number(kind).ok_or("no such kind of packet")?;
                let (namespace, data) = (namespace.into(), serde_json::from_slice(&data)?);
                Ok(Some(PlainPacket { kind, namespace, data, id }))
            }
            _ => Err("a half is missing".into()),
        })
    }
}

/// Each parser that is not the default one.
fn parsers() -> Vec<Builder> {
    vec![
        SocketIo::builder().parser(Compact),
        SocketIo::builder().parser(Halves),
        #[cfg(feature = "msgpack")]
        SocketIo::builder().parser(socketio::MessagePack),
    ]
}

fn main_namespace() -> Namespace {
    Namespace::new()
        .middleware(async |handshake: Handshake| {
            let auth: Json = handshake.auth()?;
            match auth["token"].as_str() {
                Some(_) => Ok(()),
                None => Err(Error::new("who are you?").data(auth)),
            }
        })
        .on_connect(async |socket: Socket, Data(auth): Data<Json>| socket.emit("auth", &auth))
        .on("echo", async |socket: Socket, all: Rest| socket.emit("echo", all))
        .on("sizes", async |Data(bytes): Data<Vec<Bytes>>| {
            Data(bytes.iter().map(Bytes::len).collect::<Vec<_>>())
        })
        .on("shout", async |io: SocketIo, all: Rest| io.emit("shout", all))
        .on("ask", async |socket: Socket, all: Rest| {
            let answer: Rest = socket.emit_with_ack("question", all).await?;
            socket.emit("answered", answer);
            Ok::<_, Error>(())
        })
        .on("fail", async || Err::<(), _>(Error::new("no").data(7)))
        .on("leave", async |socket: Socket| socket.disconnect())
}

#[tokio::test(start_paused = true)]
async fn what_clients_and_handlers_say_does_not_depend_on_the_parser() {
    for builder in parsers() {
        let io = builder.namespace("/", main_namespace()).namespace("/b", Namespace::new()).build();
        let refused = io.test_client().auth(json!({ "a": [1] })).connect("/").await.unwrap_err();
        let data = Some(json!({ "a": [1] }));
        assert_eq!(refused, Rejected { message: "who are you?".into(), data });
        let refused = io.test_client().connect("/nowhere").await.unwrap_err();
        assert_eq!(refused, Rejected { message: "Invalid namespace".into(), data: None });
        io.test_client().connect("/b").await.unwrap();

        let auth = json!({ "token": "é" });
        let mut ana = io.test_client().auth(&auth).connect("/").await.unwrap();
        let mut ben = io.test_client().auth(&auth).connect("/").await.unwrap();
        assert_eq!(ana.recv::<(Json,)>().await, ("auth".into(), (auth.clone(),)));
        ben.next().await.unwrap();

        let deep = json!({ "a": [null, true, -1, 1.5, u64::MAX, { "b": "\u{0}\"é😀" }], "": {} });
        ana.emit("echo", (&deep, 1, "x"));
        assert_eq!(ana.recv().await, ("echo".into(), (deep.clone(), 1, "x".to_owned())));
        let bytes = [Bytes::from_static(b"\xff\x00"), Bytes::new()];
        assert_eq!(ana.emit_with_ack::<Vec<usize>>("sizes", &bytes).await, [2, 0]);
        ana.emit("echo", &bytes);
        assert_eq!(ana.recv().await, ("echo".into(), (bytes.clone(),)));

        ana.emit("shout", ("all", &bytes));
        for client in [&mut ana, &mut ben] {
            let expected = ("all".to_owned(), bytes.clone());
            assert_eq!(client.recv().await, ("shout".into(), expected));
        }
        let failed: Json = ana.emit_with_ack("fail", ()).await;
        assert_eq!(failed, json!({ "error": { "message": "no", "data": 7 } }));

        ana.emit("ask", ("what?", &bytes));
        let mut question = ana.next().await.unwrap();
        assert_eq!(question.arguments.next::<String>().unwrap(), "what?");
        ana.acknowledge(question.ack.unwrap(), ("that", &bytes));
        assert_eq!(ana.recv().await, ("answered".into(), ("that".to_owned(), bytes.clone())));

        ana.emit("leave", ());
        assert!(ana.next().await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_is_written_once() {
    let (tell, mut told) = channel();
    struct Counting(tokio::sync::mpsc::UnboundedSender<Kind>);
    impl Parser for Counting {
        fn write(&self, packet: PlainPacket) -> Result<Vec<Message>, ParserError> {
            self.0.send(packet.kind)?;
            Compact.write(packet)
        }

        fn reader(&self) -> Read {
            Compact.reader()
        }
    }
    let io = SocketIo::builder().namespace("/", Namespace::new()).parser(Counting(tell)).build();
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(io.test_client().connect("/").await.unwrap());
    }
    while told.now().is_some() {}
    io.emit("all", ());
    for client in &mut clients {
        assert_eq!(client.next().await.unwrap().name, "all");
    }
    assert_eq!((told.now(), told.now()), (Some(Kind::Event), None));
}

#[tokio::test(start_paused = true)]
async fn what_a_parser_cannot_write_is_not_sent_and_the_connection_goes_on() {
    let namespace = Namespace::new().on("go", async |socket: Socket| {
        socket.emit("unspeakable", ());
        let failed = socket.emit_with_ack::<Rest>("unspeakable", ()).await.unwrap_err();
        socket.emit("spoken", &failed.to_string());
    });
    let io = SocketIo::builder().namespace("/", namespace).parser(Halves).build();
    let mut client = io.test_client().connect("/").await.unwrap();
    client.emit("go", ());
    let error = "the event cannot be encoded: the parser cannot write the packet: unspeakable";
    assert_eq!(client.recv().await, ("spoken".into(), [error.to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn what_a_parser_reads_is_looked_at_like_any_packet() {
    let io = SocketIo::builder().namespace("/", Namespace::new()).parser(Compact).build();
    for packet in [
        r#"[2,"/",["disconnect"],null]"#,
        r#"[2,"/",[{"toString":"foo"}],null]"#,
        r#"[2,"/",[],null]"#,
        r#"[2,"/",{},null]"#,
        r#"[2,"/",null,null]"#,
        r#"[2,"/",["e"],9007199254740992]"#,
        r#"[2,"/elsewhere",["e"],null]"#,
        r#"[0,"/",null,null]"#,
        r#"[1,"/",0,null]"#,
        r#"[4,"/","no",null]"#,
        r#"[9,"/",["e"],null]"#,
        "[]",
        r#"2["e"]"#,
        "",
    ] {
        let mut raw = Raw::open(&io).await;
        raw.send(r#"[0,"/",null,null]"#);
        assert!(raw.text().await.starts_with(r#"[0,"/",{"sid":""#));
        raw.send(packet);
        raw.expect_closed().await;
    }
}

#[tokio::test(start_paused = true)]
async fn any_name_of_a_namespace_can_be_refused() {
    let io = SocketIo::builder().namespace("/", Namespace::new()).parser(Compact).build();
    let mut raw = Raw::open(&io).await;
    for name in ["", "x", "/a,b", "//", "/é"] {
        raw.send(&format!(r#"[0,"{name}",null,null]"#));
        raw.expect(&[&format!(r#"[4,"{name}",{{"message":"Invalid namespace"}},null]"#)]).await;
    }
}

#[cfg(feature = "msgpack")]
mod msgpack {
    use socketio::MessagePack;

    use super::*;

    fn server(namespace: Namespace) -> SocketIo {
        SocketIo::builder().namespace("/", namespace).parser(MessagePack).build()
    }

    /// Joins the main namespace, as the official client does.
    async fn join(io: &SocketIo) -> Raw {
        let mut raw = Raw::open(io).await;
        raw.send_frame(Bytes::from_static(b"\x82\xa4type\x00\xa3nsp\xa1/"));
        let Some(Message::Binary(answer)) = raw.next().await else { panic!() };
        assert!(answer.starts_with(b"\x83\xa4type\x00\xa4data\x81\xa3sid\xb4"));
        raw
    }

    #[tokio::test(start_paused = true)]
    async fn a_packet_is_one_binary_message() {
        let io = server(Namespace::new().on("e", async |all: Rest| all));
        let mut raw = join(&io).await;
        raw.send_frame(Bytes::from_static(
            b"\x84\xa4type\x02\xa4data\x93\xa1e\xc4\x01x\xd4\x00\x00\xa2id\x07\xa3nsp\xa1/",
        ));
        let answer = b"\x84\xa4type\x03\xa4data\x92\xc4\x01x\xc0\xa2id\x07\xa3nsp\xa1/";
        assert_eq!(raw.next().await, Some(Bytes::from_static(answer).into()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_packet_closes_the_connection() {
        let io = server(Namespace::new());
        for message in [
            &b""[..],
            b"\xc1",
            b"\x90",
            b"\x83\xa4type\x02\xa4data\xdd\xff\xff\xff\xff",
            b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x91\xaadisconnect",
            b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x91\x80",
        ] {
            let mut raw = join(&io).await;
            raw.send_frame(Bytes::copy_from_slice(message));
            raw.expect_closed().await;
        }
        let mut raw = join(&io).await;
        raw.send(r#"2["e"]"#);
        raw.expect_closed().await;
    }

    #[tokio::test(start_paused = true)]
    async fn values_that_wait_count_with_the_memory_they_take() {
        let (tell, mut told) = channel();
        let namespace = Namespace::new().on("e", async move |all: Rest| {
            tell.send(all.len()).unwrap();
            std::future::pending::<()>().await
        });
        let io = SocketIo::builder()
            .namespace("/", namespace)
            .parser(MessagePack)
            .max_running(1)
            .max_held(100_000)
            .build();
        let mut raw = join(&io).await;
        // Each of them 10,000 bytes, and 400,000 where they wait: nothing is read behind the second.
        let head = b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\xdc\x27\x11\xa1e";
        let event = Bytes::from([&head[..], &[0xc0; 10_000]].concat());
        for _ in 0..10 {
            raw.send_frame(event.clone());
        }
        raw.send_frame(Bytes::from_static(b"\xc1")); // would close the connection
        assert_eq!(told.next().await, 10_000);
        raw.expect_nothing().await;
    }
}

#[tokio::test(start_paused = true)]
async fn servers_of_a_cluster_need_not_have_the_same_parser() {
    let bus = MemoryBus::new();
    let builders = parsers().into_iter().chain([SocketIo::builder()]);
    let ios: Vec<_> = builders
        .map(|builder| builder.namespace("/", main_namespace()).cluster(bus.connect()).build())
        .collect();
    let mut clients = Vec::new();
    for io in &ios {
        let mut client = io.test_client().auth(json!({ "token": "" })).connect("/").await.unwrap();
        client.next().await.unwrap();
        clients.push(client);
    }
    for io in &ios {
        let args = ("é".to_owned(), Bytes::from_static(b"\xff"));
        io.emit("all", (&args.0, &args.1));
        for client in &mut clients {
            assert_eq!(client.recv().await, ("all".into(), args.clone()));
        }
        let mut answers = io.emit_with_ack::<i32>("ask", &1);
        for client in &mut clients {
            let question = client.next().await.unwrap();
            client.acknowledge(question.ack.unwrap(), &2);
        }
        for _ in &clients {
            assert_eq!(answers.next().await.unwrap().1.unwrap(), 2);
        }
    }
}
