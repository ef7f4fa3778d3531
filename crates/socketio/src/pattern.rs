//! Names of namespaces with parameters, as axum's routes have them.
//!
//! ```text
//! /room-{id}        a part of one segment: at least one character, and no slash
//! /files/{*path}    all that is left: at least one character
//! /{{odd}}          braces
//! ```

use std::fmt;
use std::iter::Peekable;
use std::str::Chars;
use std::sync::Arc;

/// What names look like. A segment has at most one parameter, so there is one way to match and it takes linear time.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Segment>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Segment {
    prefix: String,
    parameter: Option<Parameter>,
    suffix: String,
}

#[derive(Debug, PartialEq, Eq)]
struct Parameter {
    name: Arc<str>,
    /// It matches all that is left.
    is_rest: bool,
}

/// The parts of a name that a pattern has parameters for, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameters(Vec<(Arc<str>, Box<str>)>);

/// Why a text is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatternError {
    Comma,
    Unbalanced,
    Unnamed,
    Twice,
    Two,
    NotLast,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Comma => "a comma ends a name on the wire",
            Self::Unbalanced => "a brace is missing; as a character of the name it is doubled",
            Self::Unnamed => "a parameter has no name",
            Self::Twice => "two parameters have the same name",
            Self::Two => "a segment has two parameters",
            Self::NotLast => "a parameter for all that is left must be the last",
        })
    }
}

impl Pattern {
    /// Reads a pattern that begins with a slash.
    pub(crate) fn parse(text: &str) -> Result<Self, PatternError> {
        if text.contains(',') {
            return Err(PatternError::Comma);
        }
        let segments = text.strip_prefix('/').unwrap_or(text).split('/');
        let segments = segments.map(Segment::parse).collect::<Result<Vec<_>, _>>()?;
        let mut names = Vec::new();
        for (index, segment) in segments.iter().enumerate() {
            let Some(Parameter { name, is_rest }) = &segment.parameter else { continue };
            if names.contains(&name) {
                return Err(PatternError::Twice);
            }
            names.push(name);
            if *is_rest && (index + 1 < segments.len() || !segment.suffix.is_empty()) {
                return Err(PatternError::NotLast);
            }
        }
        Ok(Self(segments))
    }

    /// Returns the only name that matches, if there are no parameters.
    pub(crate) fn literal(&self) -> Option<String> {
        let mut name = String::new();
        for segment in &self.0 {
            if segment.parameter.is_some() {
                return None;
            }
            name.push('/');
            name.push_str(&segment.prefix);
        }
        Some(name)
    }

    /// Takes the parameters out of a name, or returns `None` if it does not match.
    pub(crate) fn parameters(&self, name: &str) -> Option<Parameters> {
        let mut parameters = Vec::new();
        let mut left = name.strip_prefix('/');
        for segment in &self.0 {
            let (part, rest) = match (left?, &segment.parameter) {
                (all, Some(Parameter { is_rest: true, .. })) => (all, None),
                (some, _) => match some.split_once('/') {
                    Some((part, rest)) => (part, Some(rest)),
                    None => (some, None),
                },
            };
            segment.add_to(&mut parameters, part)?;
            left = rest;
        }
        left.is_none().then_some(Parameters(parameters))
    }
}

impl Segment {
    fn parse(text: &str) -> Result<Self, PatternError> {
        let mut segment = Self::default();
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let literal = match segment.parameter {
                None => &mut segment.prefix,
                Some(_) => &mut segment.suffix,
            };
            match character {
                '{' | '}' if characters.next_if_eq(&character).is_some() => literal.push(character),
                '}' => return Err(PatternError::Unbalanced),
                '{' if segment.parameter.is_some() => return Err(PatternError::Two),
                '{' => segment.parameter = Some(Parameter::parse(&mut characters)?),
                _ => literal.push(character),
            }
        }
        Ok(segment)
    }

    /// Adds the value of the parameter, if there is one and the part matches.
    fn add_to(&self, parameters: &mut Vec<(Arc<str>, Box<str>)>, part: &str) -> Option<()> {
        let Some(Parameter { name, .. }) = &self.parameter else {
            return (part == self.prefix).then_some(());
        };
        let value = part.strip_prefix(&*self.prefix)?.strip_suffix(&*self.suffix)?;
        if value.is_empty() {
            return None;
        }
        parameters.push((Arc::clone(name), value.into()));
        Some(())
    }
}

