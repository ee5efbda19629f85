//! Which files of a crate import which others: their `use` lines and the paths in their code.

use std::collections::BTreeSet;

use super::circles::Arrows;
use super::code;
use super::files::{Crate, File};

/// A module: its names from the root of the crate.
type Module = Vec<String>;

/// A path as it is written, in the module that it is written in.
struct Import {
    module: Module,
    path: Vec<String>,
    line: usize,
}

/// The arrows between the production files of a crate. A face that only lists its children points
/// to none of them.
pub fn arrows(member: &Crate) -> Arrows {
    let files: Vec<(Module, &File)> = member
        .files
        .iter()
        .filter(|file| file.is_production())
        .filter_map(|file| Some((file.module()?, file)))
        .collect();
    let modules: BTreeSet<&Module> = files.iter().map(|(module, _)| module).collect();
    let mut arrows = Arrows::new();
    for (module, file) in &files {
        for import in imports(module, &file.text) {
            let Some(target) = resolved(&import, &modules).filter(|target| target != module) else {
                continue;
            };
            let line = format!(
                "{}:{}: {}",
                name(module),
                import.line,
                import.path.join("::")
            );
            let targets = arrows.entry(name(module)).or_default();
            targets.entry(name(&target)).or_insert(line);
        }
    }
    arrows
}

/// The file of a module, from the folder `src`.
fn name(module: &Module) -> String {
    if module.is_empty() {
        "lib.rs".to_owned()
    } else {
        format!("{}.rs", module.join("/"))
    }
}

/// The file in which a path ends: the deepest module on it that is a file.
fn resolved(import: &Import, modules: &BTreeSet<&Module>) -> Option<Module> {
    let mut whole = import.module.clone();
    let mut rest = import.path.as_slice();
    match rest.first().map(String::as_str)? {
        "crate" => {
            whole.clear();
            rest = &rest[1..];
        }
        "self" => rest = &rest[1..],
        "super" => {
            while rest.first().is_some_and(|part| part == "super") {
                whole.pop();
                rest = &rest[1..];
            }
        }
        // A child, or the name of another crate.
        child => {
            whole.push(child.to_owned());
            if !modules.contains(&whole) {
                return None;
            }
            rest = &rest[1..];
        }
    }
    // An inline module is part of its file.
    while !whole.is_empty() && !modules.contains(&whole) {
        whole.pop();
    }
    for part in rest {
        whole.push(part.clone());
        if !modules.contains(&whole) {
            whole.pop();
            break;
        }
    }
    Some(whole)
}

/// All paths that a file writes, those of `use` lines unfolded.
fn imports(module: &Module, text: &str) -> Vec<Import> {
    let code = code::without_tests(&code::only(text));
    let mut found = Vec::new();
    // Inline modules around the place, with the depth of braces in which each one lies.
    let mut inline: Vec<(String, usize)> = Vec::new();
    let (mut depth, mut at) = (0_usize, 0);
    while at < code.len() {
        let rest = &code[at..];
        let word = word(rest);
        let here = || {
            [
                module.clone(),
                inline.iter().map(|(name, _)| name.clone()).collect(),
            ]
            .concat()
        };
        match word {
            "use" if rest[word.len()..].starts_with(char::is_whitespace) => {
                let end = rest.find(';').unwrap_or(rest.len());
                let line = code::line_of(&code, at);
                let paths = unfolded(&rest[word.len()..end]);
                found.extend(paths.into_iter().map(|path| Import {
                    module: here(),
                    path,
                    line,
                }));
                at += end;
            }
            "mod" => {
                let name = rest[word.len()..].trim_start();
                let name = self::word(name);
                let after = rest
                    .find(name)
                    .map_or(rest.len(), |start| start + name.len());
                if !name.is_empty() && rest[after..].trim_start().starts_with('{') {
                    inline.push((name.to_owned(), depth));
                }
                at += after;
            }
            "in" if code[..at].ends_with('(') => at += rest.find(')').unwrap_or(rest.len()),
            "" => {
                match rest.chars().next() {
                    Some('{') => depth += 1,
                    Some('}') => {
                        depth = depth.saturating_sub(1);
                        inline.pop_if(|(_, opened)| *opened == depth);
                    }
                    _ => {}
                }
                at += rest.chars().next().map_or(1, char::len_utf8);
            }
            _ => {
                let path = path(rest);
                if path.len() > 1 && !code[..at].ends_with("::") {
                    let line = code::line_of(&code, at);
                    found.push(Import {
                        module: here(),
                        path: path.clone(),
                        line,
                    });
                }
                at += path.join("::").len().max(word.len());
            }
        }
    }
    found
}

