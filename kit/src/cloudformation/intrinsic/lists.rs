//! Functions that make or measure lists, and values of other stacks: `Fn::GetAZs`, `Fn::Cidr`,
//! `Fn::Length`, `Fn::ImportValue`.

use std::net::Ipv4Addr;

use super::Resolver;
use crate::cloudformation::wanted::Want;
use crate::document::{Node, Problem, Value};

/// The most blocks that `Fn::Cidr` makes.
const MOST_BLOCKS: i64 = 256;

impl Resolver<'_> {
    /// The zones of a region: the first three by name.
    pub(super) fn zones(&self, argument: &Node) -> Result<Node, Problem> {
        let asked = self.text(argument)?;
        let region = if asked.is_empty() {
            &self.account.region
        } else {
            &asked
        };
        let zone = |letter| argument.with(Value::String(format!("{region}{letter}")));
        Ok(argument.with(Value::List(["a", "b", "c"].map(zone).to_vec())))
    }

    /// How many items a list has.
    pub(super) fn length(&self, argument: &Node) -> Result<Node, Problem> {
        let list = self.value(argument)?;
        let length = list.list()?.len();
        Ok(argument.with(Value::Number(length.to_string())))
    }

    /// A value that another stack exports, which the operator gives like a secret.
    pub(super) fn imported(&self, argument: &Node) -> Result<String, Problem> {
        let name = self.text(argument)?;
        if let Some(value) = self.given.secrets.get(&name) {
            return Ok(value);
        }
        self.given.secrets.want(Want::Export(name.clone()));
        let message = format!(
            "ImportValue {name}: another stack exports it, and its value is not known here: set \
             --secret '{name}=…'"
        );
        self.assumed
            .borrow_mut()
            .push(argument.problem(message).tolerable());
        Ok(format!("imported-{name}"))
    }

    /// Blocks of addresses within another.
    pub(super) fn cidr(&self, argument: &Node) -> Result<Node, Problem> {
        let wrong =
            || argument.problem("Cidr takes a block, a count of 1 to 256 and a size in bits");
        let arguments = argument.list()?;
        let [block, count, bits] = match arguments {
            [block, count] => [Some(block), Some(count), None],
            [block, count, bits] => [Some(block), Some(count), Some(bits)],
            _ => return Err(wrong()),
        };
        let block = block
            .map(|node| self.text(node))
            .transpose()?
            .ok_or_else(wrong)?;
        let number = |node: Option<&Node>, default| match node {
            Some(node) => self.value(node)?.integer(),
            None => Ok(default),
        };
        let (count, bits) = (number(count, 1)?, number(bits, 8)?);
        let (address, prefix) = block.split_once('/').ok_or_else(wrong)?;
        let address: Ipv4Addr = address.parse().map_err(|_| wrong())?;
        let prefix: i64 = prefix.parse().map_err(|_| wrong())?;
        let is_valid = (1..=MOST_BLOCKS).contains(&count)
            && (1..=32).contains(&bits)
            && (0..=32).contains(&prefix)
            && count.saturating_mul(1 << bits) <= 1_i64 << (32 - prefix);
        if !is_valid {
            return Err(wrong());
        }
        let made = (0..count).map(|index| {
            let start = i64::from(address.to_bits()) + (index << bits);
            let start = Ipv4Addr::from_bits(u32::try_from(start).unwrap_or(u32::MAX));
            argument.with(Value::String(format!("{start}/{}", 32 - bits)))
        });
        Ok(argument.with(Value::List(made.collect())))
    }
}
