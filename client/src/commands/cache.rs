//! `hunktrace cache`: the indexes of repositories in the user's cache folder.

use std::time::{Duration, SystemTime};

use indicatif::{DecimalBytes, HumanDuration};
use serde::Serialize;

use crate::cli::{CacheArgs, CacheCommand, Format, PruneArgs};
use crate::source::cached_index::{CachedIndex, Content, cached_indexes};
use crate::terminal::color::{FAINT, POSSIBLE, TITLE};
use crate::terminal::message::say;
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;
use crate::terminal::screen_text::{add_line, counted, printable};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Runs the command.
///
/// # Errors
/// If there is no cache folder, or it cannot be read.
pub fn run(args: &CacheArgs) -> anyhow::Result<Outcome> {
    let indexes = cached_indexes()?;
    match &args.command {
        CacheCommand::List { format } => {
            let now = SystemTime::now();
            let text = match format {
                Format::Text => list_text(&indexes, now),
                Format::Jsonl => {
                    indexes.iter().map(|index| index_line(index, now)).collect::<Result<String, _>>()?
                }
            };
            Output::open().write(&text)?;
            Ok(Outcome::Done)
        }
        CacheCommand::Prune(args) => prune(&indexes, args),
    }
}

fn prune(indexes: &[CachedIndex], args: &PruneArgs) -> anyhow::Result<Outcome> {
    let mut output = Output::open();
    let (mut removed, mut bytes, mut outcome) = (0, 0, Outcome::Done);
    for index in indexes {
        let Some(reason) = reason_to_remove(index, args, SystemTime::now()) else { continue };
        if !args.dry_run
            && let Err(error) = index.remove()
        {
            say(format_args!("{error:#}"));
            outcome = Outcome::SomethingFailed;
            continue;
        }
        (removed, bytes) = (removed + 1, bytes + index.bytes);
        let (path, size) = (printable(&index.path.display().to_string()), DecimalBytes(index.bytes));
        output.write(&format!("{size:>10}  {path}: {reason}\n"))?;
    }
    let what = if args.dry_run { "would be removed" } else { "removed" };
    let count = counted(removed, "index").replace("indexs", "indexes");
    output.write(&format!("{count} {what}, {}\n", DecimalBytes(bytes)))?;
    Ok(outcome)
}

/// Why an index is to be removed; none if it stays.
fn reason_to_remove(index: &CachedIndex, args: &PruneArgs, now: SystemTime) -> Option<String> {
    if args.gone {
        match &index.content {
            Content::OfRepository(repository) if !repository.exists() => {
                return Some(format!("{} is gone", repository.display()));
            }
            Content::Unreadable(reason) => return Some(reason.clone()),
            Content::OfRepository(_) | Content::Begun => {}
        }
    }
    let idle = now.duration_since(index.last_used).unwrap_or_default();
    if args.older_than.is_some_and(|days| idle > DAY.saturating_mul(u32::try_from(days).unwrap_or(u32::MAX)))
    {
        return Some(format!("not asked for {}", counted(idle.as_secs() / DAY.as_secs(), "day")));
    }
    args.all.then(|| "as all are".to_owned())
}

fn list_text(indexes: &[CachedIndex], now: SystemTime) -> String {
    let mut out = String::new();
    if indexes.is_empty() {
        return "no index is cached\n".to_owned();
    }
    for index in indexes {
        let path = printable(&index.path.display().to_string());
        let about = match &index.content {
            Content::OfRepository(repository) => {
                let gone = if repository.exists() {
                    String::new()
                } else {
                    format!("  {POSSIBLE}(gone){POSSIBLE:#}")
                };
                format!("{TITLE}{}{TITLE:#}{gone}", printable(&repository.display().to_string()))
            }
            Content::Begun => format!("{POSSIBLE}has no commits yet{POSSIBLE:#}"),
            Content::Unreadable(reason) => format!("{POSSIBLE}{}{POSSIBLE:#}", printable(reason)),
        };
        let idle = HumanDuration(now.duration_since(index.last_used).unwrap_or_default());
        let (size, idle) = (DecimalBytes(index.bytes).to_string(), format!("{idle} ago"));
        add_line(&mut out, format_args!("{size:>10}  {idle:<14}  {about}"));
        add_line(&mut out, format_args!("{:28}{FAINT}{path}{FAINT:#}", ""));
    }
    let bytes = DecimalBytes(indexes.iter().map(|index| index.bytes).sum());
    let count = counted(indexes.len() as u64, "index").replace("indexs", "indexes");
    add_line(&mut out, format_args!("{count}, {bytes}"));
    out
}

#[derive(Serialize)]
struct IndexRecord<'a> {
    path: String,
    repository: Option<String>,
    is_gone: bool,
    unreadable: Option<&'a str>,
    bytes: u64,
    seconds_since_use: u64,
}

fn index_line(index: &CachedIndex, now: SystemTime) -> serde_json::Result<String> {
    let repository = match &index.content {
        Content::OfRepository(repository) => Some(repository),
        Content::Begun | Content::Unreadable(_) => None,
    };
    let unreadable = match &index.content {
        Content::Unreadable(reason) => Some(reason.as_str()),
        Content::OfRepository(_) | Content::Begun => None,
    };
    let record = IndexRecord {
        path: index.path.display().to_string(),
        repository: repository.map(|repository| repository.display().to_string()),
        is_gone: repository.is_some_and(|repository| !repository.exists()),
        unreadable,
        bytes: index.bytes,
        seconds_since_use: now.duration_since(index.last_used).unwrap_or_default().as_secs(),
    };
    serde_json::to_string(&record).map(|line| line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(content: Content) -> CachedIndex {
        CachedIndex {
            path: "/cache/linux-1".into(),
            bytes: 1_500_000,
            last_used: SystemTime::UNIX_EPOCH,
            content,
        }
    }

    const NOTHING: PruneArgs = PruneArgs { older_than: None, gone: false, all: false, dry_run: false };

    fn reason(content: Content, days: u32, args: &PruneArgs) -> Option<String> {
        reason_to_remove(&index(content), args, SystemTime::UNIX_EPOCH + DAY * days)
    }

    #[test]
    fn indexes_are_removed_for_the_reasons_that_were_given() {
        let here = || Content::OfRepository("/".into());
        let gone = || Content::OfRepository("/no/such/repository".into());
        let by_age = PruneArgs { older_than: Some(90), ..NOTHING };
        assert_eq!(reason(here(), 91, &by_age).as_deref(), Some("not asked for 91 days"));
        assert_eq!(reason(here(), 90, &by_age), None);
        let by_repository = PruneArgs { gone: true, ..NOTHING };
        assert_eq!(reason(gone(), 0, &by_repository).as_deref(), Some("/no/such/repository is gone"));
        assert_eq!(
            reason(Content::Unreadable("format 3".into()), 0, &by_repository).as_deref(),
            Some("format 3")
        );
        assert_eq!(reason(here(), 1000, &by_repository), None);
        assert!(reason(here(), 0, &PruneArgs { all: true, ..NOTHING }).is_some());
    }

    #[test]
    fn list_names_repositories_sizes_and_ages() {
        let indexes = [index(Content::OfRepository("/no/such/repository".into())), index(Content::Begun)];
        let text = list_text(&indexes, SystemTime::UNIX_EPOCH + DAY * 3);
        let text = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(
            text,
            "   1.50 MB  3 days ago      /no/such/repository  (gone)\n                            /cache/linux-1\n   \
             1.50 MB  3 days ago      has no commits yet\n                            /cache/linux-1\n2 indexes, 3.00 MB\n"
        );
    }
}
