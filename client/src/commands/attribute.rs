//! `hunktrace attribute`: takes whole vendor releases apart.

pub mod progress;
mod text;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};

use crate::cli::AttributeArgs;
use crate::commands::attribute::progress::AttributeProgress;
use crate::commands::attribute::text::{releases_text, summary_text};
use crate::source::base::base_tree;
use crate::source::service::{connect, find_service, runtime};
use crate::terminal::interrupt::CleanUp;
use crate::terminal::message::say;
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;
use crate::terminal::screen_text::paragraphs_wrapped;
use hunktrace_release::answer::{CommitStatus, ReleaseCommit};
use hunktrace_release::attribute::{
    IndexUsed, ReleaseHistory, ReleaseRequest, ReleaseRow, ReleaseSummary, Service, Staging, TakenApart,
    UPDATE_FOLDER, VendorRelease, base_revision_candidates, find_base_commits, folder_name, source_date,
    take_apart, tree_name, write_releases, write_releases_page,
};
use hunktrace_release::series::{
    NewBranch, PreparedBranch, check_branch, find_commit, forget_prepared, publish_branches,
    take_back_branches,
};
use hunktrace_release::tree::{Error, Options, Source, Tree, kernel_version};

/// Runs the command.
///
/// # Errors
/// Where a tree or the index cannot be read, or the result cannot be written.
pub fn run(args: &AttributeArgs) -> anyhow::Result<Outcome> {
    // What is not there is said at once, and not when the releases before it have been worked on.
    args.vendors.iter().try_for_each(Tree::check).context("--vendor")?;
    check_names(args)?;
    let source_date = std::env::var_os("SOURCE_DATE_EPOCH").map(|value| source_date(&value)).transpose()?;
    let mut staging = Staging::beside(&args.out)?;
    let service = find_service(&args.source())?;
    // Bringing an index up to date watches for signals in its own way. From now on there is something to clean up.
    let clean_up = CleanUp::on_signal(clean_up(args, staging.abandonment()))?;
    staging.make()?;
    let options = args.tree_options(staging.places());
    runtime()?.block_on(async {
        let service = Service::new(connect(&service).await?);
        let mut releases = Releases {
            args,
            options,
            source_date,
            index: service.index_used().await?,
            row: ReleaseRow::new(&service, args.vendors.len()),
            base: None,
            earlier: None,
            history: ReleaseHistory::default(),
            done: Vec::new(),
            branches: Vec::new(),
            service,
        };
        for place in 1..=args.vendors.len() {
            releases.attribute(place, staging.path()).await?;
        }
        releases.finish(staging.path()).await?;
        clean_up.is_too_late();
        finish(staging, &releases.branches)?;
        report(&releases)
    })
}

/// What remains to be done when a signal ends the program.
fn clean_up<A: FnOnce() + Send>(args: &AttributeArgs, abandon: A) -> impl FnOnce() + Send + use<A> {
    let out = args.out.clone();
    let repository = args.repo.clone().filter(|_| args.git_branch.is_some());
    move || {
        abandon();
        if let Some(Err(error)) = repository.map(|repository| forget_prepared(&repository)) {
            say(error);
        }
        let state = if out.exists() { "is as it was" } else { "was not made" };
        say(format_args!("stopped; {} {state}", out.display()));
    }
}

/// A release that the next one is compared with.
struct EarlierTree {
    tree: Arc<Tree>,
    /// The commits that it has whole, by id: the next release cannot bring them.
    whole: Vec<String>,
}

/// The commits of which nothing is missing, or nothing but what others have rewritten.
fn whole_commits(commits: &[ReleaseCommit]) -> Vec<String> {
    let whole = commits.iter().filter(|commit| commit.status != CommitStatus::Partial);
    whole.map(|commit| commit.id.clone()).collect()
}

/// The vendor's releases, which are attributed one after the other.
struct Releases<'a> {
    args: &'a AttributeArgs,
    /// How trees are read.
    options: Options,
    source_date: Option<i64>,
    service: Service,
    index: IndexUsed,
    row: ReleaseRow,
    /// The base of the release before, with the argument that names it.
    base: Option<(OsString, Arc<Tree>)>,
    /// The release before, where releases are to be compared with it.
    earlier: Option<EarlierTree>,
    history: ReleaseHistory,
    done: Vec<VendorRelease>,
    branches: Vec<PreparedBranch>,
}

