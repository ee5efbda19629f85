//! JSON paths in the dialect of Jayway JsonPath, parsed once and looked up often; and Jayway's
//! lenient reader of JSON.
//!
//! The dialect is that of version 2.0, as far as recorded results show what API Gateway uses, with
//! the filter operators of later versions. A definite path (`$.a.b[0]`) leads to one value or
//! nowhere; one with `..`, `*`, a slice, a union or a filter always gives a list. Nothing here
//! knows anything but JSON values.

use std::fmt;

use serde_json::Value;

mod error;
mod filter;
mod lenient;
mod lookup;
mod parse;
mod pattern;
mod tree;

pub use error::PathError;
pub use lenient::{Unreadable, read_lenient};
pub use lookup::{Located, Part};

use tree::PathStep;

/// Values that one lookup may visit: a path with many `..` could visit a document over and over.
pub const VISITS: usize = 1_000_000;

/// A JSON path.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPath {
    source: String,
    steps: Vec<PathStep>,
    definite: bool,
}

/// A part of a path, as [`JsonPath::walk`] shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment<'p> {
    /// A member of an object.
    Name(&'p str),
    /// An item of a list.
    Place(usize),
}

impl JsonPath {
    /// Parses a path. The `$.` in front may be left out.
    ///
    /// # Errors
    /// The text is not a path.
    pub fn parse(text: &str) -> Result<JsonPath, PathError> {
        let steps = parse::parse(text)?;
        let definite = steps.iter().all(PathStep::is_definite);
        Ok(JsonPath {
            source: text.to_owned(),
            steps,
            definite,
        })
    }

    /// Whether the path leads to one value at most. Any other path gives a list.
    pub fn is_definite(&self) -> bool {
        self.definite
    }

    /// What the path leads to: a value, or for an indefinite path a list (which may be empty).
    /// [`None`] when a definite path leads nowhere, or the lookup would visit more than [`VISITS`]
    /// values or copy as much.
    pub fn lookup(&self, document: &Value) -> Option<Value> {
        let mut visits = VISITS;
        self.find(document, &mut visits)?.copied(&mut visits)
    }

