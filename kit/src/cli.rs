//! Command lines, read as clap reads them, with what the house adds about the environment: an empty variable counts as
//! unset, an error names the variable that holds the wrong value, and secrets are not repeated.

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Parser};

use crate::{console, env};

/// Reads the command line and the environment.
///
/// # Errors
/// The exit code to end with, when there is nothing to run: help was asked for, or something is wrong. Either has been
/// printed.
pub fn parse<C: Parser>() -> Result<C, ExitCode> {
    let command = without_empty(C::command());
    let mut described = command.clone();
    let parsed = command.try_get_matches().and_then(|matches| C::from_arg_matches(&matches));
    parsed.map_err(|error| {
        if error.use_stderr() {
            // For the name of the program and of the verb, and the arguments of the verb.
            described.build();
            console::error(told(&described, &error).unwrap_or_else(|| styled(&error)).trim_end());
            console::flush();
        } else {
            // A help that names all variables, empty ones too. It ends the process unless somebody asks for nothing.
            let _ = C::command().try_get_matches().map_err(|help| help.print());
        }
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
    })
}

/// A boolean of the environment, in every spelling that people use.
///
/// # Errors
/// It is none.
pub fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err("expected 1 or 0, true or false, yes or no".to_owned()),
    }
}

/// The same command, to which variables that are set to nothing are not set.
fn without_empty(command: Command) -> Command {
    let is_empty = |arg: &Arg| arg.get_env().is_some_and(|name| env::var_os(&name.to_string_lossy()).is_none());
    let command = command.mut_args(|arg| if is_empty(&arg) { arg.env(None) } else { arg });
    command.mut_subcommands(without_empty)
}

/// One line for a value of the environment that cannot be: the variable, what it holds, what was expected. Also for a value
/// of the command line that may be a secret.
fn told(command: &Command, error: &clap::Error) -> Option<String> {
    if !matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue) {
        return None;
    }
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let (shown, value) = (context(ContextKind::InvalidArg)?, context(ContextKind::InvalidValue)?);
    let arg = all_args(command).into_iter().find(|arg| arg.to_string() == shown)?;
    let is_secret = arg.is_hide_env_values_set();
    let variable = arg.get_env().map(|name| name.to_string_lossy().into_owned());
    let named = variable.filter(|name| env::var(name).ok().flatten().is_some_and(|set| holds(&arg, &set, &value)));
    let reason = match (std::error::Error::source(error), error.get(ContextKind::ValidValue)) {
        (Some(cause), _) => cause.to_string(),
        (None, Some(ContextValue::Strings(values))) => format!("expected one of {}", values.join(", ")),
        _ => "this is no value for it".to_owned(),
    };
    let program = command.get_name();
    match (named, is_secret) {
        (Some(name), false) => Some(format!("{program}: {name}={value}: {reason}")),
        (Some(name), true) => Some(format!("{program}: {name}: {reason} (the value is not shown)")),
        (None, true) => Some(format!("{program}: {shown}: {reason} (the value is not shown)")),
        (None, false) => None,
    }
}

/// Whether a variable that holds `set` gave an argument this value: lists are taken apart.
fn holds(arg: &Arg, set: &str, value: &str) -> bool {
    set == value || arg.get_value_delimiter().is_some_and(|delimiter| set.split(delimiter).any(|part| part == value))
}

fn all_args(command: &Command) -> Vec<Arg> {
    let own = command.get_arguments().cloned();
    own.chain(command.get_subcommands().flat_map(all_args)).collect()
}

/// Clap's own text, coloured where clap would.
fn styled(error: &clap::Error) -> String {
    let text = error.render();
    if console::has_colours() { text.ansi().to_string() } else { text.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[derive(Debug, Parser)]
    #[command(name = "program")]
    struct Cli {
        #[arg(long, env = "KIT_TEST_FLAG", value_parser = boolean)]
        flag: bool,
        #[arg(long, env = "KIT_TEST_SECRET", hide_env_values = true, value_parser = refuse)]
        secret: Option<String>,
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..=9))]
        count: Option<u16>,
    }

    fn refuse(_: &str) -> Result<String, String> {
        Err("KEY:SECRET is needed".to_owned())
    }

    fn error(args: &[&str]) -> Option<String> {
        let mut command = Cli::command();
        command.build();
        told(&command, &Cli::try_parse_from(args).unwrap_err())
    }

    #[test]
    fn booleans_are_taken_as_people_write_them() {
        for text in ["1", "true", "TRUE", "yes", "Yes", "on"] {
            assert_eq!(boolean(text), Ok(true), "{text}");
        }
        for text in ["0", "false", "No", "off"] {
            assert_eq!(boolean(text), Ok(false), "{text}");
        }
        assert!(boolean("maybe").is_err() && boolean("2").is_err() && boolean("").is_err());
    }

    #[test]
    fn a_secret_is_not_repeated() {
        let text = error(&["program", "--secret", "hunter2"]).unwrap();
        assert_eq!(text, "program: --secret <SECRET>: KEY:SECRET is needed (the value is not shown)");
        assert_eq!(error(&["program", "--count", "10"]), None, "clap's own words are good enough");
        assert!(Cli::try_parse_from(["program", "--flag"]).unwrap().flag);
    }
}
