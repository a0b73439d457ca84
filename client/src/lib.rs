//! The `hunktrace` program: its commands, what they print, and where their answers come from.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

mod allocator;
mod cli;
mod commands;
mod source;
mod terminal;

use cli::settings::with_settings;
use cli::{Cli, Command, LogFormat, laid_out_for_terminal};
use source::index_run::Stopped;
use terminal::message::LogOptions;
use terminal::outcome::Outcome;
use terminal::output::OutputClosed;
use terminal::screen::Screen;

/// Runs the program with the arguments of this process, and says how it ended.
pub fn run() -> ExitCode {
    let line = match with_settings(std::env::args_os().collect(), |name| std::env::var_os(name)) {
        Ok(line) => line,
        Err(error) => {
            terminal::message::say(format_args!("{error:#}"));
            return Outcome::NothingDone.into();
        }
    };
    let cli = match parse_arguments(line) {
        Ok(cli) => cli,
        Err(error) => return show_usage(&error),
    };
    cli.screen.color.choice().write_global();
    terminal::message::start_logging(&log_options(&cli));
    allocator::take_usual_pages();
    match Screen::new(&cli.screen).and_then(|screen| run_command(&cli.command, &screen)) {
        Ok(outcome) => outcome.into(),
        // The reader of the output has seen enough.
        Err(error) if error.is::<OutputClosed>() => ExitCode::SUCCESS,
        Err(error) => {
            terminal::message::say(format_args!("{error:#}"));
            if error.is::<Stopped>() { Outcome::Interrupted.into() } else { Outcome::NothingDone.into() }
        }
    }
}

fn parse_arguments(line: Vec<OsString>) -> Result<Cli, clap::Error> {
    let mut command = laid_out_for_terminal(Cli::command());
    let matches = command.clone().try_get_matches_from(line)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

fn run_command(command: &Command, screen: &Screen) -> anyhow::Result<Outcome> {
    match command {
        Command::Index(args) => commands::index::run(args),
        Command::Lookup(args) => commands::lookup::run(args, screen),
        Command::Attribute(args) => commands::attribute::run(args),
        Command::Catalogue(args) => commands::catalogue::run(args),
        Command::History(args) => commands::history::run(args),
        Command::Compare(args) => commands::compare::run(args),
        Command::Extract(args) => commands::extract::run(args),
        Command::Show(args) => commands::show::run(args, screen),
        Command::Status(args) => commands::status::run(args, screen),
        Command::Check(args) => commands::check::run(args),
        Command::Audit(args) => commands::audit::run(args),
        Command::Serve(args) => commands::serve::run(args, screen),
        Command::Site(args) => commands::site::run(args, screen),
        Command::Export(args) => commands::export::run(args),
        Command::Verify(args) => commands::verify::run(args),
        Command::Cache(args) => commands::cache::run(args),
        Command::Demo(args) => commands::demo::run(args),
        Command::Completions(args) => commands::completions::run(args),
        Command::Man(args) => commands::man::run(args),
    }
}

/// What is logged, by the flags of the program and of its command.
fn log_options(cli: &Cli) -> LogOptions {
    let usual = LogOptions { verbose: cli.verbose, ..LogOptions::default() };
    let Command::Serve(args) = &cli.command else { return usual };
    let is_json = args.telling.log_format == LogFormat::Json;
    LogOptions {
        filter: args.telling.log.clone(),
        is_json,
        is_service: true,
        #[cfg(feature = "opentelemetry")]
        traces: args.telling.traces.clone(),
        ..usual
    }
}

/// Prints help, the version, or what is wrong with the arguments.
fn show_usage(error: &clap::Error) -> ExitCode {
    // If even that cannot be printed, the exit code still says it.
    drop(error.print());
    if error.use_stderr() { Outcome::NothingDone.into() } else { ExitCode::SUCCESS }
}

#[cfg(test)]
#[allow(dead_code, clippy::print_stdout, reason = "the build runs its main, which speaks to cargo")]
#[path = "../build.rs"]
mod build_script;

#[cfg(test)]
mod build_script_tests;

#[cfg(test)]
mod test_git;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_those_of_the_help() {
        let help = Cli::command().render_long_help().to_string();
        for (outcome, words) in [
            (Outcome::Done, "everything that was asked is answered"),
            (Outcome::SomethingFailed, "something failed"),
            (Outcome::NotAllFound, "something failed"),
            (Outcome::NothingDone, "nothing could be done"),
            (Outcome::Interrupted, "interrupted"),
        ] {
            let line = format!("\n  {:<3}  {words}", outcome.exit_code());
            assert!(help.contains(&line), "{line}");
        }
        assert!(help.contains("with 'lookup --exit-code' also: a patch has no likely origin"), "{help}");
    }
}
