//! The modes of the lexer: what a character means depends on the one it is read in.

/// The part of a template that the lexer is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Plain text.
    Text,
    /// After `#`.
    Hash,
    /// Inside a directive's parentheses, or about to enter them.
    Directive,
    /// After `$`.
    Reference,
    /// After the dot of a reference.
    Member,
    /// Inside the parentheses of a method call.
    Arguments,
    /// Inside the brackets after a reference.
    Index,
    /// Inside `#[[ … ]]#`.
    Textblock,
    /// Inside `#* … *#`.
    BlockComment,
    /// After `##`.
    LineComment,
}
