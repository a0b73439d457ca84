//! `hunktrace man`: the man pages.

use std::fs;
use std::path::Path;

use anyhow::Context;
use clap::CommandFactory;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::{Cli, ManArgs, laid_out};
use crate::terminal::outcome::Outcome;

/// Columns of a list in a page, which readers indent.
const PAGE_COLUMNS: usize = 72;

/// Runs the command.
///
/// # Errors
/// If a page cannot be written.
pub fn run(args: &ManArgs) -> anyhow::Result<Outcome> {
    fs::create_dir_all(&args.out).with_context(|| format!("{}: cannot be made", args.out.display()))?;
    let mut command = Cli::command();
    // From here on subcommands are called by what their pages are: hunktrace-lookup.
    command.build();
    write_pages(&args.out, &command)?;
    Ok(Outcome::Done)
}

/// Writes the page of a command, and those of its subcommands.
fn write_pages(folder: &Path, command: &clap::Command) -> anyhow::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let path = folder.join(format!("{name}.1"));
    let written = page(command).and_then(|text| fs::write(&path, text));
    written.with_context(|| format!("{}: cannot be written", path.display()))?;
    let mut own = command.get_subcommands().filter(|command| command.get_name() != "help");
    own.try_for_each(|command| write_pages(folder, command))
}

fn page(command: &clap::Command) -> std::io::Result<Vec<u8>> {
    let man = Man::new(command.clone());
    let mut out = Vec::new();
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    if command.get_arguments().next().is_some() {
        man.render_options_section(&mut out)?;
    }
    if command.has_subcommands() {
        man.render_subcommands_section(&mut out)?;
    }
    if let Some(help) = command.get_after_help() {
        help_section(&laid_out(&help.to_string(), PAGE_COLUMNS)).to_writer(&mut out)?;
    }
    Ok(out)
}

/// What stands below the options, with the lines that it has: paragraphs are filled, and lists stay as they are.
fn help_section(help: &str) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["DETAILS"]);
    for paragraph in help.split("\n\n") {
        roff.control("PP", []);
        let mut is_list = false;
        for line in paragraph.lines() {
            let begins_list = line.starts_with("  ");
            if begins_list != is_list {
                roff.control(if begins_list { "nf" } else { "fi" }, []);
                is_list = begins_list;
            }
            // What introduces a list is its title.
            let part = if !begins_list && line.ends_with(':') { bold(line) } else { roman(line) };
            roff.text([part]);
        }
        if is_list {
            roff.control("fi", []);
        }
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_help() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        run(&ManArgs { out: folder.path().to_owned() }).expect("the pages");
        let mut names: Vec<String> = vec!["hunktrace".to_owned()];
        names.extend(
            Cli::command().get_subcommands().map(|command| format!("hunktrace-{}", command.get_name())),
        );
        names.push("hunktrace-cache-prune".to_owned());
        for name in names {
            let page = fs::read_to_string(folder.path().join(format!("{name}.1"))).expect("a page");
            assert!(page.contains(&format!(".TH {name} 1")), "{page}");
            assert!(page.contains(".SH SYNOPSIS"), "{page}");
        }
        let page = fs::read_to_string(folder.path().join("hunktrace-lookup.1")).expect("a page");
        assert!(page.contains(".nf\n  FILE      patches"), "lists keep their lines: {page}");
    }
}
