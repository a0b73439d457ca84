//! `hunktrace catalogue`: the releases of a vendor in their order.

mod release_list;
mod storing;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use serde_json::json;

use crate::cli::{
    CatalogueAddArgs, CatalogueArgs, CatalogueChangelogArgs, CatalogueCommand, CatalogueFileArgs, Format,
};
use crate::commands::attribute::progress::AttributeProgress;
use crate::commands::catalogue::release_list::{ListedRelease, listed_releases};
use crate::commands::catalogue::storing::{NamedRelease, Storing};
use crate::commands::catalogue_record::release_record;
use crate::source::service::{connect, find_service, runtime};
use crate::terminal::color::{FAINT, TITLE};
use crate::terminal::message::say;
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;
use crate::terminal::screen_text::{add_line, counted, printable, short_id};
use hunktrace_release::attribute::{
    IndexUsed, ReleaseRow, ReleaseToAdd, Service, base_revision_candidates, source_checksum,
    take_apart_for_catalogue, tree_name,
};
use hunktrace_release::tree::{Options, PackageFacts, Source, Tree, package_facts};
use hunktrace_server::catalogue::changelog::{ChangelogEntry, read_changelog};
use hunktrace_server::catalogue::known_content::KnownContent;
use hunktrace_server::catalogue::store::{Catalogue, CataloguedRelease};

/// Runs the command.
///
/// # Errors
/// If the catalogue, a tree or the index cannot be read, or the catalogue cannot be written.
pub fn run(args: &CatalogueArgs) -> anyhow::Result<Outcome> {
    match &args.command {
        CatalogueCommand::Add(args) => add(args),
        CatalogueCommand::List(args) => list(args),
        CatalogueCommand::Commits(args) => commits(args),
        CatalogueCommand::Changelog(args) => changelog(args),
        CatalogueCommand::Check(args) => check(args),
    }
}

fn list(args: &CatalogueFileArgs) -> anyhow::Result<Outcome> {
    let releases = Catalogue::open(&args.catalogue)?.releases()?;
    let mut out = String::new();
    for release in releases {
        match args.format {
            Format::Text => add_release(&mut out, &release),
            Format::Jsonl => {
                add_line(&mut out, format_args!("{}", release_record(&release.into())));
            }
        }
    }
    Output::open().write(&out)?;
    Ok(Outcome::Done)
}

fn commits(args: &CatalogueFileArgs) -> anyhow::Result<Outcome> {
    let mut out = String::new();
    let mut section = None;
    for span in Catalogue::open(&args.catalogue)?.commit_spans()? {
        let gone = (!span.is_in_newest).then_some(span.last.as_str());
        if args.format == Format::Jsonl {
            let record = json!({
                "commit": span.sha,
                "subject": span.subject,
                "vendor": span.vendor,
                "first_appeared": span.first,
                "last": span.last,
                "is_in_newest": span.is_in_newest,
                "releases": span.releases,
            });
            add_line(&mut out, format_args!("{record}"));
            continue;
        }
        if section.as_ref() != Some(&span.first) {
            add_line(&mut out, format_args!("{TITLE}since {}{TITLE:#}", printable(&span.first)));
            section = Some(span.first.clone());
        }
        let until =
            gone.map(|last| format!("  {FAINT}(until {}){FAINT:#}", printable(last))).unwrap_or_default();
        add_line(&mut out, format_args!("  {}  {}{until}", short_id(&span.sha), printable(&span.subject)));
    }
    Output::open().write(&out)?;
    Ok(Outcome::Done)
}

fn add_release(out: &mut String, release: &CataloguedRelease) {
    let date = release.released_on.as_deref().unwrap_or("");
    let share = release.explained_lines as f64 * 100.0 / release.lines.max(1) as f64;
    let name = printable(&release.name);
    let (vendor, base) = (printable(&release.vendor), printable(&release.base_name));
    let lines = release.lines;
    add_line(
        out,
        format_args!("{vendor}  {name:<40} {date:<10}  on {base}: {share:.1} % of {lines} lines explained"),
    );
}

