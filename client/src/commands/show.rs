//! `hunktrace show`: what the index knows of a commit.

mod json;
mod text;

use hunktrace_proto::v1::GetCommitRequest;

use crate::cli::{Format, ShowArgs};
use crate::commands::show::json::commit_line;
use crate::commands::show::text::commit_text;
use crate::source::service::{connect, find_service, refusal, runtime};
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;

/// Runs the command.
///
/// # Errors
/// If there is nothing to ask, or it does not know the commit.
pub fn run(args: &ShowArgs) -> anyhow::Result<Outcome> {
    let service = find_service(&args.source)?;
    let request =
        GetCommitRequest { commit: args.commit.clone(), with_hunks: args.hunks, ..Default::default() };
    let commit = runtime()?.block_on(async {
        let answer = connect(&service).await?.get_commit(request).await;
        anyhow::Ok(answer.map_err(|status| refusal(&status))?.into_inner())
    })?;
    let text = match args.format {
        Format::Text => commit_text(&commit),
        Format::Jsonl => commit_line(&commit, args.hunks)?,
    };
    Output::open().write(&text)?;
    Ok(Outcome::Done)
}
