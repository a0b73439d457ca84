//! `hunktrace lookup`: finds the origins of patches.
//!
//! A thread reads the inputs, cuts them where a mail or commit begins, and sends each section as soon as there is room.
//! The service reads the diffs; its answers are named and printed in the order of the input.

mod commit_text;
pub(crate) mod confidence_text;
mod explain;
mod finding;
mod input;
mod one_line;
mod patch_folder;
mod patch_names;
mod printer;
mod read_section;
mod second_look;
mod selection;
mod series_summary;
mod text;

use std::ops::ControlFlow;
use std::path::PathBuf;

use std::io::IsTerminal;

use anyhow::{Context, anyhow, bail};
use hunktrace_indexer::patch::LineMap;
use hunktrace_proto::v1::{GetStatusRequest, GetStatusResponse, LookupRequest, LookupResponse, TextForm};
use tokio::sync::mpsc::error::SendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use crate::cli::{AnswerFormat, LookupArgs};
use crate::commands::lookup::input::{Found, InputOptions, InputSection, STANDARD_INPUT, read_inputs};
use crate::commands::lookup::patch_names::PatchNames;
use crate::commands::lookup::printer::Printer;
use crate::commands::lookup::read_section::ReadSection;
use crate::source::base::base_revision;
use crate::source::known_cves::KnownCves;
use crate::source::server::Client;
use crate::source::service::{connect, find_service, refusal, runtime};
use crate::terminal::message::say;
use crate::terminal::outcome::Outcome;
use crate::terminal::screen::Screen;
use crate::terminal::screen_text::counted;

/// Sections that are under way at a time.
const IN_FLIGHT: usize = 64;

/// Candidates for each hunk and patch if nothing else is asked for: as many as people read, or programs rank.
const CANDIDATES_IN_TEXT: u32 = 5;
const CANDIDATES_IN_JSON: u32 = 10;

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
    let max_bytes = most_bytes_of_a_section(&mut client).await?;
    let (expected_sender, expected) = channel(IN_FLIGHT);
    let (request_sender, requests) = channel(IN_FLIGHT);
    let reader = InputReader {
        args: args.clone(),
        base: base.unwrap_or_default(),
        max_bytes,
        expected: expected_sender,
        requests: request_sender,
    };
    // Not one of the runtime's threads: nobody should wait for it if it waits for standard input.
    std::thread::Builder::new()
        .name("inputs".to_owned())
        // Where nobody listens any more, this thread's work is done too.
        .spawn(move || reader.run())
        .context("cannot start a thread")?;
    let answers = client.lookup_stream(ReceiverStream::new(requests)).await;
    let answers = answers.map_err(|status| refusal(&status))?.into_inner();
    print_answers(expected, answers, &cves, Printer::new(args, screen)).await
}

/// Asks what the service accepts, and says what the user should know of its index.
async fn most_bytes_of_a_section(client: &mut Client) -> anyhow::Result<Option<u64>> {
    let status = client.get_status(GetStatusRequest { max_unindexed: 0 }).await;
    let status = status.map_err(|status| refusal(&status))?.into_inner();
    let GetStatusResponse { index, format, generation, commits, hunks, version, .. } = &status;
    tracing::debug!(index, format, generation, commits, hunks, version, "the index is open");
    if !status.is_complete {
        say("the index is not complete yet: origins may be missing; 'hunktrace index' goes on with it");
    }
    if status.unreadable_count > 0 {
        let items = counted(status.unreadable_count, "item");
        say(format_args!(
            "{items} of the history could not be read: origins may be missing; 'hunktrace status' lists them"
        ));
    }
    Ok(status.limits.map(|limits| limits.text_bytes))
}

/// What comes next in the inputs.
enum Expected {
    /// The input with this name begins.
    Input(String),
    /// A section that was sent, and that begins at this line, from 1, of the lines of its input.
    Answer(u64, LineMap),
    /// A section that is not sent.
    Read(ReadSection),
    /// The input ends.
    End,
    /// An input cannot be read, as a message for the user.
    Failure(String),
    /// All inputs have been read.
    AllRead,
}

