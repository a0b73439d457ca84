//! What the `hunktrace` program is made of: the commands, reading vendor trees, reports and patch series.

use std::process::ExitCode;

use clap::Parser;

/// Indexing and lookups allocate and free buffers of all sizes on several threads; the system's allocator takes a
/// sixth of an indexing run's time for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod attribute_progress;
mod attribute_text;
mod candidate_hunk;
mod cli;
mod color;
mod commands;
mod commit_json;
mod commit_text;
mod demo;
mod explain;
mod index_choice;
mod interrupt;
mod line_alignment;
mod lookup_input;
mod lookup_json;
mod lookup_text;
mod match_name;
mod message;
mod outcome;
mod output;
mod progress;
mod repository_index;
mod screen_text;
mod service;
mod status_json;
mod status_text;

pub mod attribute;
pub mod report;
pub mod series;
pub mod tree;

use cli::{Cli, Command};
use outcome::Outcome;
use output::OutputClosed;

/// Runs the program with the arguments of this process, and says how it ended.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return show_usage(&error),
    };
    color::choose(cli.color);
    message::start_logging(cli.verbose);
    match run_command(&cli.command) {
        Ok(outcome) => outcome.exit_code(),
        // Whoever reads the output has seen enough.
        Err(error) if error.is::<OutputClosed>() => ExitCode::SUCCESS,
        Err(error) => {
            message::say(format_args!("{error:#}"));
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
