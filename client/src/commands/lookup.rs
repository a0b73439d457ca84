//! `hunktrace lookup`: finds the origins of patches.
//!
//! A thread reads the inputs and sends each patch as soon as there is room, while the answers are printed in the
//! order of the input.

mod explain;
mod input;
mod json;
mod line_alignment;
mod text;

use anyhow::{Context, anyhow};
use hunktrace_proto::v1::{GetStatusRequest, LookupRequest, LookupResponse};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use crate::cli::{Format, LookupArgs};
use crate::commands::lookup::input::{Found, InputPatch, read_inputs};
use crate::commands::lookup::json::patch_lines;
use crate::commands::lookup::text::{TextLayout, patch_text};
use crate::source::service::{Client, connect, find_service, refusal, runtime};
use crate::terminal::message::say;
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;
use crate::terminal::screen_text::{counted, printable};

/// Patches that are under way at a time.
const IN_FLIGHT: usize = 64;

/// Candidates for each hunk and patch if nothing else is asked for: as many as people read, or programs rank.
const CANDIDATES_IN_TEXT: u32 = 5;
const CANDIDATES_IN_JSON: u32 = 10;

/// Runs the command.
///
/// # Errors
/// Where there is nothing to ask, or it does not answer at all.
pub fn run(args: &LookupArgs) -> anyhow::Result<Outcome> {
    let service = find_service(&args.source)?;
    runtime()?.block_on(async {
        let client = connect(&service).await?;
        look_up(client, args).await
    })
}

async fn look_up(mut client: Client, args: &LookupArgs) -> anyhow::Result<Outcome> {
    let max_bytes = most_bytes_of_a_patch(&mut client).await?;
    let (expected_sender, expected) = channel(IN_FLIGHT);
    let (request_sender, requests) = channel(IN_FLIGHT);
    let reader =
        InputReader { args: args.clone(), max_bytes, expected: expected_sender, requests: request_sender };
    // Not one of the runtime's threads: nobody should wait for it if it waits for standard input.
    std::thread::Builder::new()
        .name("inputs".to_owned())
        .spawn(move || reader.run())
        .context("cannot start a thread")?;
    let answers = client.lookup_stream(ReceiverStream::new(requests)).await;
    let answers = answers.map_err(|status| refusal(&status))?.into_inner();
    print_answers(expected, answers, args).await
}

/// Asks what the service accepts, and says what the user should know of its index.
async fn most_bytes_of_a_patch(client: &mut Client) -> anyhow::Result<Option<u64>> {
    let status = client.get_status(GetStatusRequest { max_unindexed: 0 }).await;
    let status = status.map_err(|status| refusal(&status))?.into_inner();
    if !status.is_complete {
        say("the index is not complete yet: origins may be missing; 'hunktrace index' goes on with it");
    }
    Ok(status.limits.map(|limits| limits.text_bytes))
}

/// What is to be printed next.
enum Expected {
    /// The answer for this patch.
    Answer(Asked),
    /// A message about what could not be asked.
    Failure(String),
}

/// A patch that was sent.
struct Asked {
    /// The name of the patch.
    name: String,
    /// The name of its input.
    file: String,
    /// The line of the input that it begins at, from 1.
    first_line: u64,
    /// Whether what is wrong with it is reported already.
    is_reported: bool,
}

/// Sends what the inputs hold.
struct InputReader {
    args: LookupArgs,
    max_bytes: Option<u64>,
    expected: Sender<Expected>,
    requests: Sender<LookupRequest>,
}

impl InputReader {
    fn run(&self) {
        read_inputs(&self.args.patches, |found| match found {
            Found::Patch(patch) => self.ask(patch),
            Found::Unreadable(message) => self.expected.blocking_send(Expected::Failure(message)).is_ok(),
        });
    }

    /// False if nobody listens any more.
    fn ask(&self, patch: InputPatch) -> bool {
        let InputPatch { name, file, first_line, text, has_problems } = patch;
        let bytes = text.len() as u64;
        if let Some(limit) = self.max_bytes.filter(|limit| bytes > *limit) {
            let message = format!("{name}: has {bytes} bytes, over the service's limit of {limit}; split it");
            return self.expected.blocking_send(Expected::Failure(message)).is_ok();
        }
        let usual = match self.args.format {
            Format::Text => CANDIDATES_IN_TEXT,
            Format::Jsonl => CANDIDATES_IN_JSON,
        };
        let request = LookupRequest {
            name: name.clone(),
            text,
            base: self.args.base.clone().unwrap_or_default(),
            max_candidates: self.args.max.unwrap_or(usual),
            explain: self.args.explain,
        };
        let asked = Asked { name, file, first_line, is_reported: has_problems };
        self.expected.blocking_send(Expected::Answer(asked)).is_ok()
            && self.requests.blocking_send(request).is_ok()
    }
}