fn check(args: &CatalogueFileArgs) -> anyhow::Result<Outcome> {
    let catalogue = Catalogue::open(&args.catalogue)?;
    catalogue.check()?;
    let releases = counted(catalogue.releases()?.len() as u64, "release");
    let text = match args.format {
        Format::Text => format!("{}: sound, {releases}\n", args.catalogue.display()),
        Format::Jsonl => format!("{}\n", json!({"sound": true})),
    };
    Output::open().write(&text)?;
    Ok(Outcome::Done)
}

/// What the changelog says and the code does not have, and the other way round.
fn changelog(args: &CatalogueChangelogArgs) -> anyhow::Result<Outcome> {
    let catalogue = Catalogue::open(&args.catalogue)?;
    let release = catalogue.release(&args.release)?;
    let disagreements = catalogue.disagreements(&release)?;
    let mut out = String::new();
    if args.format == Format::Text {
        let (entries, matched) = (disagreements.entries, disagreements.matched);
        let name = printable(&release.name);
        add_line(
            &mut out,
            format_args!("{TITLE}{name}{TITLE:#}: {matched} of {entries} changelog entries have a commit"),
        );
        add_line(&mut out, format_args!("{TITLE}in the changelog and not in the code{TITLE:#}"));
        for text in &disagreements.only_said {
            add_line(&mut out, format_args!("  {}", printable(text)));
        }
        add_line(&mut out, format_args!("{TITLE}in the code and not in the changelog{TITLE:#}"));
        for commit in &disagreements.only_done {
            let (id, subject) = (short_id(&commit.sha), printable(&commit.subject));
            add_line(&mut out, format_args!("  {FAINT}{id}{FAINT:#}  {subject}"));
        }
    } else {
        for text in &disagreements.only_said {
            add_line(&mut out, format_args!("{}", json!({"type": "only said", "text": text})));
        }
        for commit in &disagreements.only_done {
            let record = json!({"type": "only done", "commit": commit.sha, "subject": commit.subject});
            add_line(&mut out, format_args!("{record}"));
        }
    }
    Output::open().write(&out)?;
    Ok(Outcome::Done)
}

fn add(args: &CatalogueAddArgs) -> anyhow::Result<Outcome> {
    let listed = listed_releases(args)?;
    // What is not there is said at once, and not when the releases before it have been worked on.
    listed.iter().try_for_each(|release| Tree::check(&release.tree))?;
    let catalogue = Catalogue::open_or_create(&args.catalogue)?;
    let service = find_service(&args.source)?;
    runtime()?.block_on(async {
        let service = Service::new(connect(&service).await?);
        let base = Arc::new(Tree::open(&args.base, &Options::default()).context("--base")?);
        let base_revision = match &args.base_revision {
            Some(revision) => revision.clone(),
            None => known_revision(&service, &base).await?,
        };
        let mut adding = Adding {
            args,
            index: service.index_used().await?,
            row: ReleaseRow::without_copies(&service, listed.len()),
            known: KnownContent::of(&catalogue, &args.vendor_name)?,
            base_name: tree_name(&base.source),
            base_revision,
            base,
            is_whole: true,
        };
        let mut storing = Storing::begin(catalogue, args.quiet);
        for release in &listed {
            match adding.take_apart(release).await {
                Ok(Some(ready)) => storing.add(ready).await?,
                Ok(None) => {}
                Err(error) => {
                    // What was taken apart before is stored, whatever becomes of this one.
                    storing.finish().await?;
                    return Err(error.context(release.tree.to_string_lossy().into_owned()));
                }
            }
        }
        storing.finish().await?;
        Ok(if adding.is_whole { Outcome::Done } else { Outcome::SomethingFailed })
    })
}

/// Releases on their way into a catalogue.
struct Adding<'a> {
    args: &'a CatalogueAddArgs,
    index: IndexUsed,
    row: ReleaseRow,
    known: KnownContent,
    base: Arc<Tree>,
    base_name: String,
    base_revision: String,
    /// Whether every file of every release could be read.
    is_whole: bool,
}

