//! Takes secrets out of a text that is going to be logged, in whatever encoding they are repeated
//! there. Pure, except for the list of secrets in `secrets`.
//!
//! A text is searched as it is, and with its escapes undone, several times over: percent-encoding,
//! the escapes of JSON and HTML, and base64, also nested. Each of these views is searched for the
//! secrets themselves and for their forms in hexadecimal digits, UTF-16 and web forms. `…` takes
//! their place.
//!
//! The room imports no other.

mod encoded;
mod forms;
mod redactor;
pub(crate) mod secrets;
mod unescape;

pub(crate) use forms::SHORTEST;
pub(crate) use redactor::{REMOVED, Redactor};

#[cfg(test)]
mod tests;
