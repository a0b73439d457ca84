//! A made-up vendor release of any size, always the same for the same size.

use std::path::Path;

use hunktrace_indexer::hunk::{Hunk, Sign};
use hunktrace_release::answer::{
    CommitIndex, CommitStatus, LineOrigin, LineRun, MatchKind, MissingHunk, MissingReason, ReleaseCommit,
    Side,
};
use hunktrace_release::report::{ReportFile, ReportHunk, ReportSummary, ReportWriter};

/// How much there is of a release.
#[derive(Clone, Copy)]
pub struct Size {
    pub files: u32,
    /// Changed lines in all, about.
    pub lines: u32,
    pub commits: u32,
}

/// Folders, and how many parts of the files each has.
const FOLDERS: [(&str, u64); 16] = [
    ("drivers/net/ethernet", 14),
    ("drivers/scsi/qla2xxx", 9),
    ("drivers/gpu/drm/radeon", 10),
    ("drivers/infiniband/hw", 5),
    ("drivers/staging/hv", 2),
    ("arch/x86/kvm", 6),
    ("arch/x86/kernel", 5),
    ("arch/s390/kernel", 3),
    ("arch/powerpc/platforms", 3),
    ("fs/ext4", 5),
    ("fs/nfs", 4),
    ("net/ipv4", 4),
    ("net/sctp", 3),
    ("kernel", 4),
    ("mm", 3),
    ("include/linux", 7),
];

const TEXTS: [&str; 12] = [
    "\tif (unlikely(err < 0))",
    "\t\tgoto out_unlock;",
    "\tspin_lock_irqsave(&dev->lock, flags);",
    "",
    "}",
    "\tstruct page *page = NULL;\t/* the page <that> is wanted */",
    "\tfor (i = 0; i < ARRAY_SIZE(table); i++) {",
    "#include <linux/kernel.h>",
    "static int probe(struct device *dev, const struct id *id)",
    "\t\tpr_debug(\"%s: state %d -> %d\\n\", __func__, old, new);",
    "\treturn 0;",
    " * Returns zero on success, and a negative error code otherwise.",
];

const SUBJECTS: [&str; 8] = [
    "fix a race between open and remove",
    "do not leak the buffer when the setup fails",
    "convert to the new interface",
    "use the right lock in the timer",
    "add support for another revision of the hardware",
    "remove dead code",
    "check the length before copying to user space",
    "clean up white space",
];

/// SplitMix64 (Steele, Lea, Flood, 2014): enough for made-up data, and the same everywhere.
pub struct Seeded(pub u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len() as u64) as usize]
    }
}

/// A changed file of the release.
pub struct MadeUpFile {
    pub path: String,
    pub notes: Vec<String>,
    pub hunks: Vec<(Hunk, Vec<LineRun>)>,
}

impl MadeUpFile {
    pub fn report(&self) -> ReportFile<'_> {
        let hunks = self.hunks.iter().map(|(hunk, runs)| ReportHunk { hunk, runs }).collect();
        ReportFile { path: self.path.as_str().into(), notes: &self.notes, hunks }
    }
}

/// The runs of a hunk's changed lines, which come from these in turn.
pub fn runs(hunk: &Hunk, origins: &[Option<LineOrigin>]) -> Vec<LineRun> {
    let mut runs: Vec<LineRun> = Vec::new();
    let (mut old_line, mut new_line) = (hunk.old_start, hunk.new_start);
    let mut origins = origins.iter().copied();
    for line in hunk.lines() {
        let place = match line.sign {
            Sign::Context => None,
            Sign::Removed => Some((Side::Old, old_line)),
            Sign::Added => Some((Side::New, new_line)),
        };
        if let Some((side, start)) = place {
            let origin = origins.next().flatten();
            match runs.last_mut() {
                Some(run) if run.side == side && run.start + run.lines == start && run.origin == origin => {
                    run.lines += 1
                }
                _ => runs.push(LineRun { side, start, lines: 1, origin }),
            }
        }
        old_line += u32::from(line.sign != Sign::Added);
        new_line += u32::from(line.sign != Sign::Removed);
    }
    runs
}

/// Writes a release's report to `dir`. Gives its commits; `more` files and commits come after the made-up ones.
pub fn write(dir: &Path, size: Size, more: (Vec<MadeUpFile>, Vec<ReleaseCommit>)) -> Vec<ReleaseCommit> {
    let mut random = Seeded(1);
    let mut commits: Vec<ReleaseCommit> =
        (0..size.commits).map(|number| made_up_commit(&mut random, number)).collect();
    let (more_files, more_commits) = more;
    let mut writer = ReportWriter::new(dir).unwrap();
    let mut paths: Vec<(String, u64)> =
        (0..size.files).map(|number| made_up_path(&mut random, number)).collect();
    paths.sort();
    for (path, folder_number) in &paths {
        // A few files have most of the lines, as in any release.
        let rank = random.below(1000) + 1;
        let lines = (u64::from(size.lines / size.files) * 160 / rank).clamp(1, 30_000);
        let file = made_up_file(&mut random, path, *folder_number, lines, &mut commits);
        writer.add_file(&file.report()).unwrap();
    }
    more_files.iter().for_each(|file| writer.add_file(&file.report()).unwrap());
    commits.extend(more_commits);
    let summary = ReportSummary {
        vendor: "made-up vendor 6.2".into(),
        base: "v2.6.32".into(),
        inputs: vec![
            ("base".into(), "linux.git:v2.6.32".into()),
            ("vendor".into(), "vendor-6.2.tar.xz".into()),
        ],
        versions: vec![("hunktrace".into(), "0.1.0".into())],
        timings: vec![("attribution".into(), std::time::Duration::from_millis(32_100))],
        patches: Vec::new(),
        reach: "The index ends with v3.1 of 2011-10-24.".into(),
    };
    writer.finish(&commits, &summary).unwrap();
    commits
}

