//! Reading the cpio archives that RPM packages carry, as a stream.
//!
//! Two forms occur. In "newc" (magic `070701`, or `070702` with checksums) thirteen fields of eight hexadecimal
//! digits describe a member, its name follows, and both name and content are padded to four bytes. In RPM's
//! "stripped" form (`07070X`, for members over 4 GB) only the member's number follows, and name and size are in
//! the package's header.

use std::io::{self, Read};

use bstr::BString;

/// Names and sizes of a package's files, in the order of its header.
pub(super) type FileList = Vec<(BString, u64)>;

/// A member of a cpio archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub name: BString,
    pub size: u64,
    /// Unix file type and permissions; `None` in the stripped form.
    pub mode: Option<u32>,
}

impl Member {
    /// Whether the member is a regular file, as far as the archive tells.
    pub fn is_file(&self) -> bool {
        const TYPE: u32 = 0o170000;
        const REGULAR: u32 = 0o100000;
        self.mode.is_none_or(|mode| mode & TYPE == REGULAR)
    }
}

/// Reads members one after the other; reading from it gives the current member's content.
pub(super) struct Cpio<R> {
    input: R,
    files: FileList,
    max_name_bytes: u64,
    remaining: u64,
    padding: u64,
}

impl<R: Read> Cpio<R> {
    /// Reads an archive. `files` explains the stripped form.
    pub fn new(input: R, files: FileList, max_name_bytes: u64) -> Cpio<R> {
        Cpio { input, files, max_name_bytes, remaining: 0, padding: 0 }
    }

    /// Skips what is left of the current member and reads the next one's header; `None` at the archive's end.
    pub fn next_member(&mut self) -> io::Result<Option<Member>> {
        self.skip(self.remaining)?;
        self.skip(self.padding)?;
        (self.remaining, self.padding) = (0, 0);
        let mut magic = [0; 6];
        self.input.read_exact(&mut magic)?;
        let member = match &magic {
            b"070701" | b"070702" => self.newc_member()?,
            b"07070X" => self.stripped_member()?,
            _ => return Err(invalid("no cpio header where a member should begin")),
        };
        if let Some(member) = &member {
            self.remaining = member.size;
            self.padding = padding(member.size);
        }
        Ok(member)
    }

    /// Reads what follows the archive, so that a compressed stream's checksum is checked.
    pub fn finish(mut self) -> io::Result<()> {
        io::copy(&mut self.input, &mut io::sink()).map(drop)
    }

    fn newc_member(&mut self) -> io::Result<Option<Member>> {
        const MODE: usize = 1;
        const FILE_SIZE: usize = 6;
        const NAME_SIZE: usize = 11;
        const HEADER_BYTES: u64 = 110;
        let mut fields = [0; 13];
        for field in &mut fields {
            *field = self.hex_field()?;
        }
        let name_size = u64::from(fields[NAME_SIZE]);
        if name_size == 0 || name_size > self.max_name_bytes {
            return Err(invalid("a cpio member's name has an impossible length"));
        }
        let mut name = Vec::new();
        self.input.by_ref().take(name_size).read_to_end(&mut name)?;
        if name.len() as u64 != name_size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if name.pop() != Some(0) {
            return Err(invalid("a cpio member's name does not end where it should"));
        }
        self.skip(padding(HEADER_BYTES + name_size))?;
        if name == b"TRAILER!!!" {
            return Ok(None);
        }
        let (mode, size) = (fields[MODE], u64::from(fields[FILE_SIZE]));
        Ok(Some(Member { name: name.into(), size, mode: Some(mode) }))
    }

    fn stripped_member(&mut self) -> io::Result<Option<Member>> {
        const HEADER_BYTES: u64 = 14;
        const END: u32 = u32::MAX;
        let number = self.hex_field()?;
        self.skip(padding(HEADER_BYTES))?;
        if number == END {
            return Ok(None);
        }
        let file = usize::try_from(number).ok().and_then(|number| self.files.get(number));
        let (name, size) =
            file.cloned().ok_or_else(|| invalid("a cpio member's number is not in the RPM's file list"))?;
        Ok(Some(Member { name, size, mode: None }))
    }

    fn hex_field(&mut self) -> io::Result<u32> {
        let mut digits = [0; 8];
        self.input.read_exact(&mut digits)?;
        digits.iter().try_fold(0u32, |value, digit| {
            let digit = char::from(*digit)
                .to_digit(16)
                .ok_or_else(|| invalid("a cpio header holds no hexadecimal number"))?;
            Ok(value << 4 | digit)
        })
    }

