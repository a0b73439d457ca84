//! `hunktrace attribute`: takes whole vendor releases apart.

mod progress;
mod text;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::cli::AttributeArgs;
use crate::commands::attribute::progress::AttributeProgress;
use crate::commands::attribute::text::{releases_text, summary_text};
use crate::source::service::{connect, find_service, runtime};
use crate::terminal::interrupt::CleanUp;
use crate::terminal::message::say;
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;
use hunktrace_release::attribute::{
    IndexUsed, ReleaseRequest, Service, Staging, TakenApart, VendorRelease, abandon,
    base_revision_candidates, find_base_commits, folder_name, source_date, take_apart, tree_name,
    write_releases,
};
use hunktrace_release::series::{
    NewBranch, PreparedBranch, check_branch, find_commit, forget_prepared, publish_branches,
    take_back_branches,
};
use hunktrace_release::tree::{Options, Source, Tree, kernel_version};

/// Runs the command.
///
/// # Errors
/// Where a tree or the index cannot be read, or the result cannot be written.
pub fn run(args: &AttributeArgs) -> anyhow::Result<Outcome> {
    // What is not there is said at once, and not when the releases before it have been worked on.
    args.vendors.iter().try_for_each(Tree::check).context("--vendor")?;
    check_names(args)?;
    let source_date = std::env::var_os("SOURCE_DATE_EPOCH").map(|value| source_date(&value)).transpose()?;
    let staging = Staging::beside(&args.out)?;
    let service = find_service(&args.source())?;
    // Bringing an index up to date watches for signals in its own way. From then on there is something to clean up.
    let clean_up = CleanUp::on_signal(clean_up(args, staging.path()))?;
    staging.make()?;
    runtime()?.block_on(async {
        let service = Service::new(connect(&service).await?);
        let index = service.index_used().await?;
        let (mut releases, mut branches) = (Vec::new(), Vec::new());
        for place in 1..=args.vendors.len() {
            let (release, branch) =
                attribute_one(args, source_date, place, staging.path(), &service, &index).await?;
            releases.push(release);
            branches.extend(branch);
        }
        if releases.len() > 1 {
            find_base_commits(&service, &mut releases).await?;
            write_releases(staging.path(), &releases)?;
        }
        clean_up.is_too_late();
        finish(staging, &branches)?;
        report(args, &releases, &branches)
    })
}

/// What remains to be done when a signal ends the program.
fn clean_up(args: &AttributeArgs, unfinished: &Path) -> impl FnOnce() + Send + use<> {
    let (out, unfinished) = (args.out.clone(), unfinished.to_owned());
    let repository = args.repo.clone().filter(|_| args.git_branch.is_some());
    move || {
        abandon(&unfinished);
        if let Some(Err(error)) = repository.map(|repository| forget_prepared(&repository)) {
            say(error);
        }
        let state = if out.exists() { "is as it was" } else { "was not made" };
        say(format_args!("stopped; {} {state}", out.display()));
    }
}