/// Sends what the inputs hold.
struct InputReader {
    args: LookupArgs,
    /// The base as the service knows it; empty for none.
    base: String,
    max_bytes: Option<u64>,
    expected: Sender<Expected>,
    requests: Sender<LookupRequest>,
}

impl InputReader {
    /// Breaks off where nobody listens any more.
    fn run(&self) -> ControlFlow<()> {
        let mut file = String::new();
        let options = InputOptions {
            repository: self.args.source.repo.clone(),
            max_unpacked: u64::from(self.args.max_unpacked) << 20,
        };
        read_inputs(&self.args.patches, &options, |found| match found {
            Found::Input(name) => {
                tracing::debug!(name, "reading an input");
                file.clone_from(&name);
                self.expect(Expected::Input(name))
            }
            Found::Section(section) => self.ask(&file, section),
            Found::End => self.expect(Expected::End),
            Found::Unreadable(message) => self.expect(Expected::Failure(message)),
        })?;
        self.expect(Expected::AllRead)
    }

    fn ask(&self, file: &str, section: InputSection) -> ControlFlow<()> {
        let InputSection { first_line, lines, text, is_plain } = section;
        if let Some(limit) = self.max_bytes.filter(|limit| text.len() as u64 > *limit) {
            return self.expect(Expected::Read(ReadSection::too_long(first_line, lines, &text, limit)));
        }
        let usual = match self.args.format {
            AnswerFormat::Text | AnswerFormat::Csv => CANDIDATES_IN_TEXT,
            AnswerFormat::Jsonl => CANDIDATES_IN_JSON,
        };
        let request = LookupRequest {
            name: file.to_owned(),
            text,
            base: self.base.clone(),
            max_candidates: self.args.max.unwrap_or(usual),
            explain: self.args.explain.is_some(),
            with_message: self.args.message,
            with_purpose: true,
            form: if is_plain { TextForm::Plain } else { TextForm::Unspecified }.into(),
        };
        self.expect(Expected::Answer(first_line, lines))?;
        sent(self.requests.blocking_send(request))
    }

    fn expect(&self, next: Expected) -> ControlFlow<()> {
        sent(self.expected.blocking_send(next))
    }
}

/// Breaks off where what was sent has found nobody to take it.
fn sent<T>(outcome: Result<(), SendError<T>>) -> ControlFlow<()> {
    match outcome {
        Ok(()) => ControlFlow::Continue(()),
        Err(SendError(_)) => ControlFlow::Break(()),
    }
}

async fn print_answers(
    mut expected: Receiver<Expected>,
    mut answers: Streaming<LookupResponse>,
    cves: &KnownCves,
    mut printer: Printer,
) -> anyhow::Result<Outcome> {
    printer.begin()?;
    let mut names = PatchNames::default();
    while let Some(next) = expected.recv().await {
        let told = match next {
            Expected::Input(name) => {
                names = PatchNames::new(name);
                continue;
            }
            Expected::Answer(first_line, lines) => match answers.message().await {
                Ok(Some(mut answer)) => {
                    cves.add_to(&mut answer);
                    names.next(ReadSection::answered(first_line, lines, answer))
                }
                Ok(None) => return printer.broken_off(names, &anyhow!("the server ended the answers")),
                Err(status) => return printer.broken_off(names, &refusal(&status)),
            },
            Expected::Read(section) => names.next(section),
            Expected::End => names.end(),
            Expected::Failure(message) => {
                printer.report(&message);
                continue;
            }
            Expected::AllRead => {
                return Ok(match printer.finish()? {
                    Outcome::Done if cves.has_problems => Outcome::SomethingFailed,
                    outcome => outcome,
                });
            }
        };
        printer.print_all(told)?;
    }
    printer.broken_off(names, &anyhow!("reading the inputs ended early"))
}
