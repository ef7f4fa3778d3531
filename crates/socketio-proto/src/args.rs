//! Outgoing arguments, and what answers are read as.

use std::{fmt, io, str};

use bytes::Bytes;
use engineio_proto::Text;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::ser::{Formatter, Serializer};

use crate::arguments::{Arguments, Attachments};
use crate::error::ArgumentError;
use crate::scratch;
use crate::value::Value;

/// An argument list: a reference is one argument, a tuple is several, `()` is none.
///
/// A reference to a tuple is one argument as well, an array: `&(1, 2)` is `[1,2]`, and `(1, 2)` is two. Where a
/// linter would drop the `&`, write `([1, 2],)`.
///
/// What serializes as bytes, like [`Bytes`] or `serde_bytes`, at any depth, becomes an attachment
/// of the packet; it is copied once. A `Vec<u8>` is an array of numbers. JavaScript peers refuse
/// a packet with more than 10 attachments.
///
/// ```
/// use bytes::Bytes;
/// use engineio_proto::Message;
/// use socketio_proto::{Args, encoder};
///
/// fn text(args: impl Args) -> Message {
///     encoder::event("/", None, "e", &args).unwrap().messages().next().unwrap()
/// }
///
/// assert_eq!(text(()), r#"2["e"]"#.into());
/// assert_eq!(text("x"), r#"2["e","x"]"#.into());
/// assert_eq!(text((1, "x")), r#"2["e",1,"x"]"#.into());
/// assert_eq!(text(&[1, 2]), r#"2["e",[1,2]]"#.into());
/// assert_eq!(text(&Bytes::from("x")), r#"51-["e",{"_placeholder":true,"num":0}]"#.into());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of arguments",
    note = "pass a reference for one argument, `&{Self}`, a tuple for several, `(a, b)`, or `()` for none"
)]
pub trait Args {
    /// Appends the arguments to the list.
    ///
    /// # Errors
    /// An error if an argument cannot be written as JSON. The list is of no use then.
    fn write(&self, list: &mut List) -> serde_json::Result<()>;
}

impl Args for () {
    fn write(&self, _: &mut List) -> serde_json::Result<()> {
        Ok(())
    }
}

impl<T: Serialize + ?Sized> Args for &T {
    fn write(&self, list: &mut List) -> serde_json::Result<()> {
        list.push(*self)
    }
}

/// Implements [`Args`] for a tuple of these types.
macro_rules! tuple {
    ($($T:ident)+) => {
        impl<$($T: Serialize),+> Args for ($($T,)+) {
            fn write(&self, list: &mut List) -> serde_json::Result<()> {
                #[expect(non_snake_case, reason = "a variable is named after its type")]
                let ($($T,)+) = self;
                $(list.push($T)?;)+
                Ok(())
            }
        }
    };
}

tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
tuple!(A B C D E F);
tuple!(A B C D E F G);
tuple!(A B C D E F G H);

/// Dynamic arguments: any number of them, of any shape.
///
/// To pass them on, in an echo or a broadcast, costs a copy: what every client can read is not parsed. They are
/// parsed, once, by who looks at them.
///
/// It is a list and not an argument, therefore it does not implement `Serialize`.
#[derive(Clone)]
pub struct Rest(Repr);

/// How arguments are kept.
#[derive(Clone)]
enum Repr {
    /// Values of a frame that are known to be valid and plain.
    Json {
        /// The values, with commas between.
        json: Text,
        /// Number of values.
        count: usize,
        /// What their placeholders number.
        attachments: Option<Attachments>,
    },
    /// What was made of values, or may not be readable by everybody.
    Values(Vec<Value>),
}

impl Rest {
    /// Takes all arguments that are left.
    ///
    /// # Errors
    /// [`ArgumentError::Invalid`] if one is no [`Value`]: see [`Arguments::rest`].
    pub fn take(arguments: &mut Arguments) -> Result<Self, ArgumentError> {
        Ok(Self(match arguments.take_json() {
            Some((json, count, attachments)) => Repr::Json { json, count, attachments },
            None => Repr::Values(arguments.rest()?),
        }))
    }

    /// Returns the arguments as values.
    ///
    /// O(length of the arguments). A value takes more memory than its text: 40 bytes for a `0`.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "what is plain is read")]
    pub fn into_values(self) -> Vec<Value> {
        match self.0 {
            Repr::Values(values) => values,
            Repr::Json { json, count, attachments } => {
                let end = json.len();
                let mut arguments = Arguments::from_frame(json, 0..end, count, true);
                attachments.into_iter().for_each(|attachments| arguments.attach(attachments));
                arguments.rest().expect("plain JSON that was checked")
            }
        }
    }

    /// Returns the number of arguments.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Repr::Values(values) => values.len(),
            Repr::Json { count, .. } => *count,
        }
    }

    /// Returns whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for Rest {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl From<Vec<Value>> for Rest {
    fn from(values: Vec<Value>) -> Self {
        Self(Repr::Values(values))
    }
}

impl PartialEq for Rest {
    /// Compares the values.
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.clone().into_values() == other.clone().into_values()
    }
}

impl Eq for Rest {}

/// Shows the values.
impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rest").field(&self.clone().into_values()).finish()
    }
}

