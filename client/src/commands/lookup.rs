//! `hunktrace lookup`: finds the origins of patches.

pub(crate) mod asking;
mod commit_text;
pub(crate) mod confidence_text;
mod explain;
mod finding;
pub(crate) mod input;
pub(crate) mod input_faults;
mod one_line;
pub(crate) mod patch_names;
mod printer;
pub(crate) mod read_section;
pub(crate) mod refusals;
mod second_look;
mod selection;
mod series_summary;
mod text;

use std::io::IsTerminal;
use std::path::PathBuf;

use anyhow::bail;
use hunktrace_proto::v1::LookupRequest;

use crate::cli::{AnswerFormat, LookupArgs};
use crate::commands::lookup::asking::{CANDIDATES_IN_JSON, Question, ask};
use crate::commands::lookup::input::{InputOptions, STANDARD_INPUT};
use crate::commands::lookup::printer::Printer;
use crate::source::base::base_revision;
use crate::source::known_cves::KnownCves;
use crate::source::server::Client;
use crate::source::service::{connect, find_service, runtime};
use crate::terminal::outcome::Outcome;
use crate::terminal::screen::Screen;

/// Candidates for each hunk and patch in text, if nothing else is asked for: as many as people read.
const CANDIDATES_IN_TEXT: u32 = 5;

/// Runs the command.
///
/// # Errors
/// Where there is nothing to ask, or it does not answer at all.
pub fn run(args: &LookupArgs, screen: &Screen) -> anyhow::Result<Outcome> {
    if args.oneline && args.format != AnswerFormat::Text {
        bail!("--oneline is a form of text; leave it out, or take --format text");
    }
    let args = &LookupArgs { patches: asked_patches(args)?, ..args.clone() };
    let cves = KnownCves::read(&args.cve)?;
    let service = find_service(&args.source)?;
    runtime()?.block_on(async {
        let mut client = connect(&service).await?;
        let base = match &args.base {
            Some(base) => Some(base_revision(&mut client, base, args.source.repo.as_deref()).await?),
            None => None,
        };
        look_up(client, args, base, cves, screen).await
    })
}

/// What is to be looked up; where nothing is named, it is what is piped in.
fn asked_patches(args: &LookupArgs) -> anyhow::Result<Vec<PathBuf>> {
    if !args.patches.is_empty() {
        return Ok(args.patches.clone());
    }
    if std::io::stdin().is_terminal() {
        bail!(
            "nothing to look up; give files, folders, a revision or a range (hunktrace lookup HEAD), or pipe a patch in: \
             git show | hunktrace lookup"
        );
    }
    Ok(vec![STANDARD_INPUT.into()])
}

async fn look_up(
    mut client: Client,
    args: &LookupArgs,
    base: Option<String>,
    cves: KnownCves,
    screen: &Screen,
) -> anyhow::Result<Outcome> {
    let usual = match args.format {
        AnswerFormat::Text | AnswerFormat::Csv => CANDIDATES_IN_TEXT,
        AnswerFormat::Jsonl => CANDIDATES_IN_JSON,
    };
    let question = Question {
        inputs: args.patches.clone(),
        options: InputOptions {
            repository: args.source.repo.clone(),
            max_unpacked: u64::from(args.max_unpacked) << 20,
        },
        request: LookupRequest {
            base: base.unwrap_or_default(),
            max_candidates: args.max.unwrap_or(usual),
            explain: args.explain.is_some(),
            with_message: args.message,
            with_purpose: true,
            ..LookupRequest::default()
        },
    };
    let has_problems = cves.has_problems;
    let mut printer = Printer::new(args, cves, screen);
    if let Some(broken_off) = ask(&mut client, question, &mut printer).await? {
        return printer.broken_off(broken_off);
    }
    Ok(match printer.finish()? {
        Outcome::Done if has_problems => Outcome::SomethingFailed,
        outcome => outcome,
    })
}
