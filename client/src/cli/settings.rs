//! Settings of `serve` from a file and from the environment, as flags: names, values and checks are those of the flags.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory};
use toml::{Table, Value};

use super::Cli;

/// The command whose flags may be given so.
const SERVE: &str = "serve";

/// In front of the names of variables.
const PREFIX: &str = "HUNKTRACE_SERVE_";

/// Flags that say something about this run and not about the service.
const NO_SETTINGS: [&str; 4] = ["help", "version", "check", "config"];

/// Adds to a command line the settings that it does not give itself.
///
/// # Errors
/// If the file cannot be read or has something that is no setting.
pub fn with_settings(
    line: Vec<OsString>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> anyhow::Result<Vec<OsString>> {
    // What is wrong with the line is told when it is read in earnest.
    let Ok(matches) = Cli::command().ignore_errors(false).try_get_matches_from(&line) else {
        return Ok(line);
    };
    let Some((SERVE, matches)) = matches.subcommand() else { return Ok(line) };
    let mut command = Cli::command();
    command.build();
    let serve = command.find_subcommand(SERVE).ok_or_else(|| anyhow!("there is no command {SERVE}"))?;
    let variable_of = |arg: &Arg| arg.get_long().and_then(|name| variable(&variable_name(name)));
    let config = matches
        .get_one::<PathBuf>("config")
        .cloned()
        .or_else(|| variable(&variable_name("config")).map(PathBuf::from));
    let mut file = config.as_deref().map(read_file).transpose()?.unwrap_or_default();
    let mut settings = Vec::new();
    for arg in settings_of(serve) {
        let name = arg.get_long().unwrap_or_default();
        let from_file = file.remove(name);
        if is_given(matches, arg) {
            continue;
        }
        if let Some(value) = variable_of(arg) {
            let value = value.into_string().map_err(|_| anyhow!("{}: is no text", variable_name(name)))?;
            settings.extend(flags(arg, name, &[value]).with_context(|| variable_name(name))?);
        } else if let (Some(value), Some(path)) = (from_file, &config) {
            let values = texts(value).and_then(|values| flags(arg, name, &values));
            settings.extend(values.with_context(|| format!("{}: {name}", path.display()))?);
        }
    }
    if let (Some(unknown), Some(path)) = (file.keys().next(), &config) {
        let known: Vec<&str> = settings_of(serve).filter_map(Arg::get_long).collect();
        bail!("{}: '{unknown}' is no setting; the settings are {}", path.display(), known.join(", "));
    }
    Ok(line.into_iter().chain(settings).collect())
}

fn settings_of(serve: &Command) -> impl Iterator<Item = &Arg> {
    let is_setting =
        |arg: &&Arg| arg.get_long().is_some_and(|name| !NO_SETTINGS.contains(&name)) && !arg.is_global_set();
    serve.get_arguments().filter(is_setting)
}

fn is_given(matches: &ArgMatches, arg: &Arg) -> bool {
    matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine)
}

fn variable_name(flag: &str) -> String {
    format!("{PREFIX}{}", flag.replace('-', "_").to_ascii_uppercase())
}

fn read_file(path: &Path) -> anyhow::Result<Table> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    text.parse()
        .map_err(|error: toml::de::Error| anyhow!("{}: {}", path.display(), error.to_string().trim_end()))
}

/// A value of the file as texts: several of a list.
fn texts(value: Value) -> anyhow::Result<Vec<String>> {
    let text = |value: Value| match value {
        Value::String(text) => Ok(text),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Boolean(is_set) => Ok(is_set.to_string()),
        _ => bail!("is neither a text, a number, nor true or false"),
    };
    match value {
        Value::Array(values) => values.into_iter().map(text).collect(),
        value => Ok(vec![text(value)?]),
    }
}

/// A setting as flags of the command line.
fn flags(arg: &Arg, name: &str, values: &[String]) -> anyhow::Result<Vec<OsString>> {
    let is_switch = matches!(arg.get_action(), ArgAction::SetTrue);
    if is_switch {
        return match values {
            [value] if value == "true" => Ok(vec![format!("--{name}").into()]),
            [value] if value == "false" => Ok(Vec::new()),
            _ => bail!("is neither true nor false"),
        };
    }
    if values.len() > 1 && !matches!(arg.get_action(), ArgAction::Append) {
        bail!("has several values, but takes one");
    }
    Ok(values.iter().map(|value| format!("--{name}={value}").into()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Command as Parsed, ServeArgs};
    use clap::Parser;

    fn none(_: &str) -> Option<OsString> {
        None
    }

    /// The flags of a line with a file of this text, in an environment.
    fn served(
        flags: &[&str],
        text: &str,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> anyhow::Result<ServeArgs> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), text)?;
        let mut line: Vec<OsString> = ["hunktrace", "serve", "--config"].map(OsString::from).to_vec();
        line.push(file.path().into());
        line.extend(flags.iter().map(OsString::from));
        match Cli::try_parse_from(with_settings(line, variable)?)?.command {
            Parsed::Serve(args) => Ok(*args),
            other => bail!("{other:?}"),
        }
    }

    fn failure(text: &str) -> String {
        served(&[], text, none).err().map(|error| format!("{error:#}")).unwrap_or_default()
    }

    #[test]
    fn settings_of_a_file_are_flags() {
        let text =
            "index = 'i'\nlisten = ['127.0.0.1:1', 'unix:s']\nhunks = 7\ninsecure = true\ngrpc-web = false\n";
        let args = served(&[], text, none).expect("settings");
        assert_eq!(args.index, Some("i".into()));
        assert_eq!(
            args.listen.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["127.0.0.1:1", "unix:s"]
        );
        assert_eq!((args.limits.hunks, args.insecure, args.protocols.grpc_web), (7, true, false));
    }

    #[test]
    fn flags_come_before_variables_and_variables_before_the_file() {
        let variable = |name: &str| match name {
            "HUNKTRACE_SERVE_HUNKS" => Some("8".into()),
            "HUNKTRACE_SERVE_CANDIDATES" => Some("9".into()),
            _ => None,
        };
        let text = "hunks = 1\ncandidates = 1\nproblems = 1\n";
        let limits = served(&["--hunks", "7"], text, variable).expect("settings").limits;
        assert_eq!((limits.hunks, limits.candidates, limits.problems), (7, 9, 1));
    }

    #[test]
    fn what_is_no_setting_is_named_with_its_file() {
        assert!(failure("hunk = 7\n").contains("'hunk' is no setting; the settings are "));
        assert!(failure("check = true\n").contains("'check' is no setting"));
        assert!(failure("hunks = [1, 2]\n").ends_with("hunks: has several values, but takes one"));
        assert!(failure("insecure = 'yes'\n").ends_with("insecure: is neither true nor false"));
        assert!(failure("hunks = {}\n").contains("hunks: is neither"));
        assert!(failure("hunks = \n").contains("TOML parse error"));
    }

    #[test]
    fn other_commands_have_no_settings() {
        let line: Vec<OsString> = ["hunktrace", "status"].map(OsString::from).to_vec();
        let asked = |name: &str| panic!("{name} is asked for");
        assert_eq!(with_settings(line.clone(), asked).expect("the line"), line);
    }
}
