//! What comes over the bus and is not as it should be.

use std::sync::Arc;

use engineio::Text;
use socketio_cluster::{Body, Bus, Flags, Message, NodeId, Options, RequestId};
use socketio_proto::{Encoded, Value, encoder};

use super::{Puppet, Server, three};
use crate::settled;

fn packet(text: &str) -> Encoded {
    Encoded { first: Text::from(text).into(), rest: None }
}

fn broadcast(packet: Encoded) -> Body {
    Body::Broadcast { packet, options: Options::default(), request: None }
}

/// Asserts that the servers go on as if nothing had been.
async fn undisturbed(servers: &mut [Server; 3]) {
    settled().await;
    servers[0].io.emit("fine", ());
    for server in servers {
        assert_eq!(server.events().await, ["fine"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_packet_that_is_no_event_of_the_namespace_is_dropped() {
    let (bus, mut servers) = three().await;
    let puppet = Puppet::join(&bus).await;
    let with_attachments = |text, attachments: &[&'static str]| {
        let attachments =
            attachments.iter().map(|text| engineio::Message::Binary((*text).into())).collect();
        Encoded { first: Text::from(text).into(), rest: Some(attachments) }
    };
    for packet in [
        packet(""),
        packet("2"),
        packet("2[]"),
        packet("2[\"event\""),
        packet("2[\"disconnect\"]"),
        packet("2/other,[\"event\"]"),
        packet("3[\"event\"]"),
        packet("31[\"event\"]"),
        packet("1"),
        packet("0{\"sid\":\"x\"}"),
        packet("4{\"message\":\"x\"}"),
        packet("51-[\"event\",{\"_placeholder\":true,\"num\":0}]"),
        with_attachments("2[\"event\"]", &["too many"]),
        with_attachments("51-[\"event\",{\"_placeholder\":true,\"num\":0}]", &["a", "b"]),
        with_attachments("52-[\"event\",{\"_placeholder\":true,\"num\":0}]", &["too few"]),
        with_attachments("51-[\"event\",{\"_placeholder\":true,\"num\":7}]", &["a"]),
    ] {
        puppet.say(broadcast(packet.clone())).await;
        let request = Some(RequestId::new("request"));
        puppet.say(Body::Broadcast { packet, options: Options::default(), request }).await;
        for _ in &servers {
            let Body::BroadcastClientCount { clients, .. } = puppet.hear().await.body else {
                panic!("the question is answered")
            };
            assert_eq!(clients, 0);
        }
    }
    undisturbed(&mut servers).await;
}

#[tokio::test(start_paused = true)]
async fn an_event_with_an_id_is_an_event_without() {
    let (bus, mut servers) = three().await;
    let puppet = Puppet::join(&bus).await;
    puppet.say(broadcast(packet("27[\"event\"]"))).await;
    for server in &mut servers {
        assert_eq!(server.client.next().await.unwrap().ack, None);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_for_a_server_is_not_heard() {
    let (bus, mut servers) = three().await;
    let puppet = Puppet::join(&bus).await;
    let event = || broadcast(encoder::event("/", None, "event", &()).unwrap());
    puppet.say_as(&puppet.node, Some(&NodeId::new("another")), event()).await;
    let (from, to) = (puppet.node.clone(), None);
    let elsewhere = Message { from, to, namespace: Arc::from("/nowhere"), body: event() };
    puppet.bus.publish(elsewhere).await.unwrap();
    servers[0].io.to("nowhere").emit("x", ());
    let own = puppet.hear().await; // says what the first server calls itself
    puppet.bus.publish(own.clone()).await.unwrap();
    let echo = Message { body: event(), to: None, ..own };
    puppet.bus.publish(echo).await.unwrap();
    assert_eq!(servers[0].events().await, [""; 0], "its own echo");
    assert_eq!(servers[1].events().await, ["event"]);
    assert_eq!(servers[2].events().await, ["event"]);
    undisturbed(&mut servers).await;
}

#[tokio::test(start_paused = true)]
async fn answers_to_nothing_are_dropped() {
    let (bus, mut servers) = three().await;
    let puppet = Puppet::join(&bus).await;
    let request = RequestId::new("nobody's");
    for body in [
        Body::FetchSocketsResponse { request: request.clone(), sockets: Vec::new() },
        Body::ServerSideEmitResponse { request: request.clone(), arguments: vec![Value::Null] },
        Body::BroadcastClientCount { request: request.clone(), clients: usize::MAX },
        Body::BroadcastAck { request, socket: None, arguments: None },
        Body::AdapterClose,
        Body::AdapterClose,
        Body::ServerSideEmit { event: "x".into(), arguments: Vec::new(), request: None },
    ] {
        puppet.say(body).await;
    }
    undisturbed(&mut servers).await;
}

#[tokio::test(start_paused = true)]
async fn an_emitter_is_heard_and_not_waited_for() {
    let (bus, mut servers) = three().await;
    let emitter = NodeId::new("emitter");
    let puppet = Puppet { bus: bus.connect(), node: emitter };
    let packet = encoder::event("/", None, "event", &()).unwrap();
    let rooms = vec!["b".into()];
    let options = Options { rooms, except: Vec::new(), flags: Flags::default() };
    puppet.say(Body::Broadcast { packet, options, request: None }).await;
    assert_eq!(servers[0].events().await, [""; 0]);
    assert_eq!(servers[1].events().await, ["event"]);
    assert_eq!(servers[2].events().await, ["event"]);
    assert_eq!(servers[0].io.fetch_sockets().await.unwrap().len(), 3);
}
