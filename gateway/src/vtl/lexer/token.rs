//! Tokens, and their kinds.

use std::ops::Range;

/// The kind of a token. Names follow the characters, except where the mode gives them another
/// meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// The end of the template.
    End,
    /// Text that means itself.
    Text,
    /// `$name`, or a name after a dot. A token may begin with characters that turned out to be text
    /// (`#$name`).
    Identifier,
    /// The dot before a property or a method.
    Dot,
    /// `${` or `$!{` (or a `{` after a reference).
    BraceOpen,
    /// The `}` of a formal reference.
    BraceClose,
    /// `[` after a reference.
    IndexOpen,
    /// `]` of an index.
    IndexClose,
    /// `(`.
    ParenOpen,
    /// `)` of a directive or an expression, with the blanks and the newline that it swallows.
    ParenClose,
    /// `)` of a method call.
    ArgumentsClose,
    /// `[` of a list or a range.
    ListOpen,
    /// `]` of a list or a range.
    ListClose,
    /// `{` of a map.
    MapOpen,
    /// `}` of a map.
    MapClose,
    /// `,`.
    Comma,
    /// `:`.
    Colon,
    /// `..`.
    DoubleDot,
    /// Blanks and newlines inside a directive or between arguments.
    Whitespace,
    /// A string with its quotes.
    Str,
    /// An integer.
    Integer,
    /// A number with a fraction or an exponent.
    Float,
    /// `true`.
    True,
    /// `false`.
    False,
    /// `=`.
    Assign,
    /// `+`.
    Plus,
    /// `-`.
    Minus,
    /// `*`.
    Times,
    /// `/`.
    Divide,
    /// `%`.
    Modulus,
    /// `&&`, `and`.
    And,
    /// `||`, `or`.
    Or,
    /// `!`, `not`.
    Not,
    /// `==`, `eq`.
    Equal,
    /// `!=`, `ne`.
    NotEqual,
    /// `<`, `lt`.
    Less,
    /// `<=`, `le`.
    LessEqual,
    /// `>`, `gt`.
    Greater,
    /// `>=`, `ge`.
    GreaterEqual,
    /// `#set(`, with the blanks before it that it swallows.
    Set,
    /// `#if`.
    If,
    /// `#elseif`.
    ElseIf,
    /// `#else`, with the blanks and the newline that it swallows.
    Else,
    /// `#end`, with the blanks and the newline that it swallows.
    EndDirective,
    /// `#name`, or a bare word inside a directive.
    Word,
    /// `#{name}`.
    BracketedWord,
    /// `\#name`, with any number of backslashes.
    EscapedDirective,
    /// Pairs of backslashes.
    DoubleEscape,
    /// One backslash.
    Escape,
    /// `##`.
    LineComment,
    /// The newline that ends a line comment.
    LineCommentEnd,
    /// The end of a `#* … *#` or `#** … *#` comment.
    BlockComment,
    /// `#[[ … ]]#`, whole.
    Textblock,
}

/// A token: its kind, where it lies, and the text before it that opened a reference or directive in
/// vain.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    /// The kind of the token.
    pub kind: TokenKind,
    /// Byte range in the source.
    pub span: Range<usize>,
    /// Spans (`$` and the character after it, say) that began something and stopped.
    pub schmoo: Vec<Range<usize>>,
}
