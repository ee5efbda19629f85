//! Tokens to tree.
//!
//! The grammar is Velocity 1.7's, with its look-ahead: where that gives up and takes the characters
//! for text, so does this. Everything that can never be rendered is refused here, when the
//! definition is loaded, with the place.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use kit::suggest::nearest;

use super::ast::{Block, Macro, Names, Node};
use super::error::Failure;
use super::lexer::{Kind, Lexer, Token};
use super::limits;

mod directive;
mod expression;
mod reference;
mod text;

type Parsed<T> = Result<T, Box<Failure>>;

/// What a template's text was read into.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// The template itself.
    pub block: Block,
    /// Every macro that it defines, wherever: all of them can be called from everywhere.
    pub macros: HashMap<Box<str>, Arc<Macro>>,
}

/// Reads `source`. Names of variables are added to `names`; `macros` are those defined before, for
/// `#evaluate`.
pub fn parse(
    source: &str,
    names: &mut Names,
    macros: HashMap<Box<str>, Arc<Macro>>,
) -> Parsed<Tree> {
    if source.len() > limits::TEMPLATE_BYTES {
        let message = format!(
            "the template is larger than {} KB",
            limits::TEMPLATE_BYTES / 1024
        );
        return Err(Failure::limit(0..0, message));
    }
    let mut shared = Shared {
        names,
        macros,
        bare_words: Vec::new(),
        calls: Vec::new(),
    };
    let mut parser = Parser::new(source, Origin::Exact(0), 0, &mut shared);
    let block = parser.template()?;
    if let Some((name, place)) = shared
        .bare_words
        .iter()
        .find(|(name, _)| shared.macros.contains_key(name))
    {
        let message = format!("a bare word cannot be an argument of the macro `#{name}`");
        return Err(Failure::syntax(place.clone(), message).hint("write it in quotes, or with `$`"));
    }
    Ok(Tree {
        block,
        macros: shared.macros,
    })
}

/// What the template and the strings inside it have in common.
struct Shared<'n> {
    names: &'n mut Names,
    macros: HashMap<Box<str>, Arc<Macro>>,
    /// Calls with a bare word among their arguments: an error if it turns out that the macro
    /// exists.
    bare_words: Vec<(Box<str>, Range<usize>)>,
    /// Names of calls so far: one may be a misspelled directive.
    calls: Vec<Box<str>>,
}

/// How a place in the parsed text becomes a place in the template.
#[derive(Debug, Clone)]
enum Origin {
    /// It lies this many bytes further.
    Exact(usize),
    /// The text was unescaped first: all that is known is where the literal stands.
    Within(Range<usize>),
}

struct Parser<'s, 'p, 'n> {
    source: &'s str,
    lexer: Lexer<'s>,
    ahead: VecDeque<Token>,
    origin: Origin,
    depth: usize,
    /// Where the token that was taken last ends.
    end: usize,
    shared: &'p mut Shared<'n>,
}

impl<'s, 'p, 'n> Parser<'s, 'p, 'n> {
    fn new(source: &'s str, origin: Origin, depth: usize, shared: &'p mut Shared<'n>) -> Self {
        Parser {
            source,
            lexer: Lexer::new(source),
            ahead: VecDeque::new(),
            origin,
            depth,
            end: 0,
            shared,
        }
    }

    fn template(&mut self) -> Parsed<Block> {
        let block = self.block()?;
        match self.peek()? {
            Kind::End => Ok(block),
            Kind::EndDirective => {
                let hint = self.misspelled(&["foreach", "if", "define", "macro"]);
                let hint =
                    hint.unwrap_or_else(|| "remove it, or open a directive before it".to_owned());
                Err(self.unexpected("this `#end` closes nothing").hint(hint))
            }
            Kind::Else | Kind::ElseIf => {
                let word = if self.peek()? == Kind::Else {
                    "#else"
                } else {
                    "#elseif"
                };
                let hint = self.misspelled(&["if"]);
                let failure = self.unexpected(format!("this `{word}` belongs to no `#if`"));
                Err(match hint {
                    Some(hint) => failure.hint(hint),
                    None => failure,
                })
            }
            _ => Err(self.unexpected("this cannot stand here")),
        }
    }

    /// Statements up to something that is none.
    fn block(&mut self) -> Parsed<Block> {
        let mut block = Block::new();
        while let Some(node) = self.statement()? {
            text::push(&mut block, node);
        }
        Ok(block)
    }

    fn statement(&mut self) -> Parsed<Option<Node>> {
        Ok(Some(match self.peek()? {
            Kind::Identifier => Node::Reference(Box::new(self.reference()?)),
            Kind::BraceOpen if self.peek_at(1)? == Kind::Identifier => {
                Node::Reference(Box::new(self.reference()?))
            }
            Kind::Set => self.set()?,
            Kind::If => self.nested(Self::conditional)?,
            Kind::Word | Kind::BracketedWord => self.nested(Self::directive)?,
            Kind::LineComment | Kind::BlockComment => self.comment()?,
            Kind::Textblock => self.textblock()?,
            Kind::EscapedDirective => self.escaped_directive()?,
            Kind::DoubleEscape => self.double_escape()?,
            Kind::Text
            | Kind::Dot
            | Kind::ParenOpen
            | Kind::ParenClose
            | Kind::Integer
            | Kind::Float
            | Kind::Str
            | Kind::Escape
            | Kind::BraceOpen
            | Kind::BraceClose => self.text()?,
            _ => return Ok(None),
        }))
    }

