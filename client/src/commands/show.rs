//! `hunktrace show`: what the index knows of commits.

mod json;
mod neighbours;
mod text;

use hunktrace_proto::v1::{GetCommitRequest, GetCommitResponse};
use tonic::Code;

use crate::cli::{Format, ShowArgs};
use crate::commands::show::json::commit_line;
use crate::commands::show::neighbours::Neighbours;
use crate::commands::show::text::{CommitLayout, commit_text};
use crate::source::base::base_revision;
use crate::source::known_cves::KnownCves;
use crate::source::revisions::CommitsOfRepository;
use crate::source::server::Client;
use crate::source::service::{connect, find_service, refusal, runtime};
use crate::terminal::message::say;
use crate::terminal::outcome::Outcome;
use crate::terminal::screen::Screen;

/// Runs the command.
///
/// # Errors
/// If there is nothing to ask, or it knows none of the commits.
pub fn run(args: &ShowArgs, screen: &Screen) -> anyhow::Result<Outcome> {
    let cves = KnownCves::read(&args.cve)?;
    let service = find_service(&args.source)?;
    runtime()?.block_on(async {
        let mut client = connect(&service).await?;
        let repository = args.source.repo.as_deref();
        let base = match &args.base {
            Some(base) => Some(base_revision(&mut client, base, repository).await?),
            None => None,
        };
        let mut neighbours = Neighbours::of(args, &service, &mut client).await?;
        let mut output = screen.open();
        let layout =
            CommitLayout { columns: output.columns(), links: screen.links.clone(), base: base.clone() };
        let mut failures = Vec::new();
        for (place, name) in args.commits.iter().enumerate() {
            let request = GetCommitRequest {
                commit: name.clone(),
                with_hunks: args.hunks,
                base: base.clone().unwrap_or_default(),
                with_neighbours: true,
            };
            match find_commit(&mut client, request, args).await {
                Ok(mut commit) => {
                    cves.add_to_commit(&mut commit);
                    let others = neighbours.that_have(&commit).await;
                    let with_neighbours =
                        neighbours.are_named() || commit.knows_neighbours || !others.is_empty();
                    let blank = if place > failures.len() { "\n" } else { "" };
                    let text = match args.format {
                        Format::Text => blank.to_owned() + &commit_text(&commit, &others, &layout),
                        Format::Jsonl => commit_line(
                            &commit,
                            with_neighbours.then_some(&others),
                            args.hunks,
                            args.base.is_some(),
                        )?,
                    };
                    output.write(&text)?;
                }
                Err(error) if args.commits.len() == 1 => return Err(error),
                Err(error) => failures.push(error),
            }
        }
        output.finish()?;
        failures.iter().for_each(|error| say(format_args!("{error:#}")));
        Ok(match failures.len() {
            0 if cves.has_problems || neighbours.has_problems => Outcome::SomethingFailed,
            0 => Outcome::Done,
            failed if failed == args.commits.len() => Outcome::NothingDone,
            _ => Outcome::SomethingFailed,
        })
    })
}

/// Asks for a commit by the name that the index has for it, or else by its id in the repository that is asked or around.
async fn find_commit(
    client: &mut Client,
    request: GetCommitRequest,
    args: &ShowArgs,
) -> anyhow::Result<GetCommitResponse> {
    let name = request.commit.clone();
    let status = match client.get_commit(request.clone()).await {
        Ok(answer) => return Ok(answer.into_inner()),
        Err(status) => status,
    };
    let commits = CommitsOfRepository::find(args.source.repo.as_deref());
    match commits.and_then(|commits| commits.commit_of(&name)) {
        Some(commit) if status.code() == Code::NotFound && commit != name => {
            let answer = client.get_commit(GetCommitRequest { commit, ..request }).await;
            answer.map(|answer| answer.into_inner()).map_err(|status| refusal(&status))
        }
        _ => Err(refusal(&status)),
    }
}
