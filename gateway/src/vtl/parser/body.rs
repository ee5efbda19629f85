//! Bodies: the template itself, what stands between two directives, and the content of strings.

use super::tokens::{Origin, Parsed, Parser};
use crate::vtl::ast::{Block, Node};
use crate::vtl::lexer::TokenKind;

impl Parser<'_, '_, '_> {
    pub(super) fn template(&mut self) -> Parsed<Block> {
        let block = self.block()?;
        match self.peek()? {
            TokenKind::End => Ok(block),
            TokenKind::EndDirective => {
                let hint = self.misspelled(&["foreach", "if", "define", "macro"]);
                let hint =
                    hint.unwrap_or_else(|| "remove it, or open a directive before it".to_owned());
                Err(self.unexpected("this `#end` closes nothing").hint(hint))
            }
            TokenKind::Else | TokenKind::ElseIf => {
                let word = if self.peek()? == TokenKind::Else {
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
            _ => Err(self.unexpected("this is not allowed here")),
        }
    }

    /// Statements up to something that is none.
    pub(super) fn block(&mut self) -> Parsed<Block> {
        let mut block = Block::new();
        while let Some(node) = self.statement()? {
            push(&mut block, node);
        }
        Ok(block)
    }

    fn statement(&mut self) -> Parsed<Option<Node>> {
        Ok(Some(match self.peek()? {
            TokenKind::Identifier => Node::Reference(Box::new(self.reference()?)),
            TokenKind::BraceOpen if self.peek_at(1)? == TokenKind::Identifier => {
                Node::Reference(Box::new(self.reference()?))
            }
            TokenKind::Set => self.set()?,
            TokenKind::If => self.nested(Self::conditional)?,
            TokenKind::Word | TokenKind::BracketedWord => self.nested(Self::directive)?,
            TokenKind::LineComment | TokenKind::BlockComment => self.comment()?,
            TokenKind::Textblock => self.textblock()?,
            TokenKind::EscapedDirective => self.escaped_directive()?,
            TokenKind::DoubleEscape => self.double_escape()?,
            TokenKind::Text
            | TokenKind::Dot
            | TokenKind::ParenOpen
            | TokenKind::ParenClose
            | TokenKind::Integer
            | TokenKind::Float
            | TokenKind::Str
            | TokenKind::Escape
            | TokenKind::BraceOpen
            | TokenKind::BraceClose => self.text()?,
            _ => return Ok(None),
        }))
    }

    /// Reads text inside the template (the content of a string) as a template of its own.
    pub(super) fn inner(&mut self, source: &str, origin: Origin) -> Parsed<Block> {
        self.nested(|parser| {
            let depth = parser.depth;
            Parser::new(source, origin, depth, parser.symbols).template()
        })
    }
}

/// Adds a node to a block; text joins the text before it.
fn push(block: &mut Block, node: Node) {
    match (block.last_mut(), node) {
        (Some(Node::Text(before)), Node::Text(text)) => before.push_str(&text),
        (_, node) => block.push(node),
    }
}
