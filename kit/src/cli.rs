//! Command lines, read by clap, with the house's additions: an empty variable counts as unset, an
//! invalid value is one line that names the flag or the variable, and secrets are not repeated.

use std::ffi::OsString;
use std::fmt::Display;
use std::ops::{Bound, RangeBounds};
use std::process::ExitCode;
use std::str::FromStr;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Parser};

use crate::{console, env};

/// Reads the command line and the environment.
///
/// # Errors
/// The exit code to end with when there is nothing to run: help was asked for, or an argument is
/// wrong. The text has been printed.
pub fn parse<C: Parser>() -> Result<C, ExitCode> {
    let command = without_empty(C::command());
    let mut described = command.clone();
    let parsed = command
        .try_get_matches()
        .and_then(|matches| C::from_arg_matches(&matches));
    parsed.map_err(|error| {
        if error.use_stderr() {
            // For the name of the program and of the verb, and the arguments of the verb.
            described.build();
            let args: Vec<OsString> = std::env::args_os().collect();
            console::error(
                one_line(&described, &error, &args)
                    .unwrap_or_else(|| styled(&error))
                    .trim_end(),
            );
            console::flush();
        } else {
            // The full help names all variables, also the empty ones. Printing it ends the process,
            // unless there is nothing to print.
            let _ = C::command().try_get_matches().map_err(|help| help.print());
        }
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
    })
}

/// A boolean of the environment, in every usual spelling.
///
/// # Errors
/// The text is not a boolean.
pub fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err("expected 1 or 0, true or false, yes or no".to_owned()),
    }
}

/// Reads a whole number, for the `value_parser` of an argument. `what` is what the number is:
/// `a port`, `seconds`.
pub fn number<N>(
    range: impl RangeBounds<N> + Clone + Send + Sync + 'static,
    what: &'static str,
) -> impl Fn(&str) -> Result<N, String> + Clone + Send + Sync + 'static
where
    N: FromStr + PartialOrd + Display + 'static,
{
    move |text| {
        let number = text
            .trim()
            .parse()
            .ok()
            .filter(|number| range.contains(number));
        number.ok_or_else(|| format!("expected {what}, a whole number{}", bounds(&range)))
    }
}

fn bounds<N: Display>(range: &impl RangeBounds<N>) -> String {
    match (range.start_bound(), range.end_bound()) {
        (Bound::Included(first), Bound::Included(last)) => format!(" from {first} to {last}"),
        _ => String::new(),
    }
}

/// A port, for the `value_parser` of an argument: 0 is any that is free.
///
/// # Errors
/// The text is not a port.
pub fn port(text: &str) -> Result<u16, String> {
    number(0..=u16::MAX, "a port")(text)
}

/// A setting as the operator gave it: the flag when the command line has it, else the variable when
/// it is set, else both.
pub fn written(flag: &str, variable: &str) -> String {
    match () {
        () if has_flag(&std::env::args_os().collect::<Vec<_>>(), flag) => flag.to_owned(),
        () if env::var_os(variable).is_some() => variable.to_owned(),
        () => format!("{flag} or {variable}"),
    }
}

/// A setting with its value, as the operator gave it: `--port-offset 9`, `PORT_OFFSET=9`.
pub fn given(flag: &str, variable: &str, value: &impl Display) -> String {
    let is_variable = written(flag, variable) == variable;
    if is_variable {
        format!("{variable}={value}")
    } else {
        format!("{flag} {value}")
    }
}

/// Whether a command line has a flag, alone or with `=` and a value.
fn has_flag(args: &[OsString], flag: &str) -> bool {
    let is_it = |arg: &OsString| {
        arg.to_string_lossy()
            .strip_prefix(flag)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    };
    args.iter().any(is_it)
}

/// The command without its empty variables.
fn without_empty(command: Command) -> Command {
    let is_empty = |arg: &Arg| {
        arg.get_env()
            .is_some_and(|name| env::var_os(&name.to_string_lossy()).is_none())
    };
    let command = command.mut_args(|arg| if is_empty(&arg) { arg.env(None) } else { arg });
    command.mut_subcommands(without_empty)
}

