//! The `Audit` call: what does this tree lack?

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, CommitSet};
use hunktrace_proto::v1;
use hunktrace_proto::v1::audit_request::Part;
use hunktrace_proto::v1::audit_response;
use prost::Message;
use rayon::prelude::*;
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

use crate::audit::blamed::blames;
use crate::audit::candidates::{Candidate, FixQuestion, candidates, taken_faults};
use crate::audit::cve_state::{CveFinding, NamedCommit};
use crate::audit::file_histories::FileHistories;
use crate::audit::mending::{Mending, mending_commits};
use crate::audit::missing_fixes::{FixFinding, FixJudge};
use crate::audit::taken_back::LaterHistory;
use crate::audit::unwanted::unwanted_fixes;
use crate::audit::vulnerability::{Account, FixSet, Introduced, Vulnerability};
use crate::audit::waivers::{Waiver, Waivers};
use crate::audit::{checked_commits, cve_commits, cve_findings, had_commits, mended_by, mended_by_code};
use crate::check::commit_state::CheckedCommits;
use crate::check::question::TreeQuestion;
use crate::wire::answer_stream::{AnswerStream, QueuedAnswer, patience_with_turn, send_patiently};
use crate::wire::call::CallContext;
use crate::wire::checked_view::{Detail, checked_message, unindexed_message};
use crate::wire::held_bytes::HeldBytes;
use crate::wire::origin_name::OriginName;
use crate::wire::purpose_view::purpose_of;
use crate::wire::refusal::{base_content, index_status};
use crate::wire::served_index::ServedSnapshot;
use crate::wire::tree_question::{AskedTree, check_status};
use crate::wire::wanted_files::{ClientTree, FileCall};
use crate::wire::workers::{CancelOnDrop, Lane, Workers, on_worker};

/// Answers that may wait for the client.
const WAITING_ANSWERS: usize = 64;

/// Fixes whose messages are made at the same time.
const FIXES_AT_A_TIME: usize = 4096;

/// Fixes whose messages are made one after the other: the texts of neighbours lie in the same compressed blocks.
const NEIGHBOURING_FIXES: usize = 256;

type Answers = mpsc::Sender<QueuedAnswer<v1::AuditResponse>>;

struct AuditCall;

impl FileCall for AuditCall {
    type Request = v1::AuditRequest;
    type Response = v1::AuditResponse;

    fn wanted(files: v1::WantedFiles) -> v1::AuditResponse {
        v1::AuditResponse { part: Some(audit_response::Part::Wanted(files)) }
    }

    fn files(request: v1::AuditRequest) -> Option<v1::TreeFiles> {
        match request.part {
            Some(Part::Files(files)) => Some(files),
            _ => None,
        }
    }
}

/// Answers a call.
///
/// # Errors
/// INVALID_ARGUMENT where it does not begin with its options, or the base is not indexed.
pub(crate) async fn audit_call(
    served: ServedSnapshot,
    workers: Arc<Workers>,
    context: CallContext,
    mut requests: Streaming<v1::AuditRequest>,
) -> Result<AnswerStream<v1::AuditResponse>, Status> {
    let ServedSnapshot { live, limits, paths, .. } = served;
    let call = CancelOnDrop::new();
    let cancellation = call.cancellation().until(Instant::now() + limits.release_time);
    let Some(v1::AuditRequest { part: Some(Part::Options(options)) }) =
        context.next(&mut requests, limits.call_idle).await?
    else {
        return Err(Status::invalid_argument("the first message has to be the options"));
    };
    let mut held = vec![context.take(options.encoded_len())?];
    let vulnerabilities = vulnerabilities(&context, limits.call_idle, &mut requests, &mut held).await?;
    let (answers, answered) = mpsc::channel(WAITING_ANSWERS);
    let patience = patience_with_turn(&limits);
    tokio::spawn(async move {
        let tree = ClientTree::<AuditCall>::new(requests, answers.clone(), context.clone(), limits);
        let answering = answers.clone();
        let work = async {
            let turn = context.turn_of_stream(&workers, Lane::Releases).await?;
            on_worker(turn, move || {
                let _held = held;
                let v1::AuditOptions { base, broken, not_reverts, .. } = &options;
                let asked = AskedTree::new(live, base, broken, not_reverts, cancellation)?;
                Auditing { asked, options, vulnerabilities, answers: answering, patience }.answer(tree)
            })
            .await
        };
        if let Err(status) = work.await {
            // A client that has gone hears nothing.
            drop(answers.send((Err(paths.status(status)), None)).await);
        }
    });
    Ok(AnswerStream::new(answered, call))
}

