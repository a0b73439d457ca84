//! `hunktrace demo`: the whole way on the sample that comes with the program.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use hunktrace_indexer::index_update::COMMIT_INTERVAL;

use crate::cli::{DemoArgs, Format, IndexArgs, LookupArgs, SourceArgs};
use crate::color::{FAINT, TITLE};
use crate::commands;
use crate::demo::{BASE, VENDOR_PATCHES, write_repository};
use crate::outcome::Outcome;
use crate::output::Output;
use crate::screen_text::counted;

/// The names of what is made, in the demonstration's folder.
const REPOSITORY: &str = "upstream.git";
const INDEX: &str = "upstream.index";

/// Runs the command.
///
/// # Errors
/// Where the folder cannot be used, or a step fails.
pub fn run(args: &DemoArgs) -> anyhow::Result<Outcome> {
    match &args.dir {
        Some(folder) => {
            prepare_folder(folder)?;
            demonstrate_in(folder, true)
        }
        None => {
            let folder = tempfile::Builder::new().prefix("hunktrace-demo-").tempdir();
            let folder = folder.context("cannot make a temporary folder; give one with --dir DIR")?;
            demonstrate_in(folder.path(), false)
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
fn demonstrate_in(folder: &Path, is_kept: bool) -> anyhow::Result<Outcome> {
    let folder = fs::canonicalize(folder).with_context(|| folder.display().to_string())?;
    let before = env::current_dir().context("the current folder is not there any more")?;
    env::set_current_dir(&folder).with_context(|| folder.display().to_string())?;
    let outcome = demonstrate(&folder);
    // A temporary folder that is the current one could not be removed everywhere.
    env::set_current_dir(&before).with_context(|| before.display().to_string())?;
    tell(&closing_words(is_kept.then_some(&folder)))?;
    outcome
}

fn demonstrate(folder: &Path) -> anyhow::Result<Outcome> {
    let size = write_repository(Path::new(REPOSITORY))?;
    let (commits, tags) = (counted(size.commits as u64, "commit"), counted(size.tags as u64, "release"));
    let folder = folder.display();
    tell(&format!("A made-up kernel with {commits} and {tags} on two branches, in {folder}/{REPOSITORY}."))?;

    tell("Its history is indexed once:\n")?;
    show_command(&format!("index --index {INDEX} --repo {REPOSITORY}"))?;
    let args = IndexArgs {
        index: INDEX.into(),
        repos: vec![REPOSITORY.into()],
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
    commands::lookup::run(&LookupArgs {
        source: SourceArgs { index: Some(INDEX.into()), ..SourceArgs::default() },
        base: Some(BASE.to_owned()),
        format: Format::Text,
        max: None,
        explain: false,
        patches,
    })
}

fn show_command(arguments: &str) -> anyhow::Result<()> {
    tell(&format!("{TITLE}$ hunktrace {arguments}{TITLE:#}"))
}

fn tell(text: &str) -> anyhow::Result<()> {
    Output::open().write(&format!("{text}\n"))
}

fn closing_words(kept: Option<&Path>) -> String {
    let mut text = format!(
        "\nThe same for your own kernel; the first time, this indexes its history:\n\n\
         {TITLE}$ hunktrace lookup --repo ~/linux fix.patch{TITLE:#}"
    );
    if let Some(folder) = kept {
        text += &format!(
            "\n\nThe sample stays in {}: look the patches up with --explain there.",
            folder.display()
        );
    }
    text
}