/// One line for an invalid value: the flag or the variable, the value, what was expected.
fn one_line(command: &Command, error: &clap::Error, args: &[OsString]) -> Option<String> {
    if !matches!(
        error.kind(),
        ErrorKind::ValueValidation | ErrorKind::InvalidValue
    ) {
        return None;
    }
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let (shown, value) = (
        context(ContextKind::InvalidArg)?,
        context(ContextKind::InvalidValue)?,
    );
    let arg = chosen(command, args)
        .get_arguments()
        .find(|arg| arg.to_string() == shown)?;
    let flag = arg.get_long().map(|name| format!("--{name}"));
    let is_flag = flag.as_deref().is_some_and(|flag| has_flag(args, flag));
    let variable = arg
        .get_env()
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|_| !is_flag);
    let named = variable.filter(|name| {
        env::var(name)
            .ok()
            .flatten()
            .is_some_and(|set| holds(arg, &set, &value))
    });
    let reason = match (
        std::error::Error::source(error),
        error.get(ContextKind::ValidValue),
    ) {
        (Some(cause), _) => cause.to_string(),
        // A flag without a value: clap's own text explains it.
        (None, _) if value.is_empty() => return None,
        (None, Some(ContextValue::Strings(values))) => {
            format!("expected one of {}", values.join(", "))
        }
        _ => "invalid value".to_owned(),
    };
    let (program, value) = (command.get_name(), without_secrets(&value));
    Some(match (named, flag.unwrap_or(shown)) {
        (Some(name), _) if arg.is_hide_env_values_set() => {
            format!("{program}: {name}: {reason} (the value is not shown)")
        }
        (None, flag) if arg.is_hide_env_values_set() => {
            format!("{program}: {flag}: {reason} (the value is not shown)")
        }
        (Some(name), _) => format!("{program}: {name}={value}: {reason}"),
        (None, flag) => format!("{program}: {flag} {value}: {reason}"),
    })
}

/// A value without what may be a secret in an address: what is in front of an `@`, and the query.
fn without_secrets(value: &str) -> String {
    let rest = value
        .rsplit_once('@')
        .map_or_else(|| value.to_owned(), |(_, rest)| format!("…@{rest}"));
    rest.split_once('?')
        .map_or_else(|| rest.clone(), |(path, _)| format!("{path}?…"))
}

/// Whether a variable that holds `set` gave an argument this value: lists are taken apart.
fn holds(arg: &Arg, set: &str, value: &str) -> bool {
    set == value
        || arg
            .get_value_delimiter()
            .is_some_and(|delimiter| set.split(delimiter).any(|part| part == value))
}

/// The verb that a command line names, or the command itself: several verbs may have a flag of one
/// name.
fn chosen<'c>(command: &'c Command, args: &[OsString]) -> &'c Command {
    let mut words = args
        .iter()
        .skip(1)
        .filter(|arg| !arg.to_string_lossy().starts_with('-'));
    let verb = words.next().and_then(|word| command.find_subcommand(word));
    verb.map_or(command, |verb| {
        chosen(verb, args.get(1..).unwrap_or_default())
    })
}

/// Clap's own text, coloured where clap would.
fn styled(error: &clap::Error) -> String {
    let text = error.render();
    if console::has_colours() {
        text.ansi().to_string()
    } else {
        text.to_string()
    }
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
        #[arg(long, env = "KIT_TEST_COUNT", value_parser = number(1_u16..=9, "a count"))]
        count: Option<u16>,
        #[arg(long, value_parser = refuse)]
        url: Option<String>,
    }

    fn refuse(_: &str) -> Result<String, String> {
        Err("KEY:SECRET is needed".to_owned())
    }

    fn error(args: &[&str]) -> Option<String> {
        let mut command = Cli::command();
        command.build();
        let written: Vec<OsString> = args.iter().map(OsString::from).collect();
        one_line(&command, &Cli::try_parse_from(args).unwrap_err(), &written)
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
        assert_eq!(
            text,
            "program: --secret: KEY:SECRET is needed (the value is not shown)"
        );
        assert!(Cli::try_parse_from(["program", "--flag"]).unwrap().flag);
    }

    #[test]
    fn a_wrong_value_is_one_line_with_the_flag() {
        for args in [
            ["program", "--count", "10"].as_slice(),
            &["program", "--count=10"],
        ] {
            let expected = "program: --count 10: expected a count, a whole number from 1 to 9";
            assert_eq!(error(args).as_deref(), Some(expected), "{args:?}");
        }
        assert_eq!(
            error(&["program", "--count"]),
            None,
            "clap's own words are good enough"
        );
        let text = error(&["program", "--url", "ftp://me:secret@host/x?token=secret"]).unwrap();
        assert_eq!(text, "program: --url …@host/x?…: KEY:SECRET is needed");
    }

    #[test]
    fn numbers_have_bounds() {
        assert_eq!((port("0"), port(" 80 ")), (Ok(0), Ok(80)));
        for text in ["", "x", "-1", "65536", "8o80", "1.5"] {
            assert_eq!(
                port(text),
                Err("expected a port, a whole number from 0 to 65535".to_owned()),
                "{text}"
            );
        }
        let seconds = number::<u64>(.., "seconds");
        assert_eq!(seconds("18446744073709551615"), Ok(u64::MAX));
        assert_eq!(
            seconds("15m"),
            Err("expected seconds, a whole number".to_owned())
        );
    }

    #[test]
    fn a_flag_is_found_with_and_without_its_value() {
        let args = ["program", "--data=x", "--listening", "--", "y"].map(OsString::from);
        assert!(
            has_flag(&args, "--data") && !has_flag(&args, "--listen") && !has_flag(&args, "--dat")
        );
        assert_eq!(
            written("--no-such-flag", "KIT_TEST_UNSET"),
            "--no-such-flag or KIT_TEST_UNSET"
        );
    }
}