    /// The same as [`JsonPath::lookup`], borrowed where possible. `visits` is how many values may
    /// still be visited; at 0 the lookup gives up.
    pub fn find<'v>(&self, document: &'v Value, visits: &mut usize) -> Option<Located<'v>> {
        lookup::find(&self.steps, self.definite, document, visits)
    }

    /// Follows a path of nothing but names and places through a structure that is like JSON.
    /// [`None`] when the path has other parts, or `step` returns it.
    pub fn walk<T>(
        &self,
        start: T,
        mut step: impl FnMut(T, Segment<'_>) -> Option<T>,
    ) -> Option<T> {
        self.steps.iter().try_fold(start, |value, next| match next {
            PathStep::Property(name) => step(value, Segment::Name(name)),
            PathStep::Index(place) => step(value, Segment::Place(usize::try_from(*place).ok()?)),
            _ => None,
        })
    }

    /// The text of the path.
    pub fn as_str(&self) -> &str {
        &self.source
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is expected of each path is in `docs/aws/api-gateway.md#json-paths`.
    const DOCUMENT: &str = r#"{"id":1,"n":null,"f":1.50,"e":1e3,"list":[{"a":1},{"a":2,"b":"z"},{"a":3,"b":null,"c":[1,2]}],
        "R&D":5,"o":{"k":"v","a/b":"s/t","é":2},"arr":[1,"two",null,true],"empty":[],
        "books":[{"cat":"ref","price":8.95,"t":"A"},{"cat":"fic","price":12.99,"t":"B","isbn":"x"}]}"#;

    #[track_caller]
    fn check(path: &str, expected: &str) {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap();
        let found = JsonPath::parse(path).unwrap().lookup(&document);
        assert_eq!(
            found.map_or("nowhere".to_owned(), |found| found.to_string()),
            expected,
            "{path}"
        );
    }

    #[test]
    fn definite_paths() {
        check("$.id", "1");
        check("id", "1");
        check(" $.id ", "1");
        check("$.n", "null");
        check("$.missing", "nowhere");
        check("$.o.missing.deep", "nowhere");
        check("$.id.x", "nowhere");
        check("$.list[0]", r#"{"a":1}"#);
        check("$.list[5]", "nowhere");
        check("$.list[-1]", "nowhere");
        check("$.o['k']", r#""v""#);
        check("$['o'][\"a/b\"]", r#""s/t""#);
        check("$.o.a/b", r#""s/t""#);
        check("$.o.é", "2");
        check("$.arr[2]", "null");
        check("$.list[0]['a']", "1");
        check("list[0].a", "1");
        check("$.o['k','missing']", r#"{"k":"v"}"#);
        check("$.list[ 0 ].a", "1");
        check("$.id[0]", "nowhere");
        check("$.list.length()", "nowhere");
        check("$.R&D", "5");
    }

    #[test]
    fn indefinite_paths_give_lists() {
        check("$.list[*].a", "[1,2,3]");
        check("$..a", "[1,2,3]");
        check("$.list..a", "[1,2,3]");
        check("$.list[*].b", r#"["z",null]"#);
        check("$.list[0,1].a", "[1,2]");
        check("$.list[0:1]", r#"[{"a":1}]"#);
        check("$.list[-1:].a", "[3]");
        check("$.list[:-1].a", "[1,2]");
        check("$.list[1:99].a", "[2,3]");
        check("$.o.*", r#"["v","s/t",2]"#);
        check("$.arr[*]", r#"[1,"two",null,true]"#);
        check("$..missing", "[]");
        check("$.missing[*]", "[]");
        check("$.list[*].c[*]", "[1,2]");
        check("$.list[*].c[5]", "[]");
        check("$..list[0].a", "[1]");
        check(
            "$.books[*]['t','cat']",
            r#"[{"t":"A","cat":"ref"},{"t":"B","cat":"fic"}]"#,
        );
        check("$.id.*", "[]");
    }

    #[test]
    fn filters() {
        check("$.list[?(@.a>1)].a", "[2,3]");
        check("$.list[?(@.b)].a", "[2]");
        check("$.list[?(!@.b)].a", "[1,3]");
        check("$.list[?(@.b == null)].a", "[3]");
        check("$.books[?(@.cat == 'ref')].t", r#"["A"]"#);
        check("$.books[?(@['cat'] == \"ref\")].t", r#"["A"]"#);
        check("$.books[?(@.price >= 12.99 && @.isbn)].t", r#"["B"]"#);
        check("$.books[?(@.price > 100 || @.cat=='fic')].t", r#"["B"]"#);
        check("$.books[?(@.t =~ /a/i)].t", r#"["A"]"#);
        check("$.list[?(@.a =~ /2/)].a", "[2]");
        check("$.list[?(@.a =~ /(?=2)2/)].a", "[2]");
        check("$.arr[?(@ =~ /(?i)TRUE/)]", "[true]");
        check("$.arr[?(@ =~ /T R U E/ix)]", "[true]");
        check("$.arr[?(@ =~ /[a-z&&[^w]]+/)]", "[true]");
        check("$.books[?(@.cat in ['ref','x'])].t", r#"["A"]"#);
        check("$.books[?(@.cat nin ['ref'])].t", r#"["B"]"#);
        check("$.books[?(@.cat size 3)].t", r#"["A","B"]"#);
        check("$.list[?(@.c empty false)].a", "[3]");
        check("$.books[?(@.isbn != 'q')].t", r#"["B"]"#);
        check("$.list[?(@.a == '1')].a", "[1]");
        check("$.list[?(@.a == 1.0)].a", "[1]");
        check("$.list[?(@.a < $.list[1].a)].a", "[1]");
        check("$.list[?((@.a>1) && !(@.a>2))].a", "[2]");
        check("$.arr[?(@ == 'two')]", r#"["two"]"#);
        check("$.list[?(@.c[0] == 1)].a", "[3]");
        check("$.o[?(@.k == 'v')].k", r#"["v"]"#);
    }

    #[test]
    fn what_is_no_path() {
        for (path, column) in [
            ("", 1),
            ("$.", 3),
            ("$..", 4),
            ("$id", 2),
            ("$.list[", 8),
            ("$.list[]", 8),
            ("$.list[a]", 8),
            ("$.list[?]", 9),
            ("$.list[?(@.a >)]", 15),
            ("$.o.with space", 9),
            ("$.list[?(@.a =~ /(/)]", 17),
            ("$['a", 3),
        ] {
            let error = JsonPath::parse(path).unwrap_err();
            assert!(
                error.to_string().contains(&format!("column {column}:")),
                "{error}"
            );
        }
    }

    #[test]
    fn depth_and_work_are_bounded() {
        assert!(JsonPath::parse(&format!("${}", "[?(@)]".repeat(500))).is_err());
        assert!(
            JsonPath::parse(&format!("$[?({}@.a{})]", "(".repeat(500), ")".repeat(500))).is_err()
        );
        assert!(JsonPath::parse(&format!("$[?(@.a in {}", "[".repeat(100_000))).is_err());
        assert!(
            JsonPath::parse(&(0..5).fold("@.a".to_owned(), |inner, _| format!("@[?({inner})]")))
                .is_err()
        );
        let long = "[?(@)]".repeat(200);
        assert!(
            JsonPath::parse(&format!("${long}[?(@{long})]")).is_err(),
            "the steps of filters count too"
        );
        let document: Value =
            serde_json::from_str(&format!("[{}]", vec!["[1,2,3]"; 500].join(","))).unwrap();
        assert_eq!(
            JsonPath::parse("$..*..*..*..*..*")
                .unwrap()
                .lookup(&document)
                .map(|found| found.is_array()),
            Some(true)
        );
        let deep: Value =
            serde_json::from_str(&format!("{}1{}", "[".repeat(100), "]".repeat(100))).unwrap();
        assert_eq!(
            JsonPath::parse("$..*..*..*..*..*").unwrap().lookup(&deep),
            None
        );
    }

    #[test]
    fn what_is_copied_is_bounded() {
        let text = Value::from("x".repeat(1_000_000));
        let nested = (0..100).fold(text, |inner, _| serde_json::json!({ "a": inner, "b": 1 }));
        let bounded = |path: &str| JsonPath::parse(path).unwrap().lookup(&nested);
        assert_eq!(bounded("$..a"), None);
        assert_eq!(bounded("$..['a','b']"), None);
        assert_eq!(bounded("$..[?(@..a == 1)]"), Some(Value::Array(vec![])));
        let mut visits = VISITS;
        let found = JsonPath::parse("$..a").unwrap().find(&nested, &mut visits);
        assert!(
            matches!(found, Some(Located::Many(parts)) if parts.len() == 100),
            "borrowed parts cost nothing"
        );
    }
}
