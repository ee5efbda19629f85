//! Expressions: their values, and whether they hold as conditions.

use std::cmp::Ordering;

use super::renderer::{Ran, Renderer};
use crate::vtl::ast::{Chain, Expression, Operator};
use crate::vtl::error::Failure;
use crate::vtl::number::{Arithmetic, Number};
use crate::vtl::value::{List, ListKind, Map, Value};

impl Renderer<'_> {
    /// The value of an expression.
    pub(super) fn value(&mut self, expression: &Expression) -> Ran<Value> {
        match expression {
            Expression::Text(text) => Ok(Value::Text(text.clone())),
            Expression::Number(number) => Ok(Value::Number(number.clone())),
            Expression::Bool(bool) => Ok(Value::Bool(*bool)),
            Expression::Reference(reference) if reference.steps.is_empty() => {
                self.value_of(reference)
            }
            _ => self.level(|renderer| renderer.compound(expression)),
        }
    }

    fn compound(&mut self, expression: &Expression) -> Ran<Value> {
        Ok(match expression {
            Expression::Reference(reference) => self.value_of(reference)?,
            Expression::Text(_) | Expression::Number(_) | Expression::Bool(_) => Value::Null,
            Expression::Interpolated(interpolated) => {
                Value::text(self.aside(|renderer| renderer.block(&interpolated.block))?)
            }
            Expression::Range(bounds) => self.range(&bounds.0, &bounds.1)?,
            Expression::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    values.push(self.value(item)?);
                }
                self.list(values)?
            }
            Expression::Map(entries) => self.map(entries)?,
            Expression::Not(inner) => Value::Bool(!self.holds(inner)?),
            Expression::Group(inner) => self.value(inner)?,
            Expression::Chain(chain) => self.chain(chain)?,
        })
    }

    /// Whether an expression holds: references and conditions can, a literal other than `true`
    /// never does.
    pub(super) fn holds(&mut self, expression: &Expression) -> Ran<bool> {
        Ok(match expression {
            Expression::Reference(reference) => self.value_of(reference)?.is_true(),
            Expression::Bool(bool) => *bool,
            Expression::Not(inner) => !self.level(|renderer| renderer.holds(inner))?,
            Expression::Group(inner) => self.level(|renderer| renderer.holds(inner))?,
            Expression::Chain(chain) if !is_arithmetic(chain.rest[0].0) => {
                self.chain(chain)?.is_true()
            }
            _ => false,
        })
    }

    fn list(&mut self, items: Vec<Value>) -> Ran<Value> {
        self.pay_bytes(48 + 32 * items.len())?;
        let list = self.within(List::new(ListKind::Plain, items))?;
        Ok(Value::List(list))
    }

    /// Every whole number between two, both included, up or down; nothing unless both are numbers.
    fn range(&mut self, from: &Expression, to: &Expression) -> Ran<Value> {
        let (from, to) = (self.value(from)?, self.value(to)?);
        let (Value::Number(from), Value::Number(to)) = (from, to) else {
            return Ok(Value::Null);
        };
        let paid = self.work.budget.steps(from.effort(&to));
        self.within(paid)?;
        let (from, to) = (from.to_long() as i32, to.to_long() as i32);
        let count = from.abs_diff(to) as usize + 1;
        self.pay_bytes(48_usize.saturating_add(count.saturating_mul(32)))?;
        let items = if from <= to {
            (from..=to).map(Value::int).collect()
        } else {
            (to..=from).rev().map(Value::int).collect()
        };
        let list = self.within(List::new(ListKind::Plain, items))?;
        Ok(Value::List(list))
    }

    fn map(&mut self, entries: &[(Expression, Expression)]) -> Ran<Value> {
        self.pay_bytes(48 + 96 * entries.len())?;
        let mut values = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            values.push((self.value(key)?, self.value(value)?));
        }
        let map = Map::literal(values, &mut self.work.budget);
        self.within(map).map(Value::Map)
    }

    fn chain(&mut self, chain: &Chain) -> Ran<Value> {
        if matches!(chain.rest[0].0, Operator::And | Operator::Or) {
            return self.logic(chain);
        }
        let mut value = self.value(&chain.first)?;
        for (operator, operand) in &chain.rest {
            self.step()?;
            let right = self.value(operand)?;
            value = match operator {
                Operator::Equal => Value::Bool(self.equal(value, right)?),
                Operator::NotEqual => Value::Bool(!self.equal(value, right)?),
                Operator::Less => self.compare(&value, &right, Ordering::is_lt)?,
                Operator::LessEqual => self.compare(&value, &right, Ordering::is_le)?,
                Operator::Greater => self.compare(&value, &right, Ordering::is_gt)?,
                Operator::GreaterEqual => self.compare(&value, &right, Ordering::is_ge)?,
                Operator::Add => self.add(&value, &right)?,
                Operator::Subtract => self.calculate(&value, Arithmetic::Subtract, &right)?,
                Operator::Multiply => self.calculate(&value, Arithmetic::Multiply, &right)?,
                Operator::Divide => self.calculate(&value, Arithmetic::Divide, &right)?,
                Operator::Modulus => self.calculate(&value, Arithmetic::Modulus, &right)?,
                Operator::And | Operator::Or => Value::Null,
            };
        }
        Ok(value)
    }

    /// `&&` and `||`: the right side is not asked when the left decides.
    fn logic(&mut self, chain: &Chain) -> Ran<Value> {
        let decides = chain.rest[0].0 == Operator::Or;
        if self.holds(&chain.first)? == decides {
            return Ok(Value::Bool(decides));
        }
        for (_, operand) in &chain.rest {
            if self.holds(operand)? == decides {
                return Ok(Value::Bool(decides));
            }
        }
        Ok(Value::Bool(!decides))
    }

    fn compare(
        &mut self,
        one: &Value,
        two: &Value,
        holds: impl FnOnce(Ordering) -> bool,
    ) -> Ran<Value> {
        let (Value::Number(one), Value::Number(two)) = (one, two) else {
            return Ok(Value::Bool(false));
        };
        let paid = self.work.budget.steps(one.effort(two));
        self.within(paid)?;
        Ok(Value::Bool(one.compare(two).is_some_and(holds)))
    }

    fn equal(&mut self, one: Value, two: Value) -> Ran<bool> {
        let (one, two) = (self.rendered(one)?, self.rendered(two)?);
        let equal = one.equals(&two, &mut self.work.budget);
        self.within(equal)
    }

    /// A block as the text that it renders to.
    fn rendered(&mut self, value: Value) -> Ran<Value> {
        match value {
            Value::Block(_) => Ok(self.text_of(&value)?.into()),
            value => Ok(value),
        }
    }

    /// The sum of numbers; text as soon as one side is text. Where stock Velocity writes a side
    /// that is nothing as its source, API Gateway has the empty string:
    /// `docs/aws/api-gateway.md#null`.
    fn add(&mut self, one: &Value, two: &Value) -> Ran<Value> {
        if !matches!(one, Value::Text(_)) && !matches!(two, Value::Text(_)) {
            return self.calculate(one, Arithmetic::Add, two);
        }
        let mut text = self.text_of(one)?;
        text.push_str(&self.text_of(two)?);
        self.pay_bytes(text.len())?;
        Ok(text.into())
    }

    fn calculate(&mut self, one: &Value, operator: Arithmetic, two: &Value) -> Ran<Value> {
        let (Value::Number(one), Value::Number(two)) = (one, two) else {
            return Ok(Value::Null);
        };
        let result = one
            .calculate(operator, two)
            .map_err(|why| Failure::render(self.at.clone(), why.to_string()))?;
        if let Some(Number::Big(_) | Number::Decimal(_)) = result {
            self.pay_bytes(8 * 1024)?;
        }
        Ok(result.map_or(Value::Null, Value::Number))
    }
}

fn is_arithmetic(operator: Operator) -> bool {
    use Operator::{Add, Divide, Modulus, Multiply, Subtract};
    matches!(operator, Add | Subtract | Multiply | Divide | Modulus)
}
