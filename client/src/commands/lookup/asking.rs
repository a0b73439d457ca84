//! Asks a service for what inputs hold.
//!
//! A thread reads the inputs, cuts them where a mail or commit begins, and sends each section as soon as there is room. The service reads
//! the diffs; its answers are named and handed on in the order of the input.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use hunktrace_indexer::patch::LineMap;
use hunktrace_proto::v1::{GetStatusRequest, GetStatusResponse, LookupRequest, LookupResponse, TextForm};
use tokio::sync::mpsc::error::SendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use crate::commands::lookup::input::{Found, InputOptions, InputSection, read_inputs};
use crate::commands::lookup::patch_names::{PatchNames, Told};
use crate::commands::lookup::read_section::ReadSection;
use crate::source::server::Client;
use crate::source::service::refusal;
use crate::terminal::message::say;
use crate::terminal::screen_text::counted;

/// Sections that are under way at a time.
const IN_FLIGHT: usize = 64;

/// Candidates for each hunk and patch that programs rank.
pub const CANDIDATES_IN_JSON: u32 = 10;

/// What is asked, and how.
#[derive(Clone, Debug)]
pub struct Question {
    /// What is looked up.
    pub inputs: Vec<PathBuf>,
    /// Where inputs are looked for.
    pub options: InputOptions,
    /// What is asked of each section; its name, text and form are those of the section.
    pub request: LookupRequest,
}

/// Takes what is told of inputs, in their order.
pub trait Listener {
    /// Answers come.
    ///
    /// # Errors
    /// Where nothing can be handed on.
    fn begin(&mut self) -> anyhow::Result<()> {
        Ok(())
    }

    /// What is told from here on is of this input, which was named so.
    fn begin_input(&mut self, name: &Path);

    /// What became of patches.
    ///
    /// # Errors
    /// Where it cannot be handed on.
    fn hear(&mut self, told: Vec<Told>) -> anyhow::Result<()>;

    /// An input cannot be read.
    fn hear_failure(&mut self, message: &str);
}

/// No more answers come.
pub struct BrokenOff {
    /// The names of the patches of the input that was being answered.
    pub names: PatchNames,
    /// Why.
    pub error: anyhow::Error,
}

/// Looks inputs up, and hands on what is told of them; returns how the answers broke off, if they did.
///
/// # Errors
/// Where there is no answer at all, or `listener` has an error.
pub async fn ask(
    client: &mut Client,
    question: Question,
    listener: &mut impl Listener,
) -> anyhow::Result<Option<BrokenOff>> {
    let max_bytes = most_bytes_of_a_section(client).await?;
    let (expected_sender, expected) = channel(IN_FLIGHT);
    let (request_sender, requests) = channel(IN_FLIGHT);
    let reader = InputReader { question, max_bytes, expected: expected_sender, requests: request_sender };
    // Not one of the runtime's threads: nobody should wait for it if it waits for standard input.
    std::thread::Builder::new()
        .name("inputs".to_owned())
        // Where nobody listens any more, this thread's work is done too.
        .spawn(move || reader.run())
        .context("cannot start a thread")?;
    let answers = client.lookup_stream(ReceiverStream::new(requests)).await;
    let answers = answers.map_err(|status| refusal(&status))?.into_inner();
    hand_on(expected, answers, listener).await
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
    /// What follows is of the input that was named so.
    Named(PathBuf),
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
    /// What the user should know of an input.
    Note(String),
    /// All inputs have been read.
    AllRead,
}

/// Sends what the inputs hold.
struct InputReader {
    question: Question,
    max_bytes: Option<u64>,
    expected: Sender<Expected>,
    requests: Sender<LookupRequest>,
}

impl InputReader {
    /// Breaks off where nobody listens any more.
    fn run(&self) -> ControlFlow<()> {
        let mut file = String::new();
        read_inputs(&self.question.inputs, &self.question.options, |found| match found {
            Found::Named(name) => self.expect(Expected::Named(name)),
            Found::Input(name) => {
                tracing::debug!(name, "reading an input");
                file.clone_from(&name);
                self.expect(Expected::Input(name))
            }
            Found::Section(section) => self.ask(&file, section),
            Found::End => self.expect(Expected::End),
            Found::Unreadable(message) => self.expect(Expected::Failure(message)),
            Found::Note(message) => self.expect(Expected::Note(message)),
        })?;
        self.expect(Expected::AllRead)
    }

    fn ask(&self, file: &str, section: InputSection) -> ControlFlow<()> {
        let InputSection { first_line, lines, text, is_plain } = section;
        if let Some(limit) = self.max_bytes.filter(|limit| text.len() as u64 > *limit) {
            return self.expect(Expected::Read(ReadSection::too_long(first_line, lines, &text, limit)));
        }
        let request = LookupRequest {
            name: file.to_owned(),
            text,
            form: if is_plain { TextForm::Plain } else { TextForm::Unspecified }.into(),
            ..self.question.request.clone()
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

async fn hand_on(
    mut expected: Receiver<Expected>,
    mut answers: Streaming<LookupResponse>,
    listener: &mut impl Listener,
) -> anyhow::Result<Option<BrokenOff>> {
    listener.begin()?;
    let mut names = PatchNames::default();
    while let Some(next) = expected.recv().await {
        let told = match next {
            Expected::Named(name) => {
                listener.begin_input(&name);
                continue;
            }
            Expected::Input(name) => {
                names = PatchNames::new(name);
                continue;
            }
            Expected::Answer(first_line, lines) => match answers.message().await {
                Ok(Some(answer)) => names.next(ReadSection::answered(first_line, lines, answer)),
                Ok(None) => {
                    return Ok(Some(BrokenOff { names, error: anyhow!("the server ended the answers") }));
                }
                Err(status) => return Ok(Some(BrokenOff { names, error: refusal(&status) })),
            },
            Expected::Read(section) => names.next(section),
            Expected::End => names.end(),
            Expected::Failure(message) => {
                listener.hear_failure(&message);
                continue;
            }
            Expected::Note(message) => vec![Told::Note(message)],
            Expected::AllRead => return Ok(None),
        };
        listener.hear(told)?;
    }
    Ok(Some(BrokenOff { names, error: anyhow!("reading the inputs ended early") }))
}
