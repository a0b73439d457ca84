//! The patches of a vendor's package, each answered as `lookup` answers a patch.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use hunktrace_indexer::patch::{PlainText, sections};
use hunktrace_proto::v1;

use super::records::write_file;
use super::service::Service;
use crate::lookup_record::patch_lines;
use crate::report::ReportPatch;
use crate::tree::PackagePatch;

const RECORDS_FILE: &str = "patches.jsonl";

/// Candidates for each hunk and patch, as many as `lookup` gives to programs.
const CANDIDATES: u32 = 10;

/// The answers to a package's patches, in the order in which they are applied.
#[derive(Debug, Default)]
pub(super) struct PatchAnswers {
    /// A patch of the package with several patches in it has an answer for each of these.
    answers: Vec<(String, v1::Patch)>,
    /// What could not be answered, for people.
    pub notes: Vec<String>,
}

impl PatchAnswers {
    /// Asks where the patches of a package come from, leaving out what the base contains.
    pub async fn ask(service: &Service, base_revision: &str, patches: &[PackagePatch]) -> PatchAnswers {
        let mut found = PatchAnswers::default();
        for patch in patches {
            let mut answers = Vec::new();
            let plain = PlainText::of(&patch.text);
            for section in sections(plain.text()) {
                let request = v1::LookupRequest {
                    name: patch.name.clone(),
                    text: plain.text()[section.span].to_vec(),
                    base: base_revision.to_owned(),
                    max_candidates: CANDIDATES,
                    explain: false,
                    with_message: false,
                    with_purpose: true,
                    form: v1::TextForm::Plain.into(),
                };
                match service.look_up(request).await {
                    Ok(response) => answers.extend(response.patches),
                    Err(error) => found.notes.push(format!("{}: not looked up: {error}", patch.name)),
                }
            }
            let is_only_one = answers.len() == 1;
            for (answer, number) in answers.into_iter().zip(1..) {
                let name = if is_only_one { patch.name.clone() } else { format!("{}#{number}", patch.name) };
                found.answers.push((name, answer));
            }
        }
        found
    }

    /// How many patches were answered.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// Writes the records of `lookup`, if there are any.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        if self.answers.is_empty() {
            return Ok(());
        }
        let lines = self.answers.iter().map(|(name, answer)| patch_lines(name, answer));
        let lines = lines.collect::<Result<Vec<String>, _>>().context("cannot write JSON")?;
        write_file(folder, RECORDS_FILE, |out| {
            lines.iter().try_for_each(|line| out.write_all(line.as_bytes()))
        })
    }

    /// The patches as the report shows them: each with its best candidate.
    pub fn report(&self) -> Vec<ReportPatch> {
        let patch = |(name, answer): &(String, v1::Patch)| {
            let best = answer.candidates.first();
            ReportPatch {
                name: name.clone(),
                hunks: answer.hunks.len(),
                commit: best.map(|candidate| candidate.commit.clone()),
                subject: best.map(|candidate| candidate.subject.clone()).unwrap_or_default(),
                confidence: best.map_or(0.0, |candidate| candidate.confidence),
            }
        };
        self.answers.iter().map(patch).collect()
    }
}
