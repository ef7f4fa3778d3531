//! The JSON of a packet, checked in one pass that keeps no tree.
//!
//! Checking is all that happens here: arguments stay text. In a binary packet the pass also looks
//! at every placeholder, and serde_json makes it; so it does where JSON nests deep or is wrong.

use std::fmt;

use engineio_proto::Text;
use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::arguments::Arguments;
use crate::error::DecodeError;
use crate::packet::is_reserved;
use crate::scan::{self, Array};
use crate::value::NUMBER;

/// Reads the JSON that begins at `start`: an object.
pub(crate) fn object(frame: &Text, start: usize) -> Result<Text, DecodeError> {
    json(frame, start, b"{")
}

/// Reads the JSON that begins at `start`: an object or a string.
pub(crate) fn object_or_string(frame: &Text, start: usize) -> Result<Text, DecodeError> {
    json(frame, start, b"{\"")
}

/// Reads the JSON that begins at `start`, with one of these bytes.
fn json(frame: &Text, start: usize, first: &[u8]) -> Result<Text, DecodeError> {
    let json = frame.as_str().get(start..).unwrap_or_default();
    if !json.as_bytes().first().is_some_and(|byte| first.contains(byte)) {
        return Err(DecodeError::InvalidPayload);
    }
    serde_json::from_str::<IgnoredAny>(json).map_err(|_| DecodeError::InvalidPayload)?;
    frame.slice(start..frame.len()).ok_or(DecodeError::InvalidPayload)
}

/// Reads the JSON that begins at `start`: the name of an event and its arguments.
///
/// Their placeholders name some of `attachments`, if there are any.
pub(crate) fn event(
    frame: Text,
    start: usize,
    attachments: usize,
) -> Result<(Text, Arguments), DecodeError> {
    let found = look(&frame, start, true, attachments)?;
    if found.len == 0 {
        return Err(DecodeError::InvalidPayload);
    }
    let (start, end) = (found.first.start, found.first.end);
    let json = frame.as_str().get(found.first.clone()).ok_or(DecodeError::InvalidPayload)?;
    let name = match json.as_bytes() {
        [b'"', string @ ..] if found.is_escaped && string.contains(&b'\\') => {
            let name: String =
                serde_json::from_str(json).map_err(|_| DecodeError::InvalidPayload)?;
            name.into()
        }
        [b'"', ..] => frame.slice(start + 1..end - 1).expect("stands between two quotes"),
        [b'-' | b'0'..=b'9', ..] => number(json).ok_or(DecodeError::InvalidPayload)?.into(),
        _ => return Err(DecodeError::InvalidPayload),
    };
    if is_reserved(name.as_str()) {
        return Err(DecodeError::InvalidPayload);
    }
    let others = found.second..found.end;
    Ok((name, Arguments::from_frame(frame, others, found.len - 1, found.is_plain)))
}

/// Reads the JSON that begins at `start`: arguments.
///
/// Their placeholders name some of `attachments`, if there are any.
pub(crate) fn arguments(
    frame: Text,
    start: usize,
    attachments: usize,
) -> Result<Arguments, DecodeError> {
    let found = look(&frame, start, false, attachments)?;
    let all = found.first.start..found.end;
    Ok(Arguments::from_frame(frame, all, found.len, found.is_plain))
}

/// Finds the parts of the array that begins at `start`. Its first element, if it is to be a name, is no
/// placeholder; the others number some of `attachments`.
fn look(frame: &Text, start: usize, named: bool, attachments: usize) -> Result<Array, DecodeError> {
    let scanned = match scan::array(frame.as_str(), start) {
        Some(array) if attachments == 0 => return Ok(array),
        scanned => scanned,
    };
    let mut elements = Elements::new(named, attachments);
    let (name, others) = list(frame, start, &mut elements)?;
    if let Some(array) = scanned {
        // Or what is passed on would be numbered other than what is written.
        let is_plain = array.is_plain && elements.scan.is_in_order();
        return Ok(Array { is_plain, ..array });
    }
    let array = frame.as_str().get(start + 1..).unwrap_or_default();
    let first = frame.len() - array.trim_ascii_start().len();
    let first = first..first + name.map_or(0, |name| name.get().len());
    let end = frame.as_bytes().trim_ascii_end().len() - 1;
    let (second, len) = (first.end, others + usize::from(name.is_some()));
    Ok(Array { first, second, len, end, is_escaped: true, is_plain: false })
}

