//! What `attribute` says at its end.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use crate::terminal::screen_text::{counted, cut, printable};
use hunktrace_release::attribute::{
    FolderTotals, ReleaseCounts, ReleaseHistory, ReleaseSummary, VendorRelease, release_counts,
};

/// Folders that are listed, those with the most changed lines first.
const LISTED_FOLDERS: usize = 12;

/// Longer notes are cut: a package may have hundreds of patches that are not applied.
const NOTE_COLUMNS: usize = 200;

/// Steps that took less time are not worth a line.
const SHORTEST_STEP: Duration = Duration::from_millis(100);

/// The summary for people.
pub fn summary_text(summary: &ReleaseSummary, out: &Path) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_summary(&mut text, summary, out);
    text
}

/// What several releases have in common and what not, for people.
pub fn releases_text(releases: &[VendorRelease], history: &ReleaseHistory, out: &Path) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_releases(&mut text, releases, history, out);
    text
}

fn write_releases(
    text: &mut String,
    releases: &[VendorRelease],
    history: &ReleaseHistory,
    out: &Path,
) -> std::fmt::Result {
    let counts = release_counts(history, releases.len());
    for (place, (release, counts)) in releases.iter().zip(counts).enumerate() {
        writeln!(text, "{}: {}", release.name, share_text(&release.summary))?;
        if place > 0 {
            let (new, gone) = (counted(counts.new as u64, "commit"), counted(counts.gone as u64, "commit"));
            writeln!(text, "    {new} new, {gone} gone{}", why_text(&counts))?;
            if let Some(update) = &release.update {
                writeln!(text, "    against the release before: {}", share_text(update))?;
            }
        }
        write_notes(text, &release.summary)?;
    }
    writeln!(text)?;
    if releases.iter().all(|release| release.summary.patches.is_some()) {
        writeln!(text, "report    {}", out.join("report.html").display())?;
    }
    writeln!(text, "releases  {}", out.join("releases.jsonl").display())
}

/// Why commits are gone, where some are.
fn why_text(counts: &ReleaseCounts) -> String {
    let ReleaseCounts { superseded, not_provable, removed, .. } = counts;
    match superseded + not_provable + removed {
        0 => String::new(),
        _ => format!(" ({superseded} superseded, {not_provable} no longer provable, {removed} removed)"),
    }
}

/// What a person should know, each on a line; all of it is in `summary.json`.
fn write_notes(text: &mut String, summary: &ReleaseSummary) -> std::fmt::Result {
    for note in &summary.notes {
        writeln!(text, "note     {}", cut(&printable(note), NOTE_COLUMNS))?;
    }
    Ok(())
}

fn share_text(summary: &ReleaseSummary) -> String {
    let all = &summary.totals.all;
    format!(
        "{:.1} % of {} in {} come from {}; {} more are implied",
        100.0 * all.share(),
        counted(all.lines, "changed line"),
        counted(all.files, "file"),
        counted(summary.commits as u64, "upstream commit"),
        summary.implied,
    )
}

fn write_summary(text: &mut String, summary: &ReleaseSummary, out: &Path) -> std::fmt::Result {
    writeln!(text, "{}", share_text(summary))?;
    writeln!(text, "{}", summary.reach.text())?;
    writeln!(text)?;
    writeln!(text, "{:24} {:>8} {:>10} {:>10}", "folder", "files", "lines", "explained")?;
    let mut folders: Vec<(&String, &FolderTotals)> = summary.totals.folders.iter().collect();
    folders.sort_by(|a, b| b.1.lines.cmp(&a.1.lines).then(a.0.cmp(b.0)));
    for (name, totals) in folders.iter().take(LISTED_FOLDERS) {
        let name = if name.is_empty() { "(top)" } else { name.as_str() };
        writeln!(
            text,
            "{name:24} {:>8} {:>10} {:>8.1} %",
            totals.files,
            totals.lines,
            100.0 * totals.share()
        )?;
    }
    if folders.len() > LISTED_FOLDERS {
        writeln!(
            text,
            "and {} more, in summary.json",
            counted((folders.len() - LISTED_FOLDERS) as u64, "folder")
        )?;
    }
    if !summary.totals.unexplained.is_empty() {
        writeln!(text)?;
        writeln!(text, "largest unexplained places:")?;
        for place in &summary.totals.unexplained {
            let lines = if place.lines == 1 { "line " } else { "lines" };
            writeln!(text, "{:>8} {lines}  {}:{}", place.lines, place.path, place.new_start)?;
        }
    }
    writeln!(text)?;
    match summary.patches {
        Some(count) => {
            writeln!(text, "report   {}", out.join("report.html").display())?;
            let series = out.join("patches").join("series");
            writeln!(text, "patches  {} (count: {count}, verified lossless)", series.display())?;
        }
        None => writeln!(text, "records  {}", out.display())?,
    }
    write_notes(text, summary)?;
    for (step, time) in summary.timings.iter().filter(|(_, time)| *time >= SHORTEST_STEP) {
        writeln!(text, "{:>8.1} s  {step}", time.as_secs_f64())?;
    }
    Ok(())
}
