//! `hunktrace demo`: the whole way on the sample that comes with the program.

mod sample;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use hunktrace_indexer::run::index_update::COMMIT_INTERVAL;
use hunktrace_release::tree::DEFAULT_TOTAL_BYTES;

use crate::cli::{
    AnswerFormat, AttributeArgs, DemoArgs, IndexArgs, LookupArgs, PatchHeaderForm, ServerAccess, SourceArgs,
};
use crate::commands;
use crate::commands::demo::sample::{BASE, VENDOR_PATCHES, write_repository};
use crate::terminal::color::{FAINT, TITLE};
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;
use crate::terminal::screen::Screen;
use crate::terminal::screen_text::counted;

/// The names of what is made, in the demonstration's folder.
const REPOSITORY: &str = "upstream.git";
const INDEX: &str = "upstream.index";
const RELEASE: &str = "vendor-1.0";
const TAKEN_APART: &str = "taken-apart";

/// Runs the command.
///
/// # Errors
/// If the folder cannot be used, or a step fails.
pub fn run(args: &DemoArgs) -> anyhow::Result<Outcome> {
    match &args.dir {
        Some(folder) => {
            prepare_folder(folder)?;
            demonstrate_in(folder)
        }
        None => {
            let folder = tempfile::Builder::new().prefix("hunktrace-demo-").tempdir();
            let folder = folder.context("cannot make a temporary folder; give one with --dir DIR")?;
            // The folder stays, so that the report can be looked at.
            demonstrate_in(&folder.keep())
        }
    }
}

fn prepare_folder(folder: &Path) -> anyhow::Result<()> {
    let place = || folder.display().to_string();
    fs::create_dir_all(folder).with_context(place)?;
    if fs::read_dir(folder).with_context(place)?.next().is_some() {
        bail!("{}: is not empty; give a new or an empty folder", folder.display());
    }
    Ok(())
}

/// Demonstrates with the folder as the current one, so that the commands are short and can be typed again.
fn demonstrate_in(folder: &Path) -> anyhow::Result<Outcome> {
    let folder = fs::canonicalize(folder).with_context(|| folder.display().to_string())?;
    let before = env::current_dir().context("the current folder is not there any more")?;
    env::set_current_dir(&folder).with_context(|| folder.display().to_string())?;
    let outcome = demonstrate(&folder);
    env::set_current_dir(&before).with_context(|| before.display().to_string())?;
    let outcome = outcome?;
    if outcome == Outcome::Done {
        tell(&closing_words(&folder))?;
    }
    Ok(outcome)
}

fn demonstrate(folder: &Path) -> anyhow::Result<Outcome> {
    let sample = write_repository(Path::new(REPOSITORY))?;
    let (commits, tags) =
        (counted(sample.size.commits as u64, "commit"), counted(sample.size.tags as u64, "release"));
    let folder = folder.display();
    tell(&format!("A made-up kernel with {commits} and {tags} on two branches, in {folder}/{REPOSITORY}."))?;

    tell("Its history is indexed once:\n")?;
    show_command(&format!("index --index {INDEX} --repo {REPOSITORY}"))?;
    let args = IndexArgs {
        index: INDEX.into(),
        repos: vec![REPOSITORY.into()],
        neighbours: Vec::new(),
        forgotten: Vec::new(),
        refs: Vec::new(),
        threads: None,
        quiet: false,
        commit_every: COMMIT_INTERVAL,
    };
    let outcome = commands::index::run(&args)?;
    if outcome != Outcome::Done {
        return Ok(outcome);
    }

    tell(&format!("\nA vendor forked its kernel from {BASE} and changed it:\n"))?;
    let mut patches: Vec<PathBuf> = Vec::new();
    for (name, text, description) in VENDOR_PATCHES {
        fs::write(name, text).with_context(|| format!("{folder}/{name}"))?;
        tell(&format!("{name:<29}  {FAINT}{description}{FAINT:#}"))?;
        patches.push(name.into());
    }
    tell("\nWhere do the changes come from?\n")?;
    show_command(&format!("lookup --index {INDEX} --base {BASE} *.patch"))?;
    let outcome = commands::lookup::run(
        &LookupArgs {
            source: SourceArgs { index: Some(INDEX.into()), ..SourceArgs::default() },
            base: Some(BASE.into()),
            format: AnswerFormat::Text,
            cve: Vec::new(),
            max: None,
            min_confidence: None,
            only_unknown: false,
            exit_code: false,
            oneline: false,
            explain: None,
            message: false,
            max_unpacked: 1,
            patches,
        },
        &Screen::default(),
    )?;
    if outcome != Outcome::Done {
        return Ok(outcome);
    }

    tell(&format!("\nThe vendor's whole release, in {RELEASE}, is taken apart:\n"))?;
    sample.write_vendor_release(Path::new(RELEASE))?;
    let base = format!("{REPOSITORY}:{BASE}");
    show_command(&format!("attribute --index {INDEX} --base {base} --vendor {RELEASE} --out {TAKEN_APART}"))?;
    commands::attribute::run(&AttributeArgs {
        max_unpacked: (DEFAULT_TOTAL_BYTES >> 20) as u32,
        index: Some(INDEX.into()),
        server: None,
        access: ServerAccess::default(),
        repo: None,
        base: base.into(),
        names: Vec::new(),
        vendors: vec![RELEASE.into()],
        out: TAKEN_APART.into(),
        base_revision: None,
        git_branch: None,
        against_previous: false,
        records_only: false,
        arrow: false,
        patch_header: PatchHeaderForm::Plain,
        quiet: false,
    })
}

fn show_command(arguments: &str) -> anyhow::Result<()> {
    tell(&format!("{TITLE}$ hunktrace {arguments}{TITLE:#}"))
}

fn tell(text: &str) -> anyhow::Result<()> {
    Output::open().write(&format!("{text}\n"))
}

fn closing_words(folder: &Path) -> String {
    let report = folder.join(TAKEN_APART).join("report.html");
    format!(
        "\nThe report opens in a browser: {TITLE}{}{TITLE:#}\n\
         Everything stays in {} until you remove it.\n\n\
         The same for your own kernel; the first time, this indexes its history:\n\n\
         {TITLE}$ hunktrace lookup --repo ~/linux fix.patch{TITLE:#}\n\
         {TITLE}$ hunktrace attribute --repo ~/linux --base auto --vendor linux-vendor.tar.xz --out taken-apart{TITLE:#}",
        report.display(),
        folder.display(),
    )
}
