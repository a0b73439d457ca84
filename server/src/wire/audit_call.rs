//! The `Audit` call: what does this tree lack?

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hunktrace_indexer::graph::{CommitGraph, CommitOrdinal, CommitSet};
use hunktrace_proto::v1;
use hunktrace_proto::v1::audit_request::Part;
use hunktrace_proto::v1::audit_response;
use prost::Message;
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

use crate::audit::blamed::blames;
use crate::audit::cve_state::{CveFinding, NamedCommit};
use crate::audit::missing_fixes::{FixFinding, FixQuestion, Mending, fix_findings};
use crate::audit::vulnerability::{Account, FixSet, Introduced, Vulnerability};
use crate::audit::waivers::{Waiver, Waivers};
use crate::audit::{CveFindings, cve_findings, had_commits, mended_by};
use crate::wire::answer_stream::{AnswerStream, QueuedAnswer, patience_with_turn, send_patiently};
use crate::wire::call::CallContext;
use crate::wire::checked_view::{Detail, checked_message, unindexed_message};
use crate::wire::held_bytes::HeldBytes;
use crate::wire::origin_name::OriginName;
use crate::wire::refusal::{base_content, index_status};
use crate::wire::served_index::ServedSnapshot;
use crate::wire::tree_question::{AskedTree, check_status};
use crate::wire::wanted_files::{ClientTree, FileCall};
use crate::wire::workers::{CancelOnDrop, Lane, Workers, on_worker};

/// Answers that may wait for the client.
const WAITING_ANSWERS: usize = 64;

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

impl Auditing {
    fn answer(&self, mut tree: ClientTree<AuditCall>) -> Result<(), Status> {
        tree.begin_work();
        let waiver =
            |waiver: &v1::Waiver| Waiver { subject: waiver.subject.clone(), reason: waiver.reason.clone() };
        let waivers = Waivers(self.options.waivers.iter().map(waiver).collect());
        let fixes = match self.options.wants_fixes {
            true => self.send_fixes(&waivers, &mut tree)?,
            false => 0,
        };
        self.send_vulnerabilities(&waivers, &mut tree)?;
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

    /// Sends the fixes of what the vendor has, and says how many there are.
    fn send_fixes(&self, waivers: &Waivers, tree: &mut ClientTree<AuditCall>) -> Result<u64, Status> {
        let question = self.asked.question();
        let mut taken = Vec::with_capacity(self.options.taken.len());
        for name in &self.options.taken {
            let commit = self.asked.live().resolve_origin(name);
            taken.push(commit.map_err(|error| Status::invalid_argument(format!("taken: {error}")))?);
        }
        let had = had_commits(&question, &taken);
        let known = match base_content(self.asked.live(), &self.options.since) {
            Ok(content) => content.map(|content| content.contained.clone()).unwrap_or_default(),
            Err(status) => return Err(Status::invalid_argument(status.message().replace("base:", "since:"))),
        };
        let findings = self.find_fixes(&had, &known, waivers, tree)?;
        let mended = mended_by(&question, &self.vulnerabilities);
        for finding in &findings {
            self.send(audit_response::Part::Fix(self.fix_message(finding, &mended)?))?;
        }
        Ok(findings.len() as u64)
    }

    fn find_fixes(
        &self,
        had: &CommitSet,
        known: &CommitSet,
        waivers: &Waivers,
        tree: &mut ClientTree<AuditCall>,
    ) -> Result<Vec<FixFinding>, Status> {
        let question = self.asked.question();
        let is_new = |commit: &CommitOrdinal| {
            question.base.is_none_or(|base| !base.contained.contains(*commit)) && !known.contains(*commit)
        };
        let commits: Vec<CommitOrdinal> = CommitOrdinal::first(self.graph().len()).filter(is_new).collect();
        let snapshot = &self.asked.live().snapshot;
        let read = |commit| Ok(snapshot.commit_message(commit)?.map(|message| message.text().into_owned()));
        let prose = blames(self.graph(), &commits, &read, question.cancellation)
            .map_err(|error| index_status(&error))?;
        let question = FixQuestion { tree: &question, had, known, waivers, prose: &prose };
        fix_findings(&question, tree).map_err(|error| check_status(&error, tree.take_refusal()))
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
        })
    }

    fn send_vulnerabilities(
        &self,
        waivers: &Waivers,
        tree: &mut ClientTree<AuditCall>,
    ) -> Result<(), Status> {
        let found = cve_findings(&self.asked.question(), &self.vulnerabilities, tree)
            .map_err(|error| check_status(&error, tree.take_refusal()))?;
        for finding in &found.findings {
            let waived = waivers.of_vulnerability(&finding.id).map(reason).unwrap_or_default();
            let message = self.vulnerability_message(finding, &found, waived)?;
            self.send(audit_response::Part::Vulnerability(message))?;
        }
        Ok(())
    }

    fn vulnerability_message(
        &self,
        finding: &CveFinding,
        found: &CveFindings,
        waived: String,
    ) -> Result<v1::AuditedVulnerability, Status> {
        let commit = |named: &NamedCommit, detail: Detail| match named.commit {
            None => Ok(unindexed_message(&named.name, String::new())),
            Some(commit) => match found.commits.get(&commit) {
                Some(checked) => checked_message(self.asked.live(), &named.name, checked, detail)
                    .map_err(|error| index_status(&error)),
                None => Ok(unindexed_message(&named.name, String::new())),
            },
        };
        let fixes = finding.fixes.iter().map(|named| commit(named, Detail::Hunks));
        let introduced_by = finding.introduced_by.iter().map(|named| commit(named, Detail::State));
        Ok(v1::AuditedVulnerability {
            id: finding.id.clone(),
            state: v1::VulnerabilityState::from(finding.evidence.state()).into(),
            evidence: v1::VulnerabilityEvidence::from(finding.evidence).into(),
            fixes: fixes.collect::<Result<_, Status>>()?,
            introduced_by: introduced_by.collect::<Result<_, Status>>()?,
            waived,
        })
    }
}

/// Why something is not wanted; a waiver without a reason still says so.
fn reason(waiver: &Waiver) -> String {
    if waiver.reason.is_empty() { waiver.subject.clone() } else { waiver.reason.clone() }
}
