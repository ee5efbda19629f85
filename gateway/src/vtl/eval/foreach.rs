//! `#foreach`: the items that it iterates over, its rounds, and the variables of a round.

use std::rc::Rc;

use super::renderer::{Halt, Ran, Renderer};
use crate::vtl::ast::{Foreach, VariableNames};
use crate::vtl::error::Failure;
use crate::vtl::limits::{self, Exceeded};
use crate::vtl::value::{List, ListKind, Loop, Map, Value};

impl Renderer<'_> {
    pub(super) fn foreach(&mut self, foreach: &Foreach) -> Ran<()> {
        self.at = foreach.span.clone();
        let Some(over) = &foreach.over else {
            return Ok(());
        };
        let value = self.value(over)?;
        let Some(items) = self.items(value)? else {
            return Ok(());
        };
        let parent = self.innermost.clone();
        let round = Rc::new(Loop {
            count: 0.into(),
            has_next: false.into(),
            parent: parent.clone(),
        });
        let kept = [
            foreach.item,
            VariableNames::COUNT,
            VariableNames::HAS_NEXT,
            VariableNames::FOREACH,
        ]
        .map(|name| (name, self.scope.get(name)));
        self.innermost = Some(round.clone());
        self.assign(VariableNames::FOREACH, Value::Loop(round.clone()));
        let ran = self.rounds(foreach, &items, &round);
        self.innermost = parent;
        for (name, value) in kept.into_iter().rev() {
            self.assign(name, value);
        }
        match ran {
            Err(Halt::Break) => Ok(()),
            Err(Halt::BreakLoop(target)) if Rc::ptr_eq(&target, &round) => Ok(()),
            ran => ran,
        }
    }

    fn rounds(&mut self, foreach: &Foreach, items: &LoopItems, round: &Rc<Loop>) -> Ran<()> {
        let changes = items.changes();
        let mut place = 0;
        while let Some(item) = items.get(place) {
            // Java's iterators of maps know their end beforehand; those of lists look again.
            if place > 0 && !items.is_list() && !round.has_next.get() {
                break;
            }
            if items.changes() != changes {
                let message = "the list changed while `#foreach` was iterating over it";
                return Err(Failure::render(foreach.span.clone(), message).into());
            }
            if place == limits::FOREACH_ROUNDS {
                self.at = foreach.span.clone();
                return Err(self.exceeded(Exceeded::Rounds));
            }
            place += 1;
            round.count.set(place);
            round.has_next.set(items.has(place));
            self.assign(VariableNames::COUNT, Value::size(place));
            self.assign(VariableNames::HAS_NEXT, items.has(place).into());
            self.assign(foreach.item, item);
            self.step()?;
            self.block(&foreach.body)?;
        }
        Ok(())
    }

    /// The items that `#foreach` iterates over: those of a list, or the values of a map.
    fn items(&mut self, value: Value) -> Ran<Option<LoopItems>> {
        Ok(match value {
            Value::List(list) if list.kind() == ListKind::Iterator => {
                Some(LoopItems::Iterator(list))
            }
            Value::List(list) => Some(LoopItems::List(list)),
            Value::Map(map) => Some(LoopItems::Map(map)),
            Value::Object(object) => match self.host.map(object) {
                Some(map) => Some(LoopItems::Map(self.within(map)?)),
                None => None,
            },
            _ => None,
        })
    }
}

/// The items that `#foreach` iterates over.
enum LoopItems {
    List(List),
    Map(Map),
    /// An iterator, which is used up by the loop.
    Iterator(List),
}

impl LoopItems {
    fn get(&self, place: usize) -> Option<Value> {
        match self {
            LoopItems::List(list) => list.get(place),
            LoopItems::Map(map) => map.at(place).map(|(_, value)| value),
            LoopItems::Iterator(list) => list.change(Vec::pop),
        }
    }

    fn is_list(&self) -> bool {
        matches!(self, LoopItems::List(list) if list.kind() != ListKind::View)
    }

    /// Whether an item follows those `before` it.
    fn has(&self, before: usize) -> bool {
        match self {
            LoopItems::List(list) => before < list.len(),
            LoopItems::Map(map) => before < map.len(),
            LoopItems::Iterator(list) => !list.is_empty(),
        }
    }

    fn changes(&self) -> u64 {
        match self {
            LoopItems::List(list) => list.changes(),
            LoopItems::Map(map) => map.changes(),
            LoopItems::Iterator(_) => 0,
        }
    }
}