impl Parameter {
    /// Reads what stands behind an opening brace, and the closing one.
    fn parse(characters: &mut Peekable<Chars<'_>>) -> Result<Self, PatternError> {
        let is_rest = characters.next_if_eq(&'*').is_some();
        let mut name = String::new();
        loop {
            match characters.next() {
                Some('}') if name.is_empty() => return Err(PatternError::Unnamed),
                Some('}') => return Ok(Self { name: name.into(), is_rest }),
                None | Some('{') => return Err(PatternError::Unbalanced),
                Some(character) => name.push(character),
            }
        }
    }
}

impl Parameters {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find_map(|(key, value)| (key == name).then_some(value))
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The parameters of a name as `name=value`, or `None` if it does not match.
    fn matched(pattern: &str, name: &str) -> Option<String> {
        let parameters = Pattern::parse(pattern).unwrap().parameters(name)?;
        let pairs: Vec<_> =
            parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Some(pairs.join(" "))
    }

    #[test]
    fn a_parameter_is_a_part_of_a_segment() {
        assert_eq!(matched("/room-{id}", "/room-7").as_deref(), Some("id=7"));
        assert_eq!(matched("/room-{id}", "/room-a-b").as_deref(), Some("id=a-b"));
        assert_eq!(matched("/{a}/x/{b}.chat", "/1/x/2.chat").as_deref(), Some("a=1 b=2"));
        assert_eq!(matched("/{name}", "/été").as_deref(), Some("name=été"));
        assert_eq!(matched("/{id}", "/{id}").as_deref(), Some("id={id}"));
        for (pattern, name) in [
            ("/room-{id}", "/room-"),
            ("/room-{id}", "/Room-7"),
            ("/room-{id}", "/room-7/"),
            ("/room-{id}", "/room-7/8"),
            ("/room-{id}", "/x/room-7"),
            ("/room-{id}", "/"),
            ("/{a}{{", "/{"),
            ("/{a}/{b}", "/1"),
            ("/{a}/{b}", "//2"),
            ("/aba{x}aba", "/ababa"),
        ] {
            assert_eq!(matched(pattern, name), None, "{pattern} {name}");
        }
    }

    #[test]
    fn a_parameter_with_an_asterisk_is_all_that_is_left() {
        assert_eq!(matched("/{*all}", "/a/b//").as_deref(), Some("all=a/b//"));
        assert_eq!(matched("/x/y-{*all}", "/x/y-a/b").as_deref(), Some("all=a/b"));
        assert_eq!(matched("/{*all}", "/"), None);
        assert_eq!(matched("/x/{*all}", "/x"), None);
    }

    #[test]
    fn names_without_parameters_are_literal() {
        let literal = |text| Pattern::parse(text).unwrap().literal();
        assert_eq!(literal("/").as_deref(), Some("/"));
        assert_eq!(literal("/a/b/").as_deref(), Some("/a/b/"));
        assert_eq!(literal("/{{id}}").as_deref(), Some("/{id}"));
        assert_eq!(literal("/{id}"), None);
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for (text, error) in [
            ("/a,b", PatternError::Comma),
            ("/{a", PatternError::Unbalanced),
            ("/a}", PatternError::Unbalanced),
            ("/{a/b}", PatternError::Unbalanced),
            ("/{a{b}}", PatternError::Unbalanced),
            ("/{}", PatternError::Unnamed),
            ("/{*}", PatternError::Unnamed),
            ("/{a}/{a}", PatternError::Twice),
            ("/{a}{b}", PatternError::Two),
            ("/{*a}/b", PatternError::NotLast),
            ("/{*a}b", PatternError::NotLast),
        ] {
            assert_eq!(Pattern::parse(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_name_made_of_its_parameters_gives_them_back(
            [prefix, suffix, other] in ["[a-z{}-]{0,3}", "[a-z{}-]{0,3}", "[^/]{0,5}"],
            value in "[^/]{1,5}",
            rest in ".{1,9}",
        ) {
            let escaped = |text: &str| text.replace('{', "{{").replace('}', "}}");
            prop_assume!(!other.contains(','));
            let pattern =
                format!("/{}/{}{{value}}{}/{{*rest}}", escaped(&other), escaped(&prefix), escaped(&suffix));
            let name = format!("/{other}/{prefix}{value}{suffix}/{rest}");
            let parameters = Pattern::parse(&pattern).unwrap().parameters(&name).unwrap();
            prop_assert_eq!(parameters.get("value"), Some(&*value));
            prop_assert_eq!(parameters.get("rest"), Some(&*rest));
        }
    }
}
