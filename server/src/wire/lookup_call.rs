//! The answer to one text: it is read here, once, and its patches are looked up.

use hunktrace_indexer::cancellation::Cancellation;
use hunktrace_indexer::index::folder::IndexError;
use hunktrace_indexer::index::retrieval::HunkRetrieval;
use hunktrace_indexer::patch::{
    Patch, PatchText, Problem, ProblemKind, ReadBounds, Unread, loose_lines_unless, parse_plain_within,
    parse_within,
};
use hunktrace_proto::v1;
use prost::Message;
use tonic::Status;

use crate::hunks::looked_up::LookedUp;
use crate::hunks::query::query_hunks;
use crate::index::base_content::BaseContent;
use crate::index::patch_paths::settle_paths;
use crate::lookup::added_code::judge_added_code;
use crate::lookup::candidate::Candidate;
use crate::lookup::claims::PatchClaims;
use crate::lookup::second_look::{SecondLook, Seen};
use crate::lookup::{Lookup, LookupOptions};
use crate::wire::answer::AnswerWriter;
use crate::wire::limits::Limits;
use crate::wire::patch_claims::claim_messages;
use crate::wire::refusal::{
    base_content, cancelled_status, candidates_wanted, check_answer, check_size, from_sound_index,
    index_status, unread_status,
};
use crate::wire::served_index::ServedSnapshot;

/// A text that is not answered, with what was read of it all the same.
#[derive(Debug)]
pub(crate) struct Unanswered {
    /// Why it is not answered.
    pub status: Status,
    /// Whether the text has a diff; `None` if it was not read.
    has_diff: Option<bool>,
    /// What could not be read of the text.
    problems: Vec<v1::Problem>,
}

impl Unanswered {
    /// A text that was not read.
    pub(crate) fn unread(status: Status) -> Unanswered {
        Unanswered { status, has_diff: None, problems: Vec::new() }
    }

    /// The answer to the request of a stream, whose name is `name`.
    pub(crate) fn into_response(self, name: String) -> v1::LookupResponse {
        let error = v1::Error { code: self.status.code() as u32, message: self.status.message().to_owned() };
        v1::LookupResponse {
            name,
            error: Some(error),
            has_diff: self.has_diff,
            problems: self.problems,
            patches: Vec::new(),
        }
    }
}

/// Answers one text.
///
/// # Errors
/// Where the text, the request or the answer is over a limit, the base is not indexed, the text has no diff, the index
/// cannot be read, or it is cancelled.
pub(crate) fn lookup(
    served: &ServedSnapshot,
    request: &v1::LookupRequest,
    cancellation: &Cancellation,
) -> Result<v1::LookupResponse, Unanswered> {
    let answer = lookup_among(served, &served.live.snapshot, request, cancellation)?;
    count_answer(served, &answer);
    Ok(answer)
}

/// Counts what was answered.
pub(crate) fn count_answer(served: &ServedSnapshot, answer: &v1::LookupResponse) {
    let hunks = || answer.patches.iter().flat_map(|patch| &patch.hunks);
    served.metrics.answered(hunks().count(), hunks().map(|hunk| hunk.candidates.len()).sum());
}

/// Answers one text by the hunks of the index as `retrieval` has them.
///
/// # Errors
/// As [`lookup`].
pub(crate) fn lookup_among(
    served: &ServedSnapshot,
    retrieval: &dyn HunkRetrieval,
    request: &v1::LookupRequest,
    cancellation: &Cancellation,
) -> Result<v1::LookupResponse, Unanswered> {
    check_size(&request.text, &served.limits).map_err(Unanswered::unread)?;
    let bounds = ReadBounds {
        cancellation: cancellation.clone(),
        hunks: served.limits.hunks,
        problems: served.limits.problems,
    };
    let read = read(request, &bounds);
    let mut text = read.map_err(|unread| Unanswered::unread(unread_status(unread)))?;
    let has_diff = Some(text.patches.iter().any(|patch| !patch.files.is_empty()));
    let problems: Vec<v1::Problem> = text.problems.iter().map(problem_message).collect();
    let answered = answer_patches(served, retrieval, request, &mut text, cancellation);
    match answered.and_then(|patches| from_sound_index(&served.live, patches)) {
        Ok(patches) => {
            Ok(v1::LookupResponse { patches, problems, error: None, name: request.name.clone(), has_diff })
        }
        Err(status) => Err(Unanswered { status, has_diff, problems }),
    }
}