impl Releases<'_> {
    /// Attributes the release at a place, from 1.
    async fn attribute(&mut self, place: usize, staging: &Path) -> anyhow::Result<()> {
        let args = self.args;
        let is_only_one = args.vendors.len() == 1;
        let vendor = Arc::new(open_tree(&args.vendors[place - 1], &self.options).context("--vendor")?);
        let title = args.names.get(place - 1).cloned().unwrap_or_else(|| tree_name(&vendor.source));
        let ChosenBase { base, reason: base_reason } = self.open_base(&vendor)?;
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
            None => known_revision(&self.service, &candidates).await?,
        };
        let name = folder_name(&title, place, args.vendors.len());
        let branch_name = args.git_branch.as_ref().map(|branch| match is_only_one {
            true => branch.clone(),
            false => format!("{branch}-{name}"),
        });
        let branch =
            branch_name.as_deref().map(|name| new_branch(args, name, &base, candidates)).transpose()?;

        let folder = if is_only_one { staging.to_owned() } else { staging.join(&name) };
        std::fs::create_dir_all(&folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
        let request = ReleaseRequest {
            name: &title,
            base_name: &base_name,
            base_reason: &base_reason,
            index: &self.index,
            base: &base,
            vendor: &vendor,
            excluded: &[],
            base_revision: &base_revision,
            records_only: args.records_only,
            arrow: args.arrow,
            branch,
            patch_header: args.patch_header.form(),
            source_date: self.source_date,
        };
        let progress = AttributeProgress::start(args.quiet);
        if !is_only_one && !args.quiet {
            say(format_args!("{name}: release {place} of {}", args.vendors.len()));
        }
        let TakenApart { summary, commits, gone, branch } =
            take_apart(&request, &folder, &mut self.row, &progress).await?;
        drop(progress);
        for file in &summary.unreadable {
            say(format_args!("{}: left out: {}", file.path, file.reason));
        }
        self.history.add(&commits, gone);
        self.branches.extend(branch);
        let mut release = VendorRelease {
            name,
            title,
            base_name,
            base_reason,
            vendor: vendor.source.clone(),
            base: base.source.clone(),
            base_revision,
            summary,
            update: None,
        };
        if args.against_previous {
            if let (Some(before), Some(earlier)) = (self.done.last(), self.earlier.take()) {
                release.update =
                    Some(self.attribute_update(before, &earlier, &release, &vendor, &folder).await?);
            }
            self.earlier = Some(EarlierTree { tree: vendor, whole: whole_commits(&commits) });
        }
        self.done.push(release);
        Ok(())
    }

    /// Attributes the difference of a release to the one before.
    async fn attribute_update(
        &self,
        before: &VendorRelease,
        earlier: &EarlierTree,
        release: &VendorRelease,
        vendor: &Arc<Tree>,
        folder: &Path,
    ) -> anyhow::Result<ReleaseSummary> {
        let folder = folder.join(UPDATE_FOLDER);
        std::fs::create_dir_all(&folder).with_context(|| format!("{}: cannot be made", folder.display()))?;
        let request = ReleaseRequest {
            name: &format!("{} since {}", release.title, before.title),
            base_name: &before.title,
            base_reason: "it is the release before",
            index: &self.index,
            base: &earlier.tree,
            vendor,
            excluded: &earlier.whole,
            base_revision: &before.base_revision,
            records_only: self.args.records_only,
            arrow: self.args.arrow,
            branch: None,
            patch_header: self.args.patch_header.form(),
            source_date: self.source_date,
        };
        if !self.args.quiet {
            say(format_args!("{}: against {}", release.name, before.name));
        }
        let progress = AttributeProgress::start(self.args.quiet);
        let taken = take_apart(&request, &folder, &mut ReleaseRow::new(&self.service, 1), &progress).await;
        taken.map(|taken| taken.summary).with_context(|| format!("{} against {}", release.name, before.name))
    }

    /// Writes what there is to be said of several releases.
    async fn finish(&mut self, staging: &Path) -> anyhow::Result<()> {
        if self.done.len() > 1 {
            let bases: Vec<&str> = self.done.iter().map(|release| release.base_revision.as_str()).collect();
            find_base_commits(&self.service, &bases, &mut self.history).await?;
            if !self.args.records_only {
                write_releases_page(staging, &self.done, &self.history)?;
            }
            write_releases(staging, &self.done, &self.history)?;
        }
        Ok(())
    }

    /// The base as it was given; for `auto` the release in the repository that the vendor's Makefile names.
    fn open_base(&mut self, vendor: &Tree) -> anyhow::Result<ChosenBase> {
        if self.args.base != "auto" {
            let tree = base_tree(&self.args.base, self.args.repo.as_deref())?;
            let base = self.open_base_tree(&tree).context("--base")?;
            return Ok(ChosenBase { base, reason: "it was named".to_owned() });
        }
        let Some(repo) = &self.args.repo else {
            bail!("--base auto takes the base from a repository; name it with --repo");
        };
        let version =
            kernel_version(vendor).context("--base auto: the vendor's tree does not say its version")?;
        let tags = version.tag_candidates();
        let mut failure = None;
        for tag in &tags {
            let mut argument = PathBuf::from(repo).into_os_string();
            argument.push(format!(":{tag}"));
            match self.open_base_tree(&argument) {
                Ok(base) => {
                    let reason = auto_reason(&version.to_string(), tag, &tags);
                    return Ok(ChosenBase { base, reason });
                }
                Err(error) => failure = Some(error),
            }
        }
        let tried = tags.join(", ");
        let error = failure.unwrap_or_else(|| anyhow::anyhow!("the version names no release"));
        Err(error.context(format!("--base auto: {} has none of the tags {tried}", repo.display())))
    }

    /// Opens a base, unless the release before has the same one.
    fn open_base_tree(&mut self, argument: &OsStr) -> anyhow::Result<Arc<Tree>> {
        if let Some((known, base)) = &self.base
            && known == argument
        {
            return Ok(Arc::clone(base));
        }
        let base = Arc::new(open_tree(argument, &self.options)?);
        self.base = Some((argument.to_owned(), Arc::clone(&base)));
        Ok(base)
    }
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

