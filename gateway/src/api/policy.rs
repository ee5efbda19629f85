//! Policies in IAM's language: the resource policy of an API, and what Lambda authorizers answer
//! with. `crate::authorization` reads and evaluates them.

use std::net::IpAddr;

/// A policy document. The default one allows nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policy {
    /// Its statements, in order.
    pub statements: Vec<Statement>,
    /// Whether `${…}` is a policy variable: since version 2012-10-17.
    pub has_variables: bool,
}

impl Policy {
    /// Allows every action on everything.
    pub(crate) fn allowing_all() -> Policy {
        let all = || Names::In(vec!["*".to_owned()]);
        let statement = Statement {
            effect: Effect::Allow,
            principals: Principals::Unnamed,
            actions: all(),
            resources: all(),
            conditions: Vec::new(),
        };
        Policy {
            statements: vec![statement],
            has_variables: false,
        }
    }

    /// One policy with the statements of both.
    pub(crate) fn both(one: Option<Policy>, other: Option<Policy>) -> Option<Policy> {
        match (one, other) {
            (Some(one), Some(other)) => Some(Policy {
                statements: [one.statements, other.statements].concat(),
                has_variables: one.has_variables || other.has_variables,
            }),
            (one, other) => one.or(other),
        }
    }
}

/// One statement of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What it does to the requests that it matches.
    pub effect: Effect,
    /// The callers that it is about.
    pub principals: Principals,
    /// `Action` or `NotAction`.
    pub actions: Names,
    /// `Resource` or `NotResource`.
    pub resources: Names,
    /// All of them must hold.
    pub conditions: Vec<Condition>,
}

/// `Effect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// `Allow`
    Allow,
    /// `Deny`
    Deny,
}

/// Texts with the wildcards `*` and `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Names {
    /// One of them must match.
    In(Vec<String>),
    /// None of them may match.
    NotIn(Vec<String>),
}

/// The callers that a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principals {
    /// The statement names none: in the policy of an authorizer, which is about one caller.
    Unnamed,
    /// `Principal`: `*`, accounts and ARNs.
    In(Vec<String>),
    /// `NotPrincipal`
    NotIn(Vec<String>),
}

/// One line of a `Condition`: an operator, a key, and the values to compare with.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// How values are compared.
    pub test: Test,
    /// Whether the comparison must fail: `StringNotEquals`.
    pub is_negated: bool,
    /// `…IfExists`: a key that the request lacks passes.
    pub if_exists: bool,
    /// `ForAllValues:` or `ForAnyValue:`.
    pub quantifier: Option<Quantifier>,
    /// The key in lower case: `aws:sourceip`.
    pub key: String,
}

/// A prefix of an operator for keys with several values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// `ForAllValues:` holds for a key without values.
    All,
    /// `ForAnyValue:` does not.
    Any,
}

/// What a condition compares with; one value is enough.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// `StringEquals`, `BinaryEquals`
    Equals(Vec<String>),
    /// `StringEqualsIgnoreCase`
    EqualsIgnoreCase(Vec<String>),
    /// `StringLike`, `ArnLike`, `ArnEquals`
    Like(Vec<String>),
    /// `NumericEquals` and its like.
    Number(Comparison, Vec<f64>),
    /// `DateEquals` and its like, in milliseconds since 1970.
    Date(Comparison, Vec<i64>),
    /// `Bool`
    Bool(Vec<bool>),
    /// `IpAddress`, with the lengths of the networks' prefixes.
    Address(Vec<(IpAddr, u8)>),
    /// `Null`: whether the key is absent.
    Null(Vec<bool>),
}

/// How numbers and dates are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `Equals`
    Equal,
    /// `LessThan`
    Less,
    /// `LessThanEquals`
    LessOrEqual,
    /// `GreaterThan`
    Greater,
    /// `GreaterThanEquals`
    GreaterOrEqual,
}
