//! Writes a tree as text again: parsing the text gives the same tree.
//!
//! Expressions are written in one fixed form, with a space around each operator. Everything else is
//! copied as it was written, because its meaning depends on its neighbours.

use std::fmt::Write;

use super::ast::{Block, Chain, Expression, If, Node, Operator, Reference};

/// A body as text.
pub(super) fn block(block: &Block) -> String {
    let mut out = String::new();
    write_block(block, &mut out);
    out
}

fn write_block(block: &Block, out: &mut String) {
    block.iter().for_each(|node| write_node(node, out));
}

fn write_node(node: &Node, out: &mut String) {
    match node {
        Node::Text(text) => out.push_str(text),
        Node::Raw { written, .. } => out.push_str(written),
        Node::Reference(reference) => write_reference(reference, out),
        Node::Set(set) => {
            out.push_str(&set.open);
            write_reference(&set.target, out);
            out.push_str(" = ");
            write_expression(&set.value, out);
            out.push_str(&set.close);
        }
        Node::If(conditional) => write_if(conditional, out),
        Node::Foreach(foreach) => write_body(&foreach.head, &foreach.body, &foreach.end, out),
        Node::Define(define) => write_body(&define.head, &define.body, &define.end, out),
        Node::Macro(definition) => write_body(
            &definition.head,
            &definition.definition.body,
            &definition.end,
            out,
        ),
        Node::Call(call) => {
            out.push_str(&call.before);
            out.push_str(&call.head);
            out.push_str(call.body.as_ref().map_or("", |body| &body.source));
        }
        Node::Evaluate(evaluate) => out.push_str(&evaluate.head),
        Node::Break(end) => out.push_str(&end.head),
        Node::Stop(head) => out.push_str(head),
    }
}

fn write_if(conditional: &If, out: &mut String) {
    for arm in &conditional.arms {
        out.push_str(&arm.open);
        out.push('(');
        write_expression(&arm.condition, out);
        out.push_str(&arm.close);
        write_block(&arm.body, out);
    }
    if let Some((head, otherwise)) = &conditional.otherwise {
        out.push_str(head);
        write_block(otherwise, out);
    }
    out.push_str(&conditional.end);
}

fn write_body(head: &str, body: &Block, end: &str, out: &mut String) {
    out.push_str(head);
    write_block(body, out);
    out.push_str(end);
}

fn write_reference(reference: &Reference, out: &mut String) {
    out.push_str(&reference.written);
}

fn write_expression(expression: &Expression, out: &mut String) {
    match expression {
        Expression::Text(text) => quoted(text, '\'', out),
        Expression::Interpolated(interpolated) => quoted(&interpolated.source, '"', out),
        Expression::Number(number) => write!(out, "{number}").expect("a string takes everything"),
        Expression::Bool(bool) => write!(out, "{bool}").expect("a string takes everything"),
        Expression::Reference(reference) => write_reference(reference, out),
        Expression::Range(bounds) => {
            out.push('[');
            write_expression(&bounds.0, out);
            out.push_str("..");
            write_expression(&bounds.1, out);
            out.push(']');
        }
        Expression::List(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                out.push_str(if position > 0 { ", " } else { "" });
                write_expression(item, out);
            }
            out.push(']');
        }
        Expression::Map(entries) => {
            out.push('{');
            for (position, (key, value)) in entries.iter().enumerate() {
                out.push_str(if position > 0 { ", " } else { "" });
                write_expression(key, out);
                out.push_str(" : ");
                write_expression(value, out);
            }
            out.push('}');
        }
        Expression::Not(inner) => {
            out.push('!');
            write_expression(inner, out);
        }
        Expression::Group(inner) => {
            out.push('(');
            write_expression(inner, out);
            out.push(')');
        }
        Expression::Chain(chain) => write_chain(chain, out),
    }
}

fn write_chain(chain: &Chain, out: &mut String) {
    write_expression(&chain.first, out);
    for (operator, operand) in &chain.rest {
        out.push(' ');
        out.push_str(symbol(*operator));
        out.push(' ');
        write_expression(operand, out);
    }
}

fn symbol(operator: Operator) -> &'static str {
    match operator {
        Operator::Or => "||",
        Operator::And => "&&",
        Operator::Equal => "==",
        Operator::NotEqual => "!=",
        Operator::Less => "<",
        Operator::LessEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterEqual => ">=",
        Operator::Add => "+",
        Operator::Subtract => "-",
        Operator::Multiply => "*",
        Operator::Divide => "/",
        Operator::Modulus => "%",
    }
}

fn quoted(text: &str, quote: char, out: &mut String) {
    out.push(quote);
    for character in text.chars() {
        out.push(character);
        if character == quote {
            out.push(quote);
        }
    }
    out.push(quote);
}
