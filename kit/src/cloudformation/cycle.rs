//! References that lead back to where they began. CloudFormation refuses them ("Circular dependency
//! between resources"), and resolving them would never end. Pure.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use crate::document::{Place, Problem};

/// One reference: from which resource, to which one, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reference {
    from: String,
    to: String,
    place: Place,
}

/// What is being resolved right now, and which resources refer to which.
#[derive(Debug, Default)]
pub(super) struct References {
    /// Names that are being resolved, each with the reference that led to it: one that comes up
    /// again closes a cycle.
    path: RefCell<Vec<(String, Place)>>,
    /// The resource whose entries are being resolved.
    owner: RefCell<Option<String>>,
    found: RefCell<Vec<Reference>>,
}

impl References {
    /// Sets the resource that what is resolved from now on belongs to. `None` while cycles do not
    /// count.
    pub(super) fn belong_to(&self, owner: Option<&str>) {
        self.owner.replace(owner.map(str::to_owned));
    }

    /// Notes that the owner refers to `to`.
    pub(super) fn note(&self, to: &str, place: &Place) {
        if let Some(from) = self.owner.borrow().clone() {
            self.found.borrow_mut().push(Reference {
                from,
                to: to.to_owned(),
                place: place.clone(),
            });
        }
    }

    /// Resolves `name`, which the reference at `place` leads to, by `resolve`.
    ///
    /// # Errors
    /// It is being resolved already, or it cannot be.
    pub(super) fn follow<T>(
        &self,
        name: &str,
        place: &Place,
        resolve: impl FnOnce() -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        if let Some(cycle) = self.closed(name, place) {
            return Err(problem(cycle));
        }
        if self.path.borrow().is_empty() {
            self.note(name, place);
        }
        self.path
            .borrow_mut()
            .push((name.to_owned(), place.clone()));
        let resolved = resolve();
        self.path.borrow_mut().pop();
        resolved
    }

    /// The cycle that a reference to `name` closes, if it does.
    fn closed(&self, name: &str, place: &Place) -> Option<Vec<Reference>> {
        let path = self.path.borrow();
        let begin = path.iter().position(|(known, _)| known == name)?;
        let inside = &path[begin..];
        let next = inside[1..]
            .iter()
            .map(|(name, place)| (name.as_str(), place))
            .chain([(name, place)]);
        let reference = |((from, _), (to, place)): (&(String, Place), (&str, &Place))| Reference {
            from: from.clone(),
            to: to.to_owned(),
            place: place.clone(),
        };
        Some(inside.iter().zip(next).map(reference).collect())
    }

    /// The cycles that the noted references form, beyond those that came up while names were
    /// resolved.
    pub(super) fn cycles(&self) -> Vec<Problem> {
        let found = self.found.borrow();
        let mut from: HashMap<&str, Vec<&Reference>> = HashMap::new();
        for reference in found.iter() {
            from.entry(&reference.from).or_default().push(reference);
        }
        let (mut done, mut cycles) = (HashSet::new(), Vec::new());
        for reference in found.iter() {
            walk(&reference.from, &from, &mut done, &mut cycles);
        }
        cycles.into_iter().map(problem).collect()
    }
}

/// Walks along references from `start`, through each resource once, and adds the cycles that it
/// comes upon. A chain may be as long as a template, so that this does not call itself.
fn walk<'r>(
    start: &'r str,
    from: &HashMap<&'r str, Vec<&'r Reference>>,
    done: &mut HashSet<&'r str>,
    cycles: &mut Vec<Vec<Reference>>,
) {
    let next = |name: &str| from.get(name).map(Vec::as_slice).unwrap_or_default().iter();
    let mut path: Vec<&Reference> = Vec::new();
    let mut open = vec![(start, next(start))];
    while let Some((name, references)) = open.last_mut() {
        let name: &str = name;
        let Some(&reference) = references.next().filter(|_| !done.contains(name)) else {
            done.insert(name);
            open.pop();
            path.pop();
            continue;
        };
        path.push(reference);
        match path.iter().position(|before| before.from == reference.to) {
            Some(begin) => cycles.push(path[begin..].iter().copied().cloned().collect()),
            None => {
                open.push((&reference.to, next(&reference.to)));
                continue;
            }
        }
        path.pop();
    }
}

/// The problem of one cycle. A cycle is the same wherever one enters it, so the text begins with
/// the reference that stands first in the template.
fn problem(mut cycle: Vec<Reference>) -> Problem {
    let first = (0..cycle.len()).min_by_key(|&at| (cycle[at].place.line, cycle[at].place.column));
    cycle.rotate_left(first.unwrap_or_default());
    let names = cycle
        .iter()
        .map(|reference| reference.from.as_str())
        .chain(cycle.first().map(|first| first.from.as_str()));
    let names: Vec<&str> = names.collect();
    let message = format!("circular dependency: {}", names.join(" → "));
    cycle[0].place.problem(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycles(references: &[(&str, &str)]) -> Vec<String> {
        let noted = References::default();
        for (index, (from, to)) in references.iter().enumerate() {
            noted.belong_to(Some(from));
            noted.note(
                to,
                &Place {
                    file: "t".into(),
                    line: index + 1,
                    column: 1,
                },
            );
        }
        noted.cycles().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_cycle_is_reported_once_from_its_first_reference() {
        let none: [&str; 0] = [];
        assert_eq!(cycles(&[("a", "b"), ("b", "c"), ("a", "c")]), none);
        assert_eq!(cycles(&[("a", "a")]), ["t:1:1: circular dependency: a → a"]);
        let two = cycles(&[("x", "b"), ("a", "b"), ("b", "a")]);
        assert_eq!(two, ["t:2:1: circular dependency: a → b → a"]);
        let both = cycles(&[("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "c")]);
        let expected = [
            "t:1:1: circular dependency: a → b → c → a",
            "t:4:1: circular dependency: c → d → c",
        ];
        assert_eq!(both, expected);
    }
}