impl Adding<'_> {
    /// Takes a release apart; none that is there already.
    async fn take_apart(&mut self, listed: &ListedRelease) -> anyhow::Result<Option<NamedRelease>> {
        let vendor = Arc::new(Tree::open(&listed.tree, &Options::default())?);
        let name = listed.name.clone().unwrap_or_else(|| tree_name(&vendor.source));
        let checksum = source_checksum(&vendor)?;
        if self.known.has_release(&name, &checksum)? {
            self.row.pass_over();
            if !self.args.quiet {
                say(format_args!("{name}: is there already"));
            }
            return Ok(None);
        }
        let facts = package_of(&vendor.source)?;
        let mut changelog = changelog_of(listed, facts.as_ref())?;
        self.known.take_new_entries(&mut changelog);
        let version_release =
            facts.as_ref().and_then(|facts| facts.identity.as_deref()).and_then(version_release_of);
        let version_release = version_release.or_else(|| version_release_of(&name));
        let released_on = listed
            .date
            .clone()
            .or_else(|| facts.as_ref()?.built_at.map(day_of))
            .or_else(|| changelog.first().and_then(|entry| entry.day.clone()));
        let scratch = scratch_folder(&self.args.catalogue);
        let progress = AttributeProgress::start(self.args.quiet);
        let release = ReleaseToAdd {
            vendor_name: &self.args.vendor_name,
            name: &name,
            version_release,
            released_on,
            base_name: &self.base_name,
            base_revision: &self.base_revision,
            base: &self.base,
            vendor: &vendor,
            checksum,
            index: &self.index,
            changelog,
        };
        let ready =
            take_apart_for_catalogue(release, &mut self.row, &mut self.known, &scratch, &progress).await?;
        drop(progress);
        for file in &ready.unreadable {
            say(format_args!("{}: left out: {}", file.path, file.reason));
            self.is_whole = false;
        }
        Ok(Some(NamedRelease { name, tree: listed.tree.to_string_lossy().into_owned(), ready }))
    }
}

/// The entries of a release's changelog.
fn changelog_of(listed: &ListedRelease, facts: Option<&PackageFacts>) -> anyhow::Result<Vec<ChangelogEntry>> {
    let text = match (&listed.changelog, facts) {
        (Some(path), _) => {
            let bytes = std::fs::read(path).with_context(|| format!("--changelog {}", path.display()))?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
        (None, Some(facts)) => facts.changelog.clone(),
        (None, None) => return Ok(Vec::new()),
    };
    Ok(read_changelog(&text))
}

/// What the header of the package says that a tree was read from.
fn package_of(source: &Source) -> anyhow::Result<Option<PackageFacts>> {
    match source {
        Source::Rpm { path, .. } => Ok(package_facts(path, &Options::default())?),
        _ => Ok(None),
    }
}

/// The folder in which the hunks of a release wait: that of the catalogue.
fn scratch_folder(catalogue: &Path) -> PathBuf {
    match catalogue.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Version and release in a package's name: `2.6.32-71.el6` of `kernel-2.6.32-71.el6`.
fn version_release_of(name: &str) -> Option<String> {
    let begins = |at: &usize| name[..*at].ends_with(['-', '_']) || *at == 0;
    let digits = name.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at);
    let start = digits.into_iter().find(begins)?;
    let rest = &name[start..];
    rest.contains('-').then(|| rest.to_owned())
}

/// The day of a time in seconds since 1970, YYYY-MM-DD.
fn day_of(seconds: u64) -> String {
    let time = gix::date::Time { seconds: i64::try_from(seconds).unwrap_or_default(), offset: 0 };
    time.format_or_unix(gix::date::time::CustomFormat::new("%Y-%m-%d"))
}

async fn known_revision(service: &Service, base: &Tree) -> anyhow::Result<String> {
    let candidates = base_revision_candidates(base)
        .context("cannot tell which release the base is; name it with --base-revision")?;
    match service.first_known(&candidates).await {
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
    fn version_and_release_are_read_from_names() {
        let read = |name: &str| version_release_of(name);
        assert_eq!(read("kernel-2.6.32-71.el6").as_deref(), Some("2.6.32-71.el6"));
        assert_eq!(read("kernel-rt-4.18.0-348.rt7.130.el8").as_deref(), Some("4.18.0-348.rt7.130.el8"));
        assert_eq!(read("linux-4.18"), None);
        assert_eq!(read("rhel"), None);
    }

    #[test]
    fn times_are_days() {
        assert_eq!(day_of(1_308_700_800), "2011-06-22");
    }
}
