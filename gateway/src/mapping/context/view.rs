//! `$context` as one rendering sees it.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map as Members, Value as Json};

use super::overrides::OVERRIDES;
use crate::vtl::Value;
use crate::vtl::limits::Exceeded;
use crate::vtl::value::{Key, Map, MapKind};

/// The fields that the overrides follow when a template lists the keys of `$context`: the order on
/// record, `docs/aws/api-gateway.md#context`.
const PRECEDED_BY: [&str; 2] = ["protocol", "deploymentId"];

/// `$context` of one rendering. The map of it is made when a template treats it as a map, or
/// touches an override.
pub(crate) struct ContextView {
    fields: Arc<Members<String, Json>>,
    /// Overrides of an earlier template.
    before: Members<String, Json>,
    /// Fields that have fields of their own, as a template asked for them.
    parts: Vec<(String, Value)>,
    map: Option<Map>,
}

impl ContextView {
    pub(super) fn new(
        fields: Arc<Members<String, Json>>,
        before: Members<String, Json>,
    ) -> ContextView {
        ContextView {
            fields,
            before,
            parts: Vec::new(),
            map: None,
        }
    }

    pub(crate) fn property(&mut self, name: &str) -> Result<Value, Exceeded> {
        if self.map.is_none() && !OVERRIDES.iter().any(|(known, _)| *known == name) {
            return self.field(name);
        }
        Ok(self.map()?.get_text(name).unwrap_or(Value::Null))
    }

    fn field(&mut self, name: &str) -> Result<Value, Exceeded> {
        let Some(json) = self.fields.get(name) else {
            return Ok(Value::Null);
        };
        if !json.is_object() {
            return field(json);
        }
        if let Some((_, part)) = self.parts.iter().find(|(known, _)| known == name) {
            return Ok(part.clone());
        }
        let part = field(json)?;
        self.parts.push((name.to_owned(), part.clone()));
        Ok(part)
    }

    pub(crate) fn map(&mut self) -> Result<Map, Exceeded> {
        if let Some(map) = &self.map {
            return Ok(map.clone());
        }
        let mut entries = IndexMap::with_capacity(self.fields.len() + 2);
        for name in self.fields.clone().keys() {
            entries.insert(Key::from(name.as_str()), self.field(name)?);
            for (before, (own, maps)) in PRECEDED_BY.into_iter().zip(OVERRIDES) {
                if before == name {
                    let set = overrides(self.before.get(own), maps)?;
                    entries.insert(Key::from(own), Value::Map(set));
                }
            }
        }
        for (name, maps) in OVERRIDES {
            if !entries.contains_key(&Key::from(name)) {
                let set = overrides(self.before.get(name), maps)?;
                entries.insert(Key::from(name), Value::Map(set));
            }
        }
        let map = Map::new(MapKind::Silent, entries)?;
        self.map = Some(map.clone());
        Ok(map)
    }

    /// The overrides after the rendering; [`None`] when no template touched them.
    pub(crate) fn overrides(&self) -> Option<Members<String, Json>> {
        let map = self.map.as_ref()?;
        let mut all = Members::new();
        for (name, _) in OVERRIDES {
            let set = map.get_text(name).unwrap_or(Value::Null);
            all.insert(name.to_owned(), set.to_json().unwrap_or(Json::Null));
        }
        Some(all)
    }
}

/// A field of `$context`: those with fields of their own print nothing.
fn field(json: &Json) -> Result<Value, Exceeded> {
    match json {
        Json::Object(members) => Ok(Value::Map(Value::map_from_json(MapKind::Silent, members)?)),
        other => Value::from_json(other),
    }
}

/// One override with what was set before.
fn overrides(before: Option<&Json>, maps: &[&str]) -> Result<Map, Exceeded> {
    let mut entries = IndexMap::new();
    for name in maps {
        let set = before.and_then(|before| before.get(name)?.as_object());
        let map = match set {
            Some(members) => Value::map_from_json(MapKind::Once, members)?,
            None => Map::new(MapKind::Once, IndexMap::new())?,
        };
        entries.insert(Key::from(*name), Value::Map(map));
    }
    for (name, json) in before.and_then(Json::as_object).into_iter().flatten() {
        if !maps.contains(&name.as_str()) {
            entries.insert(Key::from(name.as_str()), Value::from_json(json)?);
        }
    }
    Map::new(MapKind::SilentOnce, entries)
}