async fn print_answers(
    mut expected: Receiver<Expected>,
    mut answers: Streaming<LookupResponse>,
    args: &LookupArgs,
) -> anyhow::Result<Outcome> {
    let mut printer = Printer::new(args);
    while let Some(next) = expected.recv().await {
        let asked = match next {
            Expected::Answer(asked) => asked,
            Expected::Failure(message) => {
                printer.report(&message);
                continue;
            }
        };
        let answer = match answers.message().await {
            Ok(Some(answer)) => answer,
            Ok(None) => return printer.broken_off(&asked.name, &anyhow!("the server ended the answers")),
            Err(status) => return printer.broken_off(&asked.name, &refusal(&status)),
        };
        printer.print(&asked, &answer)?;
    }
    Ok(printer.finish())
}

/// Prints answers, and remembers whether something failed.
struct Printer {
    output: Output,
    format: Format,
    layout: TextLayout,
    has_answered: bool,
    has_failed: bool,
    /// What the service said last when it could not answer, and how often in a row it said so.
    refusal: Option<(String, u64)>,
}

impl Printer {
    fn new(args: &LookupArgs) -> Printer {
        let output = Output::open();
        let layout = TextLayout {
            columns: output.columns(),
            shows_unlikely: args.max.is_some(),
            explains: args.explain,
        };
        Printer { output, format: args.format, layout, has_answered: false, has_failed: false, refusal: None }
    }

    fn report(&mut self, message: &str) {
        self.has_failed = true;
        say(message);
    }

    /// Reports what the service could not answer. A wrong flag is the same for each patch, and is said once.
    fn report_refusal(&mut self, name: &str, message: &str) {
        self.has_failed = true;
        match &mut self.refusal {
            Some((last, times)) if last == message => *times += 1,
            _ => {
                self.report_repetitions();
                self.report(&format!("{name}: {message}"));
                self.refusal = Some((message.to_owned(), 1));
            }
        }
    }

    fn report_repetitions(&mut self) {
        if let Some((message, times)) = self.refusal.take()
            && times > 1
        {
            say(format_args!("{} more, for other patches: {message}", counted(times - 1, "time")));
        }
    }

    fn finish(mut self) -> Outcome {
        let is_refused = self.refusal.is_some();
        self.report_repetitions();
        match (self.has_failed, self.has_answered) {
            (false, _) => Outcome::Done,
            (true, false) if is_refused => Outcome::NothingDone,
            (true, _) => Outcome::SomethingFailed,
        }
    }

    fn print(&mut self, asked: &Asked, answer: &LookupResponse) -> anyhow::Result<()> {
        let Asked { name, file, first_line, is_reported } = asked;
        // The service reads patches as this program does, so it finds the same; but it may be a newer one.
        for problem in answer.problems.iter().filter(|_| !is_reported) {
            let line = first_line + problem.line.saturating_sub(1);
            self.report(&format!("{file}:{line}: {}", printable(&problem.message)));
        }
        if let Some(error) = &answer.error {
            self.report_refusal(name, &error.message);
            return Ok(());
        }
        for patch in &answer.patches {
            let text = match self.format {
                Format::Jsonl => patch_lines(name, patch).context("cannot write JSON")?,
                Format::Text if self.has_answered => format!("\n{}", patch_text(name, patch, &self.layout)),
                Format::Text => patch_text(name, patch, &self.layout),
            };
            self.output.write(&text)?;
            self.has_answered = true;
        }
        Ok(())
    }

    /// Ends where no more answers come.
    fn broken_off(&mut self, name: &str, error: &anyhow::Error) -> anyhow::Result<Outcome> {
        let message = format!("{name}: not answered, nor what follows: {error}");
        if !self.has_answered {
            return Err(anyhow!(message));
        }
        self.report(&message);
        Ok(Outcome::SomethingFailed)
    }
}
