//! Incoming arguments.

use std::ops::Range;
use std::sync::Arc;
use std::{fmt, mem, vec};

use bytes::Bytes;
use engineio_proto::Text;
use serde::de::value::UnitDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed};
use serde_json::value::RawValue;

use crate::error::ArgumentError;
use crate::value::{Resolve, Value};

/// The attachments of a packet, in order.
pub(crate) type Attachments = Arc<[Bytes]>;

/// The arguments of an event or an acknowledgement, decoded one at a time.
///
/// They stay JSON text, a slice of the frame, until they are asked for. Only an argument of a
/// binary packet is built as a [`Value`] on its way to the type that was asked for.
///
/// Binary is what deserializes from bytes, like [`Bytes`] or `serde_bytes`. A `Vec<u8>` is an
/// array of numbers.
#[derive(Clone, Default)]
pub struct Arguments {
    /// Where they come from.
    source: Source,
    /// Position of the next argument. The first is 0.
    index: usize,
    /// Number of arguments that are left.
    left: usize,
    /// Bytes of the frame and its attachments.
    size: usize,
    /// They can be passed on unread.
    is_plain: bool,
}

/// Where arguments come from.
#[derive(Clone)]
enum Source {
    /// A packet, whose JSON was checked.
    Packet {
        /// The whole frame.
        frame: Text,
        /// Index into the frame: behind the last value, or behind the `[`.
        at: usize,
        /// Index of what ends the last value, the `]`.
        end: usize,
        /// The attachments of a binary packet.
        attachments: Option<Attachments>,
    },
    /// The application.
    Values(vec::IntoIter<Value>),
}

impl Arguments {
    /// Makes arguments of these values.
    ///
    /// O(n) in the number of values at any depth, to know their [`size`](Self::size).
    #[must_use]
    pub fn from_values(values: Vec<Value>) -> Self {
        Self {
            index: 0,
            left: values.len(),
            size: values.iter().map(Value::size).sum(),
            source: Source::Values(values.into_iter()),
            is_plain: false,
        }
    }

    /// Makes one argument of a JSON text.
    ///
    /// # Errors
    /// It is not one JSON value.
    pub fn from_json(json: Text) -> Result<Self, serde_json::Error> {
        serde_json::from_str::<&RawValue>(json.as_str())?;
        let end = json.len();
        Ok(Self::from_frame(json, 0..end, 1, false))
    }

    /// Makes arguments of the `left` values at this part of a frame, whose JSON was checked.
    ///
    /// It begins behind a value, or behind the `[`, and ends before the `]`. Every parser reads them if they are
    /// plain: see [`Array::is_plain`](crate::scan::Array::is_plain).
    pub(crate) fn from_frame(frame: Text, at: Range<usize>, left: usize, is_plain: bool) -> Self {
        let size = frame.len();
        let source = Source::Packet { frame, at: at.start, end: at.end, attachments: None };
        Self { source, index: 0, left, size, is_plain }
    }

    /// Adds the attachments that the placeholders in the frame name.
    pub(crate) fn attach(&mut self, added: Attachments) {
        self.size += added.iter().map(Bytes::len).sum::<usize>();
        if let Source::Packet { attachments, .. } = &mut self.source {
            *attachments = Some(added);
        }
    }

    /// Takes the next argument.
    ///
    /// An argument that is not a `T` is taken as well. When none is left, a `T` that accepts
    /// `null` is made of it, so that `Option` is `None` where JavaScript has `undefined`.
    ///
    /// O(length of the argument), which may nest up to 127 levels deep. Bytes are copied unless
    /// the attachment has no other owner: this was the last argument, and nothing was cloned.
    ///
    /// # Errors
    /// [`ArgumentError::Missing`] if none is left, [`ArgumentError::Invalid`] if it is not a `T`.
    #[expect(clippy::should_implement_trait, reason = "an iterator has one type of items")]
    pub fn next<T: DeserializeOwned>(&mut self) -> Result<T, ArgumentError> {
        let index = self.index;
        self.index += 1;
        if self.left == 0 {
            let null = UnitDeserializer::<serde::de::value::Error>::new();
            return T::deserialize(null).map_err(|_| ArgumentError::Missing { index });
        }
        self.left -= 1;
        let result = match &mut self.source {
            Source::Packet { frame, at, end, attachments: None } => {
                serde_json::from_str(argument(frame, at, *end, self.left == 0))
            }
            _ => self.value().and_then(Value::decode),
        };
        result.map_err(|source| ArgumentError::Invalid { index, source })
    }

