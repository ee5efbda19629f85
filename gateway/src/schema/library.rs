//! Every schema of an API, by document and by name, and what a `$ref` among them means.

use indexmap::IndexMap;
use serde_json::Value as Json;

/// Every schema of an API: documents, and models by name.
#[derive(Debug, Default)]
pub(crate) struct Library {
    roots: Vec<Root>,
    models: IndexMap<String, Source>,
}

/// A document that `#/…` refers to.
#[derive(Debug)]
struct Root {
    json: Json,
    /// Whether an import read it, which drops some keywords: `docs/aws/api-gateway.md#models`.
    is_imported: bool,
}

/// The place of a schema: a document of the library, and the JSON pointer in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Source {
    pub(super) root: usize,
    pub(super) pointer: String,
}

impl Library {
    /// Adds an OpenAPI document; its schemas are models by their names.
    pub(crate) fn import(&mut self, json: Json) -> usize {
        let root = self.roots.len();
        for (folder, members) in ["/components/schemas", "/definitions"]
            .iter()
            .filter_map(|folder| Some((folder, json.pointer(folder)?.as_object()?)))
        {
            for name in members.keys() {
                let pointer = format!("{folder}/{}", escaped(name));
                self.models.insert(name.clone(), Source { root, pointer });
            }
        }
        self.roots.push(Root {
            json,
            is_imported: true,
        });
        root
    }

    /// Adds a model that stands by itself.
    pub(crate) fn add(&mut self, name: &str, json: Json) {
        let source = Source {
            root: self.roots.len(),
            pointer: String::new(),
        };
        self.models.insert(name.to_owned(), source);
        self.roots.push(Root {
            json,
            is_imported: false,
        });
    }

    /// The schema that a `$ref` in the document `root` means.
    pub(super) fn resolve(&self, root: usize, reference: &str) -> Result<Source, String> {
        if let Some(pointer) = reference.strip_prefix('#') {
            let source = Source {
                root,
                pointer: pointer.to_owned(),
            };
            if self.get(&source).is_some() {
                return Ok(source);
            }
        }
        // `https://apigateway.amazonaws.com/restapis/{id}/models/{name}`, and pointers that lead to
        // models of the API in a document of their own.
        let name = reference.rsplit('/').next().unwrap_or_default();
        let is_named = reference.contains("/models/") || reference.starts_with("#/");
        self.models
            .get(name)
            .filter(|_| is_named)
            .cloned()
            .ok_or_else(|| format!("$ref {reference} refers to no schema or model"))
    }

    /// Where the model of this name stands.
    pub(super) fn named(&self, name: &str) -> Option<&Source> {
        self.models.get(name)
    }

    /// Whether an import read a document.
    pub(super) fn is_imported(&self, root: usize) -> bool {
        self.roots.get(root).is_some_and(|root| root.is_imported)
    }

    /// The schema at a place.
    pub(super) fn get(&self, source: &Source) -> Option<&Json> {
        let root = self.roots.get(source.root)?;
        let pointer = percent_encoding::percent_decode_str(&source.pointer).decode_utf8_lossy();
        root.json.pointer(&pointer)
    }
}

/// A name as a part of a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0")
        .replace('/', "~1")
        .replace('%', "%25")
}
