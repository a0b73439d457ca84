//! `hunktrace audit`: what does this tree lack?

mod audit_result;
mod documents;
mod text;

use std::path::Path;

use anyhow::{Context, bail};
use hunktrace_release::attribute::{Question, ReleaseRow, Service};
use hunktrace_release::audit_report::{
    EarlierAudit, Told, csv_table, json_lines, markdown_tables, package_waivers, read_waivers,
};
use hunktrace_release::built_files::read_built_files;
use hunktrace_release::cve_sources::{CvesByCommit, KnownVulnerabilities};
use hunktrace_release::report::{add_audit, has_report};
use hunktrace_release::tree_question::{AuditAnswer, AuditRequest, CveState, FixState, Trees, Waiver, audit};
use hunktrace_release::vendor_word::{VendorWord, disagreements};

use crate::cli::{AuditArgs, AuditFormat, FailOn};
use crate::commands::attribute::progress::AttributeProgress;
use crate::commands::audit::audit_result::Audit;
use crate::commands::audit::documents::document;
use crate::commands::audit::text::audit_text;
use crate::source::known_cves::read_known;
use crate::source::service::{connect, find_service, runtime};
use crate::source::trees::{AskedTrees, open_trees};
use crate::terminal::message::say;
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;

/// Runs the command.
///
/// # Errors
/// Where a tree, a source or the index cannot be read.
pub fn run(args: &AuditArgs) -> anyhow::Result<Outcome> {
    check_report(args)?;
    let known = read_known(&args.cve)?;
    let has_problems = !known.problems.is_empty();
    let cves = CvesByCommit::of(&known);
    let word = VendorWord::read(&args.vendor_says).context("--vendor-says")?;
    let mut waivers = Vec::new();
    for file in &args.waive {
        waivers.extend(read_waivers(file).context("--waive")?);
    }
    let earlier = earlier_audit(args)?;
    let service = find_service(&args.source)?;
    let mut audit = runtime()?.block_on(async {
        let service = Service::new(connect(&service).await?);
        ask(args, &service, known, waivers).await
    })?;
    if let Some(earlier) = earlier {
        earlier.retain_news(&mut audit.answer);
    }
    if let (true, Some(folder), Some(taken)) = (args.report, &args.tree.taken, &audit.asked.taken) {
        add_audit(folder, &audit.answer, &taken.commits, &cves).context("--report")?;
    }
    audit.disagreements = disagreements(&word, &audit.answer);
    Output::open().write(&printed(args, &audit)?)?;
    Ok(match () {
        () if has_problems => Outcome::SomethingFailed,
        () if args.fail_on.iter().any(|what| fails(*what, &audit.answer)) => Outcome::NotAllFound,
        () => Outcome::Done,
    })
}

/// Says at once that a result has no report to which something could be added.
fn check_report(args: &AuditArgs) -> anyhow::Result<()> {
    match &args.tree.taken {
        Some(taken) if args.report && taken.is_dir() && !has_report(taken) => bail!(
            "--report: {} has no report; take the release apart without --records-only",
            taken.display()
        ),
        _ => Ok(()),
    }
}

/// The earlier result that --since names, if it names one and not a revision.
fn earlier_audit(args: &AuditArgs) -> anyhow::Result<Option<EarlierAudit>> {
    let file = args.since.as_deref().map(Path::new).filter(|file| file.is_file());
    file.map(EarlierAudit::read).transpose().context("--since")
}

async fn ask(
    args: &AuditArgs,
    service: &Service,
    known: KnownVulnerabilities,
    mut waivers: Vec<Waiver>,
) -> anyhow::Result<Audit> {
    let mut asked = open_trees(&args.tree, service).await?;
    waivers.extend(package_waivers(&asked.trees.vendor.patches));
    if let Some(file) = &args.config {
        asked.trees.built = Some(read_built_files(file, &asked.trees.vendor).context("--config")?);
    }
    let wants_fixes = !args.no_fixes;
    let taken = match (&asked.taken, wants_fixes) {
        (Some(taken), _) => taken.commits.clone(),
        (None, true) => taken_commits(service, &asked).await?,
        (None, false) => Vec::new(),
    };
    let since = args.since.clone().filter(|since| !Path::new(since).is_file());
    let request = AuditRequest {
        base_revision: asked.base_revision.clone(),
        taken,
        wants_fixes,
        since: since.unwrap_or_default(),
        waivers,
        vulnerabilities: known.vulnerabilities,
        broken: known.not_fixes,
        not_reverts: known.not_reverts,
    };
    let mut answer = audit(service, request, &asked.trees).await?;
    answer.add_severities(&known.severities);
    Ok(Audit { answer, asked, disagreements: Vec::new() })
}

/// The commits that the vendor has taken, by taking the release apart; none where the base is not known.
async fn taken_commits(service: &Service, asked: &AskedTrees) -> anyhow::Result<Vec<String>> {
    let Trees { base: Some(base), vendor, .. } = &asked.trees else { return Ok(Vec::new()) };
    let progress = AttributeProgress::start(false);
    let mut row = ReleaseRow::new(service, 1);
    let scratch = std::env::temp_dir();
    let comparison = row.compare(&asked.base_revision, base, vendor, &scratch, &progress).await?;
    for file in &comparison.unreadable {
        say(format_args!("{}: left out: {}", file.path, file.reason));
    }
    let question = Question { base_revision: &asked.base_revision, ..Question::default() };
    let answer = row.answer(&question, &comparison.files, &progress).await?;
    Ok(answer.commits.into_iter().map(|commit| commit.id).collect())
}

fn printed(args: &AuditArgs, audit: &Audit) -> anyhow::Result<String> {
    let told = if args.all { Told::All } else { Told::Missing };
    let answer = &audit.answer;
    Ok(match args.format {
        AuditFormat::Text => audit_text(audit, told),
        AuditFormat::Jsonl => {
            let words: String =
                audit.disagreements.iter().map(|said| said.record().to_string() + "\n").collect();
            json_lines(answer, told) + &words
        }
        AuditFormat::Csv => csv_table(answer, told),
        AuditFormat::Markdown => markdown_tables(answer, told),
        AuditFormat::Openvex | AuditFormat::Csaf | AuditFormat::Cyclonedx => document(args, audit)?,
    })
}

/// Whether there is what the user wants to hear of by the exit code.
fn fails(what: FailOn, answer: &AuditAnswer) -> bool {
    match what {
        FailOn::Missing => {
            answer.fixes.iter().any(|fix| matches!(fix.state, FixState::WillApply | FixState::Missing))
        }
        FailOn::Affected => {
            let mut wanted = answer.vulnerabilities.iter().filter(|known| known.waived.is_empty());
            wanted.any(|known| known.state == CveState::Affected)
        }
    }
}
