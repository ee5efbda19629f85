//! A tree as text again, in one way of writing: reading that gives the same tree.
//!
//! References and text are printed as they were written, because what they mean depends on what stands beside them;
//! expressions are printed with one blank around each operator.

use std::fmt::Write;

use super::ast::{Block, Chain, Expression, Node, Operator, Reference, Tail};

/// A body as text.
pub fn block(block: &Block) -> String {
    let mut out = String::new();
    write_block(block, &mut out);
    out
}

/// An expression as text.
pub fn expression(expression: &Expression) -> String {
    let mut out = String::new();
    write_expression(expression, &mut out);
    out
}

fn write_block(block: &Block, out: &mut String) {
    block.iter().for_each(|node| write_node(node, out));
}

fn write_node(node: &Node, out: &mut String) {
    match node {
        Node::Text(text) => out.push_str(text),
        Node::Raw { source, .. } => out.push_str(source),
        Node::Reference(reference) => write_reference(reference, out),
        Node::Set(set) => {
            out.push_str("#set(");
            write_reference(&set.target, out);
            out.push_str(" = ");
            write_expression(&set.value, out);
            close(")", set.tail, out);
        }
        Node::If(conditional) => {
            for (position, arm) in conditional.arms.iter().enumerate() {
                out.push_str(if position == 0 { "#if(" } else { "#elseif(" });
                write_expression(&arm.condition, out);
                close(")", arm.tail, out);
                write_block(&arm.body, out);
            }
            if let Some((tail, otherwise)) = &conditional.otherwise {
                close("#{else}", *tail, out);
                write_block(otherwise, out);
            }
            close("#{end}", conditional.tail, out);
        }
        Node::Foreach(foreach) => {
            with_body("foreach", &foreach.source, foreach.tail, &foreach.body, out);
            close("#{end}", foreach.end, out);
        }
        Node::Define(define) => {
            with_body("define", &define.source, define.tail, &define.body, out);
            close("#{end}", define.end, out);
        }
        Node::Macro(definition) => {
            with_body("macro", &definition.source, definition.tail, &definition.definition.body, out);
            close("#{end}", definition.end, out);
        }
        Node::Call(call) => {
            out.push_str(&call.source);
            out.push_str(call.body.as_ref().map_or("", |body| &body.source));
        }
        Node::Evaluate(evaluate) => {
            out.push_str("#evaluate(");
            write_expression(&evaluate.text, out);
            close(")", evaluate.tail, out);
        }
        Node::Break(target, tail) => {
            out.push_str("#{break}");
            if let Some(target) = target {
                out.push('(');
                write_reference(target, out);
                close(")", *tail, out);
            }
        }
        Node::Stop(_) => out.push_str("#{stop}"),
    }
}

fn with_body(name: &str, source: &str, tail: Tail, body: &Block, out: &mut String) {
    out.push('#');
    out.push_str(name);
    close(source, tail, out);
    write_block(body, out);
}

fn close(text: &str, tail: Tail, out: &mut String) {
    out.push_str(text);
    out.push_str(if tail == Tail::Newline { "\n" } else { "" });
}

fn write_reference(reference: &Reference, out: &mut String) {
    out.push_str(&reference.source);
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