/// Reads the array that begins at `start`. Returns the JSON of its first element, if that is to be
/// a name, and the number of the others.
fn list<'a>(
    frame: &'a Text,
    start: usize,
    elements: &mut Elements,
) -> Result<(Option<&'a RawValue>, usize), DecodeError> {
    let json = frame.as_str().get(start..).unwrap_or_default();
    if !json.starts_with('[') {
        return Err(DecodeError::InvalidPayload);
    }
    let mut json = serde_json::Deserializer::from_str(json);
    let read = json.deserialize_seq(&mut *elements).and_then(|read| json.end().map(|()| read));
    let read = read.map_err(|_| DecodeError::InvalidPayload)?;
    if elements.scan.found_illegal { Err(DecodeError::IllegalAttachments) } else { Ok(read) }
}

/// Makes the string of a number that JavaScript makes. `None` if it is infinite.
pub(crate) fn number(json: &str) -> Option<String> {
    let number: f64 = json.parse().ok().filter(|number: &f64| number.is_finite())?;
    Some(match number.abs() {
        0.0 => "0".to_owned(), // no sign
        1e21.. => format!("{number:e}").replace('e', "e+"),
        1e-6.. => number.to_string(),
        _ => format!("{number:e}"),
    })
}

/// Visits an array of arguments.
struct Elements {
    /// Whether the first element is the name of an event.
    named: bool,
    /// What to do with the others.
    scan: Scan,
}

impl Elements {
    /// Begins to visit an array, whose placeholders number this many attachments.
    const fn new(named: bool, attachments: usize) -> Self {
        let scan = Scan { attachments, found: 0, in_order: true, found_illegal: false };
        Self { named, scan }
    }
}

impl<'de> Visitor<'de> for &mut Elements {
    type Value = (Option<&'de RawValue>, usize);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let name = if self.named { seq.next_element()? } else { None };
        let mut count = 0;
        while self.scan.element(&mut seq)? {
            count += 1;
        }
        Ok((name, count))
    }
}

/// Looks for placeholders at any depth.
struct Scan {
    /// Number of attachments, which the placeholders number from 0. If it is 0, an object that
    /// looks like a placeholder is none.
    attachments: usize,
    /// Number of placeholders so far.
    found: usize,
    /// Each of them has the number of those before it, as in a packet that was just written.
    in_order: bool,
    /// Whether a placeholder does not number an attachment.
    found_illegal: bool,
}

impl Scan {
    /// Visits the next element of an array, and returns whether there was one.
    fn element<'de, A: SeqAccess<'de>>(&mut self, seq: &mut A) -> Result<bool, A::Error> {
        Ok(match self.attachments {
            0 => seq.next_element::<IgnoredAny>()?.is_some(),
            _ => seq.next_element_seed(self)?.is_some(),
        })
    }

    /// Returns whether each attachment has one placeholder, in their order.
    fn is_in_order(&self) -> bool {
        self.in_order && self.found == self.attachments
    }

    /// Returns whether this is a number of an attachment.
    fn is_legal(&self, seen: Seen) -> bool {
        match seen {
            Seen::Number(number) => usize::try_from(number).is_ok_and(|n| n < self.attachments),
            Seen::True | Seen::Other => false,
        }
    }
}

/// What a placeholder could be made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// `true`.
    True,
    /// An integer that is not negative.
    Number(u64),
    /// Anything else.
    Other,
}

impl<'de> DeserializeSeed<'de> for &mut Scan {
    type Value = Seen;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Seen, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Scan {
    type Value = Seen;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Seen, E> {
        Ok(if bool { Seen::True } else { Seen::Other })
    }

    fn visit_u64<E>(self, number: u64) -> Result<Seen, E> {
        Ok(Seen::Number(number))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Seen, E> {
        Ok(Seen::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Seen, A::Error> {
        while self.element(&mut seq)? {}
        Ok(Seen::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Seen, A::Error> {
        let (mut placeholder, mut num) = (Seen::Other, Seen::Other);
        while let Some(key) = map.next_key::<String>()? {
            match &*key {
                "_placeholder" => placeholder = map.next_value_seed(&mut *self)?,
                "num" => num = map.next_value_seed(&mut *self)?,
                NUMBER => {
                    let digits: String = map.next_value()?;
                    return Ok(digits.parse().map_or(Seen::Other, Seen::Number));
                }
                _ => _ = map.next_value_seed(&mut *self)?,
            }
        }
        if placeholder == Seen::True {
            self.found_illegal |= !self.is_legal(num);
            self.in_order &= num == Seen::Number(self.found as u64);
            self.found += 1;
        }
        Ok(Seen::Other)
    }
}