fn report(releases: &Releases<'_>) -> anyhow::Result<Outcome> {
    let args = releases.args;
    if !args.quiet {
        let mut text = match &releases.done[..] {
            [release] => summary_text(&release.summary, &args.out),
            several => releases_text(several, &releases.history, &args.out),
        };
        for branch in &releases.branches {
            text += &format!("branch {} ({})\n", branch.name(), branch.commit());
        }
        let mut output = Output::open();
        let text = output.columns().map_or(text.clone(), |columns| paragraphs_wrapped(&text, columns));
        output.write(&text)?;
    }
    let is_whole = releases.done.iter().all(|release| release.summary.unreadable.is_empty());
    Ok(if is_whole { Outcome::Done } else { Outcome::SomethingFailed })
}

/// The branch of a release, if it can be made in --repo.
fn new_branch<'a>(
    args: &'a AttributeArgs,
    name: &'a str,
    base: &Tree,
    candidates: Vec<String>,
) -> anyhow::Result<NewBranch<'a>> {
    let Some(repo) = &args.repo else {
        bail!("--git-branch writes a branch of a repository; name it with --repo");
    };
    let branch = NewBranch { repo, name, base_commit: find_commit(repo, &branch_starts(base, candidates))? };
    check_branch(&branch, base)?;
    Ok(branch)
}

/// What a branch may begin at: the commit that the base was read from, or what else stands for it.
fn branch_starts(base: &Tree, candidates: Vec<String>) -> Vec<String> {
    let commit = match &base.source {
        Source::Git { commit, .. } => commit.map(|commit| commit.to_string()),
        _ => None,
    };
    commit.into_iter().chain(candidates).collect()
}

fn open_tree(argument: &OsStr, options: &Options) -> anyhow::Result<Tree> {
    Tree::open(argument, options).map_err(|error| match &error {
        Error::OverLimit { exceeded, .. } if exceeded.name == "max_total_bytes" => {
            anyhow!("{error}; if it is a kernel all the same, allow more with --max-unpacked")
        }
        _ => error.into(),
    })
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

/// Why `--base auto` has taken the release with this tag.
fn auto_reason(version: &str, tag: &str, tags: &[String]) -> String {
    let choice = match tags {
        [_] => format!("the repository has {tag}"),
        several => format!("{tag} is the first of {} that the repository has", several.join(", ")),
    };
    format!("the vendor's Makefile says {version}, and {choice}")
}

/// A base, and why it is this one.
struct ChosenBase {
    base: Arc<Tree>,
    reason: String,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn automatic_base_names_the_tags_that_come_into_question_if_there_are_several() {
        let reason = |tags: &[&str]| {
            auto_reason("4.18.3", "v4.18", &tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(reason(&["v4.18"]), "the vendor's Makefile says 4.18.3, and the repository has v4.18");
        assert_eq!(
            reason(&["v4.18.3", "v4.18"]),
            "the vendor's Makefile says 4.18.3, and v4.18 is the first of v4.18.3, v4.18 that the repository has"
        );
    }
}
