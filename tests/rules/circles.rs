//! Circles in a graph of files.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Which file imports which others: by name, each with the line that does.
pub type Arrows = BTreeMap<String, BTreeMap<String, String>>;

/// The circles among files, each as `a.rs → b.rs → a.rs` with the lines that close it. Where many
/// circles share an arrow, the shortest one through it stands for them.
pub fn circles(arrows: &Arrows) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (from, targets) in arrows {
        for to in targets.keys() {
            let Some(way_back) = shortest(arrows, to, from) else {
                continue;
            };
            let names: BTreeSet<String> = way_back.iter().cloned().collect();
            if seen.insert(names) {
                found.push(written(arrows, from, &way_back));
            }
        }
    }
    found
}

/// The shortest way from one file to another, both included.
fn shortest(arrows: &Arrows, from: &str, to: &str) -> Option<Vec<String>> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut next = VecDeque::from([from]);
    while let Some(here) = next.pop_front() {
        if here == to {
            let mut way = vec![to.to_owned()];
            let mut at = to;
            while at != from {
                at = before[at];
                way.push(at.to_owned());
            }
            way.reverse();
            return Some(way);
        }
        for target in arrows.get(here).into_iter().flat_map(BTreeMap::keys) {
            if target != from && !before.contains_key(target.as_str()) {
                before.insert(target, here);
                next.push_back(target);
            }
        }
    }
    None
}

/// A circle that begins and ends at `start`.
fn written(arrows: &Arrows, start: &str, way_back: &[String]) -> String {
    let mut names = vec![start];
    names.extend(way_back.iter().map(String::as_str));
    let lines: Vec<&str> = names
        .windows(2)
        .map(|pair| arrows[pair[0]][pair[1]].as_str())
        .collect();
    format!("{} ({})", names.join(" → "), lines.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrows(pairs: &[(&str, &str)]) -> Arrows {
        let mut arrows = Arrows::new();
        for (from, to) in pairs {
            let targets = arrows.entry((*from).to_owned()).or_default();
            targets.insert((*to).to_owned(), format!("use {to}"));
        }
        arrows
    }

    #[test]
    fn each_circle_is_written_once() {
        let none: [&str; 0] = [];
        assert_eq!(
            circles(&arrows(&[("a", "b"), ("b", "c"), ("a", "c")])),
            none
        );
        let two = circles(&arrows(&[("a", "b"), ("b", "a"), ("b", "c")]));
        assert_eq!(two, ["a → b → a (use b; use a)"]);
        let three = circles(&arrows(&[("a", "b"), ("b", "c"), ("c", "a")]));
        assert_eq!(three, ["a → b → c → a (use b; use c; use a)"]);
    }

    #[test]
    fn circles_that_share_a_file_are_told_apart() {
        let found = circles(&arrows(&[("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")]));
        assert_eq!(
            found,
            ["a → b → a (use b; use a)", "b → c → b (use c; use b)"]
        );
    }
}
