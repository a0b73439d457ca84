//! The service's messages about a release, translated once into an [`Answer`].
//!
//! Files come before the commits that they name. Ids are replaced by numbers as they come, in the order in which they
//! are first named, so that no run holds a text; when the answer is whole, these become places in the list of commits.

use std::collections::HashMap;

use bstr::BString;
use hunktrace_proto::v1;
use hunktrace_server::wire::enums::UnknownValue;

use super::{
    Answer, AnsweredFile, AnsweredHunk, CommitIndex, CommitStatus, LaterCommit, LineOrigin, LineRun,
    MissingHunk, ReleaseCommit, Side, SupersededCommit,
};

/// Why an answer cannot be used: it contradicts itself, or says what this program does not know.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Contradiction {
    /// Lines come from a commit, or a commit is superseded by one, of which the answer says nothing.
    #[error("the service names a commit that it does not list: {id}")]
    NotListed {
        /// The commit.
        id: String,
    },
    /// A commit is in the list more than once.
    #[error("the service lists a commit twice: {id}")]
    ListedTwice {
        /// The commit.
        id: String,
    },
    /// A commit of which no line is left has lines.
    #[error("the service says that a commit is implied, and that lines come from it: {id}")]
    ImpliedWithLines {
        /// The commit.
        id: String,
    },
    /// A file is said to be answered as in the release before, which did not have it.
    #[error("{path}: the service says that it is as in the release before, which did not have it")]
    NotBefore {
        /// The file.
        path: BString,
    },
    /// Lines are neither said to be removed nor to be added.
    #[error("{path}: the service does not say on which side line {line} is")]
    NoSide {
        /// The file.
        path: BString,
        /// The first of the lines.
        line: u32,
    },
    /// More of a file was to come.
    #[error("{path}: the service does not answer for all of it")]
    CutOff {
        /// The file.
        path: BString,
    },
    /// A value stands for nothing that this program knows.
    #[error(transparent)]
    Unknown(#[from] UnknownValue),
}

/// What was answered about the files of the release before of a row.
#[derive(Debug, Default)]
pub(crate) struct AnswerBefore {
    files: HashMap<BString, Vec<AnsweredHunk>>,
    /// The commits by their places, by which the runs name them.
    commits: Vec<String>,
}

impl AnswerBefore {
    /// What the next answer may take from this one.
    pub fn of(answer: &Answer) -> AnswerBefore {
        AnswerBefore {
            files: answer.files.iter().map(|file| (file.path.clone(), file.hunks.clone())).collect(),
            commits: answer.commits.iter().map(|commit| commit.id.clone()).collect(),
        }
    }
}

/// Translates an answer's messages as they arrive.
#[derive(Debug, Default)]
pub(crate) struct AnswerReader {
    /// Its commits are named by their places in `named`.
    answer: Answer,
    named: NamedCommits,
    before: AnswerBefore,
    /// The places in `named` of the commits of the answer before, as far as they were asked for.
    named_before: Vec<Option<CommitIndex>>,
    /// Whether more of the last file is to come.
    is_file_open: bool,
    /// Whether more of its last hunk is to come.
    is_hunk_open: bool,
}

impl AnswerReader {
    /// A reader of an answer that may refer to the one before.
    pub fn after(before: Option<AnswerBefore>) -> AnswerReader {
        let before = before.unwrap_or_default();
        AnswerReader { named_before: vec![None; before.commits.len()], before, ..AnswerReader::default() }
    }

    /// How many files there are by now.
    pub fn files(&self) -> usize {
        self.answer.files.len()
    }

    /// Takes the next file, which is answered as in the release before.
    ///
    /// # Errors
    /// Where that one did not have it.
    pub fn add_as_before(&mut self, path: &BString) -> Result<(), Contradiction> {
        let AnswerReader { answer, named, before, named_before, .. } = self;
        let mut hunks =
            before.files.remove(path).ok_or_else(|| Contradiction::NotBefore { path: path.clone() })?;
        for origin in hunks.iter_mut().flat_map(|hunk| &mut hunk.runs).filter_map(|run| run.origin.as_mut()) {
            let place = origin.commit.0 as usize;
            let known = &mut named_before[place];
            let place = known.or_else(|| named.place_of(before.commits[place].clone()));
            *known = place;
            origin.commit = place.unwrap_or(origin.commit);
        }
        answer.files.push(AnsweredFile { path: path.clone(), hunks, is_as_before: true });
        Ok(())
    }