/// The vulnerabilities that come up to the end of the question; what they hold is added to `held`.
async fn vulnerabilities(
    context: &CallContext,
    idle: Duration,
    requests: &mut Streaming<v1::AuditRequest>,
    held: &mut Vec<HeldBytes>,
) -> Result<Vec<Vulnerability>, Status> {
    let mut vulnerabilities = Vec::new();
    loop {
        match context.next(requests, idle).await?.and_then(|request| request.part) {
            Some(Part::Vulnerabilities(known)) => {
                held.push(context.take(known.encoded_len())?);
                vulnerabilities.extend(known.vulnerabilities.into_iter().map(vulnerability));
            }
            Some(Part::End(v1::EndOfQuestion {})) => return Ok(vulnerabilities),
            _ => {
                return Err(Status::invalid_argument(
                    "after the options only vulnerabilities and the end of the question may follow",
                ));
            }
        }
    }
}

fn vulnerability(message: v1::Vulnerability) -> Vulnerability {
    let account = |message: v1::VulnerabilityAccount| Account {
        introduced: match message.introduction() {
            v1::IntroductionKind::Unspecified => Introduced::Unknown,
            v1::IntroductionKind::Beginning => Introduced::FromTheBeginning,
            v1::IntroductionKind::Never => Introduced::Never,
            v1::IntroductionKind::Commits => Introduced::By(message.introduced_by),
        },
        fixes: message
            .fixes
            .into_iter()
            .map(|set| FixSet { commits: set.commits, mends: set.mends })
            .collect(),
        depends_on: message.depends_on,
    };
    Vulnerability {
        id: message.id,
        accounts: message.accounts.into_iter().map(account).collect(),
        files: message.files.into_iter().map(Into::into).collect(),
    }
}

/// An audit that is worked on.
struct Auditing {
    asked: AskedTree,
    options: v1::AuditOptions,
    vulnerabilities: Vec<Vulnerability>,
    answers: Answers,
    /// How long the client may take no answer.
    patience: Duration,
}

/// The commits that may be missing fixes, and what the vendor does not want of them.
#[derive(Default)]
struct Fixes {
    candidates: Vec<Candidate>,
    taken: BTreeSet<CommitOrdinal>,
    /// All that the vendor has.
    had: CommitSet,
    unwanted: BTreeMap<CommitOrdinal, Waiver>,
}

impl Auditing {
    fn answer(&self, mut tree: ClientTree<AuditCall>) -> Result<(), Status> {
        tree.begin_work();
        let question = self.asked.question();
        let waiver =
            |waiver: &v1::Waiver| Waiver { subject: waiver.subject.clone(), reason: waiver.reason.clone() };
        let waivers = Waivers(self.options.waivers.iter().map(waiver).collect());
        let fixes = match self.options.wants_fixes {
            true => self.fixes(&question, &mut tree)?,
            false => Fixes::default(),
        };
        // All commits are looked for at once: what decides over a file is worked out once for all of them.
        let mut commits = cve_commits(question.graph, &self.vulnerabilities);
        commits.extend(fixes.candidates.iter().map(|candidate| candidate.commit));
        commits.extend(&fixes.taken);
        let checked = checked_commits(&question, commits, &mut tree)
            .map_err(|error| check_status(&error, tree.take_refusal()))?;
        let fixes = self.send_fixes(&question, fixes, &checked, &waivers)?;
        self.send_vulnerabilities(&question, &checked, &waivers, &mut tree)?;
        let end = v1::AuditEnd { fixes, vulnerabilities: self.vulnerabilities.len() as u64 };
        self.send(audit_response::Part::End(end))
    }

    fn send(&self, part: audit_response::Part) -> Result<(), Status> {
        let answer = v1::AuditResponse { part: Some(part) };
        send_patiently(&self.answers, answer, self.patience)
    }

    fn graph(&self) -> &CommitGraph {
        self.asked.live().snapshot.graph()
    }

    /// Finds what may be missing, by what messages say.
    fn fixes(&self, question: &TreeQuestion<'_>, tree: &mut ClientTree<AuditCall>) -> Result<Fixes, Status> {
        let mut taken = Vec::with_capacity(self.options.taken.len());
        for name in &self.options.taken {
            let commit = self.asked.live().resolve_origin(name);
            taken.push(commit.map_err(|error| Status::invalid_argument(format!("taken: {error}")))?);
        }
        let known = match base_content(self.asked.live(), &self.options.since) {
            Ok(content) => content.map(|content| content.contained.clone()).unwrap_or_default(),
            Err(status) => return Err(Status::invalid_argument(status.message().replace("base:", "since:"))),
        };
        let is_new =
            |commit: &CommitOrdinal| question.base.is_none_or(|base| !base.contained.contains(*commit));
        let all = || CommitOrdinal::first(self.graph().len()).filter(is_new);
        let read = |commit| {
            let message = self.asked.live().snapshot.commit_message(commit)?;
            Ok(message.map(|message| message.text().into_owned()))
        };
        let commits: Vec<CommitOrdinal> = all().filter(|commit| !known.contains(*commit)).collect();
        let prose = blames(self.graph(), &commits, &read, question.cancellation)
            .map_err(|error| index_status(&error))?;
        let mending = mending_commits(question, &prose);
        if question.base.is_none() && taken.is_empty() {
            taken = mended_by_code(question, &mending, tree)
                .map_err(|error| check_status(&error, tree.take_refusal()))?;
        }
        let had = had_commits(question, taken);
        let candidates =
            candidates(&FixQuestion { tree: question, had: &had, known: &known, mending: &mending });
        let own = all().filter(|commit| had.contains(*commit));
        let unwanted = unwanted_fixes(self.graph(), own, &read, question.cancellation)
            .map_err(|error| index_status(&error))?;
        Ok(Fixes { taken: taken_faults(question, &candidates), candidates, had, unwanted })
    }

