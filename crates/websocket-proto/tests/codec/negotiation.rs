//! What a client may offer of RFC 7692, and what a server answers.

use proptest::collection::vec;
use proptest::prelude::*;
use websocket_proto::deflate::{MalformedOffer, Preferences, negotiate};

/// A server that keeps all it may, so that what it answers is what it has to.
const GENEROUS: Preferences = Preferences {
    server_context_takeover: true,
    client_context_takeover: true,
    server_max_window_bits: 15,
    client_max_window_bits: 15,
};

fn answer(preferences: Preferences, offer: &str) -> Result<Option<String>, MalformedOffer> {
    let agreement = negotiate(&preferences, [offer])?;
    Ok(agreement.map(|agreement| agreement.to_string()))
}

fn accepted(parameters: &str) -> Result<Option<String>, MalformedOffer> {
    Ok(Some(format!("permessage-deflate{parameters}")))
}

#[test]
fn a_generous_server_answers_what_the_client_asks_for() {
    for (offer, expected) in [
        ("", ""),
        ("; server_no_context_takeover", "; server_no_context_takeover"),
        ("; client_no_context_takeover", "; client_no_context_takeover"),
        ("; server_max_window_bits=10", "; server_max_window_bits=10"),
        ("; server_max_window_bits=8", "; server_max_window_bits=8"),
        ("; server_max_window_bits=15", "; server_max_window_bits=15"),
        ("; client_max_window_bits", ""),
        ("; client_max_window_bits=8", ""),
        (
            "; client_max_window_bits=9; client_no_context_takeover; server_max_window_bits=12\
             ; server_no_context_takeover",
            "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12",
        ),
    ] {
        let offer = format!("permessage-deflate{offer}");
        assert_eq!(answer(GENEROUS, &offer), accepted(expected), "{offer}");
    }
}

#[test]
fn a_server_keeps_nothing_by_default() {
    let none = "; server_no_context_takeover; client_no_context_takeover";
    for offer in ["permessage-deflate", "permessage-deflate; client_max_window_bits"] {
        assert_eq!(answer(Preferences::default(), offer), accepted(none));
    }
}

#[test]
fn a_server_may_want_smaller_windows() {
    let small = Preferences { server_max_window_bits: 11, client_max_window_bits: 10, ..GENEROUS };
    for (offer, expected) in [
        ("; client_max_window_bits", "; server_max_window_bits=11; client_max_window_bits=10"),
        ("; client_max_window_bits=15", "; server_max_window_bits=11; client_max_window_bits=10"),
        ("; client_max_window_bits=9", "; server_max_window_bits=11; client_max_window_bits=9"),
        (
            "; client_max_window_bits; server_max_window_bits=9",
            "; server_max_window_bits=9; client_max_window_bits=10",
        ),
        (
            "; client_max_window_bits; server_max_window_bits=15",
            "; server_max_window_bits=11; client_max_window_bits=10",
        ),
    ] {
        let offer = format!("permessage-deflate{offer}");
        assert_eq!(answer(small, &offer), accepted(expected), "{offer}");
    }
    // "a server MUST NOT include […] if the offer doesn't", so it can only do without.
    assert_eq!(answer(small, "permessage-deflate"), Ok(None));
    let out_of_range = Preferences { server_max_window_bits: 0, ..GENEROUS };
    assert_eq!(answer(out_of_range, "permessage-deflate"), accepted("; server_max_window_bits=9"));
}

#[test]
fn an_offer_with_a_wrong_parameter_is_declined() {
    for parameters in [
        "unknown",
        "unknown=1",
        "Server_no_context_takeover",
        "server_no_context_takeover=1",
        "client_no_context_takeover=true",
        "server_no_context_takeover; server_no_context_takeover",
        "client_no_context_takeover; client_no_context_takeover",
        "server_max_window_bits",
        "server_max_window_bits=7",
        "server_max_window_bits=16",
        "server_max_window_bits=010",
        "server_max_window_bits=08",
        "server_max_window_bits=1",
        "server_max_window_bits=115",
        "server_max_window_bits=1a",
        "server_max_window_bits=+9",
        "server_max_window_bits=10; server_max_window_bits=10",
        "client_max_window_bits=7",
        "client_max_window_bits=16",
        "client_max_window_bits; client_max_window_bits",
        "client_max_window_bits; client_max_window_bits=10",
    ] {
        let offer = format!("permessage-deflate; {parameters}");
        assert_eq!(answer(GENEROUS, &offer), Ok(None), "{offer}");
        let offer = format!("{offer}, permessage-deflate");
        assert_eq!(answer(GENEROUS, &offer), accepted(""), "{offer}");
    }
}