fn made_up_path(random: &mut Seeded, number: u32) -> (String, u64) {
    let mut at = random.below(FOLDERS.iter().map(|(_, weight)| weight).sum());
    let folder = FOLDERS.iter().position(|(_, weight)| {
        let is_here = at < *weight;
        at = at.wrapping_sub(*weight);
        is_here
    });
    let folder = folder.unwrap_or(0);
    let ending = if FOLDERS[folder].0.starts_with("include") { "h" } else { "c" };
    (format!("{}/part{}/file{number}.{ending}", FOLDERS[folder].0, number % 7), folder as u64)
}

fn made_up_commit(random: &mut Seeded, number: u32) -> ReleaseCommit {
    let status = *random.pick(&[
        CommitStatus::Complete,
        CommitStatus::Complete,
        CommitStatus::Complete,
        CommitStatus::Partial,
        CommitStatus::Implied,
    ]);
    let release = 33 + random.below(9);
    let release = if release < 40 { format!("v2.6.{release}") } else { format!("v3.{}", release - 40) };
    let (folder, _) = random.pick(&FOLDERS);
    let missing = if status == CommitStatus::Partial { random.below(4) + 1 } else { 0 };
    let confidence = (random.below(1000) as f64 / 1000.0).powf(0.2);
    ReleaseCommit {
        id: format!("{:016x}{:016x}{:08x}", random.next(), random.next(), random.next() as u32),
        status,
        confidence,
        lines: 0,
        hunks: 0,
        missing: (0..missing)
            .map(|hunk| MissingHunk {
                file: format!("{folder}/gone{hunk}.c"),
                old_start: 12,
                reason: MissingReason::Unchanged,
            })
            .collect(),
        subject: format!("{folder}: {} ({number})", random.pick(&SUBJECTS)),
        author: format!("Author {}", random.below(900)),
        author_date: format!(
            "201{}-0{}-1{}T12:00:00+02:00",
            random.below(2),
            random.below(9) + 1,
            random.below(10)
        ),
        first_release: Some(format!("{release}-rc{}", random.below(8) + 1)),
        unindexed_origin: None,
        read_from: None,
        fixed_by: Vec::new(),
        reverted_by: Vec::new(),
        subsystem: (!number.is_multiple_of(5)).then(|| format!("{} SUBSYSTEM", folder.to_uppercase())),
        carriers: (0..random.below(2))
            .map(|_| format!("{:016x}{:016x}{:08x}", random.next(), number, 7))
            .collect(),
        superseded_by: (status == CommitStatus::Implied).then_some(CommitIndex(0)),
        match_kind: MatchKind::Exact,
    }
}

fn made_up_file(
    random: &mut Seeded,
    path: &str,
    folder: u64,
    changed: u64,
    commits: &mut [ReleaseCommit],
) -> MadeUpFile {
    let mut file = MadeUpFile { path: path.into(), notes: Vec::new(), hunks: Vec::new() };
    let (mut old_line, mut new_line, mut left) = (1, 1, changed);
    // A folder has commits of its own, and another share that nothing explains.
    let is_new = random.below(10) == 0;
    if is_new {
        file.notes.push("new file".into());
    }
    let neighbours = commits.len() as u64 / FOLDERS.len() as u64;
    while left > 0 {
        let lines = if is_new { left } else { (random.below(60) + 1).min(left) };
        left -= lines;
        let mut hunk = Hunk { section: "static int probe(void)".into(), ..Hunk::default() };
        let mut origins = Vec::new();
        let (mut run_left, mut run_origin) = (0, None);
        let context = |hunk: &mut Hunk, random: &mut Seeded| {
            (0..3).for_each(|_| hunk.push_line(Sign::Context, random.pick(&TEXTS).as_bytes(), true));
        };
        if !is_new {
            context(&mut hunk, random);
        }
        for _ in 0..lines {
            if run_left == 0 {
                run_left = random.below(24) + 1;
                run_origin = (neighbours > 0 && random.below(16) >= folder).then(|| {
                    let commit = (folder * neighbours + random.below(neighbours)) as u32;
                    LineOrigin {
                        commit: CommitIndex(commit),
                        confidence: commits[commit as usize].confidence,
                        match_kind: *random.pick(&[MatchKind::Exact, MatchKind::Changes, MatchKind::Fuzzy]),
                    }
                });
                if let Some(LineOrigin { commit: CommitIndex(commit), .. }) = run_origin {
                    commits[commit as usize].hunks += 1;
                }
            }
            run_left -= 1;
            let sign = if !is_new && random.below(3) == 0 { Sign::Removed } else { Sign::Added };
            hunk.push_line(sign, random.pick(&TEXTS).as_bytes(), true);
            origins.push(run_origin);
            if let Some(LineOrigin { commit: CommitIndex(commit), .. }) = run_origin {
                commits[commit as usize].lines += 1;
            }
        }
        if !is_new {
            context(&mut hunk, random);
        }
        let count = |gone: Sign| hunk.lines().filter(|line| line.sign != gone).count() as u32;
        (hunk.old_lines, hunk.new_lines) = (count(Sign::Added), count(Sign::Removed));
        (hunk.old_start, hunk.new_start) = (if is_new { 0 } else { old_line }, new_line);
        old_line += hunk.old_lines + 20;
        new_line += hunk.new_lines + 20;
        let runs = runs(&hunk, &origins);
        file.hunks.push((hunk, runs));
    }
    file
}
