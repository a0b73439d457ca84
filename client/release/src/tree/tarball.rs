//! Reading a tree from a tar archive.
//!
//! The archive comes as a stream and may be hostile. Its contents are unpacked to one scratch file and not to files of
//! their names; [`Limits`](super::limits::Limits) bounds how much is read.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::rc::Rc;

use bstr::{BString, ByteSlice};
use tar::EntryType;

use super::compression::{Compression, decompress, peek};
use super::entry::{Entry, Mode};
use super::error::Error;
use super::gauge::{Gauge, Gauged};
use super::options::Options;
use super::unpacked::{Destination, Unpacked};

/// Size of tar's blocks, in bytes.
const BLOCK: usize = 512;

/// What a tarball holds.
#[derive(Debug)]
pub(super) struct Tarball {
    pub compression: Compression,
    pub entries: BTreeMap<BString, Entry>,
    /// When the newest of its files was changed, in seconds since 1970.
    pub newest_date: Option<i64>,
    pub notes: Vec<String>,
}

/// Reads a tar archive that may be compressed. `archive` names it in messages.
pub(super) fn read<'a>(archive: &str, input: impl Read + 'a, options: &Options) -> Result<Tarball, Error> {
    let unreadable = |source| Error::damaged(archive, "at its beginning", source);
    let (compression, input) = decompress(input).map_err(unreadable)?;
    let (first_block, input) = peek(input, BLOCK as u64).map_err(unreadable)?;
    if !is_tar_header(&first_block) {
        let found = match compression {
            Compression::None => "is no tar archive".to_owned(),
            compression => format!("is compressed with {compression} but holds no tar archive"),
        };
        return Err(Error::UnknownFormat { archive: archive.into(), found });
    }
    Unpacking::new(archive, options)?.run(input, compression)
}

/// Whether a block is the header of a tar member, by its checksum.
fn is_tar_header(block: &[u8]) -> bool {
    const CHECKSUM: std::ops::Range<usize> = 148..156;
    let Ok(bytes) = <&[u8; BLOCK]>::try_from(block) else { return false };
    let header = tar::Header::from_byte_slice(bytes);
    let sum = bytes
        .iter()
        .enumerate()
        .fold(0u32, |sum, (at, byte)| sum + u32::from(if CHECKSUM.contains(&at) { b' ' } else { *byte }));
    header.cksum().is_ok_and(|checksum| checksum == sum)
}

/// The reading of one archive.
struct Unpacking<'a> {
    archive: &'a str,
    gauge: Rc<Gauge>,
    unpacked: Unpacked<'a>,
    last_member: BString,
    newest_date: Option<i64>,
    notes: Vec<String>,
}

