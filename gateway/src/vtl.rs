//! Velocity templates: parsed once, rendered often.
//!
//! The language is Velocity 1.7's, with the nulls of API Gateway: a reference to nothing prints
//! nothing and equals `""`. A [`Template`] is text that the `lexer` (whose modes decide what a
//! character means) and the `parser` turned into a tree (`ast`); `eval` walks that tree with the
//! variables of one rendering. Nothing here knows of HTTP or of API Gateway: `$input` and the like
//! come from a `Host`, as values or as objects that only the host understands.
//!
//! A hostile template does no harm: its size, depth, work, memory and output are bounded
//! (`limits`).

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

mod ast;
mod error;
mod eval;
mod lexer;
pub(crate) mod limits;
mod lint;
pub(crate) mod method;
mod number;
mod parser;
mod print;
mod untreated;
mod utf16;
pub(crate) mod value;

pub use error::{Error, ErrorKind};

pub(crate) use eval::Host;
pub(crate) use lint::KnownObject;
pub(crate) use untreated::Treatment;
pub(crate) use value::{Object, Value};

/// A template, ready to be rendered by any number of threads.
#[derive(Debug, Clone)]
pub struct Template {
    name: Arc<str>,
    source: Arc<str>,
    tree: Arc<ast::Tree>,
    names: Arc<ast::VariableNames>,
    evaluates: bool,
}

impl Template {
    /// Parses `source`. The name is for error messages: a file, or a place in a definition.
    ///
    /// # Errors
    /// The text is not a template that could ever be rendered: the error shows the place.
    pub fn parse(name: &str, source: &str) -> Result<Template, Error> {
        let name: Arc<str> = name.into();
        let mut names = ast::VariableNames::default();
        match parser::parse(source, &mut names, HashMap::new()) {
            Ok(tree) => Ok(Template {
                name,
                source: source.into(),
                tree: tree.into(),
                names: names.into(),
                evaluates: source.contains("evaluate"),
            }),
            Err(failure) => Err(Error::locate(&name, source, *failure)),
        }
    }

    /// Whether a rendering may come to a variable or a method of this name. `#evaluate` may come to
    /// any.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        self.evaluates || memchr::memmem::find(self.source.as_bytes(), name.as_bytes()).is_some()
    }

    /// Renders the template with the variables and objects of the host.
    pub(crate) fn render(&self, host: &mut dyn Host) -> Result<String, Error> {
        eval::render(&self.tree, &self.names, host)
            .map_err(|failure| Error::locate(&self.name, &self.source, *failure))
    }

    /// Warnings about places that can be rendered, but hardly do what was meant: names that lead
    /// nowhere, in the objects that the host knows and in general.
    pub(crate) fn lints(&self, known: &[KnownObject]) -> Vec<Error> {
        let name = |name| self.names.text(name).to_owned();
        let lints = lint::lints(&self.tree, &name, known);
        lints
            .into_iter()
            .map(|lint| Error::locate(&self.name, &self.source, lint))
            .collect()
    }

    /// The references that print text of some sources which no treatment has gone over, as bytes
    /// of the template.
    pub(crate) fn untreated(&self, treatment: Treatment) -> Vec<std::ops::Range<usize>> {
        let name = |name| self.names.text(name).to_owned();
        untreated::untreated(&self.tree.block, &name, treatment)
    }

    /// The name that errors show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text of the template.
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// Writes the template again, with expressions in one fixed form. Parsing the result gives the same
/// template.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&print::block(&self.tree.block))
    }
}