/// The word at the start of a text.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// The path at the start of a text.
fn path(text: &str) -> Vec<String> {
    let mut parts = vec![word(text).to_owned()];
    let mut rest = &text[parts[0].len()..];
    while let Some(tail) = rest.strip_prefix("::") {
        let next = word(tail);
        if next.is_empty() {
            break;
        }
        parts.push(next.to_owned());
        rest = &tail[next.len()..];
    }
    parts
}

/// The single paths of a `use` line: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn unfolded(line: &str) -> Vec<Vec<String>> {
    let line = line.trim();
    let front = path(line);
    let rest = line.get(front.join("::").len()..).unwrap_or_default();
    let Some(group) = rest.trim_start_matches("::").strip_prefix('{') else {
        return vec![front];
    };
    let front: Vec<String> = front.into_iter().filter(|part| !part.is_empty()).collect();
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        let is_last = c == '}' && depth == 0;
        if is_last || (c == ',' && depth == 0) {
            let inner = unfolded(&group[start..at]).into_iter();
            let whole = inner.filter(|path| !path[0].is_empty());
            found.extend(whole.map(|path| [front.clone(), path].concat()));
            start = at + 1;
        }
        match c {
            _ if is_last => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circles::circles;

    /// The circles of a made-up crate, given as files with their text.
    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let file = |(path, text): &(&str, &str)| File {
            path: format!("made/src/{path}"),
            text: (*text).to_owned(),
        };
        let name = "made".to_owned();
        let files = files.iter().map(file).collect();
        circles(&arrows(&Crate { name, files }))
    }

    #[test]
    fn siblings_that_import_each_other_are_a_circle() {
        let found = found(&[
            ("lib.rs", "mod a;\nmod b;"),
            ("a.rs", "use std::fmt;\nuse crate::b::{self, B as Other};"),
            ("b.rs", "pub fn f() { super::a::g() }"),
        ]);
        let expected = "a.rs → b.rs → a.rs (a.rs:2: crate::b::self; b.rs:1: super::a::g)";
        assert_eq!(found, [expected]);
    }

    #[test]
    fn a_child_that_imports_its_face_is_a_circle() {
        for face in [
            "mod child;\npub use child::C;",
            "mod child;\nfn f() { child::g() }",
        ] {
            let found = found(&[
                ("face.rs", face),
                ("face/child.rs", "use super::{X, sibling};"),
            ]);
            let circle = "face.rs → face/child.rs → face.rs";
            assert!(
                found[0].starts_with(circle) && found.len() == 1,
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_longer_way_round_is_a_circle_too() {
        let found = found(&[
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "mod inner;\npub use inner::B;"),
            ("b/inner.rs", "use crate::c;"),
            ("c.rs", "impl Into<crate::a::A> for C {}"),
        ]);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("a.rs → b.rs → b/inner.rs → c.rs → a.rs ("),
            "{found:?}"
        );
    }

    #[test]
    fn arrows_one_way_are_no_circle() {
        let none: [&str; 0] = [];
        let found = found(&[
            ("lib.rs", "mod face;\npub use face::C;"),
            (
                "face.rs",
                "mod child;\nmod words;\npub use child::C;\nuse words::W;",
            ),
            (
                "face/child.rs",
                "use super::words::W;\npub(in crate::face) struct C;",
            ),
            (
                "face/words.rs",
                "// use super::child;\nmod inner { use super::*; }\nconst A: &str = \"super::x\";",
            ),
            ("face/tests.rs", "use super::*;"),
            (
                "other.rs",
                "#[cfg(test)]\nmod tests { use crate::face::C; }",
            ),
        ]);
        assert_eq!(found, none);
    }
}