    fn skip(&mut self, count: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.input.by_ref().take(count), &mut io::sink())?;
        if skipped == count { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

impl<R: Read> Read for Cpio<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.remaining).unwrap_or(usize::MAX));
        let count = self.input.read(&mut buffer[..wanted])?;
        if count == 0 && wanted > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.remaining -= count as u64;
        Ok(count)
    }
}

/// Bytes from a length up to the next multiple of four.
fn padding(length: u64) -> u64 {
    length.wrapping_neg() % 4
}

fn invalid(problem: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A member in the newc form.
    pub fn newc(name: &str, mode: u32, content: &[u8]) -> Vec<u8> {
        let fields = [1, mode, 0, 0, 1, 0, content.len() as u32, 0, 0, 0, 0, name.len() as u32 + 1, 0];
        let mut member = b"070701".to_vec();
        for field in fields {
            member.extend_from_slice(format!("{field:08x}").as_bytes());
        }
        member.extend_from_slice(name.as_bytes());
        member.push(0);
        pad(&mut member);
        member.extend_from_slice(content);
        pad(&mut member);
        member
    }

    /// A member in RPM's stripped form.
    pub fn stripped(number: u32, content: &[u8]) -> Vec<u8> {
        let mut member = format!("07070X{number:08x}").into_bytes();
        pad(&mut member);
        member.extend_from_slice(content);
        pad(&mut member);
        member
    }

    /// What ends an archive.
    pub fn trailer() -> Vec<u8> {
        newc("TRAILER!!!", 0, b"")
    }

    fn pad(bytes: &mut Vec<u8>) {
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }

    fn read_all(archive: &[u8], files: FileList) -> io::Result<Vec<(BString, Vec<u8>)>> {
        let mut cpio = Cpio::new(archive, files, 4096);
        let mut members = Vec::new();
        while let Some(member) = cpio.next_member()? {
            let mut content = Vec::new();
            cpio.read_to_end(&mut content)?;
            members.push((member.name, content));
        }
        Ok(members)
    }

    #[test]
    fn members_are_read_in_turn_and_may_be_skipped() {
        let archive = [newc("a", 0o100644, b"12345"), newc("b.spec", 0o100644, b"xyz"), trailer()].concat();
        let all = read_all(&archive, FileList::new()).expect("reads");
        assert_eq!(all, [("a".into(), b"12345".to_vec()), ("b.spec".into(), b"xyz".to_vec())]);

        let mut cpio = Cpio::new(&archive[..], FileList::new(), 4096);
        cpio.next_member().expect("reads");
        let second = cpio.next_member().expect("skips").expect("is there");
        assert_eq!((second.name.as_slice(), second.size, second.is_file()), (&b"b.spec"[..], 3, true));
    }

    #[test]
    fn the_stripped_form_takes_names_and_sizes_from_the_package() {
        let files = vec![("a".into(), 5), ("b".into(), 2)];
        let archive = [stripped(1, b"xy"), stripped(0, b"12345"), trailer()].concat();
        let all = read_all(&archive, files).expect("reads");
        assert_eq!(all, [("b".into(), b"xy".to_vec()), ("a".into(), b"12345".to_vec())]);
        assert!(read_all(&stripped(7, b""), FileList::new()).is_err());
    }

    #[test]
    fn size_that_no_archive_can_have_is_an_error() {
        let archive = [stripped(0, b"content"), trailer()].concat();
        for size in [u64::MAX, u64::MAX - 1, 1 << 63] {
            let mut cpio = Cpio::new(&archive[..], vec![("linux.tar".into(), size)], 4096);
            assert_eq!(cpio.next_member().expect("its header").map(|member| member.size), Some(size));
            assert!(cpio.next_member().is_err());
        }
    }

    #[test]
    fn an_archive_that_is_cut_short_is_an_error() {
        let archive = [newc("a", 0o100644, b"12345"), trailer()].concat();
        // The trailer itself ends at its name; only padding follows.
        let complete = archive.len() - padding(110 + 11) as usize;
        for end in 0..complete {
            assert!(read_all(&archive[..end], FileList::new()).is_err(), "cut at {end}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(noise in proptest::collection::vec(any::<u8>(), 0..300), at in 0usize..120) {
            let mut archive = [newc("a", 0o100644, b"12345"), stripped(0, b"xy"), trailer()].concat();
            for (byte, noise) in archive.iter_mut().skip(at).zip(noise) {
                *byte = noise;
            }
            let _ = read_all(&archive, vec![("b".into(), 2)]);
        }
    }
}
