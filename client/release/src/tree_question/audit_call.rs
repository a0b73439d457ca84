//! Asks the service what a tree lacks.

use anyhow::bail;
use hunktrace_proto::v1;
use hunktrace_proto::v1::audit_request::Part as RequestPart;
use hunktrace_proto::v1::audit_response::Part;
use hunktrace_server::audit::vulnerability::{Account, Introduced, Vulnerability};
use tokio::sync::mpsc::Sender;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::answers::{AuditAnswer, AuditedFix, AuditedVulnerability};
use super::trees::Trees;
use crate::attribute::Service;

/// Messages that may be under way to the service.
const MESSAGES_UNDER_WAY: usize = 4;

/// Vulnerabilities in one message.
const VULNERABILITIES_PER_MESSAGE: usize = 500;

/// Something that is not wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// The beginning of a commit's id, a path or folder, or the name of a vulnerability.
    pub subject: String,
    /// Why.
    pub reason: String,
}

/// What is asked of a tree.
#[derive(Clone, Debug, Default)]
pub struct AuditRequest {
    /// What the vendor started from, as a revision of the index; empty where it is not known.
    pub base_revision: String,
    /// The commits that the vendor has taken, by id.
    pub taken: Vec<String>,
    /// Whether missing fixes are asked for.
    pub wants_fixes: bool,
    /// What this revision contains is not told; empty for nothing.
    pub since: String,
    /// What is not wanted.
    pub waivers: Vec<Waiver>,
    /// The vulnerabilities whose state is asked for.
    pub vulnerabilities: Vec<Vulnerability>,
    /// Commits that say to carry a change and do not make it.
    pub broken: Vec<String>,
    /// Commits that say to undo others, and leave what matters of them.
    pub not_reverts: Vec<String>,
}

/// Asks what a tree lacks.
///
/// # Errors
/// Where a tree cannot be read, or the service refuses or does not answer to the end.
pub async fn audit(service: &Service, request: AuditRequest, trees: &Trees) -> anyhow::Result<AuditAnswer> {
    let (requests, sent) = tokio::sync::mpsc::channel(MESSAGES_UNDER_WAY);
    let ask = ask(&requests, request);
    let receive = async {
        let mut responses = service.audit(ReceiverStream::new(sent)).await?;
        let mut answer = AuditAnswer::default();
        while let Some(response) = responses.next().await {
            match response.map_err(crate::attribute::refusal)?.part {
                Some(Part::Wanted(wanted)) => {
                    for files in trees.wanted(&wanted)? {
                        drop(requests.send(part(RequestPart::Files(files))).await);
                    }
                }
                Some(Part::Fix(fix)) => answer.fixes.push(AuditedFix::try_from(fix)?),
                Some(Part::Vulnerability(vulnerability)) => {
                    answer.vulnerabilities.push(AuditedVulnerability::try_from(vulnerability)?);
                }
                Some(Part::End(_)) => return Ok(answer),
                None => {}
            }
        }
        bail!("the service ended before its answer did; try again")
    };
    let ((), answer) = tokio::try_join!(ask, receive)?;
    Ok(answer)
}

/// Sends the question. A service that stops listening says why in its answer.
async fn ask(requests: &Sender<v1::AuditRequest>, request: AuditRequest) -> anyhow::Result<()> {
    let waiver = |waiver: Waiver| v1::Waiver { subject: waiver.subject, reason: waiver.reason };
    let options = v1::AuditOptions {
        base: request.base_revision,
        taken: request.taken,
        wants_fixes: request.wants_fixes,
        since: request.since,
        waivers: request.waivers.into_iter().map(waiver).collect(),
        broken: request.broken,
        not_reverts: request.not_reverts,
    };
    drop(requests.send(part(RequestPart::Options(options))).await);
    let mut vulnerabilities = request.vulnerabilities.into_iter().map(vulnerability);
    loop {
        let some: Vec<v1::Vulnerability> =
            vulnerabilities.by_ref().take(VULNERABILITIES_PER_MESSAGE).collect();
        if some.is_empty() {
            break;
        }
        let known = v1::KnownVulnerabilities { vulnerabilities: some };
        drop(requests.send(part(RequestPart::Vulnerabilities(known))).await);
    }
    drop(requests.send(part(RequestPart::End(v1::EndOfQuestion {}))).await);
    Ok(())
}

fn part(part: RequestPart) -> v1::AuditRequest {
    v1::AuditRequest { part: Some(part) }
}

fn vulnerability(known: Vulnerability) -> v1::Vulnerability {
    v1::Vulnerability {
        id: known.id,
        accounts: known.accounts.into_iter().map(account).collect(),
        files: known.files.into_iter().map(Into::into).collect(),
    }
}

fn account(known: Account) -> v1::VulnerabilityAccount {
    let (introduction, introduced_by) = match known.introduced {
        Introduced::Unknown => (v1::IntroductionKind::Unspecified, Vec::new()),
        Introduced::FromTheBeginning => (v1::IntroductionKind::Beginning, Vec::new()),
        Introduced::Never => (v1::IntroductionKind::Never, Vec::new()),
        Introduced::By(commits) => (v1::IntroductionKind::Commits, commits),
    };
    let fixes = known.fixes.into_iter().map(|set| v1::FixSet { commits: set.commits, mends: set.mends });
    v1::VulnerabilityAccount {
        introduction: introduction.into(),
        introduced_by,
        fixes: fixes.collect(),
        depends_on: known.depends_on,
    }
}