#[test]
fn the_first_good_offer_is_accepted() {
    for offers in [
        "permessage-deflate; server_max_window_bits=10, permessage-deflate",
        "permessage-deflate; x, permessage-deflate; server_max_window_bits=10",
        "x-webkit-deflate-frame, permessage-deflate; server_max_window_bits=10",
        "bbf-usp-protocol; a=b; c=\"d\", permessage-deflate; server_max_window_bits=10",
        ",, permessage-deflate; server_max_window_bits=10,",
        " permessage-deflate ;\tserver_max_window_bits = \"10\" ",
        "permessage-deflate;server_max_window_bits=\"1\\0\"",
    ] {
        assert_eq!(answer(GENEROUS, offers), accepted("; server_max_window_bits=10"), "{offers}");
    }
    let headers = ["foo", "permessage-deflate; server_max_window_bits=9", "permessage-deflate"];
    let agreement = negotiate(&GENEROUS, headers).unwrap().unwrap();
    assert_eq!(agreement.to_string(), "permessage-deflate; server_max_window_bits=9");
}

#[test]
fn no_offer_is_no_agreement() {
    for offer in ["", " ", ",", "foo", "constructor", "permessage-deflate2", "Permessage-Deflate"] {
        assert_eq!(answer(GENEROUS, offer), Ok(None), "{offer}");
    }
    assert_eq!(negotiate(&GENEROUS, [""; 0]), Ok(None));
}

#[test]
fn what_is_not_a_list_of_extensions_is_an_error() {
    for header in [
        "permessage-deflate;",
        "permessage-deflate; ;",
        ";",
        "=",
        "a b",
        "permessage-deflate; a=",
        "permessage-deflate; =a",
        "permessage-deflate; a=\"",
        "permessage-deflate; a=\"\"",
        "permessage-deflate; a=\"b",
        "permessage-deflate; a=\"b c\"",
        "permessage-deflate; a=\"b\\\"",
        "permessage-deflate; a=b=c",
        "permessage-deflate; a=\"b\"c",
        "permessage-deflate, é",
        "permessage-deflate, a; b, \0",
    ] {
        assert_eq!(answer(GENEROUS, header), Err(MalformedOffer), "{header}");
    }
    let headers = ["permessage-deflate", "="];
    assert_eq!(negotiate(&GENEROUS, headers), Err(MalformedOffer));
}

#[test]
fn long_offers_take_linear_time() {
    let mut offers = "permessage-deflate; a=\"\\1\\1\\1\",".repeat(30_000);
    offers.push_str("permessage-deflate");
    assert_eq!(answer(GENEROUS, &offers), accepted(""));
    let header = format!("{};", "a;b=\"c\",".repeat(100_000));
    assert_eq!(answer(GENEROUS, &header), Err(MalformedOffer));
}

proptest! {
    #[test]
    fn any_header_is_read(
        bytes in vec(any::<u8>(), 0..40),
        list in "(permessage-deflate|a|;|,|=| |\"|\\\\|server_max_window_bits|1|9){0,20}",
        server: bool,
        client: bool,
        bits: (u8, u8),
    ) {
        let preferences = Preferences {
            server_context_takeover: server,
            client_context_takeover: client,
            server_max_window_bits: bits.0,
            client_max_window_bits: bits.1,
        };
        for header in [&bytes[..], list.as_bytes()] {
            let Ok(Some(agreement)) = negotiate(&preferences, [header]) else { continue };
            let answer = agreement.to_string();
            // The answer has the form of an offer, and offered to the most generous it is agreed.
            let again = negotiate(&GENEROUS, [&answer]).unwrap().unwrap().to_string();
            prop_assert!(answer.starts_with(&again), "{answer}, {again}");
            prop_assert!(server || agreement.is_shareable());
        }
    }
}
