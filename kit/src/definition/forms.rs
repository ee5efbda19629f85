//! Door: what is given as a definition, as documents that declare something. A file is one; a
//! folder that a tool writes (CDK, SAM, Serverless Framework) has one within.

mod aside;
mod assembly;
mod described;
mod folder;
mod given;
mod made;
mod members;
mod mistaken;
mod nested;
mod openapi;
mod rest_api;

use std::path::{Path, PathBuf};

use super::error::LoadError;
use super::files::{Content, content};
use super::include;
use crate::document::Node;
use crate::terraform;
pub(super) use described::joined;
pub use described::{QUEUE_SETTINGS, template_of};
use given::Found;
pub(super) use given::{Given, Home};
pub(super) use openapi::check as check_openapi;

/// Reads what `path` names: one document, or several where a folder has several. `stacks` are those
/// that are wanted of an assembly.
///
/// # Errors
/// It cannot be read, or is nothing that declares something.
pub(super) fn read(
    path: &Path,
    stacks: &[String],
    errors: &mut Vec<LoadError>,
) -> Result<Vec<Given>, LoadError> {
    if path.is_dir() {
        return of_folder(path, stacks, errors);
    }
    let Some(root) = parsed(path)? else {
        return of_folder(path.parent().unwrap_or(Path::new("")), stacks, errors);
    };
    Ok(vec![of_file(root, path, errors)])
}

/// The files that `path` stands for, to be watched: itself, and in a folder those that are read.
pub(super) fn watched(path: &Path, stacks: &[String]) -> Vec<PathBuf> {
    let mut files = vec![path.to_owned()];
    if path.is_dir()
        && let Ok(found) = folder::found(path, stacks)
    {
        files = found.into_iter().map(|found| found.file).collect();
    }
    let errors = &mut Vec::new();
    let nested = files.iter().flat_map(|file| match parsed(file) {
        Ok(Some(root)) => nested::files(&root, file, errors),
        _ => Vec::new(),
    });
    let nested: Vec<PathBuf> = nested.collect();
    files.extend(nested);
    files
}

fn of_folder(
    folder: &Path,
    stacks: &[String],
    errors: &mut Vec<LoadError>,
) -> Result<Vec<Given>, LoadError> {
    let mut all = Vec::new();
    for Found {
        file,
        stack_name,
        home,
    } in folder::found(folder, stacks)?
    {
        if let Some(root) = parsed(&file)? {
            let given = of_file(root, &file, errors);
            all.push(Given {
                stack_name,
                home: home.or(given.home),
                ..given
            });
        }
    }
    Ok(all)
}

/// The document in a file, or nothing for the manifest of an assembly, which stands for its folder.
fn parsed(path: &Path) -> Result<Option<Node>, LoadError> {
    let named = mistaken::by_name(path);
    let may_hold_one = |path: &Path| {
        let end = path.extension().and_then(|end| end.to_str());
        end.is_some_and(|end| ["json", "yaml", "yml"].contains(&end))
    };
    if let Some(told) = named.filter(|_| !may_hold_one(path)) {
        return Err(mistaken::problem(path, told).into());
    }
    let text = match content(path)? {
        Content::Text(text) => text,
        Content::Bytes(bytes) => {
            return Err(mistaken::problem(path, mistaken::bytes(&bytes)).into());
        }
    };
    let root = match Node::parse(&path.display().to_string(), &text) {
        Ok(root) => root,
        Err(problem) => {
            let told = named.or_else(|| mistaken::by_text(&text));
            let told = told.map(|told| mistaken::problem(path, told));
            return Err(told.unwrap_or(problem).into());
        }
    };
    if assembly::is_manifest(&root) {
        return Ok(None);
    }
    // A template may have any name.
    match named.or_else(|| mistaken::by_content(&root)) {
        Some(told) if !mistaken::is_definition(&root) => Err(root.problem(told).into()),
        _ => Ok(Some(root)),
    }
}

/// A document with the files that it takes in.
fn of_file(root: Node, path: &Path, errors: &mut Vec<LoadError>) -> Given {
    if terraform::is_terraform(&root) {
        return Given::of_terraform(&root);
    }
    let root = include::included(root, path, errors);
    let root = nested::with_templates(root, path, errors);
    Given::of_template(root)
}
