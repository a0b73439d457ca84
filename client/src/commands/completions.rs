//! `hunktrace completions`: completions for a shell.

use clap::CommandFactory;

use crate::cli::{Cli, CompletionsArgs};
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;

/// Runs the command.
///
/// # Errors
/// If the output cannot be written.
pub fn run(args: &CompletionsArgs) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    Output::open().write(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Done)
}
