//! Texts of pieces of the grammar, and texts of the corpus with something changed.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Pieces that mean something in a template, alone or together.
pub const PIECES: &[&str] = &[
    "$",
    "#",
    "!",
    "\\",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ".",
    "..",
    ",",
    ":",
    "\"",
    "'",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "##",
    "#*",
    "*#",
    "#[[",
    "]]#",
    "a",
    "b",
    "$a",
    "${a}",
    "$!a",
    "$!{a.b}",
    "$a.b",
    "$a.b()",
    "$a[0]",
    "$a.get(\"k\")",
    "$l",
    "$l.add($a)",
    "$l.size()",
    "$m.k",
    "$m.entrySet()",
    "#set($a = 1)",
    "#set($l = [1, 2])",
    "#set($m = {\"k\" : \"v\"})",
    "#set($s = \"x$a\")",
    "#set(",
    "#if(",
    "#if($a)",
    "#if($a == 1)",
    "#elseif(true)",
    "#else",
    "#{else}",
    "#end",
    "#{end}",
    "#end\n",
    "#foreach($i in $l)",
    "#foreach($i in [1..3])",
    "$foreach.count",
    "#break",
    "#stop",
    "#define($d)",
    "$d",
    "#macro(f $p)",
    "#f(1)",
    "#f($a)",
    "#@f(2)",
    "$bodyContent",
    "#evaluate($s)",
    "#evaluate(\"$a\")",
    "#literal()",
    "#include('x')",
    "1",
    "-1",
    "1.5",
    "99999999999999999999",
    "true",
    "false",
    "null",
    "and",
    "or",
    "not",
    "==",
    "!=",
    "<",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "=",
    "&&",
    "||",
    "in",
    "$input.body",
    "$input.json('$')",
    "$input.path('$.l')",
    "$input.params('x')",
    "$util.urlEncode($a)",
    "$util.parseJson('[1]')",
    "$context.requestId",
    "$context.responseOverride",
    "$stageVariables.x",
    "\\$a",
    "\\#if",
    "\\u0041",
    "é",
    "😀",
    "$s.replaceAll('a*', '$0')",
    "$s.split(',')",
    "$s.substring(1)",
    "$s.format('%5s', $a)",
    "$m.put($m, $l)",
    "#set($m[$l] = $m)",
    "#set($m = {$m : $l})",
    "#set($l = [$l, $m])",
    "$m.keySet()",
    "$m.values()",
    "$m.entrySet().iterator().next()",
];

pub fn text_of_pieces() -> impl Strategy<Value = String> {
    vec(select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

/// A file of the corpus with something cut out and a piece put in.
pub fn mutation() -> impl Strategy<Value = String> {
    (select(corpus()), any::<(usize, usize)>(), select(PIECES)).prop_map(
        |(text, (at, length), piece)| {
            let characters: Vec<char> = text.chars().collect();
            let at = at % (characters.len() + 1);
            let end = at + (length % 8).min(characters.len() - at);
            characters[..at]
                .iter()
                .copied()
                .chain(piece.chars())
                .chain(characters[end..].iter().copied())
                .collect()
        },
    )
}

pub fn corpus() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");
    let entries = std::fs::read_dir(folder).expect("the corpus is there");
    let mut texts: Vec<String> = entries
        .map(|entry| {
            std::fs::read_to_string(entry.expect("an entry can be read").path())
                .expect("the corpus is text")
        })
        .collect();
    texts.sort();
    assert!(texts.len() > 10, "the corpus is nearly empty");
    texts
}
