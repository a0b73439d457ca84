//! `hunktrace site`: the pages of releases as files.

use std::collections::HashMap;

use anyhow::{Context, anyhow};
use hunktrace_server::wire::embedded;
use hunktrace_web::page::Upstream;
use hunktrace_web::site::{SiteOptions, write_site};
use hunktrace_web::source::Source;
use hunktrace_web::view::missing::Audit;

use crate::cli::{AuditFile, SiteArgs};
use crate::source::service::runtime;
use crate::terminal::message::say;
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;
use crate::terminal::screen::Screen;
use crate::terminal::screen_text::{counted, printable};

/// Pages that were left out and are named one by one.
const NAMED: usize = 20;

/// Runs the command.
///
/// # Errors
/// If the catalogue, the index or an audit cannot be read, or the site cannot be written.
pub fn run(args: &SiteArgs, screen: &Screen) -> anyhow::Result<Outcome> {
    let audits = read_audits(&args.audit)?;
    let options = SiteOptions {
        out: args.out.clone(),
        releases: args.release.clone(),
        url: args.url.clone(),
        has_json: !args.no_json,
        has_patches: args.patches,
    };
    let report = runtime()?.block_on(async {
        let index = match &args.index {
            Some(index) => Some(embedded::connect(index).await?.max_decoding_message_size(usize::MAX)),
            None => None,
        };
        let catalogue = embedded::connect_catalogue(&args.catalogue).await?;
        let source = Source::new(index, Some(catalogue));
        anyhow::Ok(write_site(source, Upstream::new(&screen.link_target), audits, &options).await?)
    })?;
    for reason in report.left_out.iter().take(NAMED) {
        say(format_args!("left out: {}", printable(reason)));
    }
    let rest = report.left_out.len().saturating_sub(NAMED);
    if rest > 0 {
        say(format_args!("left out: {}", counted(rest as u64, "more page")));
    }
    let text = format!(
        "{}, {} written, {} removed, {:.1} MB\n",
        counted(report.files as u64, "file"),
        report.written,
        report.removed,
        report.bytes as f64 / 1e6
    );
    Output::open().write(&text)?;
    Ok(if report.left_out.is_empty() { Outcome::Done } else { Outcome::SomethingFailed })
}

/// Reads the audits of releases.
///
/// # Errors
/// If one cannot be read, or a release has two.
pub fn read_audits(files: &[AuditFile]) -> anyhow::Result<HashMap<String, Audit>> {
    let mut audits = HashMap::new();
    for AuditFile { release, path } in files {
        let text = std::fs::read_to_string(path).with_context(|| format!("--audit {}", path.display()))?;
        let audit = Audit::read(&text).map_err(|error| anyhow!("--audit {}: {error}", path.display()))?;
        if audits.insert(release.clone(), audit).is_some() {
            return Err(anyhow!("--audit: {release} has two audits; give one"));
        }
    }
    Ok(audits)
}
