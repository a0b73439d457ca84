//! The releases that are to be added, as they were given.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::cli::CatalogueAddArgs;

/// A release as it was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedRelease {
    /// Its TREE argument.
    pub tree: OsString,
    /// What it is called, if that was said.
    pub name: Option<String>,
    /// When it was released, YYYY-MM-DD, if that was said.
    pub date: Option<String>,
    /// The file of its changelog.
    pub changelog: Option<PathBuf>,
}

/// The releases in their order.
///
/// # Errors
/// Where the list cannot be read or has a line that says something else, or names, dates or changelogs are not one for each
/// release.
pub fn listed_releases(args: &CatalogueAddArgs) -> anyhow::Result<Vec<ListedRelease>> {
    if let Some(list) = &args.list {
        let text = std::fs::read_to_string(list).with_context(|| format!("--list {}", list.display()))?;
        let folder = list.parent().unwrap_or(Path::new(""));
        let releases = read_list(&text, folder).with_context(|| format!("--list {}", list.display()))?;
        if releases.is_empty() {
            bail!("--list {}: has no release", list.display());
        }
        return Ok(releases);
    }
    let releases = args.releases.len();
    for (flag, given) in
        [("--name", args.names.len()), ("--date", args.dates.len()), ("--changelog", args.changelogs.len())]
    {
        if given != 0 && given != releases {
            bail!("{flag}: there are {given} for {releases} releases; give one for each, in their order");
        }
    }
    args.dates.iter().try_for_each(|date| check_date(date).context("--date"))?;
    let place = |place: usize, tree: &OsString| ListedRelease {
        tree: tree.clone(),
        name: args.names.get(place).cloned(),
        date: args.dates.get(place).cloned(),
        changelog: args.changelogs.get(place).cloned(),
    };
    Ok(args.releases.iter().enumerate().map(|(at, tree)| place(at, tree)).collect())
}

fn read_list(text: &str, folder: &Path) -> anyhow::Result<Vec<ListedRelease>> {
    let mut releases = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        let field = |place: usize| fields.get(place).copied().filter(|field| !field.is_empty());
        let (Some(name), Some(tree), true) = (field(0), field(1), fields.len() <= 4) else {
            bail!(
                "line {number}: has to be NAME, TREE, DATE and CHANGELOG with tabs between them; the last two may be left out"
            );
        };
        if let Some(date) = field(2) {
            check_date(date).with_context(|| format!("line {number}"))?;
        }
        releases.push(ListedRelease {
            tree: folder.join(tree).into_os_string(),
            name: Some(name.to_owned()),
            date: field(2).map(str::to_owned),
            changelog: field(3).map(|path| folder.join(path)),
        });
    }
    Ok(releases)
}

fn check_date(date: &str) -> anyhow::Result<()> {
    let parts: Vec<&str> = date.split('-').collect();
    let number = |part: &str| part.parse::<u32>().ok();
    let is_date = match parts[..] {
        [year, month, day] => {
            year.len() == 4
                && number(year).is_some()
                && month.len() == 2
                && number(month).is_some_and(|month| (1..=12).contains(&month))
                && day.len() == 2
                && number(day).is_some_and(|day| (1..=31).contains(&day))
        }
        _ => false,
    };
    if !is_date {
        bail!("{date:?} is no date; write it as 2011-06-22");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_with_their_folder() {
        let text = "# name\ttree\na\tx.tar.xz\nb\t/y:v1\t2011-06-22\tb.spec\n\n";
        let read = read_list(text, Path::new("/lists")).expect("a list");
        assert_eq!(read[0].tree, "/lists/x.tar.xz");
        assert_eq!(read[1].tree, "/y:v1");
        assert_eq!(read[1].changelog.as_deref(), Some(Path::new("/lists/b.spec")));
        assert_eq!((read[0].date.as_deref(), read[1].date.as_deref()), (None, Some("2011-06-22")));
    }

    #[test]
    fn what_is_no_list_is_refused_with_its_line() {
        for (text, place) in
            [("a\n", "line 1"), ("a\tb\na\tb\tyesterday\n", "line 2"), ("a\tb\t\t\te\n", "line 1")]
        {
            let error = format!("{:#}", read_list(text, Path::new("")).unwrap_err());
            assert!(error.contains(place), "{error}");
        }
    }
}