    /// Takes the next file, or more of the last one.
    ///
    /// # Errors
    /// Where it says what this program does not know, or it is not the file of which more was to come.
    pub fn add_file(&mut self, message: v1::FileAttribution) -> Result<(), Contradiction> {
        let path = BString::from(message.path);
        let mut file = match self.answer.files.pop_if(|_| self.is_file_open) {
            Some(open) if open.path == path => open,
            Some(open) => return Err(Contradiction::CutOff { path: open.path }),
            None => AnsweredFile { path, ..AnsweredFile::default() },
        };
        self.is_file_open = message.is_continued;
        for message in message.hunks {
            let is_continued = message.is_continued;
            let hunk = self.hunk(&file.path, message)?;
            match file.hunks.last_mut().filter(|_| self.is_hunk_open) {
                Some(open) => open.runs.extend(hunk.runs),
                None => file.hunks.push(hunk),
            }
            self.is_hunk_open = is_continued;
        }
        self.answer.files.push(file);
        Ok(())
    }

    /// Takes the next commit.
    ///
    /// # Errors
    /// Where it says what this program does not know.
    pub fn add_commit(&mut self, message: v1::CommitAttribution) -> Result<(), Contradiction> {
        let (status, match_kind) = (message.status().try_into()?, message.r#match().try_into()?);
        let missing = message.missing_hunks.into_iter().map(missing_hunk).collect::<Result<_, _>>()?;
        self.answer.commits.push(ReleaseCommit {
            status,
            match_kind,
            superseded_by: self.named.place_of(message.superseded_by),
            first_release: Some(message.first_release).filter(|release| !release.is_empty()),
            id: message.commit,
            confidence: message.confidence,
            lines: message.lines,
            hunks: message.hunks,
            missing,
            subject: message.subject,
            author: message.author,
            author_date: message.author_date,
            carriers: message.carriers,
            unindexed_origin: Some(message.unindexed_origin).filter(|origin| !origin.is_empty()),
            read_from: Some(message.read_from).filter(|carrier| !carrier.is_empty()),
            fixed_by: message.fixed_by.into_iter().map(later_commit).collect(),
            reverted_by: message.reverted_by.into_iter().map(later_commit).collect(),
            subsystem: Some(message.subsystem).filter(|subsystem| !subsystem.is_empty()),
        });
        Ok(())
    }

    /// Takes the next commit that was asked after and is superseded.
    pub fn add_superseded(&mut self, message: v1::SupersededCommit) {
        if let Some(by) = self.named.place_of(message.superseded_by) {
            self.answer.superseded.push(SupersededCommit { id: message.commit, by });
        }
    }

    /// The answer, when all of it is there.
    ///
    /// # Errors
    /// Where it contradicts itself.
    pub fn finish(self) -> Result<Answer, Contradiction> {
        let Answer { mut files, mut commits, mut superseded } = self.answer;
        if let Some(open) = files.pop_if(|_| self.is_file_open) {
            return Err(Contradiction::CutOff { path: open.path });
        }
        let listed = self.named.listed(&commits)?;
        let runs = files.iter_mut().flat_map(|file| &mut file.hunks).flat_map(|hunk| &mut hunk.runs);
        for origin in runs.filter_map(|run| run.origin.as_mut()) {
            origin.commit = listed[origin.commit.0 as usize];
            let commit = &commits[origin.commit.0 as usize];
            if commit.status == CommitStatus::Implied {
                return Err(Contradiction::ImpliedWithLines { id: commit.id.clone() });
            }
        }
        for by in commits.iter_mut().filter_map(|commit| commit.superseded_by.as_mut()) {
            *by = listed[by.0 as usize];
        }
        for SupersededCommit { by, .. } in &mut superseded {
            *by = listed[by.0 as usize];
        }
        Ok(Answer { files, commits, superseded })
    }

    fn hunk(&mut self, path: &BString, message: v1::HunkAttribution) -> Result<AnsweredHunk, Contradiction> {
        Ok(AnsweredHunk {
            old_start: message.old_start,
            old_lines: message.old_lines,
            new_start: message.new_start,
            new_lines: message.new_lines,
            runs: message.runs.into_iter().map(|run| self.run(path, run)).collect::<Result<_, _>>()?,
        })
    }

    fn run(&mut self, path: &BString, message: v1::Run) -> Result<LineRun, Contradiction> {
        let side = match message.side() {
            v1::Side::Old => Side::Old,
            v1::Side::New => Side::New,
            v1::Side::Unspecified => {
                return Err(Contradiction::NoSide { path: path.clone(), line: message.start });
            }
        };
        let match_kind = message.r#match();
        let origin = match self.named.place_of(message.commit) {
            Some(commit) => {
                let match_kind = match_kind.try_into()?;
                Some(LineOrigin { commit, confidence: message.confidence, match_kind })
            }
            None => None,
        };
        Ok(LineRun { side, start: message.start, lines: message.lines, origin })
    }
}

/// The commits that an answer names, in the order in which it does so first.
#[derive(Debug, Default)]
struct NamedCommits {
    ids: Vec<String>,
    places: HashMap<String, CommitIndex>,
}

impl NamedCommits {
    /// The place of a commit among these; none for an empty text, which names none.
    fn place_of(&mut self, id: String) -> Option<CommitIndex> {
        if id.is_empty() {
            return None;
        }
        if let Some(place) = self.places.get(&id) {
            return Some(*place);
        }
        let place = CommitIndex(self.ids.len() as u32);
        self.ids.push(id.clone());
        self.places.insert(id, place);
        Some(place)
    }

