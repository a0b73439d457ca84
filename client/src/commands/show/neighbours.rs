//! Who else has a commit: the vendors of catalogues, in which form, the nearest first.

use std::path::PathBuf;

use hunktrace_proto::v1;
use serde_json::{Value, json};
use tonic::Code;

use crate::cli::CatalogueSourceArgs;
use crate::commands::catalogue_record::or_null;
use crate::commands::lookup::confidence_text::percent;
use crate::source::catalogue::connect_catalogue;
use crate::source::service::refusal;
use crate::terminal::screen_text::{counted, printable};

/// How each vendor of some catalogues has a commit in the newest of its releases that do.
///
/// Those that have all of it come first, then those that still have it, then those that have most lines of it.
///
/// # Errors
/// Where a catalogue cannot be read.
pub async fn neighbours(catalogues: &[PathBuf], commit: &str) -> anyhow::Result<Vec<v1::Stretch>> {
    let mut all = Vec::new();
    for catalogue in catalogues {
        let source = CatalogueSourceArgs { catalogue: Some(catalogue.clone()), server: None };
        let request = v1::HistoryRequest { name: commit.to_owned() };
        let history = match connect_catalogue(&source).await?.history(request).await {
            Ok(answer) => answer.into_inner(),
            Err(status) if status.code() == Code::NotFound => continue,
            Err(status) => return Err(refusal(&status)),
        };
        let mut last: Vec<v1::Stretch> = Vec::new();
        for stretch in history.commits.into_iter().flat_map(|commit| commit.stretches) {
            match last.last_mut().filter(|other| other.vendor == stretch.vendor) {
                Some(other) => *other = stretch,
                None => last.push(stretch),
            }
        }
        all.extend(last);
    }
    sort_nearest_first(&mut all);
    Ok(all)
}

fn sort_nearest_first(all: &mut [v1::Stretch]) {
    let form = |stretch: &v1::Stretch| match stretch.status.as_str() {
        "complete" => 0,
        "partial" => 1,
        _ => 2,
    };
    all.sort_by(|a, b| {
        let order = form(a).cmp(&form(b)).then(b.is_newest.cmp(&a.is_newest)).then(b.lines.cmp(&a.lines));
        order.then_with(|| a.vendor.cmp(&b.vendor))
    });
}

/// A vendor that has the commit, in a line.
pub fn neighbour_text(stretch: &v1::Stretch) -> String {
    let newest = if stretch.is_newest { " (the newest)" } else { "" };
    let lines = counted(stretch.lines, "line");
    let missing = match stretch.missing.len() as u64 {
        0 => String::new(),
        missing => format!(", lacks {}", counted(missing, "hunk")),
    };
    let (confidence, status) = (percent(stretch.confidence), &stretch.status);
    let who = format!("{} {}{newest}", stretch.vendor, stretch.last);
    printable(&format!("{who}: {status}, {}, {lines}{missing}", confidence.trim()))
}

/// The same as a record.
pub fn neighbour_record(stretch: &v1::Stretch) -> Value {
    json!({
        "vendor": stretch.vendor,
        "release": stretch.last,
        "is_newest": stretch.is_newest,
        "since": stretch.first,
        "status": stretch.status,
        "confidence": stretch.confidence,
        "lines": stretch.lines,
        "hunks": stretch.hunks,
        "missing": stretch.missing,
        "superseded_by": or_null(&stretch.superseded_by),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendors_that_have_all_of_it_come_first() {
        let stretch = |vendor: &str, status: &str, is_newest: bool, lines: u64| v1::Stretch {
            vendor: vendor.to_owned(),
            status: status.to_owned(),
            is_newest,
            lines,
            ..v1::Stretch::default()
        };
        let mut all = [
            stretch("a", "implied", true, 0),
            stretch("b", "partial", true, 9),
            stretch("c", "complete", false, 9),
            stretch("d", "complete", true, 3),
            stretch("e", "complete", true, 9),
        ];
        sort_nearest_first(&mut all);
        let order: String = all.iter().map(|stretch| stretch.vendor.as_str()).collect();
        assert_eq!(order, "edcba");
    }

    #[test]
    fn line_says_how_much_is_there_and_what_is_missing() {
        let stretch = v1::Stretch {
            vendor: "centos".to_owned(),
            last: "k-2".to_owned(),
            is_newest: true,
            status: "partial".to_owned(),
            confidence: 0.99,
            lines: 1,
            missing: vec!["a.c:1 left out".to_owned()],
            ..v1::Stretch::default()
        };
        assert_eq!(neighbour_text(&stretch), "centos k-2 (the newest): partial, 99 %, 1 line, lacks 1 hunk");
    }
}