    /// Sends the fixes of what the vendor has, and says how many there are.
    fn send_fixes(
        &self,
        question: &TreeQuestion<'_>,
        fixes: Fixes,
        checked: &CheckedCommits,
        waivers: &Waivers,
    ) -> Result<u64, Status> {
        let Fixes { candidates, taken, had, unwanted } = fixes;
        let later = LaterHistory { question, had: &had, histories: FileHistories::new(question) };
        let judge = FixJudge { checked, taken: &taken, waivers, unwanted: &unwanted, later };
        let findings = judge.findings(candidates).map_err(|error| index_status(&error))?;
        let mended = mended_by(question, &self.vulnerabilities);
        for some in findings.chunks(FIXES_AT_A_TIME) {
            let messages = some.par_iter().with_min_len(NEIGHBOURING_FIXES);
            let messages = messages.map(|finding| self.fix_message(finding, &mended));
            for message in messages.collect::<Result<Vec<_>, Status>>()? {
                self.send(audit_response::Part::Fix(message))?;
            }
        }
        Ok(findings.len() as u64)
    }

    fn fix_message(
        &self,
        finding: &FixFinding,
        mended: &BTreeMap<CommitOrdinal, Vec<String>>,
    ) -> Result<v1::AuditedFix, Status> {
        let name = |commit: &CommitOrdinal| OriginName::of(self.graph(), *commit).commit;
        let of = |kind: Mending| {
            let mends = finding.candidate.mends.iter().filter(|(_, how)| *how == kind);
            mends.map(|(commit, _)| name(commit)).collect()
        };
        let commit = checked_message(self.asked.live(), "", &finding.checked, Detail::Hunks)
            .map_err(|error| index_status(&error))?;
        Ok(v1::AuditedFix {
            commit: Some(commit),
            state: v1::FixState::from(finding.state).into(),
            fixes: of(Mending::Fixes),
            reverts: of(Mending::Reverts),
            mends: of(Mending::InProse),
            follows: finding.candidate.follows.iter().map(|(commit, _)| name(commit)).collect(),
            vulnerabilities: mended.get(&finding.candidate.commit).cloned().unwrap_or_default(),
            applies: finding.applies(),
            waived: finding.waived.as_ref().map(reason).unwrap_or_default(),
            purpose: purpose_of(&self.asked.live().snapshot, finding.candidate.commit)
                .map_err(|error| index_status(&error))?,
        })
    }

    fn send_vulnerabilities(
        &self,
        question: &TreeQuestion<'_>,
        checked: &CheckedCommits,
        waivers: &Waivers,
        tree: &mut ClientTree<AuditCall>,
    ) -> Result<(), Status> {
        let found = cve_findings(question, &self.vulnerabilities, checked, tree)
            .map_err(|error| check_status(&error, tree.take_refusal()))?;
        for finding in &found {
            let waived = waivers.of_vulnerability(&finding.id).map(reason).unwrap_or_default();
            let message = self.vulnerability_message(finding, checked, waived)?;
            self.send(audit_response::Part::Vulnerability(message))?;
        }
        Ok(())
    }

    fn vulnerability_message(
        &self,
        finding: &CveFinding,
        checked: &CheckedCommits,
        waived: String,
    ) -> Result<v1::AuditedVulnerability, Status> {
        let commits = |named: &[NamedCommit], detail: Detail| {
            let message = |named: &NamedCommit| match named.commit.and_then(|commit| checked.get(&commit)) {
                Some(checked) => checked_message(self.asked.live(), &named.name, checked, detail)
                    .map_err(|error| index_status(&error)),
                None => Ok(unindexed_message(&named.name, String::new())),
            };
            named.iter().map(message).collect::<Result<_, Status>>()
        };
        Ok(v1::AuditedVulnerability {
            id: finding.id.clone(),
            state: v1::VulnerabilityState::from(finding.evidence.state()).into(),
            evidence: v1::VulnerabilityEvidence::from(finding.evidence).into(),
            fixes: commits(&finding.fixes, Detail::Hunks)?,
            introduced_by: commits(&finding.introduced_by, Detail::State)?,
            depends_on: commits(&finding.depends_on, Detail::State)?,
            waived,
        })
    }
}

/// Why something is not wanted; a waiver without a reason still says so.
fn reason(waiver: &Waiver) -> String {
    if waiver.reason.is_empty() { waiver.subject.clone() } else { waiver.reason.clone() }
}