impl<'a> Unpacking<'a> {
    fn new(archive: &'a str, options: &'a Options) -> Result<Unpacking<'a>, Error> {
        Ok(Unpacking {
            archive,
            gauge: Gauge::new(&options.limits),
            unpacked: Unpacked::new(archive, options)?,
            last_member: BString::default(),
            newest_date: None,
            notes: Vec::new(),
        })
    }

    fn run(mut self, input: impl Read, compression: Compression) -> Result<Tarball, Error> {
        let mut tar = tar::Archive::new(Gauged::new(input, &self.gauge));
        let mut members = tar.entries().map_err(|source| self.damaged(source))?;
        let end_bytes = loop {
            self.gauge.enter_header();
            let member = members.next();
            let header_bytes = self.gauge.leave_header();
            let Some(member) = member else { break header_bytes };
            let mut member = member.map_err(|source| self.damaged(source))?;
            self.last_member = member.path_bytes().into_owned().into();
            self.add(&mut member)?;
            // What is left of a member would otherwise count as the next one's header.
            io::copy(&mut member, &mut io::sink()).map_err(|source| self.damaged(source))?;
        };
        // A complete archive ends with a block of zeros. Without one it was cut between two members.
        if end_bytes < BLOCK as u64 {
            return Err(self
                .damaged(io::Error::new(io::ErrorKind::UnexpectedEof, "the end of the archive is missing")));
        }
        self.read_to_end(tar.into_inner())?;
        let (entries, more_notes) = self.unpacked.finish()?;
        self.notes.extend(more_notes);
        Ok(Tarball { compression, entries, newest_date: self.newest_date, notes: self.notes })
    }

    fn add(&mut self, member: &mut tar::Entry<'_, impl Read>) -> Result<(), Error> {
        let name = self.last_member.clone();
        let kind = member.header().entry_type();
        if kind.is_pax_global_extensions() {
            return self.note_git_commit(member);
        }
        let path = match self.unpacked.place(name.as_bstr(), member.size())? {
            Destination::At(path) => path,
            Destination::InGitFolder => return Ok(()),
        };
        // Before there was a type for folders, a slash at the end marked them.
        if kind.is_dir() || (kind.is_file() && name.ends_with(b"/")) {
            self.unpacked.add_folder(path);
            return Ok(());
        }
        if path.is_empty() {
            return Err(self.bad_member(&name, "is a file without a name"));
        }
        // Archives that are made to be reproducible may have no dates, which reads as 1970.
        let date = member.header().mtime().ok().and_then(|date| i64::try_from(date).ok());
        self.newest_date = self.newest_date.max(date.filter(|date| *date > 0));
        match kind {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => self.add_file(member, path),
            EntryType::Symlink => {
                let target = self.link_target(member, &name)?;
                self.unpacked.add_symlink(path, &target)
            }
            EntryType::Link if member.size() > 0 => Err(self
                .bad_member(&name, "is a hard link with content of its own, which readers disagree about")),
            EntryType::Link => {
                let target = self.link_target(member, &name)?;
                self.unpacked.add_hard_link(path, &target)
            }
            EntryType::Char | EntryType::Block | EntryType::Fifo => {
                Err(self.bad_member(&name, "is a device or named pipe, which no source tree has"))
            }
            other => {
                let kind = char::from(other.as_byte()).escape_default();
                Err(self.bad_member(&name, format!("is of the kind '{kind}', which is not supported")))
            }
        }
    }

    fn add_file(&mut self, member: &mut tar::Entry<'_, impl Read>, path: BString) -> Result<(), Error> {
        if has_pax_sparse_map(member).map_err(|source| self.damaged(source))? {
            return Err(self.bad_member(&path, "is a sparse file in the pax format, which is not supported"));
        }
        let permissions = member.header().mode().map_err(|source| self.damaged(source))?;
        let size = member.size();
        let (archive, place) = (self.archive, self.place());
        let damaged = |source| Error::damaged(archive, place.clone(), source);
        self.unpacked.add_file(path, Mode::of_file(permissions), size, member, &damaged)
    }

    fn link_target(&self, member: &tar::Entry<'_, impl Read>, name: &BString) -> Result<BString, Error> {
        match member.link_name_bytes() {
            Some(target) if target.contains(&0) => {
                Err(self.bad_member(name, "is a link whose target holds a NUL byte"))
            }
            Some(target) => Ok(target.into_owned().into()),
            None => Err(self.bad_member(name, "is a link without a target")),
        }
    }

    /// Notes the commit that `git archive` writes into an archive's global header.
    fn note_git_commit(&mut self, member: &mut tar::Entry<'_, impl Read>) -> Result<(), Error> {
        const ENOUGH: u64 = 64 << 10;
        if member.size() > ENOUGH {
            return Ok(());
        }
        let records = member.pax_extensions().map_err(|source| self.damaged(source))?;
        let comment = records
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .find(|record| record.key_bytes() == b"comment");
        let Some(comment) = comment else { return Ok(()) };
        if let Ok(commit) = gix::ObjectId::from_hex(comment.value_bytes()) {
            self.notes.push(format!("the archive says that it was made from git commit {commit}"));
        }
        Ok(())
    }

    /// Reads what follows the last member, so that a compressed stream's checksum is checked.
    fn read_to_end(&mut self, mut rest: impl Read) -> Result<(), Error> {
        let mut buffer = vec![0; 64 << 10];
        let mut ignored = 0u64;
        loop {
            let count = match rest.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.damaged(error)),
            };
            if ignored > 0 || buffer[..count].iter().any(|byte| *byte != 0) {
                ignored += count as u64;
            }
        }
        if ignored > 0 {
            self.notes.push(format!(
                "about {ignored} bytes after the end of the archive were ignored, as tar does"
            ));
        }
        Ok(())
    }

    fn damaged(&self, source: io::Error) -> Error {
        Error::damaged(self.archive, self.place(), source)
    }

    /// Where the reading stands.
    fn place(&self) -> String {
        let offset = self.gauge.total();
        if self.last_member.is_empty() {
            return format!("at byte {offset} of the unpacked archive");
        }
        format!("member {:?} or the one after it, at byte {offset} of the unpacked archive", self.last_member)
    }

    fn bad_member(&self, name: &BString, problem: impl Into<String>) -> Error {
        Error::bad_member(self.archive, name, problem)
    }
}