/// Reads a text as what it may be.
fn read(request: &v1::LookupRequest, bounds: &ReadBounds) -> Result<PatchText, Unread> {
    if request.form() == v1::TextForm::Plain {
        return parse_plain_within(&request.text, bounds);
    }
    let text = parse_within(&request.text, bounds)?;
    let has_nothing = text.patches.iter().all(|patch| patch.files.is_empty());
    // Of anything else that is no diff it is known what it is.
    let may_be_code = has_nothing && text.problems.iter().all(|problem| problem.kind == ProblemKind::NoDiff);
    if !may_be_code {
        return Ok(text);
    }
    let loose = loose_lines_unless(&request.text, &bounds.cancellation);
    bounds.cancellation.check()?;
    Ok(loose.unwrap_or(text))
}

fn answer_patches(
    served: &ServedSnapshot,
    retrieval: &dyn HunkRetrieval,
    request: &v1::LookupRequest,
    text: &mut PatchText,
    cancellation: &Cancellation,
) -> Result<Vec<v1::Patch>, Status> {
    let limits = &served.limits;
    let max_candidates = candidates_wanted(request.max_candidates, limits)?;
    let live = &served.live;
    let base = base_content(live, &request.base)?;
    if text.patches.iter().all(|patch| patch.files.is_empty())
        && let Some(problem) = text.problems.first()
    {
        return Err(Status::invalid_argument(problem.to_string()));
    }

    let excluded = base.as_ref().map(|base| &base.contained);
    for patch in &mut text.patches {
        cancellation.check().map_err(cancelled_status)?;
        settle_paths(patch, retrieval).map_err(|error| index_status(&error))?;
    }
    let is_code = text.problems.iter().any(|problem| problem.kind == ProblemKind::CodeLines);
    // Of code all that was retrieved is judged.
    let retrieved = if is_code { limits.candidates } else { max_candidates };
    let options = LookupOptions { excluded, max_candidates: retrieved };
    let lookup = Lookup::new(live.snapshot.graph(), retrieval, &served.cache.prepared);
    let mut lookup = lookup.unless(cancellation);
    let writer = AnswerWriter::new(served, retrieval, request);
    let mut room = AnswerRoom { limits, bytes: 0 };
    let mut answers = Vec::with_capacity(text.patches.len());
    for (patch, name) in text.patches.iter().zip(patch_names(&request.name, text)) {
        let asked =
            AskedPatch { patch, name, base: base.as_deref(), request, is_code, max_candidates, cancellation };
        answers.push(answer_patch(&mut lookup, &writer, asked, &options, &mut room)?);
    }
    Ok(answers)
}

/// How the patches of a text are called: by its name, numbered where several have a diff.
fn patch_names(name: &str, text: &PatchText) -> Vec<String> {
    let has_diff = |patch: &&Patch| !patch.files.is_empty();
    let is_series = text.patches.iter().filter(has_diff).count() > 1;
    let mut number = 0;
    let mut name_of = |patch: &Patch| {
        if !is_series || patch.files.is_empty() {
            return name.to_owned();
        }
        number += 1;
        format!("{name}#{number}")
    };
    text.patches.iter().map(&mut name_of).collect()
}

fn problem_message(problem: &Problem) -> v1::Problem {
    v1::Problem {
        line: problem.line as u64,
        message: problem.to_string(),
        path: problem.path.as_ref().map(|path| path.to_vec()).unwrap_or_default(),
        fault: problem.kind.to_string(),
        remedy: problem.kind.remedy().to_owned(),
        patch: problem.patch.map(|patch| patch as u32),
        harmless: problem.kind.is_harmless(),
    }
}

