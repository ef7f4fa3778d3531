//! The parameters of a namespace's name, as an extractor.

use std::fmt::Display;

use serde::de::value::{Error as ValueError, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::error::Error;
use crate::event::{Event, FromEvent};
use crate::pattern::Parameters;

/// The parameters of the namespace's name, like axum's `Path`: see
/// [`Builder::namespace`](crate::Builder::namespace).
///
/// A single one as it is, several as a tuple or as a struct with fields of their names. If one is not of its type, a
/// middleware or a predicate with this parameter refuses the client.
///
/// ```
/// use serde::Deserialize;
/// use socketio::{Namespace, Params, SocketIo};
///
/// #[derive(Deserialize)]
/// struct Board {
///     team: String,
///     number: u32,
/// }
///
/// let boards = Namespace::new().on_connect(async |Params(board): Params<Board>| {
///     println!("board {} of {}", board.number, board.team);
/// });
/// let rooms = Namespace::new().on_connect(async |Params(id): Params<u32>| println!("room {id}"));
/// let io = SocketIo::builder()
///     .namespace("/{team}/board-{number}", boards)
///     .namespace("/room-{id}", rooms)
///     .build();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromEvent<S> for Params<T> {
    async fn from_event(event: &mut Event, _: &S) -> Result<Self, Error> {
        let parameters = &event.socket().adapter().parameters;
        T::deserialize(All(parameters)).map(Self).map_err(|error| Error::new(error.to_string()))
    }
}

/// The value of one parameter, which is parsed as what it is wanted to be.
#[derive(Clone, Copy)]
struct One<'de> {
    name: &'de str,
    value: &'de str,
}

impl One<'_> {
    fn error(self, error: impl Display) -> ValueError {
        ValueError::custom(format!("parameter `{}`: {error}", self.name))
    }
}

macro_rules! parse {
    ($($method:ident => $visit:ident,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
            visitor.$visit(self.value.parse().map_err(|error| self.error(error))?)
        }
    )*};
}

impl<'de> Deserializer<'de> for One<'de> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_borrowed_str(self.value).map_err(|error: ValueError| self.error(error))
    }

    parse! {
        deserialize_bool => visit_bool,
        deserialize_char => visit_char,
        deserialize_i8 => visit_i8,
        deserialize_i16 => visit_i16,
        deserialize_i32 => visit_i32,
        deserialize_i64 => visit_i64,
        deserialize_i128 => visit_i128,
        deserialize_u8 => visit_u8,
        deserialize_u16 => visit_u16,
        deserialize_u32 => visit_u32,
        deserialize_u64 => visit_u64,
        deserialize_u128 => visit_u128,
        deserialize_f32 => visit_f32,
        deserialize_f64 => visit_f64,
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        let value: serde::de::value::StrDeserializer<'_, ValueError> =
            self.value.into_deserializer();
        value.deserialize_enum(name, variants, visitor).map_err(|error| self.error(error))
    }

    forward_to_deserialize_any! {
        str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, ValueError> for One<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// All parameters: a map, a list, or the only one by itself.
struct All<'de>(&'de Parameters);

impl<'de> All<'de> {
    fn all(&self) -> impl Iterator<Item = One<'de>> + use<'de> {
        self.0.iter().map(|(name, value)| One { name, value })
    }

    fn only(&self) -> Result<One<'de>, ValueError> {
        let mut all = self.all();
        match (all.next(), all.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(ValueError::custom("the namespace's name does not have one parameter")),
        }
    }
}

macro_rules! only {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
            self.only()?.$method(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for All<'de> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_map(MapDeserializer::new(self.all().map(|one| (one.name, one))))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_seq(SeqDeserializer::new(self.all()))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        self.only()?.deserialize_enum(name, variants, visitor)
    }

    only! {
        deserialize_bool deserialize_char deserialize_str deserialize_string
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    forward_to_deserialize_any! {
        bytes byte_buf option unit unit_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;
    use crate::pattern::Pattern;

    fn read<T: DeserializeOwned>(pattern: &str, name: &str) -> Result<T, String> {
        let parameters = Pattern::parse(pattern).unwrap().parameters(name).unwrap();
        T::deserialize(All(&parameters)).map_err(|error| error.to_string())
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Id(u64);

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Color {
        Red,
        Blue,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Board {
        number: Id,
        team: Color,
        scale: Option<f64>,
    }

    #[test]
    fn one_parameter_is_itself() {
        assert_eq!(read("/{id}", "/7"), Ok(7_u8));
        assert_eq!(read("/{id}", "/-7"), Ok(-7_i128));
        assert_eq!(read("/{id}", "/7"), Ok("7".to_owned()));
        assert_eq!(read("/{id}", "/7"), Ok(Id(7)));
        assert_eq!(read("/{id}", "/true"), Ok(true));
        assert_eq!(read("/{id}", "/red"), Ok(Color::Red));
        assert_eq!(read("/{id}", "/7"), Ok(["7".to_owned()]));
    }

    #[test]
    fn several_are_a_tuple_a_list_a_map_or_a_struct() {
        let pattern = "/{team}/board-{number}";
        assert_eq!(read(pattern, "/red/board-7"), Ok((Color::Red, 7)));
        assert_eq!(read(pattern, "/red/board-7"), Ok(vec!["red".to_owned(), "7".to_owned()]));
        let map: BTreeMap<String, String> = read(pattern, "/red/board-7").unwrap();
        assert_eq!((&*map["team"], &*map["number"]), ("red", "7"));
        let board = Board { number: Id(7), team: Color::Blue, scale: None };
        assert_eq!(read(pattern, "/blue/board-7"), Ok(board));
        let board = Board { number: Id(7), team: Color::Blue, scale: Some(0.5) };
        assert_eq!(read("/{number}/{team}/{scale}", "/7/blue/0.5"), Ok(board));
    }

    #[test]
    fn what_is_of_another_type_is_named() {
        fn error<T>(error: &str) -> Result<T, String> {
            Err(error.to_owned())
        }
        assert_eq!(
            read::<u8>("/{id}", "/256"),
            error("parameter `id`: number too large to fit in target type")
        );
        assert_eq!(
            read::<(u8, u8)>("/{a}/{b}", "/1/x"),
            error("parameter `b`: invalid digit found in string")
        );
        assert_eq!(
            read::<Color>("/{c}", "/green"),
            error("parameter `c`: unknown variant `green`, expected `red` or `blue`")
        );
        let none = "the namespace's name does not have one parameter";
        assert_eq!(read::<u8>("/{a}/{b}", "/1/2"), error(none));
        assert_eq!(read::<String>("/a", "/a"), error(none));
    }
}
