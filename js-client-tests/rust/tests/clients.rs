//! What `rust_socketio` says and hears, by every transport it has.
//!
//! What this client cannot do is not here, and what it does wrong is kept out of the way:
//!
//! - It takes one attachment in an event, and none in one that is to be acknowledged. It acknowledges nothing itself,
//!   and is in one namespace of a connection.
//! - It takes a byte 30 of an attachment for the end of a packet.
//! - When it polls, it answers a ping while it sends something else, which the protocol forbids: servers do not ping
//!   where clients speak.
//! - With tokio, it takes every part in which the body of a poll arrives for a whole one: bodies are small there.
//! - The client that blocks leaves a thread behind that never rests: each test needs a process of its own, as with
//!   `cargo nextest`.

use rust_client_tests::{Asynchronous, Blocking, Client, Conversation, Options, Server};
use rust_socketio::{Event, Payload, TransportType};
use serde_json::json;

/// Who connects, and how.
fn options(server: &Server, transport: TransportType) -> Options {
    Options { url: server.url(), transport, namespace: "/", auth: None }
}

fn the_server_knows_who_connects_and_by_which_url<C: Client>(transport: TransportType) {
    let server = Server::start();
    let auth = json!({ "token": "123", "nested": { "list": [1, null, "€"] } });
    let client = Conversation::<C>::connect(Options {
        url: format!("{}/?colour=dark%20red&n=1", server.url()),
        auth: Some(auth.clone()),
        ..options(&server, transport)
    });
    assert_eq!(client.next(&Event::from("auth")), Payload::Text(vec![auth]));
    assert_eq!(
        client.acknowledged("query", json!("colour")),
        Payload::Text(vec![json!(["dark red"])])
    );
    client.disconnect();
}

fn all_kinds_of_values_go_both_ways<C: Client>(transport: TransportType) {
    let server = Server::start();
    let client = Conversation::<C>::connect(options(&server, transport));
    let text = "€ and 😀 \u{0} \u{2028} \\ \" \n \u{1e}";
    let values =
        vec![json!(null), json!(true), json!(-1.5), json!(text), json!({ "a": [{ "": [[]] }] })];
    assert_eq!(client.echo(values.clone()), Payload::Text(values));
    client.disconnect();
}

fn an_event_of_another_alphabet_finds_its_handler<C: Client>(transport: TransportType) {
    let server = Server::start();
    let client = Conversation::<C>::connect(options(&server, transport));
    client.emit("été", json!("chaud"));
    assert_eq!(client.next(&Event::from("été")), Payload::Text(vec![json!("chaud")]));
    client.disconnect();
}

fn bytes_go_both_ways<C: Client>(transport: TransportType) {
    let server = Server::start();
    let many = if matches!(transport, TransportType::Polling) { 2_000 } else { 200_000 };
    let client = Conversation::<C>::connect(options(&server, transport));
    for bytes in [vec![0, 1, 4, 253, 254, 255], vec![7; many]] {
        assert!(client.echo(bytes.clone()) == Payload::from(bytes), "the bytes come back");
    }
    client.disconnect();
}

fn events_arrive_once_each_and_in_order<C: Client>(transport: TransportType) {
    let server = Server::start();
    let client = Conversation::<C>::connect(options(&server, transport));
    for number in 0..50 {
        client.emit("message", json!(number));
        client.emit("message", vec![100 + number]);
    }
    for number in 0..50 {
        let heard = || client.next(&Event::from("message-back"));
        assert_eq!(heard(), Payload::Text(vec![json!(number)]));
        assert_eq!(heard(), Payload::from(vec![100 + number]));
    }
    client.disconnect();
}

fn the_server_acknowledges<C: Client>(transport: TransportType) {
    let server = Server::start();
    let client = Conversation::<C>::connect(options(&server, transport));
    for values in [vec![], vec![json!(1)], vec![json!("€"), json!({ "deep": [null] })]] {
        let answer = client.acknowledged("message-with-ack", values.clone());
        assert_eq!(answer, Payload::Text(vec![json!(values)]));
    }
    client.disconnect();
}

fn a_namespace_is_joined_without_the_main_one<C: Client>(transport: TransportType) {
    let server = Server::start();
    let custom =
        Conversation::<C>::connect(Options { namespace: "/custom", ..options(&server, transport) });
    assert_eq!(custom.echo(json!("custom")), Payload::Text(vec![json!("custom")]));
    assert_eq!(custom.echo(vec![1, 2]), Payload::from(vec![1, 2]));
    assert_eq!(custom.acknowledged("message-with-ack", json!(1)), Payload::Text(vec![json!([1])]));
    custom.disconnect();
}

fn a_client_that_is_refused_reads_why<C: Client>(transport: TransportType) {
    let server = Server::start();
    for (namespace, why) in [
        ("/refused", r#"{"message":"not you"}"#),
        ("/refused-with-data", r#"{"message":"not you","data":{"code":42}}"#),
        ("/unknown", r#"{"message":"Invalid namespace"}"#),
    ] {
        let client =
            Conversation::<C>::open(Options { namespace, ..options(&server, transport.clone()) });
        let told = Payload::from(format!("Received an ConnectError frame: {why}"));
        assert_eq!(client.next(&Event::Error), told);
    }
}

fn a_client_that_the_server_disconnects_hears_of_it<C: Client>(transport: TransportType) {
    let server = Server::start();
    let client = Conversation::<C>::connect(options(&server, transport));
    client.emit("disconnect-me", json!(null));
    client.next(&Event::Close);
}

fn a_client_stays_as_long_as_it_answers_pings<C: Client>(transport: TransportType) {
    let (server, impatience) = Server::start_to_ping();
    let client = Conversation::<C>::connect(options(&server, transport));
    client.stay(impatience);
    assert_eq!(client.echo(json!(1)), Payload::Text(vec![json!(1)]));
    client.disconnect();
}

fn a_client_comes_back_when_the_server_does<C: Client>(transport: TransportType) {
    let server = Server::start();
    let client = Conversation::<C>::connect(options(&server, transport));
    let start_again = server.end();
    let _server = start_again();
    client.next(&Event::Connect);
    assert_eq!(client.echo(json!("again")), Payload::Text(vec![json!("again")]));
    client.disconnect();
}

/// The tests above, for one kind of client by one way to connect.
macro_rules! conversation {
    ($name:ident, $client:ty, $transport:ident) => {
        conversation! { $name, $client, $transport:
            the_server_knows_who_connects_and_by_which_url
            all_kinds_of_values_go_both_ways
            an_event_of_another_alphabet_finds_its_handler
            bytes_go_both_ways
            events_arrive_once_each_and_in_order
            the_server_acknowledges
            a_namespace_is_joined_without_the_main_one
            a_client_that_is_refused_reads_why
            a_client_that_the_server_disconnects_hears_of_it
            a_client_stays_as_long_as_it_answers_pings
            a_client_comes_back_when_the_server_does
        }
    };
    ($name:ident, $client:ty, $transport:ident: $($test:ident)+) => {
        mod $name {
            use super::*;
            $(
                #[test]
                fn $test() {
                    super::$test::<$client>(TransportType::$transport);
                }
            )+
        }
    };
}

conversation!(blocking_polling, Blocking, Polling);
conversation!(blocking_websocket, Blocking, Websocket);
conversation!(blocking_upgrade, Blocking, WebsocketUpgrade);
conversation!(asynchronous_polling, Asynchronous, Polling);
conversation!(asynchronous_websocket, Asynchronous, Websocket);
conversation!(asynchronous_upgrade, Asynchronous, WebsocketUpgrade);
