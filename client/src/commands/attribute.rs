//! `hunktrace attribute`: takes a whole vendor release apart.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, bail};
use hunktrace_proto::v1;

use crate::attribute::{AttributeRequest, attribute, base_revision_candidates};
use crate::attribute_progress::AttributeProgress;
use crate::attribute_text::summary_text;
use crate::cli::AttributeArgs;
use crate::message::say;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::service::{Client, connect, find, runtime};
use crate::tree::{Options, Tree, kernel_version};

/// Runs the command.
///
/// # Errors
/// Where a tree or the index cannot be read, or the result cannot be written.
pub fn run(args: &AttributeArgs) -> anyhow::Result<Outcome> {
    let place = find(&args.source)?;
    let vendor = open_tree(&args.vendor).context("--vendor")?;
    let base = open_base(args, &vendor)?;
    runtime()?.block_on(async {
        let mut client = connect(&place).await?;
        let base_revision = match &args.base_revision {
            Some(revision) => revision.clone(),
            None => known_revision(&mut client, base_revision_candidates(&base)?).await?,
        };
        let request = AttributeRequest { base, vendor, base_revision, out: args.out.clone() };
        let progress = AttributeProgress::start(args.quiet);
        let summary = attribute(&request, client, &progress).await?;
        drop(progress);
        for note in &summary.notes {
            tracing::info!("{note}");
        }
        for (path, reason) in &summary.unreadable {
            say(format_args!("{path}: left out: {reason}"));
        }
        if !args.quiet {
            Output::open().write(&summary_text(&summary, &args.out))?;
        }
        Ok(if summary.unreadable.is_empty() { Outcome::Done } else { Outcome::SomethingFailed })
    })
}

fn open_tree(argument: &OsString) -> anyhow::Result<Tree> {
    Ok(Tree::open(argument, &Options::default())?)
}

/// The base as it was given; for `auto` the release in the repository that the vendor's Makefile names.
fn open_base(args: &AttributeArgs, vendor: &Tree) -> anyhow::Result<Tree> {
    if args.base != "auto" {
        return open_tree(&args.base).context("--base");
    }
    let Some(repo) = &args.source.repo else {
        bail!("--base auto takes the base from a repository; name it with --repo");
    };
    let version =
        kernel_version(vendor).context("--base auto: the vendor's tree does not say its version")?;
    let tags = version.tag_candidates();
    let mut failure = None;
    for tag in &tags {
        let mut argument = PathBuf::from(repo).into_os_string();
        argument.push(format!(":{tag}"));
        match open_tree(&argument) {
            Ok(tree) => return Ok(tree),
            Err(error) => failure = Some(error),
        }
    }
    let tried = tags.join(", ");
    let error = failure.unwrap_or_else(|| anyhow::anyhow!("the version names no release"));
    Err(error.context(format!("--base auto: {} has none of the tags {tried}", repo.display())))
}

/// The first revision that the index knows.
async fn known_revision(client: &mut Client, candidates: Vec<String>) -> anyhow::Result<String> {
    for candidate in &candidates {
        let request = v1::GetCommitRequest { commit: candidate.clone(), with_hunks: false };
        if client.get_commit(request).await.is_ok() {
            return Ok(candidate.clone());
        }
    }
    bail!("the index knows none of {}; name the base with --base-revision", candidates.join(", "))
}