/// A patch of the text, and what was asked of it.
struct AskedPatch<'a> {
    patch: &'a Patch,
    name: String,
    base: Option<&'a BaseContent>,
    request: &'a v1::LookupRequest,
    /// Whether it is code that is no diff.
    is_code: bool,
    max_candidates: usize,
    cancellation: &'a Cancellation,
}

/// How much of an answer's room is taken.
struct AnswerRoom<'a> {
    limits: &'a Limits,
    bytes: usize,
}

impl AnswerRoom<'_> {
    /// Takes room for a part of the answer.
    fn take(&mut self, part: &impl Message) -> Result<(), Status> {
        self.bytes += part.encoded_len();
        check_answer(
            self.bytes,
            self.limits,
            "ask for fewer candidates, or send the text's patches one by one",
        )
    }
}

fn answer_patch(
    lookup: &mut Lookup<'_>,
    writer: &AnswerWriter<'_>,
    asked: AskedPatch<'_>,
    options: &LookupOptions<'_>,
    room: &mut AnswerRoom<'_>,
) -> Result<v1::Patch, Status> {
    let fault = |error: IndexError| index_status(&error);
    let queries = query_hunks(asked.patch);
    let looked_up = LookedUp::of(&queries);
    let claims = PatchClaims::read(writer.graph(), asked.patch);
    let mut answer = lookup.claiming_patch(&looked_up.hunks, &claims, options).map_err(fault)?;
    let second_look = match &queries[..] {
        [code] if asked.is_code => {
            let (retrieval, wanted) = (writer.retrieval(), asked.max_candidates);
            judge_added_code(&mut answer, &code.stored, retrieval, wanted, asked.cancellation)
                .map_err(fault)?;
            // Code from a tree undoes nothing.
            SecondLook::default()
        }
        _ => lookup.second_look(&looked_up.hunks, &answer, options.excluded).map_err(fault)?,
    };
    let answer = answer.told(&looked_up);
    let SecondLook { in_base, reverts } = second_look.told(&looked_up);
    let messages = |candidates: &[Candidate]| -> Result<Vec<v1::Candidate>, IndexError> {
        // A candidate is large, and errors hide from `collect` how many there are.
        let mut messages = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            messages.push(writer.candidate(candidate)?);
        }
        Ok(messages)
    };
    let held = |seen: Option<&Candidate>| match (seen, asked.base) {
        (Some(candidate), Some(base)) => {
            writer.in_base(candidate, base, &asked.request.base).map(|held| Some(Box::new(held)))
        }
        _ => Ok(None),
    };
    let undone = |seen: Option<&Candidate>| {
        seen.map(|candidate| writer.candidate(candidate).map(Box::new)).transpose()
    };
    let patch_of = |seen: &Option<Seen>| seen.as_ref().and_then(|seen| seen.patch.clone());
    let hunk_of =
        |seen: &Option<Seen>, place: usize| seen.as_ref().and_then(|seen| seen.hunks[place].clone());
    let in_base_at_all =
        in_base.as_ref().and_then(|seen| seen.patch.iter().chain(seen.hunks.iter().flatten()).next());
    let mut message = v1::Patch {
        name: asked.name,
        hunks: Vec::with_capacity(queries.len()),
        candidates: messages(&answer.candidates).map_err(fault)?,
        claimed: claim_messages(writer.graph(), &claims, &answer, in_base_at_all),
        in_base: held(patch_of(&in_base).as_ref()).map_err(fault)?,
        reverts: undone(patch_of(&reverts).as_ref()).map_err(fault)?,
        subject: asked.patch.subject.clone().unwrap_or_default(),
        commit: asked.patch.commit.clone().unwrap_or_default(),
    };
    room.take(&message)?;
    for (place, (query, candidates)) in queries.iter().zip(&answer.hunks).enumerate() {
        asked.cancellation.check().map_err(cancelled_status)?;
        let hunk = query.stored.hunk.as_ref();
        let hunk_answer = v1::HunkAnswer {
            file: query.stored.path().to_string(),
            old_start: hunk.map_or(0, |hunk| hunk.old_start),
            old_lines: hunk.map_or(0, |hunk| hunk.old_lines),
            new_start: hunk.map_or(0, |hunk| hunk.new_start),
            new_lines: hunk.map_or(0, |hunk| hunk.new_lines),
            candidates: messages(candidates).map_err(fault)?,
            body: hunk.filter(|_| asked.request.explain).map(|hunk| hunk.body.to_vec()).unwrap_or_default(),
            line: query.line as u64,
            in_base: held(hunk_of(&in_base, place).as_ref()).map_err(fault)?,
            reverts: undone(hunk_of(&reverts, place).as_ref()).map_err(fault)?,
        };
        room.take(&hunk_answer)?;
        message.hunks.push(hunk_answer);
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    use hunktrace_indexer::patch::parse;

    use super::*;

    fn problems(text: &str) -> Vec<v1::Problem> {
        parse(text.as_bytes()).problems.iter().map(problem_message).collect()
    }

    #[test]
    fn problem_of_a_patch_names_its_place_and_its_remedy() {
        let text = "--- a/mm/x.c\n+++ b/mm/x.c\n@@ -1,x +1 @@\n-a\n+b\n";
        let expected = v1::Problem {
            line: 3,
            message:
                "line 3: mm/x.c: hunk header cannot be read; write it as `@@ -LINE,COUNT +LINE,COUNT @@`"
                    .to_owned(),
            path: b"mm/x.c".to_vec(),
            fault: "hunk header cannot be read".to_owned(),
            remedy: "write it as `@@ -LINE,COUNT +LINE,COUNT @@`".to_owned(),
            patch: Some(0),
            harmless: true,
        };
        assert_eq!(problems(text), [expected]);
    }

    #[test]
    fn patches_are_numbered_where_several_have_a_diff() {
        let mail =
            |body: &str| format!("From a@b Thu Jan  1 00:00:00 1970\nFrom: A <a@b>\nSubject: x\n\n{body}");
        let (cover, one) = (mail("words\n\n"), mail("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"));
        let names = |texts: &[&str]| patch_names("file", &parse(texts.concat().as_bytes()));
        assert_eq!(names(&[&one]), ["file"]);
        assert_eq!(names(&[&cover, &one]), ["file", "file"]);
        assert_eq!(names(&[&cover, &one, &cover, &one]), ["file", "file#1", "file", "file#2"]);
    }

    #[test]
    fn code_is_read_where_a_text_may_be_anything() {
        let files = |form: v1::TextForm| {
            let text = b"\treturn a(b);\n".to_vec();
            let request = v1::LookupRequest { text, form: form.into(), ..Default::default() };
            read(&request, &ReadBounds::default()).expect("it is read").patches[0].files.len()
        };
        assert_eq!((files(v1::TextForm::Unspecified), files(v1::TextForm::Plain)), (1, 0));
    }

    #[test]
    fn diff_in_a_form_that_is_not_read_is_no_code() {
        let request = v1::LookupRequest { text: b"7a8\n> \treturn a(b);\n".to_vec(), ..Default::default() };
        let text = read(&request, &ReadBounds::default()).expect("it is read");
        assert_eq!(text.patches[0].files.len(), 0);
        assert_eq!(text.problems[0].kind, ProblemKind::NormalDiff);
    }

    #[test]
    fn lack_of_a_diff_is_the_problem_of_no_patch() {
        let [problem] = &problems("words\n")[..] else { panic!("one problem") };
        assert_eq!(problem.patch, None);
        assert_eq!((problem.line, problem.path.as_slice()), (1, b"".as_slice()));
        assert_eq!(problem.fault, "no diff found");
    }

    #[test]
    fn text_that_was_not_read_says_nothing_of_its_diff() {
        let answer = Unanswered::unread(Status::internal("it ended")).into_response("name".to_owned());
        assert_eq!(answer.has_diff, None);
        let error = answer.error.expect("the reason");
        assert_eq!((error.code, error.message.as_str()), (13, "it ended"));
        assert_eq!(answer.name, "name");
    }
}