    /// Takes all that are left, as dynamic values.
    ///
    /// O(length of the arguments). A value takes more memory than its text: 40 bytes for a `0`.
    ///
    /// # Errors
    /// [`ArgumentError::Invalid`] if one is no [`Value`]: it nests deeper than 127 levels, a
    /// number does not fit an `f64`, a string is not Unicode. Those before it are lost.
    pub fn rest(&mut self) -> Result<Vec<Value>, ArgumentError> {
        let mut values = Vec::new();
        while self.left > 0 {
            let index = self.index;
            self.index += 1;
            self.left -= 1;
            let value = self.value();
            values.push(value.map_err(|source| ArgumentError::Invalid { index, source })?);
        }
        Ok(values)
    }

    /// Takes all that are left as JSON with commas between, their number, and the attachments that its
    /// placeholders number, if they can be passed on unread.
    ///
    /// Those of a binary packet can if they are all there: or somebody would be sent an attachment that belongs
    /// to an argument he is not.
    pub(crate) fn take_json(&mut self) -> Option<(Text, usize, Option<Attachments>)> {
        match &mut self.source {
            Source::Packet { frame, at, end, attachments }
                if self.is_plain && (attachments.is_none() || self.index == 0) =>
            {
                let start = match self.index {
                    0 => *at,
                    _ => *end - skip_comma(&frame.as_str()[*at..*end]).len(),
                };
                let json = mem::take(frame).into_slice(start..*end)?;
                (*at, *end) = (0, 0);
                self.index += self.left;
                Some((json, mem::take(&mut self.left), attachments.take()))
            }
            _ => None,
        }
    }

    /// Returns the number of arguments that are left.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.left
    }

    /// Returns whether none is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Returns the bytes that the arguments hold: the whole frame and its attachments, or all of the values.
    ///
    /// Taking arguments does not change it. Clones share these bytes.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Takes the next argument as a value. `left` is the number of those behind it.
    fn value(&mut self) -> Result<Value, serde_json::Error> {
        match &mut self.source {
            Source::Packet { frame, at, end, attachments } => {
                let json = argument(frame, at, *end, self.left == 0);
                let mut json = serde_json::Deserializer::from_str(json);
                let value =
                    Resolve(attachments.as_deref().unwrap_or_default()).deserialize(&mut json)?;
                if self.left == 0 {
                    *attachments = None; // so that the value is their last owner
                }
                Ok(value)
            }
            Source::Values(values) => Ok(values.next().expect("as many values as are left")),
        }
    }
}

impl Default for Source {
    fn default() -> Self {
        Self::Packet { frame: Text::default(), at: 0, end: 0, attachments: None }
    }
}

/// Shows how many are left and their size, and none of their content.
impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arguments")
            .field("len", &self.left)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// Finds the JSON of the next argument and moves the index behind it. The last one goes to the end.
fn argument<'a>(frame: &'a Text, at: &mut usize, end: usize, is_last: bool) -> &'a str {
    let json = &frame.as_str()[*at..end];
    let value = skip_comma(json);
    if is_last {
        *at = end;
        return value; // nobody has to look for its end
    }
    let mut values = serde_json::Deserializer::from_str(value).into_iter();
    let found: Result<&RawValue, _> = values.next().expect("the decoder counted the values");
    *at += json.len() - value.len() + values.byte_offset();
    found.expect("the decoder checked the JSON").get()
}

/// Passes over what stands between two values.
fn skip_comma(json: &str) -> &str {
    json.trim_start_matches([' ', '\n', '\r', '\t', ','])
}
