//! Regular expressions as `java.util.regex` understands them: back-references, look-around,
//! possessive quantifiers, class intersections, Unicode properties by Java's names.
//!
//! API Gateway runs templates, selection patterns and JSON paths on a JVM, so that all three speak
//! this dialect. No crate offers it, and none lets a caller pay for the search by the step: a
//! pattern may be as hostile as the text. So this is a backtracking matcher of its own, which
//! spends a [`Budget`].
//!
//! ```
//! use kit::java_regex::{Regex, Steps};
//!
//! let date = Regex::new(r"(?<year>\d{4})-(\d\d)").unwrap();
//! let mut steps = Steps(10_000);
//! assert!(date.matches("2024-05", &mut steps).unwrap());
//! assert_eq!(date.replace_all("on 2024-05", "$2/${year}", &mut steps).unwrap(), "on 05/2024");
//! ```
//!
//! The measure is OpenJDK 17, with which `tests/java_regex` was recorded. What differs: a text is
//! UTF-8, so that an empty match never stands between the halves of a surrogate pair; Unicode's
//! tables are newer; `\N{name}`, `CANON_EQ` and groups more than 100 deep are refused; what a JVM
//! refuses with a `StackOverflowError` matches here.

mod budget;
mod error;
mod flags;
mod machine;
mod matcher;
mod parse;
mod program;
mod regex;
mod replace;
mod set;
mod source;
mod start;
mod tree;
mod width;

pub use budget::{Budget, Steps, TooManySteps};
pub use error::SyntaxError;
pub use flags::Flags;
pub use matcher::Matcher;
pub use regex::Regex;
pub use replace::{ReplaceError, Replaced};

#[cfg(test)]
mod tests;
