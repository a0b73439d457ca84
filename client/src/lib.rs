//! The `hunktrace` program: its commands, what they print, and where their answers come from.

use std::process::ExitCode;

use clap::Parser;

/// Indexing and lookups allocate and free buffers of all sizes on several threads; the system's allocator takes a
/// sixth of an indexing run's time for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod cli;
mod commands;
mod source;
mod terminal;

use cli::{Cli, Command};
use terminal::outcome::Outcome;
use terminal::output::OutputClosed;

/// Runs the program with the arguments of this process, and says how it ended.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return show_usage(&error),
    };
    terminal::color::choose(cli.color);
    terminal::message::start_logging(cli.verbose);
    match run_command(&cli.command) {
        Ok(outcome) => outcome.exit_code(),
        // Whoever reads the output has seen enough.
        Err(error) if error.is::<OutputClosed>() => ExitCode::SUCCESS,
        Err(error) => {
            terminal::message::say(format_args!("{error:#}"));
            Outcome::NothingDone.exit_code()
        }
    }
}

fn run_command(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Index(args) => commands::index::run(args),
        Command::Lookup(args) => commands::lookup::run(args),
        Command::Attribute(args) => commands::attribute::run(args),
        Command::Show(args) => commands::show::run(args),
        Command::Status(args) => commands::status::run(args),
        Command::Serve(args) => commands::serve::run(args),
        Command::Verify(args) => commands::verify::run(args),
        Command::Demo(args) => commands::demo::run(args),
    }
}

/// Prints help, the version, or what is wrong with the arguments.
fn show_usage(error: &clap::Error) -> ExitCode {
    // Where not even that can be printed, the exit code still says it.
    drop(error.print());
    if error.use_stderr() { Outcome::NothingDone.exit_code() } else { ExitCode::SUCCESS }
}