    /// For each of these its place in the list of commits.
    fn listed(&self, commits: &[ReleaseCommit]) -> Result<Vec<CommitIndex>, Contradiction> {
        let mut places: HashMap<&str, CommitIndex> = HashMap::with_capacity(commits.len());
        for (commit, place) in commits.iter().zip((0..).map(CommitIndex)) {
            if places.insert(&commit.id, place).is_some() {
                return Err(Contradiction::ListedTwice { id: commit.id.clone() });
            }
        }
        let place_of = |id: &String| {
            places.get(id.as_str()).copied().ok_or_else(|| Contradiction::NotListed { id: id.clone() })
        };
        self.ids.iter().map(place_of).collect()
    }
}

fn missing_hunk(message: v1::MissingHunk) -> Result<MissingHunk, Contradiction> {
    Ok(MissingHunk { reason: message.reason().try_into()?, file: message.file, old_start: message.old_start })
}

fn later_commit(message: v1::RelatedCommit) -> LaterCommit {
    LaterCommit {
        id: message.commit,
        subject: message.subject,
        first_release: Some(message.first_release).filter(|release| !release.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{MatchKind, MissingReason};

    /// A file of one hunk; each run has a side, lines and the commit that it comes from.
    fn file(runs: &[(v1::Side, u32, &str)]) -> v1::FileAttribution {
        let run = |(side, lines, commit): &(v1::Side, u32, &str)| v1::Run {
            side: (*side).into(),
            start: 7,
            lines: *lines,
            commit: (*commit).to_owned(),
            confidence: if commit.is_empty() { 0.0 } else { 0.75 },
            r#match: if commit.is_empty() { v1::MatchKind::Unspecified } else { v1::MatchKind::Changes }
                .into(),
        };
        let hunk = v1::HunkAttribution {
            old_start: 7,
            old_lines: 2,
            new_start: 9,
            new_lines: 3,
            runs: runs.iter().map(run).collect(),
            ..Default::default()
        };
        v1::FileAttribution { path: b"mm/a.c".to_vec(), hunks: vec![hunk], is_continued: false }
    }

    fn commit(id: &str, status: v1::CommitStatus) -> v1::CommitAttribution {
        v1::CommitAttribution {
            commit: id.to_owned(),
            status: status.into(),
            r#match: v1::MatchKind::Fuzzy.into(),
            ..Default::default()
        }
    }

    fn related(id: &str, release: &str) -> v1::RelatedCommit {
        v1::RelatedCommit {
            commit: id.to_owned(),
            subject: "later".to_owned(),
            first_release: release.to_owned(),
            ..Default::default()
        }
    }

    fn later(id: &str, release: Option<&str>) -> LaterCommit {
        LaterCommit {
            id: id.to_owned(),
            subject: "later".to_owned(),
            first_release: release.map(str::to_owned),
        }
    }

    fn complete(id: &str) -> v1::CommitAttribution {
        commit(id, v1::CommitStatus::Complete)
    }

    fn read(
        files: &[v1::FileAttribution],
        commits: &[v1::CommitAttribution],
    ) -> Result<Answer, Contradiction> {
        let mut reader = AnswerReader::default();
        files.iter().try_for_each(|file| reader.add_file(file.clone()))?;
        commits.iter().try_for_each(|commit| reader.add_commit(commit.clone()))?;
        reader.finish()
    }

    #[test]
    fn runs_name_commits_by_their_places_in_the_list() {
        let files =
            [file(&[(v1::Side::Old, 2, "bb"), (v1::Side::New, 1, "aa")]), file(&[(v1::Side::New, 3, "bb")])];
        let answer = read(&files, &[complete("aa"), complete("bb"), complete("cc")]).unwrap();

        let origin = |place| {
            let (confidence, match_kind) = (0.75, MatchKind::Changes);
            Some(LineOrigin { commit: CommitIndex(place), confidence, match_kind })
        };
        let hunk = AnsweredHunk {
            old_start: 7,
            old_lines: 2,
            new_start: 9,
            new_lines: 3,
            runs: vec![
                LineRun { side: Side::Old, start: 7, lines: 2, origin: origin(1) },
                LineRun { side: Side::New, start: 7, lines: 1, origin: origin(0) },
            ],
        };
        assert_eq!(answer.files[0].hunks, [hunk]);
        assert_eq!((&answer.files[0].path, answer.files[0].is_as_before), (&"mm/a.c".into(), false));
        assert_eq!(answer.files[1].hunks[0].runs[0].commit(), Some(CommitIndex(1)));
        assert_eq!(answer.commit(CommitIndex(1)).id, "bb");
    }

    #[test]
    fn file_that_is_answered_as_before_names_its_commits_by_their_new_places() {
        let before = read(
            &[file(&[(v1::Side::Old, 2, "bb"), (v1::Side::New, 1, "aa"), (v1::Side::New, 1, "")])],
            &[complete("aa"), complete("bb")],
        );
        let mut reader = AnswerReader::after(Some(AnswerBefore::of(&before.unwrap())));
        reader.add_as_before(&"mm/a.c".into()).unwrap();
        assert_eq!(
            reader.add_as_before(&"mm/b.c".into()),
            Err(Contradiction::NotBefore { path: "mm/b.c".into() })
        );
        ["00", "aa", "bb"].iter().for_each(|id| reader.add_commit(complete(id)).unwrap());

        let answer = reader.finish().unwrap();

        assert!(answer.files[0].is_as_before);
        let commits: Vec<Option<u32>> =
            answer.files[0].hunks[0].runs.iter().map(|run| run.commit().map(|commit| commit.0)).collect();
        assert_eq!(commits, [Some(2), Some(1), None]);
    }

    #[test]
    fn file_in_several_messages_is_one_file() {
        let mut first = file(&[(v1::Side::Old, 1, "aa"), (v1::Side::Old, 2, "aa")]);
        (first.is_continued, first.hunks[0].is_continued) = (true, true);
        let mut second = file(&[(v1::Side::New, 3, "aa")]);
        second.is_continued = true;
        let last = file(&[(v1::Side::New, 4, "aa")]);
        let answer = read(&[first.clone(), second, last, file(&[])], &[complete("aa")]).unwrap();

        let lines = |file: &AnsweredFile| -> Vec<Vec<u32>> {
            file.hunks.iter().map(|hunk| hunk.runs.iter().map(|run| run.lines).collect()).collect()
        };
        assert_eq!(
            answer.files.iter().map(lines).collect::<Vec<_>>(),
            [vec![vec![1, 2, 3], vec![4]], vec![vec![]]]
        );

        let cut_off = Err(Contradiction::CutOff { path: "mm/a.c".into() });
        assert_eq!(read(&[first.clone()], &[complete("aa")]), cut_off);
        let other = v1::FileAttribution { path: b"mm/b.c".to_vec(), ..file(&[]) };
        assert_eq!(read(&[first, other], &[complete("aa")]), cut_off);
    }

    #[test]
    fn vendors_own_lines_have_no_origin() {
        let answer = read(&[file(&[(v1::Side::New, 4, "")])], &[]).unwrap();
        let run = answer.files[0].hunks[0].runs[0];
        assert_eq!(run, LineRun { side: Side::New, start: 7, lines: 4, origin: None });
    }

    #[test]
    fn commit_keeps_everything_that_is_said_of_it() {
        let missing = v1::MissingHunk {
            file: "mm/b.c".to_owned(),
            old_start: 12,
            reason: v1::MissingReason::LeftOut.into(),
        };
        let message = v1::CommitAttribution {
            commit: "aa".to_owned(),
            status: v1::CommitStatus::Partial.into(),
            confidence: 0.5,
            lines: 3,
            hunks: 1,
            missing_hunks: vec![missing],
            superseded_by: String::new(),
            subject: "s".to_owned(),
            author: "A <a@b>".to_owned(),
            author_date: "2010-01-02T03:04:05Z".to_owned(),
            first_release: "v3.0".to_owned(),
            carriers: vec!["dd".to_owned()],
            r#match: v1::MatchKind::Partial.into(),
            unindexed_origin: "aa".to_owned(),
            read_from: "dd".to_owned(),
            fixed_by: vec![related("ee", "v3.1")],
            reverted_by: vec![related("ff", "")],
            subsystem: "MEMORY MANAGEMENT".to_owned(),
        };
        let answer = read(&[], &[message]).unwrap();
        let expected = ReleaseCommit {
            id: "aa".to_owned(),
            status: CommitStatus::Partial,
            confidence: 0.5,
            lines: 3,
            hunks: 1,
            missing: vec![MissingHunk {
                file: "mm/b.c".to_owned(),
                old_start: 12,
                reason: MissingReason::LeftOut,
            }],
            subject: "s".to_owned(),
            author: "A <a@b>".to_owned(),
            author_date: "2010-01-02T03:04:05Z".to_owned(),
            first_release: Some("v3.0".to_owned()),
            carriers: vec!["dd".to_owned()],
            unindexed_origin: Some("aa".to_owned()),
            read_from: Some("dd".to_owned()),
            superseded_by: None,
            match_kind: MatchKind::Partial,
            fixed_by: vec![later("ee", Some("v3.1"))],
            reverted_by: vec![later("ff", None)],
            subsystem: Some("MEMORY MANAGEMENT".to_owned()),
        };
        assert_eq!(answer.commits, [expected]);
    }

    #[test]
    fn implied_commit_names_the_one_that_has_superseded_it() {
        let implied = v1::CommitAttribution {
            superseded_by: "bb".to_owned(),
            ..commit("aa", v1::CommitStatus::Implied)
        };
        let answer = read(&[file(&[(v1::Side::New, 1, "bb")])], &[implied, complete("bb")]).unwrap();
        assert_eq!(answer.commits[0].status, CommitStatus::Implied);
        assert_eq!(answer.commits[0].superseded_by, Some(CommitIndex(1)));
        assert_eq!(answer.commits[0].first_release, None);
        assert_eq!(answer.commits[1].superseded_by, None);
    }

    #[test]
    fn commit_that_is_not_listed_is_refused() {
        let not_listed = Contradiction::NotListed { id: "bb".to_owned() };
        let files = [file(&[(v1::Side::New, 1, "bb")])];
        assert_eq!(read(&files, &[complete("aa")]).as_ref(), Err(&not_listed));

        let superseded = v1::CommitAttribution {
            superseded_by: "bb".to_owned(),
            ..commit("aa", v1::CommitStatus::Implied)
        };
        assert_eq!(read(&[], &[superseded]).as_ref(), Err(&not_listed));
        assert_eq!(not_listed.to_string(), "the service names a commit that it does not list: bb");
    }

    #[test]
    fn commit_that_is_listed_twice_is_refused() {
        let error = read(&[], &[complete("aa"), complete("bb"), complete("aa")]);
        assert_eq!(error, Err(Contradiction::ListedTwice { id: "aa".to_owned() }));
    }

    #[test]
    fn lines_of_an_implied_commit_are_refused() {
        let files = [file(&[(v1::Side::New, 1, "aa")])];
        let error = read(&files, &[commit("aa", v1::CommitStatus::Implied)]);
        assert_eq!(error, Err(Contradiction::ImpliedWithLines { id: "aa".to_owned() }));
    }

    #[test]
    fn values_that_say_nothing_are_refused() {
        let no_side = read(&[file(&[(v1::Side::Unspecified, 1, "")])], &[]);
        assert_eq!(no_side, Err(Contradiction::NoSide { path: "mm/a.c".into(), line: 7 }));

        let no_status = read(&[], &[commit("aa", v1::CommitStatus::Unspecified)]);
        assert!(matches!(no_status, Err(Contradiction::Unknown(_))), "{no_status:?}");

        let mut no_kind = file(&[(v1::Side::New, 1, "aa")]);
        no_kind.hunks[0].runs[0].r#match = 99;
        let no_kind = read(&[no_kind], &[complete("aa")]);
        assert!(matches!(no_kind, Err(Contradiction::Unknown(_))), "{no_kind:?}");
    }
}