/// Whether a member's content is a condensed form that only GNU tar's pax records explain.
fn has_pax_sparse_map(member: &mut tar::Entry<'_, impl Read>) -> io::Result<bool> {
    let Some(records) = member.pax_extensions()? else { return Ok(false) };
    for record in records {
        if record?.key_bytes().starts_with(b"GNU.sparse.") {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::tree::limits::Limits;
    use bstr::BStr;
    use proptest::prelude::*;
    use std::io::Write;
    use tar::{Builder, Header};

    /// A complete tar archive of regular files.
    pub fn tar_of(files: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (name, content) in files {
            add(&mut builder, EntryType::Regular, name, "", content.as_bytes());
        }
        builder.into_inner().expect("writes to memory")
    }

    pub fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).expect("writes to memory");
        encoder.finish().expect("writes to memory")
    }

    /// Adds a member whose name, target and kind are written as they are, however hostile.
    fn add(builder: &mut Builder<Vec<u8>>, kind: EntryType, name: &str, target: &str, content: &[u8]) {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        let old = header.as_old_mut();
        old.name[..name.len()].copy_from_slice(name.as_bytes());
        old.linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_cksum();
        builder.append(&header, content).expect("writes to memory");
    }

    /// A member: kind, name, link target, content.
    type Raw<'a> = (EntryType, &'a str, &'a str, &'a str);

    /// An archive of members.
    fn archive(members: &[Raw<'_>]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (kind, name, target, content) in members {
            add(&mut builder, *kind, name, target, content.as_bytes());
        }
        builder.into_inner().expect("writes to memory")
    }

    fn unpack(bytes: &[u8]) -> Result<Tarball, Error> {
        read("test.tar", bytes, &Options::default())
    }

    fn unpack_within(limits: Limits, bytes: &[u8]) -> Result<Tarball, Error> {
        read("test.tar", bytes, &Options { limits, ..Options::default() })
    }

    fn content(tarball: &Tarball, path: &str) -> String {
        let bytes = tarball.entries[BStr::new(path)].content.read(path.into()).expect("reads");
        String::from_utf8(bytes).expect("text")
    }

    fn paths(tarball: &Tarball) -> Vec<String> {
        tarball.entries.keys().map(ToString::to_string).collect()
    }

    use EntryType::{Directory, Link, Regular, Symlink};

    #[test]
    fn files_links_and_modes_come_out_as_they_went_in() {
        let mut builder = Builder::new(Vec::new());
        add(&mut builder, Directory, "./linux/", "", b"");
        add(&mut builder, Regular, "./linux/a.c", "", b"int a;\n");
        add(&mut builder, Symlink, "linux/link", "../../etc/passwd", b"");
        add(&mut builder, Link, "linux/hard", "linux/a.c", b"");
        add(&mut builder, Regular, "linux/empty", "", b"");
        let mut header = Header::new_gnu();
        header.set_size(3);
        header.set_mode(0o755);
        builder.append_data(&mut header, "linux/run.sh", &b"#!\n"[..]).expect("writes");
        let tarball = unpack(&builder.into_inner().expect("writes")).expect("reads");

        assert_eq!(paths(&tarball), ["a.c", "empty", "hard", "link", "run.sh"]);
        assert_eq!(content(&tarball, "a.c"), "int a;\n");
        assert_eq!(content(&tarball, "hard"), "int a;\n");
        assert_eq!(content(&tarball, "link"), "../../etc/passwd");
        assert_eq!(content(&tarball, "empty"), "");
        let mode = |path: &str| tarball.entries[BStr::new(path)].mode();
        assert_eq!(
            (mode("a.c"), mode("link"), mode("run.sh")),
            (Mode::Regular, Mode::Symlink, Mode::Executable)
        );
        assert_eq!(tarball.notes, ["the top folder \"linux\" was stripped"]);
    }

    #[test]
    fn only_a_single_top_folder_is_stripped() {
        for (members, expected) in [
            (&[("a/x", ""), ("b/x", "")][..], &["a/x", "b/x"][..]),
            (&[("a/x", ""), ("README", "")], &["README", "a/x"]),
            (&[("a", "")], &["a"]),
            (&[("a/b/x", ""), ("a/b/y", "")], &["b/x", "b/y"]),
        ] {
            assert_eq!(paths(&unpack(&tar_of(members)).expect("reads")), expected);
        }
    }

    #[test]
    fn long_names_of_both_kinds_and_odd_characters_are_kept() {
        let long = format!("linux/{}/file.c", "sub/".repeat(60).trim_end_matches('/'));
        let mut gnu = Builder::new(Vec::new());
        let mut header = Header::new_gnu();
        header.set_size(1);
        header.set_mode(0o644);
        gnu.append_data(&mut header, &long, &b"x"[..]).expect("writes");
        let mut pax = Builder::new(Vec::new());
        pax.append_pax_extensions([("path", long.as_bytes())]).expect("writes");
        add(&mut pax, Regular, "short", "", b"x");
        for builder in [gnu, pax] {
            let tarball = unpack(&builder.into_inner().expect("writes")).expect("reads");
            assert_eq!(paths(&tarball), [long.trim_start_matches("linux/")]);
        }
        let odd = unpack(&tar_of(&[("l/a\\..\\b:c", ""), ("l/\u{e9}", "")])).expect("reads");
        assert_eq!(paths(&odd), ["a\\..\\b:c", "\u{e9}"]);
    }

    #[test]
    fn members_that_no_source_tree_has_are_refused_by_name() {
        let hostile: [(&[Raw<'_>], &str); 11] = [
            (&[(Regular, "../x", "", "x")], "leads out"),
            (&[(Regular, "a/../../x", "", "x")], "leads out"),
            (&[(Regular, "/etc/x", "", "x")], "absolute"),
            (&[(Symlink, "a", "/etc", ""), (Regular, "a/x", "", "x")], "no folder"),
            (&[(Regular, "a/x", "", "x"), (Symlink, "a", "/etc", "")], "no folder"),
            (&[(Link, "x", "/etc/passwd", "")], "absolute"),
            (&[(Link, "x", "../x", "")], "leads out"),
            (&[(Link, "x", "later", ""), (Regular, "later", "", "")], "came before"),
            (&[(EntryType::Char, "x", "", "")], "device"),
            (&[(EntryType::Fifo, "x", "", "")], "named pipe"),
            (&[(EntryType::new(b'M'), "x", "", "")], "'M'"),
        ];
        for (members, expected) in hostile {
            let error = unpack(&archive(members)).expect_err("is refused");
            assert!(matches!(error, Error::BadMember { .. }), "{error}");
            assert!(error.to_string().contains(expected) && error.to_string().contains('x'), "{error}");
        }
    }

    #[test]
    fn a_nul_byte_in_a_pax_name_is_refused() {
        let mut builder = Builder::new(Vec::new());
        builder.append_pax_extensions([("path", &b"a\0b"[..])]).expect("writes");
        add(&mut builder, Regular, "x", "", b"");
        let error = unpack(&builder.into_inner().expect("writes")).expect_err("is refused");
        assert!(error.to_string().contains("NUL"), "{error}");
    }

    #[test]
    fn of_members_with_one_name_the_last_counts_and_it_is_noted() {
        let twice =
            [(Regular, "l/a", "", "first"), (Regular, "l/./a", "", "second"), (Regular, "l/b", "", "")];
        let tarball = unpack(&archive(&twice)).expect("reads");
        assert_eq!(content(&tarball, "a"), "second");
        assert!(tarball.notes[1].contains("\"l/a\""), "{:?}", tarball.notes);
        let replaced =
            [(Symlink, "l/a", "/etc", ""), (Directory, "l/a/", "", ""), (Regular, "l/a/x", "", "x")];
        assert_eq!(paths(&unpack(&archive(&replaced)).expect("reads")), ["a/x"]);
    }

    #[test]
    fn gits_own_folder_is_left_out_and_it_is_noted() {
        let tarball = unpack(&tar_of(&[("l/.git/config", "x"), ("l/.gitignore", "x")])).expect("reads");
        assert_eq!(paths(&tarball), [".gitignore"]);
        assert!(tarball.notes.iter().any(|note| note.contains("1 members in folders named .git")));
    }

    #[test]
    fn each_limit_is_kept_and_named() {
        let files = tar_of(&[("l/a", &"x".repeat(3000)), ("l/b", "y"), ("l/c", "z")]);
        let mut long_header = Builder::new(Vec::new());
        long_header.append_pax_extensions([("comment", "x".repeat(5000).as_bytes())]).expect("writes");
        add(&mut long_header, Regular, "a", "", b"");
        let long_header = long_header.into_inner().expect("writes");
        let cases = [
            ("max_files", Limits { max_files: 2, ..Limits::default() }, &files),
            ("max_file_bytes", Limits { max_file_bytes: 2999, ..Limits::default() }, &files),
            ("max_total_bytes", Limits { max_total_bytes: 4000, ..Limits::default() }, &files),
            ("max_path_bytes", Limits { max_path_bytes: 2, ..Limits::default() }, &files),
            ("max_header_bytes", Limits { max_header_bytes: 4096, ..Limits::default() }, &long_header),
        ];
        for (name, limits, bytes) in cases {
            let error = unpack_within(limits, bytes).expect_err("is refused");
            assert!(matches!(error, Error::OverLimit { .. }), "{error}");
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn a_bomb_is_refused_at_the_limit() {
        let bomb = gzip(&archive(&[(Regular, "l/zeros", "", &"\0".repeat(8 << 20))]));
        let limits = Limits { max_total_bytes: 1 << 20, ..Limits::default() };
        let error = unpack_within(limits, &bomb).expect_err("is refused");
        assert!(matches!(error, Error::OverLimit { .. }), "{error}");
    }

    #[test]
    fn a_sparse_member_counts_with_its_holes_even_where_it_is_left_out() {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::GNUSparse);
        header.set_mode(0o644);
        header.set_size(0);
        let gnu = header.as_gnu_mut().expect("is one");
        gnu.name[..9].copy_from_slice(b"l/.git/ab");
        gnu.set_real_size(1 << 40);
        gnu.sparse[0].set_offset(1 << 40);
        gnu.sparse[0].set_length(0);
        header.set_cksum();
        let mut builder = Builder::new(Vec::new());
        builder.append(&header, &b""[..]).expect("writes");
        let error = unpack(&builder.into_inner().expect("writes")).expect_err("is refused");
        assert!(error.to_string().contains("max_total_bytes"), "{error}");
    }

    #[test]
    fn an_archive_that_is_cut_short_is_refused_unless_only_padding_is_missing() {
        let members = [
            (Regular, "l/a", "", "12345"),
            (Symlink, "l/s", "a", ""),
            (Regular, "l/b", "", &"x".repeat(700)[..]),
        ];
        let whole = archive(&members);
        // Three headers, the contents' blocks, and the first of the zero blocks.
        let complete = 512 * (3 + 1 + 2 + 1);
        for end in
            (0..whole.len()).step_by(97).chain([512, 1024, 1536, complete - 512, complete - 1, complete])
        {
            match unpack(&whole[..end]) {
                Ok(tarball) => {
                    assert!(end >= complete, "cut at {end} passed");
                    assert_eq!(paths(&tarball), ["a", "b", "s"]);
                }
                Err(_) => assert!(end < complete || end % 512 != 0, "cut at {end} was refused"),
            }
        }
        let zipped = gzip(&whole);
        for end in 0..zipped.len() {
            assert!(unpack(&zipped[..end]).is_err(), "gzip cut at {end} passed");
        }
    }

    #[test]
    fn damage_names_the_place() {
        let mut bytes = tar_of(&[("l/a", "x"), ("l/b", "y")]);
        bytes[1024 + 10] ^= 0xff;
        let error = unpack(&bytes).expect_err("is refused").to_string();
        assert!(error.contains("l/a") && error.contains("byte 1536"), "{error}");
    }

    #[test]
    fn what_is_no_archive_is_refused_with_a_list_of_what_is_accepted() {
        for bytes in
            [&b""[..], b"diff --git a/x b/x\n", &gzip(b"diff --git a/x b/x\n"), b"PK\x03\x04", &[0; 2048]]
        {
            let error = unpack(bytes).expect_err("is refused");
            assert!(matches!(error, Error::UnknownFormat { .. }), "{error}");
            assert!(error.to_string().contains("source RPM"), "{error}");
        }
    }

    #[test]
    fn the_commit_that_git_archive_notes_is_passed_on() {
        let commit = "1".repeat(40);
        let record = format!("52 comment={commit}\n");
        let members =
            [(EntryType::XGlobalHeader, "pax_global_header", "", record.as_str()), (Regular, "l/a", "", "x")];
        let tarball = unpack(&archive(&members)).expect("reads");
        assert_eq!(paths(&tarball), ["a"]);
        assert!(tarball.notes[0].contains(&commit), "{:?}", tarball.notes);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(
            noise in proptest::collection::vec(any::<u8>(), 0..40),
            at in 0usize..4096,
        ) {
            const HEADER_BLOCKS: [usize; 5] = [0, 2, 4, 5, 7];
            let mut bytes = archive(&[
                (Regular, "l/a", "", "12345"),
                (EntryType::GNULongName, "././@LongLink", "", "l/a long name\0"),
                (EntryType::GNUSparse, "l/b", "", ""),
                (EntryType::XHeader, "x", "", "14 path=l/cde\n"),
                (Link, "l/c", "l/a", ""),
            ]);
            for (byte, noise) in bytes.iter_mut().skip(at).zip(noise) {
                *byte = noise;
            }
            // With the checksums put right, the damage gets past them.
            for at in HEADER_BLOCKS {
                let block = &mut bytes[at * BLOCK..][..BLOCK];
                let mut header = Header::from_byte_slice(block).clone();
                header.set_cksum();
                block.copy_from_slice(header.as_bytes());
            }
            let _ = unpack_within(Limits { max_total_bytes: 1 << 20, ..Limits::default() }, &bytes);
        }
    }
}
