//! `tidegate render`: a mapping template with a body and parameters, to text.
//!
//! The gateway renders; this file reads, prints and chooses the exit code.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use gateway::mapping::{Context, Input, Parameters};
use gateway::vtl::{Error, Template};
use kit::console;
use serde_json::{Map, Value, json};

use crate::cases::{answer_lines, error, read, read_object};

/// Render a mapping template with a body and parameters to text: byte for byte what would be sent
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code: 0 there is an output, 1 the template fails, 2 wrong usage or unreadable input.\n\
                        With --jsonl: 0 every line was answered."
)]
pub(crate) struct Args {
    /// The mapping template, taken byte for byte
    #[arg(long, value_name = "FILE", required_unless_present = "jsonl")]
    template: Option<PathBuf>,
    /// The body of the request, or of the backend's reply; without it the body is empty
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// A parameter, for example path.id=1, querystring.page=2 or header.X-Trace=abc. Repeatable
    #[arg(long, value_name = "KIND.NAME=VALUE")]
    param: Vec<String>,
    /// What $context holds, a JSON file; requestOverride and responseOverride in it count as set by
    /// an earlier template
    #[arg(long, value_name = "FILE")]
    context: Option<PathBuf>,
    /// A stage variable, for example queue=orders. Repeatable
    #[arg(long, value_name = "NAME=VALUE")]
    stage_variable: Vec<String>,
    /// Print JSON: the output and the overrides that the template sets
    #[arg(long)]
    json: bool,
    /// Read cases from standard input, one {"name", "template", "body", "params", "context",
    /// "stageVariables"} a line, and answer one line each
    #[arg(long, conflicts_with_all = ["template", "body", "param", "context", "stage_variable", "json"])]
    jsonl: bool,
}

/// Runs the verb.
///
/// # Errors
/// A file or line that cannot be read, or a parameter that is not written as one.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    if args.jsonl {
        answer_lines(std::io::stdin().lock(), console::output(), answer, error)?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some(template) = &args.template else {
        bail!("--template is needed")
    };
    let mut case = Case {
        name: template.display().to_string(),
        template: read(template)?,
        ..Case::default()
    };
    case.body = args
        .body
        .as_deref()
        .map(read)
        .transpose()?
        .unwrap_or_default();
    for given in &args.param {
        case.set_parameter(given)?;
    }
    for given in &args.stage_variable {
        let (name, value) = given
            .split_once('=')
            .with_context(|| format!("invalid --stage-variable {given}: expected NAME=VALUE"))?;
        case.stage_variables
            .insert(name.to_owned(), value.to_owned());
    }
    if let Some(file) = &args.context {
        case.context = read_object(file)?;
        check_overrides(&case.context).with_context(|| file.display().to_string())?;
    }
    if !args.json {
        case.lints().iter().for_each(console::error);
    }
    print(&case.render(), args.json)
}

type Texts = indexmap::IndexMap<String, String>;

/// What to render.
#[derive(Debug, Default)]
struct Case {
    name: String,
    template: String,
    body: String,
    parameters: Parameters,
    context: Map<String, Value>,
    stage_variables: Texts,
}

/// What came out: the text, and the overrides if there are any.
type Rendered = Result<(String, Option<Value>), Error>;

impl Case {
    fn render(&self) -> Rendered {
        let template = Template::parse(&self.name, &self.template)?;
        let input = Input {
            body: &self.body,
            parameters: &self.parameters,
        };
        let mut context = Context::new(self.context.clone());
        let output =
            gateway::mapping::render(&template, &input, &self.stage_variables, &mut context)?;
        Ok((output, context.overrides().map(Value::Object)))
    }

    /// What the template says that was hardly meant.
    fn lints(&self) -> Vec<Error> {
        Template::parse(&self.name, &self.template)
            .map_or_else(|_| Vec::new(), |it| gateway::mapping::lints(&it))
    }

