//! References that lead back to where they began. CloudFormation refuses them ("Circular dependency
//! between resources"), and resolving them would never end. Pure.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use crate::document::{Place, Problem};

/// One reference: who refers to what, and where.
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
    /// again closes a ring.
    path: RefCell<Vec<(String, Place)>>,
    /// The resource whose entries are being resolved.
    owner: RefCell<Option<String>>,
    found: RefCell<Vec<Reference>>,
}

impl References {
    /// What is resolved from now on belongs to this resource; to none, where rings through it do
    /// not count.
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
        if let Some(ring) = self.closed(name, place) {
            return Err(problem(ring));
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

    /// The ring that a reference to `name` closes, if it does.
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

    /// The rings that the noted references form, beyond those that came up while names were
    /// resolved.
    pub(super) fn rings(&self) -> Vec<Problem> {
        let found = self.found.borrow();
        let mut from: HashMap<&str, Vec<&Reference>> = HashMap::new();
        for reference in found.iter() {
            from.entry(&reference.from).or_default().push(reference);
        }
        let (mut done, mut rings) = (HashSet::new(), Vec::new());
        for reference in found.iter() {
            walk(&reference.from, &from, &mut done, &mut rings);
        }
        rings.into_iter().map(problem).collect()
    }
}

/// Walks along references from `start`, through each resource once, and adds the rings that it
/// comes upon. A chain may be as long as a template, so that this does not call itself.
fn walk<'r>(
    start: &'r str,
    from: &HashMap<&'r str, Vec<&'r Reference>>,
    done: &mut HashSet<&'r str>,
    rings: &mut Vec<Vec<Reference>>,
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
            Some(begin) => rings.push(path[begin..].iter().copied().cloned().collect()),
            None => {
                open.push((&reference.to, next(&reference.to)));
                continue;
            }
        }
        path.pop();
    }
}

/// A ring is the same wherever one enters it: it is told from the reference that stands first.
fn problem(mut ring: Vec<Reference>) -> Problem {
    let first = (0..ring.len()).min_by_key(|&at| (ring[at].place.line, ring[at].place.column));
    ring.rotate_left(first.unwrap_or_default());
    let names = ring
        .iter()
        .map(|reference| reference.from.as_str())
        .chain(ring.first().map(|first| first.from.as_str()));
    let names: Vec<&str> = names.collect();
    let message = format!("circular dependency: {}", names.join(" → "));
    ring[0].place.problem(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rings(references: &[(&str, &str)]) -> Vec<String> {
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
        noted.rings().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_ring_is_told_once_from_its_first_reference() {
        let none: [&str; 0] = [];
        assert_eq!(rings(&[("a", "b"), ("b", "c"), ("a", "c")]), none);
        assert_eq!(rings(&[("a", "a")]), ["t:1:1: circular dependency: a → a"]);
        let two = rings(&[("x", "b"), ("a", "b"), ("b", "a")]);
        assert_eq!(two, ["t:2:1: circular dependency: a → b → a"]);
        let both = rings(&[("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "c")]);
        let expected = [
            "t:1:1: circular dependency: a → b → c → a",
            "t:4:1: circular dependency: c → d → c",
        ];
        assert_eq!(both, expected);
    }
}
