//! The arguments of a call on their way to the worker: a JSON object, by their names.
#![allow(missing_docs)] // public only for `__private`

use std::{collections::HashMap, fmt::Display};

use serde_json::value::RawValue;

use crate::codec::{Codec, shortened};

/// The arguments of a call. What cannot be written is kept for the handle, which says it.
#[derive(Default)]
pub struct Arguments {
    json: String,
    keys: Vec<String>,
    error: Option<String>,
}

/// Adds an argument. It is taken by value, as a lint would object to a function that borrows all of its own.
pub fn put<T>(arguments: &mut Arguments, name: &'static str, codec: Codec<T>, value: T) {
    let separator = if arguments.json.is_empty() { '{' } else { ',' };
    match codec.encode(&value) {
        // A name is an identifier, in which JSON escapes nothing.
        Ok(json) => {
            arguments
                .json
                .extend([separator.to_string().as_str(), "\"", name, "\":", &json])
        }
        Err(error) => {
            arguments
                .error
                .get_or_insert_with(|| format!("argument `{name}`: {error}"));
        }
    }
}

/// What an argument with `#[key]` can be.
#[diagnostic::on_unimplemented(
    message = "`#[key]` is on an argument that has no `Display`",
    label = "its text would be the job's key",
    note = "implement `std::fmt::Display` for `{Self}`, or put `#[key]` on another argument"
)]
pub trait JobKey {
    #[allow(missing_docs)] // internal
    fn text(&self) -> String;
}

#[diagnostic::do_not_recommend]
impl<T: Display> JobKey for T {
    fn text(&self) -> String {
        self.to_string()
    }
}

/// Makes an argument part of the job's id.
pub fn key<T: JobKey>(arguments: &mut Arguments, value: &T) {
    arguments.keys.push(value.text());
}

impl Arguments {
    pub(crate) fn into_parts(self) -> Result<(String, Vec<String>), String> {
        let Arguments {
            mut json,
            keys,
            error,
        } = self;
        if json.is_empty() {
            json.push('{');
        }
        json.push('}');
        match error {
            None => Ok((json, keys)),
            Some(error) => Err(error),
        }
    }
}

/// The arguments as they came.
pub(crate) struct Received(HashMap<String, Box<RawValue>>);

impl Received {
    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        let parsed = serde_json::from_str(json);
        parsed.map(Received).map_err(|error| {
            format!(
                "expected the arguments as an object, and got `{}`: {error}",
                shortened(json)
            )
        })
    }

    /// Takes one. What is not there is `null`, so that an `Option` can be added to a function while jobs are under way.
    pub(crate) fn take<T>(&mut self, name: &str, codec: Codec<T>) -> Result<T, String> {
        let given = self.0.remove(name);
        let json = given.as_deref().map_or("null", RawValue::get);
        codec.decode(json).map_err(|error| match &given {
            Some(_) => format!("argument `{name}`: {error}"),
            None => {
                let mut names: Vec<_> = self.0.keys().map(|name| format!("`{name}`")).collect();
                names.sort();
                let rest = if names.is_empty() {
                    "no other".to_owned()
                } else {
                    names.join(", ")
                };
                format!(
                    "argument `{name}` of type `{}` is missing; there is {rest}",
                    std::any::type_name::<T>()
                )
            }
        })
    }
}
