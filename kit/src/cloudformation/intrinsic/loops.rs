//! A template before anything in it is read: its loops go through parameters and mappings.

use std::borrow::Cow;

use super::super::account::Account;
use super::super::for_each;
use super::super::inputs::Inputs;
use super::super::parameters;
use super::{Resolver, Scope};
use crate::document::{Node, Problem};

/// A template with its loops written out.
pub(in crate::cloudformation) fn written_out<'n>(
    root: &'n Node,
    given: &Inputs,
    account: &Account,
    problems: &mut Vec<Problem>,
) -> Cow<'n, Node> {
    if !for_each::has_loops(root) {
        return Cow::Borrowed(root);
    }
    // What is wrong with parameters is reported when the template is read.
    let (declared, mut ignored) = (root.get("Parameters"), Vec::new());
    let values = Scope {
        parameters: parameters::values(declared, given, account, &mut ignored),
        conditions: &[],
        mappings: root.get("Mappings"),
        given,
    };
    let resolver = Resolver::new(account, values, &[]);
    Cow::Owned(for_each::written_out(
        root,
        &|node| resolver.resolve(node),
        problems,
    ))
}
