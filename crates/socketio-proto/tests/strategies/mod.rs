//! Packets of any shape.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Number;
use socketio_proto::{Value, is_reserved};

/// A value of any shape, with bytes at any depth.
pub(crate) fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<u64>().prop_map(|number| Value::Number(number.into())),
        (i64::MIN..0).prop_map(|number| Value::Number(number.into())),
        (-1_000_000..1_000_000_i32).prop_filter_map("a float", |number| {
            Number::from_f64(f64::from(number) / 64.0).map(Value::Number)
        }),
        any::<String>().prop_map(Value::String),
        bytes().prop_map(Value::Binary),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec((any::<String>(), inner), 0..4).prop_map(Value::Object),
        ]
    })
}

pub(crate) fn bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..8).prop_map(Bytes::from)
}

pub(crate) fn namespace() -> impl Strategy<Value = String> {
    prop_oneof![Just("/".to_owned()), "/[^,]{0,8}"]
}

pub(crate) fn id() -> impl Strategy<Value = u64> {
    0..1_u64 << 53
}

pub(crate) fn name() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a-z]{1,8}"].prop_filter("reserved", |name| !is_reserved(name))
}