    /// Goes one level deeper, if the template may.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == limits::NESTING {
            let message = format!(
                "more than {} levels of directives, parentheses and lists",
                limits::NESTING
            );
            let place = self.place_of_next()?;
            return Err(Failure::limit(place, message));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    /// The kind of the next token.
    fn peek(&mut self) -> Parsed<Kind> {
        self.peek_at(0)
    }

    /// The kind of the token `distance` after the next.
    fn peek_at(&mut self, distance: usize) -> Parsed<Kind> {
        while self.ahead.len() <= distance {
            match self.lexer.next() {
                Ok(token) => self.ahead.push_back(token),
                Err(unlexable) => return Err(self.unlexable(unlexable.0)),
            }
        }
        Ok(self.ahead[distance].kind)
    }

    /// Takes the next token.
    fn take(&mut self) -> Parsed<Token> {
        self.peek()?;
        let token = self.ahead.pop_front().expect("a token was just looked at");
        self.end = token.span.end;
        Ok(token)
    }

    /// Takes the next token, and returns it as written, with what lies before it and shows nothing.
    fn take_written(&mut self) -> Parsed<Box<str>> {
        let start = self.end;
        self.take()?;
        Ok(self.source[start..self.end].into())
    }

    /// Takes the next token, which must be of this kind.
    fn expect(&mut self, kind: Kind, what: &str) -> Parsed<Token> {
        if self.peek()? == kind {
            self.take()
        } else {
            Err(self.unexpected(format!("expected {what}")))
        }
    }

    fn skip(&mut self, kind: Kind) -> Parsed<bool> {
        let found = self.peek()? == kind;
        if found {
            self.take()?;
        }
        Ok(found)
    }

    fn skip_blanks(&mut self) -> Parsed<bool> {
        self.skip(Kind::Whitespace)
    }

    fn image(&self, token: &Token) -> &'s str {
        &self.source[token.span.clone()]
    }

    fn place(&self, span: Range<usize>) -> Range<usize> {
        match &self.origin {
            Origin::Exact(offset) => span.start + offset..span.end + offset,
            Origin::Within(literal) => literal.clone(),
        }
    }

    fn place_of_next(&mut self) -> Parsed<Range<usize>> {
        self.peek()?;
        let span = self.ahead[0].span.clone();
        Ok(self.place(span))
    }

    /// The next token does not fit.
    fn unexpected(&mut self, message: impl Into<String>) -> Box<Failure> {
        let message = message.into();
        let Some(token) = self.ahead.front() else {
            let end = self.source.len();
            return Failure::syntax(self.place(end..end), message);
        };
        let image = self.source[token.span.clone()].trim();
        let message = match token.kind {
            Kind::End => format!("{message}, but the template ends"),
            _ if message.starts_with("expected") => {
                format!("{message}, found `{}`", shortened(image))
            }
            _ => message,
        };
        let failure = Failure::syntax(self.place(token.span.clone()), message);
        match text::advice(token.kind, image) {
            Some(advice) => failure.hint(advice),
            None => failure,
        }
    }

    /// A call so far that was probably meant to be one of these directives.
    fn misspelled(&self, directives: &[&'static str]) -> Option<String> {
        let unknown = self
            .shared
            .calls
            .iter()
            .filter(|call| !self.shared.macros.contains_key(*call));
        unknown.rev().find_map(|call| {
            let meant = nearest(call, directives.iter().copied())?;
            Some(format!("did you mean `#{meant}` where `#{call}` stands?"))
        })
    }

    /// No token begins at this place.
    fn unlexable(&self, offset: usize) -> Box<Failure> {
        let rest = &self.source[offset..];
        let end = offset + rest.chars().next().map_or(0, char::len_utf8);
        let (message, hint) = text::unlexable(rest);
        let failure = Failure::syntax(self.place(offset..end), message);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }

    /// Reads text inside the template (the content of a string) as a template of its own.
    fn inner(&mut self, source: &str, origin: Origin) -> Parsed<Block> {
        self.nested(|parser| {
            let depth = parser.depth;
            Parser::new(source, origin, depth, parser.shared).template()
        })
    }
}

/// An error message quotes at most this much.
fn shortened(image: &str) -> String {
    let mut lines = image.chars();
    let start: String = lines
        .by_ref()
        .take(40)
        .take_while(|&character| character != '\n')
        .collect();
    if start.len() < image.len() {
        format!("{start}…")
    } else {
        start
    }
}