    /// `path.id=1`, `querystring.page=2`, `header.X-Trace=abc`.
    fn set_parameter(&mut self, given: &str) -> Result<()> {
        let Some(((kind, name), value)) = given
            .split_once('=')
            .and_then(|(name, value)| Some((name.split_once('.')?, value)))
        else {
            bail!("invalid --param {given}: expected KIND.NAME=VALUE");
        };
        let map = match kind {
            "path" => &mut self.parameters.path,
            "querystring" => &mut self.parameters.querystring,
            "header" => &mut self.parameters.header,
            _ => bail!("invalid --param {given}: expected KIND to be path, querystring or header"),
        };
        map.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// A line as the cases in `gateway/tests/templates` have it.
    fn from_json(mut json: Value) -> Result<Case> {
        let name = json["name"].as_str().unwrap_or("template").to_owned();
        let template = json["template"]
            .as_str()
            .context("template must be text")?
            .to_owned();
        let body = match json["body"].take() {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        };
        let context = match json["context"].take() {
            Value::Object(members) => members,
            Value::Null => Map::new(),
            _ => bail!("context must be an object"),
        };
        check_overrides(&context)?;
        let [path, querystring, header] = ["path", "querystring", "header"]
            .map(|kind| texts(json.get("params").and_then(|params| params.get(kind))));
        let parameters = Parameters {
            path: path?,
            querystring: querystring?,
            header: header?,
            ..Parameters::default()
        };
        Ok(Case {
            name,
            template,
            body,
            parameters,
            context,
            stage_variables: texts(json.get("stageVariables"))?,
        })
    }
}

/// The overrides that a context holds are objects, and so are their maps.
fn check_overrides(context: &Map<String, Value>) -> Result<()> {
    for name in ["requestOverride", "responseOverride"] {
        let Some(set) = context.get(name) else {
            continue;
        };
        let set = set
            .as_object()
            .with_context(|| format!("context.{name} must be an object"))?;
        for map in ["path", "header", "querystring"] {
            if set.get(map).is_some_and(|map| !map.is_object()) {
                bail!("context.{name}.{map} must be an object");
            }
        }
    }
    Ok(())
}

fn texts(json: Option<&Value>) -> Result<Texts> {
    let mut all = Texts::new();
    match json {
        None | Some(Value::Null) => {}
        Some(Value::Object(members)) => {
            for (name, value) in members {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), ToOwned::to_owned);
                all.insert(name.clone(), text);
            }
        }
        Some(_) => bail!("params and stageVariables must be objects of text"),
    }
    Ok(all)
}

fn to_json(outcome: &Rendered) -> Value {
    match outcome {
        Ok((output, None)) => json!({ "output": output }),
        Ok((output, Some(overrides))) => json!({ "output": output, "overrides": overrides }),
        Err(error) => json!({ "error": error.to_string() }),
    }
}

fn print(outcome: &Rendered, as_json: bool) -> Result<ExitCode> {
    match outcome {
        _ if as_json => console::print(format_args!("{}\n", to_json(outcome)))?,
        Ok((output, overrides)) => {
            let end = if console::is_output_terminal() {
                "\n"
            } else {
                ""
            };
            console::print(format_args!("{output}{end}"))?;
            if let Some(overrides) = overrides {
                console::error(format_args!("overrides: {overrides}"));
            }
        }
        Err(error) => console::error(error),
    }
    Ok(ExitCode::from(u8::from(outcome.is_err())))
}

fn answer(case: &mut Value) -> Result<Value> {
    Ok(to_json(&Case::from_json(case.take())?.render()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_answered_in_order() {
        let input = concat!(
            r#"{"name":"a","template":"$input.params('id') $stageVariables.q $input.path('$.x')","body":"{\"x\":1}","#,
            r#""params":{"path":{"id":"7"}},"stageVariables":{"q":"orders"}}"#,
            "\n\n",
            r##"{"name":"b","template":"#set($context.responseOverride.status = 404)x"}"##,
            "\n",
            r##"{"name":"c","template":"#if("}"##,
            "\n",
            r#"{"name":"d","template":"$context.requestOverride.header.A $context.stage","#,
            r#""context":{"stage":"s","requestOverride":{"header":{"A":"x"}}}}"#,
            "\n",
            r#"{"name":"e","template":"x","context":{"requestOverride":5}}"#,
            "\n",
            r#"{"name":"f","template":1}"#,
            "\n",
            r#"{"name":"g","template":"x","context":[]}"#,
            "\n",
            r#"{"name":"h","template":"x","params":{"path":[]}}"#,
        );
        let mut output = Vec::new();
        answer_lines(input.as_bytes(), &mut output, answer, error).unwrap();
        let output = String::from_utf8(output).unwrap();
        let lines: Vec<&str> = output.lines().collect();
        assert_eq!(lines[0], r#"{"name":"a","output":"7 orders 1"}"#);
        assert!(
            lines[1].starts_with(r#"{"name":"b","output":"x","overrides":{"requestOverride":"#),
            "{}",
            lines[1]
        );
        assert!(lines[1].contains(r#""status":404"#), "{}", lines[1]);
        assert!(
            lines[2].starts_with(r##"{"name":"c","error":"c:1:5: "##),
            "{}",
            lines[2]
        );
        assert!(
            lines[3].starts_with(r#"{"name":"d","output":"x s","overrides":{"#),
            "{}",
            lines[3]
        );
        let because = |name: &str, why: &str| json!({"name": name, "error": why}).to_string();
        assert_eq!(
            lines[4],
            because("e", "line 6: context.requestOverride must be an object")
        );
        assert_eq!(lines[5], because("f", "line 7: template must be text"));
        assert_eq!(lines[6], because("g", "line 8: context must be an object"));
        assert_eq!(
            lines[7],
            because(
                "h",
                "line 9: params and stageVariables must be objects of text"
            )
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let error = Case::default().set_parameter("cookie.a=1").unwrap_err();
        assert!(
            error.to_string().contains("path, querystring or header"),
            "{error}"
        );
        let mut case = Case::default();
        case.set_parameter("header.X-Trace=a=b").unwrap();
        assert_eq!(case.parameters.header["X-Trace"], "a=b");
    }
}