impl Args for Rest {
    fn write(&self, list: &mut List) -> serde_json::Result<()> {
        match (&self.0, &mut list.values) {
            (Repr::Values(values), Some(list)) => {
                list.extend_from_slice(values);
                Ok(())
            }
            (Repr::Json { .. }, Some(list)) => {
                list.extend(self.clone().into_values());
                Ok(())
            }
            (Repr::Values(values), None) => values.iter().try_for_each(|value| list.push(value)),
            (Repr::Json { json, count, attachments }, None) if list.attachments.is_none() => {
                list.push_json(json.as_str(), *count);
                list.attachments = attachments.as_deref().map(<[_]>::to_vec);
                Ok(())
            }
            // Its placeholders would number what was there before.
            (Repr::Json { .. }, None) => Self::from(self.clone().into_values()).write(list),
        }
    }
}

/// What an answer can be read as: the first argument as any type that deserializes, or all of them
/// as [`Rest`].
#[diagnostic::on_unimplemented(
    message = "an answer cannot be read as `{Self}`",
    note = "read its first argument as a type that implements `Deserialize`, or all as `Rest`"
)]
pub trait FromArguments: Sized {
    /// Reads the arguments.
    ///
    /// # Errors
    /// An argument is missing or not of the type.
    fn from_arguments(arguments: Arguments) -> Result<Self, ArgumentError>;
}

impl<T: DeserializeOwned> FromArguments for T {
    fn from_arguments(mut arguments: Arguments) -> Result<Self, ArgumentError> {
        arguments.next()
    }
}

impl FromArguments for Rest {
    fn from_arguments(mut arguments: Arguments) -> Result<Self, ArgumentError> {
        Self::take(&mut arguments)
    }
}

/// An argument list in the making: JSON text, and the attachments its placeholders number.
#[derive(Debug)]
pub struct List {
    /// A header, `[`, and the arguments so far.
    json: String,
    /// Whether no argument was pushed.
    is_empty: bool,
    /// What the placeholders stand for, by their number.
    attachments: Option<Vec<Bytes>>,
    /// The arguments as values, if another parser is to write them. Then the rest stays empty.
    values: Option<Vec<Value>>,
}

impl List {
    /// Begins a list behind this header.
    pub(crate) fn new(mut header: String) -> Self {
        header.push('[');
        Self { json: header, is_empty: true, attachments: None, values: None }
    }

    /// Begins a list of values, with these.
    pub(crate) fn of_values(values: Vec<Value>) -> Self {
        Self { values: Some(values), ..Self::new(String::new()) }
    }

    /// Ends a list of values.
    pub(crate) fn into_values(self) -> Vec<Value> {
        self.values.unwrap_or_default()
    }

    /// Appends one argument.
    ///
    /// # Errors
    /// An error if it cannot be written as JSON, like a map whose keys are not strings. The list
    /// is of no use then.
    #[expect(clippy::missing_panics_doc, reason = "serde_json writes UTF-8")]
    pub fn push<T: Serialize + ?Sized>(&mut self, argument: &T) -> serde_json::Result<()> {
        if let Some(values) = &mut self.values {
            return push_value(values, argument);
        }
        self.separate();
        let placeholders = Placeholders(&mut self.attachments);
        let mut json = scratch::take_bytes();
        argument.serialize(&mut Serializer::with_formatter(&mut json, placeholders))?;
        self.json.push_str(str::from_utf8(&json).expect("serde_json writes UTF-8"));
        scratch::give_bytes(json);
        Ok(())
    }

    /// Appends a string. What needs no escape is copied.
    #[inline]
    pub(crate) fn push_str(&mut self, string: &str) -> serde_json::Result<()> {
        if !string.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
            return self.push(string);
        }
        self.separate();
        self.json.push('"');
        self.json.push_str(string);
        self.json.push('"');
        Ok(())
    }

    /// Appends so many arguments that are valid JSON, with commas between.
    fn push_json(&mut self, json: &str, count: usize) {
        if count > 0 {
            self.separate();
            self.json.push_str(json);
        }
    }

    /// Begins the next argument.
    fn separate(&mut self) {
        if !self.is_empty {
            self.json.push(',');
        }
        self.is_empty = false;
    }

    /// Ends the list, and returns its text and its attachments.
    pub(crate) fn finish(mut self) -> (String, Option<Vec<Bytes>>) {
        self.json.push(']');
        (self.json, self.attachments)
    }
}

/// Appends an argument to values. Cold, to keep the way of the default parser short.
#[cold]
fn push_value<T: Serialize + ?Sized>(
    values: &mut Vec<Value>,
    argument: &T,
) -> serde_json::Result<()> {
    values.push(Value::encode(argument)?);
    Ok(())
}

/// Writes a placeholder where serde has bytes, and keeps the bytes.
struct Placeholders<'a>(&'a mut Option<Vec<Bytes>>);

impl Formatter for Placeholders<'_> {
    fn write_byte_array<W: ?Sized + io::Write>(
        &mut self,
        json: &mut W,
        bytes: &[u8],
    ) -> io::Result<()> {
        let attachments = self.0.get_or_insert_default();
        write!(json, r#"{{"_placeholder":true,"num":{}}}"#, attachments.len())?;
        attachments.push(Bytes::copy_from_slice(bytes));
        Ok(())
    }
}