/// Attributes the vendor's release at a place, from 1; its branch where one was asked for.
async fn attribute_one(
    args: &AttributeArgs,
    source_date: Option<i64>,
    place: usize,
    staging: &Path,
    service: &Service,
    index: &IndexUsed,
) -> anyhow::Result<(VendorRelease, Option<PreparedBranch>)> {
    let is_only_one = args.vendors.len() == 1;
    let vendor = open_tree(&args.vendors[place - 1]).context("--vendor")?;
    let title = args.names.get(place - 1).cloned().unwrap_or_else(|| tree_name(&vendor.source));
    let ChosenBase { base, reason: base_reason } = open_base(args, &vendor)?;
    let base_name = tree_name(&base.source);
    if args.base == "auto" && !args.quiet {
        say(format_args!("{title}: the base is {base_name}: {base_reason}"));
    }
    let candidates = match &args.base_revision {
        Some(revision) => vec![revision.clone()],
        None => base_revision_candidates(&base)
            .context("cannot tell which release the base is; name it with --base-revision")?,
    };
    let base_revision = match &args.base_revision {
        Some(revision) => revision.clone(),
        None => known_revision(service, &candidates).await?,
    };
    let name = folder_name(&title, place, args.vendors.len());
    let branch_name = args.git_branch.as_ref().map(|branch| match is_only_one {
        true => branch.clone(),
        false => format!("{branch}-{name}"),
    });
    let branch = match (&args.repo, &branch_name) {
        (Some(repo), Some(name)) => {
            let branch =
                NewBranch { repo, name, base_commit: find_commit(repo, &branch_starts(&base, candidates))? };
            check_branch(&branch, &base)?;
            Some(branch)
        }
        _ => None,
    };

    let folder = if is_only_one { staging.to_owned() } else { staging.join(&name) };
    std::fs::create_dir_all(&folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
    let request = ReleaseRequest {
        name: &title,
        base_name: &base_name,
        base_reason: &base_reason,
        index,
        base: &base,
        vendor: &vendor,
        base_revision: &base_revision,
        branch,
        source_date,
    };
    let progress = AttributeProgress::start(args.quiet);
    if !is_only_one && !args.quiet {
        say(format_args!("{name}: release {place} of {}", args.vendors.len()));
    }
    let TakenApart { summary, commits, branch } = take_apart(&request, &folder, service, &progress).await?;
    drop(progress);
    for file in &summary.unreadable {
        say(format_args!("{}: left out: {}", file.path, file.reason));
    }
    let release = VendorRelease {
        name,
        title,
        base_name,
        base_reason,
        vendor: vendor.source,
        base: base.source,
        base_revision,
        summary,
        commits,
        in_base: HashSet::new(),
    };
    Ok((release, branch))
}

/// Puts the result in its place and makes the branches: both or neither.
fn finish(staging: Staging, branches: &[PreparedBranch]) -> anyhow::Result<()> {
    publish_branches(branches)?;
    if let Err(error) = staging.finish() {
        take_back_branches(branches)?;
        return Err(error);
    }
    Ok(())
}

fn report(
    args: &AttributeArgs,
    releases: &[VendorRelease],
    branches: &[PreparedBranch],
) -> anyhow::Result<Outcome> {
    if !args.quiet {
        let mut text = match releases {
            [release] => summary_text(&release.summary, &args.out),
            releases => releases_text(releases, &args.out),
        };
        for branch in branches {
            text += &format!("branch {} ({})\n", branch.name(), branch.commit());
        }
        Output::open().write(&text)?;
    }
    let is_whole = releases.iter().all(|release| release.summary.unreadable.is_empty());
    Ok(if is_whole { Outcome::Done } else { Outcome::SomethingFailed })
}

/// What a branch may begin at: the commit that the base was read from, or what else stands for it.
fn branch_starts(base: &Tree, candidates: Vec<String>) -> Vec<String> {
    let commit = match &base.source {
        Source::Git { commit, .. } => commit.map(|commit| commit.to_string()),
        _ => None,
    };
    commit.into_iter().chain(candidates).collect()
}

fn open_tree(argument: &OsStr) -> anyhow::Result<Tree> {
    Ok(Tree::open(argument, &Options::default())?)
}

/// Checks that each release has one name, or none has.
fn check_names(args: &AttributeArgs) -> anyhow::Result<()> {
    let (names, vendors) = (args.names.len(), args.vendors.len());
    if names != 0 && names != vendors {
        bail!(
            "--name: there are {names} names for {vendors} releases; give one for each --vendor, in their order"
        );
    }
    match args.names.iter().find(|name| name.trim().is_empty() || name.contains(char::is_control)) {
        Some(name) => bail!("--name: {name:?} is no name; give a line of text"),
        None => Ok(()),
    }
}

/// A base, and why it is this one.
struct ChosenBase {
    base: Tree,
    reason: String,
}

/// The base as it was given; for `auto` the release in the repository that the vendor's Makefile names.
fn open_base(args: &AttributeArgs, vendor: &Tree) -> anyhow::Result<ChosenBase> {
    if args.base != "auto" {
        let base = open_tree(&args.base).context("--base")?;
        return Ok(ChosenBase { base, reason: "it was named".to_owned() });
    }
    let Some(repo) = &args.repo else {
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
            Ok(base) => {
                let tags = tags.join(", ");
                let reason = format!(
                    "the vendor's Makefile says {version}, and {tag} is the first of the tags {tags} that the repository has"
                );
                return Ok(ChosenBase { base, reason });
            }
            Err(error) => failure = Some(error),
        }
    }
    let tried = tags.join(", ");
    let error = failure.unwrap_or_else(|| anyhow::anyhow!("the version names no release"));
    Err(error.context(format!("--base auto: {} has none of the tags {tried}", repo.display())))
}

/// The first revision that the index knows.
async fn known_revision(service: &Service, candidates: &[String]) -> anyhow::Result<String> {
    match service.first_known(candidates).await {
        Some(revision) => Ok(revision.to_owned()),
        None => {
            bail!("the index knows none of {}; name the base with --base-revision", candidates.join(", "))
        }
    }
}
