//! `hunktrace check`: is this commit in this tree?

mod json;
mod text;

use std::io::BufRead;

use anyhow::Context;
use hunktrace_release::attribute::Service;
use hunktrace_release::tree_question::{StateKind, check};

use crate::cli::{CheckArgs, Format};
use crate::commands::check::json::check_line;
use crate::commands::check::text::check_text;
use crate::source::service::{connect, find_service, runtime};
use crate::source::trees::open_trees;
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;

/// Runs the command.
///
/// # Errors
/// Where a tree or the index cannot be read.
pub fn run(args: &CheckArgs) -> anyhow::Result<Outcome> {
    let commits = commits(&args.commits)?;
    let service = find_service(&args.source)?;
    let checked = runtime()?.block_on(async {
        let service = Service::new(connect(&service).await?);
        let asked = open_trees(&args.tree, &service).await?;
        check(&service, &asked.base_revision, commits, &asked.trees).await
    })?;
    let mut output = Output::open();
    for commit in &checked {
        let text = match args.format {
            Format::Text => check_text(commit, args.proof),
            Format::Jsonl => check_line(commit)?,
        };
        output.write(&text)?;
    }
    let is_unknown = |state| state == StateKind::NotIndexed;
    Ok(match () {
        () if checked.iter().any(|commit| is_unknown(commit.state)) => Outcome::SomethingFailed,
        () if args.exit_code && !checked.iter().all(|commit| commit.state.is_there()) => Outcome::NotAllFound,
        () => Outcome::Done,
    })
}

/// The commits that are asked after; '-' stands for those of standard input, of whose lines the first word counts.
fn commits(named: &[String]) -> anyhow::Result<Vec<String>> {
    let mut commits = Vec::new();
    for name in named {
        if name != "-" {
            commits.push(name.clone());
            continue;
        }
        for line in std::io::stdin().lock().lines() {
            let line = line.context("standard input cannot be read")?;
            commits.extend(line.split_whitespace().next().map(str::to_owned));
        }
    }
    Ok(commits)
}
