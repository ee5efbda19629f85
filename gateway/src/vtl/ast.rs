//! The syntax tree of a template.
//!
//! Names of variables are numbers here ([`Name`]), so that rendering looks them up without hashing.
//! Everything is plain data that any number of threads may render at once; what a node does is in
//! `eval`, how it is written in `print`.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::number::Number;

/// A variable: its place in [`VariableNames`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Name(pub u32);

/// The variables of a template, each once.
#[derive(Debug, Clone)]
pub(super) struct VariableNames {
    all: Vec<Arc<str>>,
    places: HashMap<Arc<str>, Name>,
}

impl Default for VariableNames {
    fn default() -> VariableNames {
        let mut names = VariableNames {
            all: Vec::new(),
            places: HashMap::new(),
        };
        for name in ["foreach", "velocityCount", "velocityHasNext", "bodyContent"] {
            names.intern(name);
        }
        names
    }
}

impl VariableNames {
    /// `$foreach`.
    pub(super) const FOREACH: Name = Name(0);
    /// `$velocityCount`.
    pub(super) const COUNT: Name = Name(1);
    /// `$velocityHasNext`.
    pub(super) const HAS_NEXT: Name = Name(2);
    /// `$bodyContent`.
    pub(super) const BODY_CONTENT: Name = Name(3);

    /// The number of `text`, a new one if it is new.
    pub(super) fn intern(&mut self, text: &str) -> Name {
        if let Some(&name) = self.places.get(text) {
            return name;
        }
        let name = Name(
            u32::try_from(self.all.len()).expect("a template of 300 KB has fewer names than that"),
        );
        let text: Arc<str> = text.into();
        self.all.push(text.clone());
        self.places.insert(text, name);
        name
    }

    /// The text of a name.
    pub(super) fn text(&self, name: Name) -> &str {
        &self.all[name.0 as usize]
    }

    /// All names, in the order of their numbers.
    pub(super) fn all(&self) -> &[Arc<str>] {
        &self.all
    }
}

/// A parsed template.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    /// The template itself.
    pub block: Block,
    /// Every macro that it defines, wherever: all of them can be called from everywhere.
    pub macros: HashMap<Box<str>, Arc<Macro>>,
}

/// A body: what stands between two directives.
pub(super) type Block = Vec<Node>;

/// A part of a body.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    /// Goes out as it is.
    Text(String),
    /// Goes out as `shown`, although it is written differently (escapes, comments, text blocks).
    Raw {
        /// The text as written, so that it can be printed again.
        written: Box<str>,
        /// The text that is rendered.
        shown: Box<str>,
    },
    /// `$name…` standing in text.
    Reference(Box<Reference>),
    /// `#set(target = value)`.
    Set(Box<Set>),
    /// `#if … #elseif … #else … #end`.
    If(Box<If>),
    /// `#foreach($item in list) … #end`.
    Foreach(Box<Foreach>),
    /// `#define($name) … #end`.
    Define(Box<Define>),
    /// `#macro(name …) … #end`: prints nothing where it stands.
    Macro(Box<MacroDefinition>),
    /// `#name(…)`, or `#@name(…) … #end`: a macro, or text when there is no such macro.
    Call(Box<MacroCall>),
    /// `#evaluate(text)`.
    Evaluate(Box<Evaluate>),
    /// `#break`, or `#break($foreach.parent)`.
    Break(Box<Break>),
    /// `#stop`, as written.
    Stop(Box<str>),
}

/// `#set`.
#[derive(Debug, Clone)]
pub(crate) struct Set {
    /// `#set(`, with what stands before it and shows nothing.
    pub open: Box<str>,
    /// The reference that is assigned to.
    pub target: Reference,
    /// The value that is assigned.
    pub value: Expression,
    /// `)`, with the blanks and the newline that it swallows.
    pub close: Box<str>,
}

/// `#if`.
#[derive(Debug, Clone)]
pub(crate) struct If {
    /// `#if` and every `#elseif`.
    pub arms: Vec<Arm>,
    /// `#else` as written, and its body.
    pub otherwise: Option<(Box<str>, Block)>,
    /// `#end` as written.
    pub end: Box<str>,
}

/// A condition and its body.
#[derive(Debug, Clone)]
pub(crate) struct Arm {
    /// `#if` or `#elseif` as written.
    pub open: Box<str>,
    /// The condition.
    pub condition: Expression,
    /// `)`, with the blanks and the newline that it swallows.
    pub close: Box<str>,
    /// The body that is rendered when the condition holds.
    pub body: Block,
}

/// `#foreach`.
#[derive(Debug, Clone)]
pub(crate) struct Foreach {
    /// Where `#foreach` stands.
    pub span: Range<usize>,
    /// The loop variable.
    pub item: Name,
    /// The list or map that is iterated over; [`None`] when the directive names none, and the body
    /// never runs.
    pub over: Option<Expression>,
    /// Name and arguments as written.
    pub head: Box<str>,
    /// The body.
    pub body: Block,
    /// `#end` as written.
    pub end: Box<str>,
}

