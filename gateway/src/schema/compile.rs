//! Schemas as a definition has them, to rules. References may lead in circles.

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use super::keywords::{self, KeywordReader, texts};
use super::library::{Library, Source};
use super::rules::{Additional, ArrayRules, Dependency, Id, Items, ObjectRules, Rules, Schema};

impl Library {
    /// Compiles the model of this name. `Empty` and `Error` are there without being declared.
    ///
    /// # Errors
    /// There is none, or it is malformed.
    pub(crate) fn model(&self, name: &str) -> Result<Schema, String> {
        match (self.named(name), name) {
            (Some(source), _) => Compiler::of(self).finish(|compiler| compiler.at(source)),
            (None, "Empty") => Ok(Schema {
                rules: vec![Rules::default()],
            }),
            (None, "Error") => {
                let error =
                    json!({"type": "object", "properties": {"message": {"type": "string"}}});
                self.inline(usize::MAX, &error)
            }
            (None, _) => Err(format!("the model {name} does not exist")),
        }
    }

    /// Compiles a schema that stands within the document `root`.
    ///
    /// # Errors
    /// It is malformed, or refers to nothing.
    pub(crate) fn inline(&self, root: usize, json: &Json) -> Result<Schema, String> {
        Compiler::of(self).finish(|compiler| compiler.inline(root, json))
    }
}

struct Compiler<'l> {
    library: &'l Library,
    rules: Vec<Rules>,
    known: HashMap<Source, Id>,
}

impl<'l> Compiler<'l> {
    fn of(library: &'l Library) -> Compiler<'l> {
        Compiler {
            library,
            rules: Vec::new(),
            known: HashMap::new(),
        }
    }

    fn finish(
        mut self,
        read: impl FnOnce(&mut Self) -> Result<Id, String>,
    ) -> Result<Schema, String> {
        read(&mut self)?;
        let schema = Schema { rules: self.rules };
        let circular = (0..schema.rules.len()).any(|id| schema.never_ends(id));
        if circular {
            return Err("a $ref refers to itself".to_owned());
        }
        Ok(schema)
    }

    fn at(&mut self, source: &Source) -> Result<Id, String> {
        if let Some(id) = self.known.get(source) {
            return Ok(*id);
        }
        let json = self.library.get(source);
        let json = json.ok_or_else(|| format!("$ref #{} refers to nothing", source.pointer))?;
        self.place(source.root, json, Some(source))
    }

    fn inline(&mut self, root: usize, json: &Json) -> Result<Id, String> {
        self.place(root, json, None)
    }

    fn place(&mut self, root: usize, json: &Json, source: Option<&Source>) -> Result<Id, String> {
        let id = self.rules.len();
        self.rules.push(Rules::default());
        if let Some(source) = source {
            self.known.insert(source.clone(), id);
        }
        let Json::Object(members) = json else {
            return Err(format!("a schema must be an object, got {json}"));
        };
        let is_imported = self.library.is_imported(root);
        let reader = KeywordReader {
            members,
            is_imported,
        };
        self.rules[id] = self.rules(root, &reader)?;
        Ok(id)
    }

    fn rules(&mut self, root: usize, reader: &KeywordReader<'_>) -> Result<Rules, String> {
        if let Some(Json::String(reference)) = reader.members.get("$ref") {
            let source = self.library.resolve(root, reference)?;
            return Ok(Rules {
                reference: Some(self.at(&source)?),
                ..Rules::default()
            });
        }
        let mut all = |key: &str| -> Result<Vec<Id>, String> {
            let list = reader.list(key)?.unwrap_or_default();
            list.iter().map(|json| self.inline(root, json)).collect()
        };
        let (all_of, any_of, one_of) = (all("allOf")?, all("anyOf")?, all("oneOf")?);
        let not = reader.members.get("not");
        Ok(Rules {
            reference: None,
            types: reader.types()?,
            one_of_values: reader.list("enum")?.map(<[Json]>::to_vec),
            number: reader.number()?,
            string: reader.string()?,
            array: self.array(root, reader)?,
            object: self.object(root, reader)?,
            all_of,
            any_of,
            one_of,
            not: not.map(|json| self.inline(root, json)).transpose()?,
        })
    }

    fn array(&mut self, root: usize, reader: &KeywordReader<'_>) -> Result<ArrayRules, String> {
        let items = match reader.members.get("items") {
            None => Items::Any,
            Some(Json::Array(list)) => {
                let ids = list.iter().map(|json| self.inline(root, json));
                Items::ByPosition(ids.collect::<Result<_, _>>()?)
            }
            Some(json) => Items::Every(self.inline(root, json)?),
        };
        Ok(ArrayRules {
            items,
            additional: self.additional(root, reader.members.get("additionalItems"))?,
            min_items: reader.imported_length("minItems")?,
            max_items: reader.imported_length("maxItems")?,
            unique: reader.flag("uniqueItems"),
        })
    }

    fn object(&mut self, root: usize, reader: &KeywordReader<'_>) -> Result<ObjectRules, String> {
        let mut rules = ObjectRules {
            min_properties: reader.length("minProperties")?,
            max_properties: reader.length("maxProperties")?,
            required: reader.texts("required")?,
            additional: self.additional(root, reader.members.get("additionalProperties"))?,
            ..ObjectRules::default()
        };
        rules.required.sort();
        for (name, json) in reader.map("properties")? {
            rules
                .properties
                .insert(name.clone(), self.inline(root, json)?);
        }
        for (pattern, json) in reader.map("patternProperties")? {
            let rule = (keywords::pattern(pattern)?, self.inline(root, json)?);
            rules.pattern_properties.push(rule);
        }
        for (name, json) in reader.map("dependencies")? {
            let dependency = match json {
                Json::Array(list) => Dependency::Members(texts("dependencies", list)?),
                json => Dependency::Fitting(self.inline(root, json)?),
            };
            rules.dependencies.push((name.clone(), dependency));
        }
        Ok(rules)
    }

    fn additional(&mut self, root: usize, json: Option<&Json>) -> Result<Additional, String> {
        Ok(match json {
            None | Some(Json::Bool(true)) => Additional::Any,
            Some(Json::Bool(false)) => Additional::None,
            Some(json) => Additional::Fitting(self.inline(root, json)?),
        })
    }
}

impl Schema {
    /// Whether references lead from here to here without ever looking at a value.
    fn never_ends(&self, start: Id) -> bool {
        let next = |id: Id| self.rules.get(id).and_then(|rules| rules.reference);
        let mut at = next(start);
        for _ in 0..self.rules.len() {
            match at {
                Some(id) if id == start => return true,
                Some(id) => at = next(id),
                None => return false,
            }
        }
        false
    }
}
