//! Templates and bodies that mean harm, and what their errors say: for the tests and the benchmark.

use gateway::mapping::{Context, Input, Parameters, render};
use gateway::vtl::Template;
use indexmap::IndexMap;

/// One rendering that must end at a bound.
pub struct Hostile {
    /// The template.
    pub template: String,
    /// The client's body.
    pub body: String,
    /// A part of the message.
    pub message: &'static str,
}

impl Hostile {
    /// Renders it: it must fail, with its message.
    pub fn check(&self) {
        let input = Input {
            body: &self.body,
            parameters: &Parameters::default(),
        };
        let rendered = Template::parse("hostile", &self.template).and_then(|template| {
            render(&template, &input, &IndexMap::new(), &mut Context::default())
        });
        match rendered {
            Ok(output) => panic!("{:.80}… printed {} bytes", self.template, output.len()),
            Err(error) => assert!(
                error.message.contains(self.message),
                "{:.80}: {error}",
                self.template
            ),
        }
    }
}

/// Those that can be written down.
const WRITTEN: &[(&str, &str)] = &include!("templates.in");

/// All of them.
pub fn all() -> Vec<Hostile> {
    let written = WRITTEN
        .iter()
        .map(|&(template, message)| case(template, "{\"list\":[1,2,3]}", message));
    written.chain(grown()).collect()
}

fn case(template: impl Into<String>, body: impl Into<String>, message: &'static str) -> Hostile {
    Hostile {
        template: template.into(),
        body: body.into(),
        message,
    }
}

/// Those that are large.
fn grown() -> Vec<Hostile> {
    let variables: String = (0..15_000)
        .map(|number| format!("#set($v{number} = 1)"))
        .collect();
    let parameters: String = (0..20_000).map(|number| format!(" $p{number}")).collect();
    let uses = "#foreach($a in [1..1000])#foreach($b in [1..1000])$z#end#end";
    let scattered: String = (0..3_000)
        .filter_map(|at| char::from_u32(0x4E00 + 2 * at))
        .collect();
    let searched =
        "#set($s = 'é')#set($s = $s.repeat(2000000))#foreach($a in [1..1000])#set($x = $s.matches(";
    let numbers = format!("[{}1]", "1,".repeat(5_000_000));
    let nested = format!(
        "{}\"{}\"{}",
        "{\"a\":".repeat(120),
        "x".repeat(9_000_000),
        "}".repeat(120)
    );
    let members = format!("[{}1]", "{\"k\":1},".repeat(100_000));
    vec![
        case(
            format!("#macro(m){variables}{uses}#end#m()"),
            "",
            "the template",
        ),
        case(format!("#macro(m{parameters}){uses}#end#m(1)"), "", "steps"),
        case(format!("{searched}'[{scattered}]*'))#end"), "", "steps"),
        case(
            format!(
                "#set($s = '一')#set($s.x = 1)$s.replaceAll('(?:[{scattered}]x){{1000}}$s', '')$s.repeat(99999999)"
            ),
            "",
            "MiB of values",
        ),
        case("$input.json('$')", numbers.as_str(), "too many parts"),
        case("$input.path('$[0]')", numbers.as_str(), "too many parts"),
        case(
            "$util.parseJson($input.body)",
            numbers.as_str(),
            "MiB of values",
        ),
        case("$input.path('$..a')", nested.as_str(), "MiB of values"),
        case(
            "$input.json('$..a')",
            nested.as_str(),
            "the output is longer",
        ),
        case(
            "$input.json(\"$..['a','b']\")",
            nested.as_str(),
            "visits too many values",
        ),
        case(
            "#foreach($a in [1..1000])$input.json('$')$input.path('$')#end",
            members.as_str(),
            "the template",
        ),
    ]
}