/// `#define`.
#[derive(Debug, Clone)]
pub(crate) struct Define {
    /// The variable that holds the block.
    pub name: Name,
    /// Name and arguments as written.
    pub head: Box<str>,
    /// The block.
    pub body: Arc<Block>,
    /// `#end` as written.
    pub end: Box<str>,
}

/// `#macro`.
#[derive(Debug, Clone)]
pub(crate) struct MacroDefinition {
    /// The macro.
    pub definition: Arc<Macro>,
    /// Name and arguments as written.
    pub head: Box<str>,
    /// `#end` as written.
    pub end: Box<str>,
}

/// Parameters and body of a macro.
#[derive(Debug, Clone)]
pub(crate) struct Macro {
    /// Parameters in order.
    pub parameters: Vec<Name>,
    /// The body.
    pub body: Block,
}

/// A call of a macro, or text that looks like one.
#[derive(Debug, Clone)]
pub(crate) struct MacroCall {
    /// Where its name stands.
    pub span: Range<usize>,
    /// The macro's name.
    pub name: Box<str>,
    /// The arguments, not evaluated before the macro asks for them.
    pub arguments: Arc<[Expression]>,
    /// `$bodyContent`, of `#@name`.
    pub body: Option<CallBody>,
    /// Text before the head that shows nothing.
    pub before: Box<str>,
    /// Name and arguments as written: what goes out when there is no such macro.
    pub head: Box<str>,
}

/// The body of `#@name(…) … #end`.
#[derive(Debug, Clone)]
pub(crate) struct CallBody {
    /// The body.
    pub block: Arc<Block>,
    /// The body and `#end` as written.
    pub source: Box<str>,
}

/// `#break`.
#[derive(Debug, Clone)]
pub(crate) struct Break {
    /// The loop that ends, if it is not the innermost.
    pub target: Option<Box<Reference>>,
    /// The directive as written.
    pub head: Box<str>,
}

/// `#evaluate`.
#[derive(Debug, Clone)]
pub(crate) struct Evaluate {
    /// Where it stands.
    pub span: Range<usize>,
    /// The text that is a template.
    pub text: Expression,
    /// The directive as written.
    pub head: Box<str>,
}

/// Something that has a value.
#[derive(Debug, Clone)]
pub(crate) enum Expression {
    /// A literal string.
    Text(Arc<str>),
    /// A string with references or directives inside.
    Interpolated(Box<Interpolated>),
    /// A number.
    Number(Number),
    /// `true` or `false`.
    Bool(bool),
    /// `$name…`.
    Reference(Box<Reference>),
    /// `[from..to]`.
    Range(Box<(Expression, Expression)>),
    /// `[a, b]`.
    List(Vec<Expression>),
    /// `{a: b}`.
    Map(Vec<(Expression, Expression)>),
    /// `!a`.
    Not(Box<Expression>),
    /// `(a)`.
    Group(Box<Expression>),
    /// Operators of one level of precedence, from left to right.
    Chain(Box<Chain>),
}

/// `first (operator operand)+`.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    /// The leftmost operand.
    pub first: Expression,
    /// Operators and the operands to their right; never empty.
    pub rest: Vec<(Operator, Expression)>,
}

/// `"text with $references and #if(true)directives#end"`.
#[derive(Debug, Clone)]
pub(crate) struct Interpolated {
    /// The content, quotes stripped and doubled quotes made one.
    pub source: Box<str>,
    /// The content, parsed as a template.
    pub block: Block,
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // The names say it.
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulus,
}

/// How a reference was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReferenceForm {
    /// `$name` or `${name}`.
    Plain,
    /// `$!name` or `$!{name}`. On API Gateway the same as plain: both print nothing for null.
    Quiet,
    /// `\$name`: prints itself.
    Escaped,
    /// A name that the lexer took for the rest of a reference (`$a.b()c`): prints its text.
    Runt,
    /// `$\!name`: prints nothing.
    Dead,
}

/// `$name.property[index].method(argument)`.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    /// Where the whole reference stands.
    pub span: Range<usize>,
    /// How it was written.
    pub form: ReferenceForm,
    /// Text in front of it that was read along (`#$name`, backslashes).
    pub prefix: Box<str>,
    /// The variable.
    pub root: Name,
    /// The properties, indexes and methods after the variable.
    pub steps: Vec<ReferencePart>,
    /// The reference as it shows itself when escaped: as written, but for what stood in front.
    pub source: Box<str>,
    /// The reference as written.
    pub written: Box<str>,
}

/// One part of a reference after its root.
#[derive(Debug, Clone)]
pub(crate) struct ReferencePart {
    /// Where it stands.
    pub span: Range<usize>,
    /// The kind of access.
    pub access: Member,
}

/// A property, an index or a method of what comes before.
#[derive(Debug, Clone)]
pub(crate) enum Member {
    /// `.name`.
    Property(Arc<str>),
    /// `[index]`.
    Index(Expression),
    /// `.name(arguments)`.
    Method(Arc<str>, Vec<Expression>),
}
