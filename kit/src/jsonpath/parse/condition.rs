//! Parses the conditions of filters: `[?(@.a > 1 && @.b in ['x','y'])]`.

use serde_json::Value;

use super::cursor::{Cursor, PathResult};
use crate::java_regex::Flags;
use crate::jsonpath::pattern::Pattern;
use crate::jsonpath::tree::{Comparison, Condition, Operand};

/// Conditions inside one another.
const NESTING: usize = 64;

const SYMBOLS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessEqual),
    (">=", Comparison::GreaterEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];
const WORDS: [(&str, Comparison); 5] = [
    ("nin", Comparison::NotIn),
    ("in", Comparison::In),
    ("size", Comparison::Size),
    ("empty", Comparison::Empty),
    ("contains", Comparison::Contains),
];

impl Cursor<'_> {
    /// Reads `a || b`.
    pub(super) fn condition(&mut self) -> PathResult<Condition> {
        self.depth += 1;
        if self.depth > NESTING {
            return Err(self.error("conditions are nested too deeply"));
        }
        let mut any = vec![self.conjunction()?];
        while self.takes("||") {
            any.push(self.conjunction()?);
        }
        self.depth -= 1;
        Ok(if any.len() == 1 {
            any.remove(0)
        } else {
            Condition::Any(any)
        })
    }

    fn conjunction(&mut self) -> PathResult<Condition> {
        let mut all = vec![self.single()?];
        while self.takes("&&") {
            all.push(self.single()?);
        }
        Ok(if all.len() == 1 {
            all.remove(0)
        } else {
            Condition::All(all)
        })
    }

    fn single(&mut self) -> PathResult<Condition> {
        self.blanks();
        let condition = if self.takes("!") {
            self.depth += 1;
            if self.depth > NESTING {
                return Err(self.error("conditions are nested too deeply"));
            }
            let inner = self.single()?;
            self.depth -= 1;
            Condition::Not(Box::new(inner))
        } else if self.takes("(") {
            let inner = self.condition()?;
            self.expect(")")?;
            inner
        } else {
            self.comparison()?
        };
        self.blanks();
        Ok(condition)
    }

    fn comparison(&mut self) -> PathResult<Condition> {
        let left = self.operand()?;
        self.blanks();
        if self.takes("=~") {
            self.blanks();
            return Ok(Condition::Matches(left, self.pattern()?));
        }
        let symbol = SYMBOLS.iter().find(|(symbol, _)| self.takes(symbol));
        let comparison = match symbol.or_else(|| WORDS.iter().find(|(word, _)| self.takes(word))) {
            Some((_, comparison)) => *comparison,
            None => return Ok(Condition::Exists(left)),
        };
        self.blanks();
        Ok(Condition::Compare(left, comparison, self.operand()?))
    }

    fn operand(&mut self) -> PathResult<Operand> {
        let from_item = self.peek() == Some('@');
        match self.peek() {
            Some('@' | '$') => {
                self.at += 1;
                let mut steps = Vec::new();
                self.steps(&mut steps)?;
                Ok(Operand::Path { from_item, steps })
            }
            Some('\'' | '"') => Ok(Operand::Literal(Value::String(self.quoted()?))),
            Some('[') => self.list(),
            _ => {
                let rest = self.rest();
                let length = rest
                    .find([' ', ')', ',', ']', '&', '|', '=', '<', '>', '!'])
                    .unwrap_or(rest.len());
                let literal = serde_json::from_str(&rest[..length])
                    .map_err(|_| self.error("expected a path, a number, or text in quotes"))?;
                self.at += length;
                Ok(Operand::Literal(literal))
            }
        }
    }

    fn list(&mut self) -> PathResult<Operand> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        while !self.takes("]") {
            let item = if self.peek() == Some('[') {
                None
            } else {
                Some(self.operand()?)
            };
            match item {
                Some(Operand::Literal(literal)) => items.push(literal),
                _ => return Err(self.error("a list may hold only numbers and text")),
            }
            self.blanks();
            if !self.takes(",") && self.peek() != Some(']') {
                return Err(self.error("expected `,` or `]`"));
            }
            self.blanks();
        }
        Ok(Operand::Literal(Value::Array(items)))
    }

    /// `/expression/flags`, matched against the whole text.
    fn pattern(&mut self) -> PathResult<Pattern> {
        let start = self.at;
        self.expect("/")?;
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.bytes().position(|byte| {
            let ends = byte == b'/' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        let end = end.ok_or_else(|| self.error("the regular expression has no closing `/`"))?;
        let source = rest[..end].replace("\\/", "/");
        self.at += end + 1;
        let mut flags = Flags::default();
        while let Some(letter) = self.peek()
            && flags.set(letter, true)
        {
            self.at += 1;
        }
        Pattern::new(&source, flags).map_err(|why| {
            self.at = start;
            self.error(format!("invalid regular expression: {why}"))
        })
    }
}
