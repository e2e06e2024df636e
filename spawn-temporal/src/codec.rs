//! Arguments and results as JSON.
#![allow(missing_docs)] // public only for `__private`

use std::any::type_name;

use serde::{Serialize, de::DeserializeOwned};

/// What can be recorded: arguments, results and errors of durable functions.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be recorded: the arguments and the result of a durable function are kept as JSON",
    label = "needs `Serialize`, `DeserializeOwned`, `Send` and `'static`",
    note = "write `#[derive(serde::Serialize, serde::Deserialize)]` on it and on its parts; of a foreign error return the text; what the worker has, such as a pool of connections, is a `#[state]` parameter"
)]
pub trait Recorded: Serialize + DeserializeOwned + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> Recorded for T {}

/// How a type is written and read. It has no bounds itself, so that a type which cannot be recorded is one error, where
/// its codec is made.
pub struct Codec<T> {
    encode: fn(&T) -> serde_json::Result<String>,
    decode: fn(&str) -> serde_json::Result<T>,
}

impl<T> Clone for Codec<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Codec<T> {}

pub fn codec<T: Recorded>() -> Codec<T> {
    Codec {
        encode: serde_json::to_string,
        decode: |json| serde_json::from_str(json),
    }
}

impl<T> Codec<T> {
    pub(crate) fn encode(self, value: &T) -> Result<String, String> {
        (self.encode)(value)
            .map_err(|error| format!("`{}` cannot be written as JSON: {error}", type_name::<T>()))
    }

    /// Reads a value; else says what was expected and what came.
    pub(crate) fn decode(self, json: &str) -> Result<T, String> {
        (self.decode)(json).map_err(|error| {
            format!(
                "expected `{}`, and got `{}`: {error}",
                type_name::<T>(),
                shortened(json)
            )
        })
    }
}

/// A text as long as an error can show it.
pub(crate) fn shortened(text: &str) -> String {
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
