//! Turns tokens into a tree.
//!
//! The grammar is Velocity 1.7's, with its look-ahead: where Velocity gives up and
//! takes the characters for text, so does this parser. A template that can never be rendered is
//! rejected here, when the definition is loaded, with the place.

use std::collections::HashMap;
use std::sync::Arc;

use super::ast::{Macro, Tree, VariableNames};
use super::error::Failure;
use super::limits;

mod advice;
mod body;
mod conditional;
mod directive;
mod expression;
mod head;
mod reference;
mod text;
mod tokens;

use tokens::{Origin, Parsed, Parser, Symbols};

/// Parses `source`. Names of variables are added to `names`; `macros` are those defined before, for
/// `#evaluate`.
pub(super) fn parse(
    source: &str,
    names: &mut VariableNames,
    macros: HashMap<Box<str>, Arc<Macro>>,
) -> Parsed<Tree> {
    if source.len() > limits::TEMPLATE_BYTES {
        let message = format!(
            "the template is larger than {} KB",
            limits::TEMPLATE_BYTES / 1024
        );
        return Err(Failure::limit(0..0, message));
    }
    let mut symbols = Symbols {
        names,
        macros,
        bare_words: Vec::new(),
        calls: Vec::new(),
    };
    let mut parser = Parser::new(source, Origin::Exact(0), 0, &mut symbols);
    let block = parser.template()?;
    if let Some((name, place)) = symbols
        .bare_words
        .iter()
        .find(|(name, _)| symbols.macros.contains_key(name))
    {
        let message = format!("a bare word cannot be an argument of the macro `#{name}`");
        return Err(Failure::syntax(place.clone(), message).hint("write it in quotes, or with `$`"));
    }
    Ok(Tree {
        block,
        macros: symbols.macros,
    })
}
