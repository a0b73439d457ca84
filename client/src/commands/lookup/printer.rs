//! Prints the answers of `lookup`, and reports what failed.

use std::path::Path;

use anyhow::{Context, anyhow};
use hunktrace_proto::v1::{LookupResponse, Patch};

use crate::cli::{AnswerFormat, LookupArgs};
use crate::commands::lookup::asking::{BrokenOff, Listener};
use crate::commands::lookup::one_line::patch_line;
use crate::commands::lookup::patch_names::Told;
use crate::commands::lookup::read_section::SectionOutcome;
use crate::commands::lookup::refusals::{Refusals, too_long};
use crate::commands::lookup::selection::{Selection, has_likely_origin};
use crate::commands::lookup::series_summary::SeriesSummary;
use crate::commands::lookup::text::{TextLayout, patch_text};
use crate::source::known_cves::KnownCves;
use crate::terminal::message::say;
use crate::terminal::outcome::Outcome;
use crate::terminal::output::Output;
use crate::terminal::screen::Screen;
use hunktrace_release::lookup_record::{patch_lines, patch_rows, table_heading};

/// Prints answers, and remembers whether something failed.
pub struct Printer {
    output: Output,
    format: AnswerFormat,
    layout: TextLayout,
    is_one_line: bool,
    selection: Selection,
    summary: SeriesSummary,
    /// Whether the exit code is to say that a patch has no likely origin.
    tells_unknown: bool,
    has_unknown: bool,
    /// Whether the output has a patch.
    has_printed: bool,
    has_answered: bool,
    has_failed: bool,
    refusals: Refusals,
    cves: KnownCves,
}

impl Printer {
    /// A printer that has printed nothing yet.
    pub fn new(args: &LookupArgs, cves: KnownCves, screen: &Screen) -> Printer {
        let output = match args.format {
            AnswerFormat::Text => screen.open(),
            AnswerFormat::Jsonl | AnswerFormat::Csv => Output::open(),
        };
        let layout = TextLayout {
            columns: output.columns(),
            shows_unlikely: args.max.is_some() || args.min_confidence.is_some(),
            least: args.min_confidence,
            explanation: args.explain,
            links: screen.links.clone(),
        };
        Printer {
            output,
            format: args.format,
            layout,
            is_one_line: args.oneline,
            selection: Selection { least: args.min_confidence, only_unknown: args.only_unknown },
            summary: SeriesSummary::default(),
            tells_unknown: args.exit_code,
            has_unknown: false,
            has_printed: false,
            has_answered: false,
            has_failed: false,
            refusals: Refusals::default(),
            cves,
        }
    }

    /// Reports something that failed.
    fn report(&mut self, message: &str) {
        self.has_failed = true;
        say(message);
    }

    /// What the program has done, once all is printed.
    ///
    /// # Errors
    /// Where the output cannot be written.
    pub fn finish(mut self) -> anyhow::Result<Outcome> {
        let is_refused = self.refusals.tell_repetitions();
        tracing::debug!(summary = ?self.summary, "all is answered");
        // A line for each patch is read by programs as well, which a summary would only disturb.
        if self.format == AnswerFormat::Text && (!self.is_one_line || self.layout.columns.is_some()) {
            let blank = if self.has_printed && !self.is_one_line { "\n" } else { "" };
            let summary = self.summary.text(self.layout.columns);
            if !summary.is_empty() {
                self.output.write(&format!("{blank}{summary}"))?;
            }
        }
        self.output.finish()?;
        Ok(match (self.has_failed, self.has_answered) {
            (false, _) if self.tells_unknown && self.has_unknown => Outcome::NotAllFound,
            (false, _) => Outcome::Done,
            (true, false) if is_refused => Outcome::NothingDone,
            (true, _) => Outcome::SomethingFailed,
        })
    }

    fn print(&mut self, name: &str, mut answer: LookupResponse) -> anyhow::Result<()> {
        if let Some(error) = &answer.error {
            self.has_failed = true;
            self.refusals.tell(name, &error.message);
            return Ok(());
        }
        self.cves.add_to(&mut answer);
        for mut patch in answer.patches {
            self.selection.keep_sure(&mut patch);
            self.print_patch(name, &patch)?;
        }
        Ok(())
    }

    fn print_patch(&mut self, name: &str, patch: &Patch) -> anyhow::Result<()> {
        // What is said of it tells why there is nothing to show.
        if patch.hunks.is_empty() && self.format == AnswerFormat::Text {
            return Ok(());
        }
        self.has_answered = true;
        let is_known = has_likely_origin(patch);
        self.has_unknown |= !is_known;
        self.summary.count(patch);
        if !self.selection.shows(is_known) {
            return Ok(());
        }
        let text = match self.format {
            AnswerFormat::Jsonl => patch_lines(name, patch).context("cannot write JSON")?,
            AnswerFormat::Csv => patch_rows(name, patch),
            AnswerFormat::Text if self.is_one_line => {
                patch_line(name, patch, self.layout.columns, &self.layout.links)
            }
            AnswerFormat::Text if self.has_printed => format!("\n{}", patch_text(name, patch, &self.layout)),
            AnswerFormat::Text => patch_text(name, patch, &self.layout),
        };
        self.output.write(&text)?;
        self.has_printed = true;
        Ok(())
    }

    /// Ends where no more answers come.
    ///
    /// # Errors
    /// Where nothing was answered before.
    pub fn broken_off(mut self, broken_off: BrokenOff) -> anyhow::Result<Outcome> {
        let BrokenOff { mut names, error } = broken_off;
        let (told, name) = names.broken_off();
        self.hear(told)?;
        let message = format!("{name}: not answered, nor what follows: {error}");
        if !self.has_answered {
            return Err(anyhow!(message));
        }
        self.report(&message);
        self.output.finish()?;
        Ok(Outcome::SomethingFailed)
    }
}

impl Listener for Printer {
    /// Prints what stands in front of all answers.
    fn begin(&mut self) -> anyhow::Result<()> {
        match self.format {
            AnswerFormat::Csv => self.output.write(&table_heading()),
            AnswerFormat::Text | AnswerFormat::Jsonl => Ok(()),
        }
    }

    fn begin_input(&mut self, _: &Path) {}

    fn hear(&mut self, told: Vec<Told>) -> anyhow::Result<()> {
        for item in told {
            match item {
                Told::Patch { name, outcome: SectionOutcome::Answered(answer) } => {
                    self.print(&name, answer)?
                }
                Told::Patch { name, outcome: SectionOutcome::TooLong { bytes, limit } } => {
                    self.report(&too_long(&name, bytes, limit));
                }
                Told::Problem(message) | Told::NoDiff(message) => self.report(&message),
                Told::Note(message) => say(message),
            }
        }
        Ok(())
    }

    fn hear_failure(&mut self, message: &str) {
        self.report(message);
    }
}
