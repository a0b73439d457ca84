//! Finding the payload of an RPM package.
//!
//! A package is a lead of 96 bytes, a header of signatures padded to eight bytes, a header of metadata, and a
//! compressed cpio archive. A header is the magic `8e ad e8 01`, four reserved bytes, the number of index entries
//! and the size of the store (big endian), the entries of 16 bytes (tag, type, offset into the store, count), and
//! the store. Signatures are not checked: a package is read like any other file that the user names.

use std::io::{self, BufRead, Read};

use bstr::{BStr, BString, ByteSlice};

use super::compression::{Compression, decompress};
use super::cpio::FileList;
use super::limits::Limits;

const LEAD_MAGIC: [u8; 4] = [0xed, 0xab, 0xee, 0xdb];
const LEAD_BYTES: usize = 96;
const HEADER_MAGIC: [u8; 4] = [0x8e, 0xad, 0xe8, 0x01];
const INDEX_ENTRY_BYTES: u64 = 16;

const TAG_NAME: u32 = 1000;
const TAG_VERSION: u32 = 1001;
const TAG_RELEASE: u32 = 1002;
const TAG_BUILD_TIME: u32 = 1006;
const TAG_RPM_VERSION: u32 = 1064;
const TAG_CHANGELOG_TIMES: u32 = 1080;
const TAG_CHANGELOG_NAMES: u32 = 1081;
const TAG_CHANGELOG_TEXTS: u32 = 1082;
const TAG_FILE_SIZES: u32 = 1028;
const TAG_DIRECTORY_INDEXES: u32 = 1116;
const TAG_BASE_NAMES: u32 = 1117;
const TAG_DIRECTORY_NAMES: u32 = 1118;
const TAG_PAYLOAD_COMPRESSOR: u32 = 1125;
const TAG_LONG_FILE_SIZES: u32 = 5008;

const TYPE_INT32: u32 = 4;
const TYPE_INT64: u32 = 5;
const TYPE_STRING: u32 = 6;
const TYPE_STRING_ARRAY: u32 = 8;

/// Whether a file with this beginning is an RPM package.
pub(super) fn is_rpm(head: &[u8]) -> bool {
    head.starts_with(&LEAD_MAGIC)
}

/// A package that is read up to its payload.
pub(super) struct Opened<'a> {
    /// Name, version and release with dashes between them, as far as the header has them.
    pub identity: Option<String>,
    /// The version of rpm that built it, where the header has it.
    pub rpm_version: Option<String>,
    /// The files that its header lists.
    pub files: FileList,
    /// The payload, decompressed.
    pub payload: Box<dyn Read + 'a>,
}

/// Reads up to a package's payload.
pub(super) fn open_payload<'a>(mut input: impl BufRead + 'a, limits: &Limits) -> io::Result<Opened<'a>> {
    let mut lead = [0; LEAD_BYTES];
    input.read_exact(&mut lead)?;
    let signatures = Header::read(&mut input, limits)?;
    let mut alignment = [0; 8];
    input.read_exact(&mut alignment[..signatures.store.len().wrapping_neg() % 8])?;
    let header = Header::read(&mut input, limits)?;
    let (compression, payload) = decompress(input)?;
    if compression == Compression::None {
        refuse_unknown_compressor(&header)?;
    }
    let rpm_version = header.strings(TAG_RPM_VERSION).next().map(ToString::to_string);
    Ok(Opened { identity: header.identity(), rpm_version, files: header.files(limits)?, payload })
}

/// What a package's header says of the package, without its files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageFacts {
    /// Name, version and release with dashes between them.
    pub identity: Option<String>,
    /// When it was built, in seconds since 1970.
    pub built_at: Option<u64>,
    /// Its changelog, as it would stand in a spec file; empty where it has none.
    pub changelog: String,
}

/// Reads a package's header.
pub(super) fn read_facts(mut input: impl BufRead, limits: &Limits) -> io::Result<PackageFacts> {
    let mut lead = [0; LEAD_BYTES];
    input.read_exact(&mut lead)?;
    let signatures = Header::read(&mut input, limits)?;
    let mut alignment = [0; 8];
    input.read_exact(&mut alignment[..signatures.store.len().wrapping_neg() % 8])?;
    let header = Header::read(&mut input, limits)?;
    let times = header.numbers(TAG_CHANGELOG_TIMES);
    let names = header.strings(TAG_CHANGELOG_NAMES);
    let texts = header.strings(TAG_CHANGELOG_TEXTS);
    let mut changelog = String::new();
    for ((time, name), text) in times.into_iter().zip(names).zip(texts) {
        changelog += &format!("* {} {name}\n{text}\n\n", spec_date(time));
        limits.check_header_bytes(changelog.len() as u64).map_err(io::Error::other)?;
    }
    Ok(PackageFacts {
        identity: header.identity(),
        built_at: header.numbers(TAG_BUILD_TIME).first().copied(),
        changelog,
    })
}

/// A time as changelogs write it: `Wed Jun 22 2011`.
fn spec_date(seconds: u64) -> String {
    let time = gix::date::Time { seconds: i64::try_from(seconds).unwrap_or_default(), offset: 0 };
    time.format_or_unix(gix::date::time::CustomFormat::new("%a %b %d %Y"))
}

/// Refuses a payload that the header says is compressed in a way that its content does not show.
fn refuse_unknown_compressor(header: &Header) -> io::Result<()> {
    match header.strings(TAG_PAYLOAD_COMPRESSOR).next() {
        // Packages name a compressor even if they use none, so only the one whose streams have no magic is refused.
        Some(name) if name == "lzma" => {
            Err(invalid("the payload is compressed with lzma, which is not supported"))
        }
        _ => Ok(()),
    }
}

/// A header: an index of typed values, and the store that they are in.
struct Header {
    index: Vec<IndexEntry>,
    store: Vec<u8>,
}

struct IndexEntry {
    tag: u32,
    kind: u32,
    offset: usize,
    count: usize,
}

impl Header {
    fn read(input: &mut impl Read, limits: &Limits) -> io::Result<Header> {
        let mut intro = [0; 16];
        input.read_exact(&mut intro)?;
        if !intro.starts_with(&HEADER_MAGIC) {
            return Err(invalid("no RPM header where one should begin"));
        }
        let entries = u64::from(be32(&intro[8..12]));
        let store_bytes = u64::from(be32(&intro[12..16]));
        let index_bytes = entries * INDEX_ENTRY_BYTES;
        limits.check_header_bytes(index_bytes + store_bytes).map_err(io::Error::other)?;
        let index = read_exactly(input, index_bytes)?;
        let store = read_exactly(input, store_bytes)?;
        let index = index
            .chunks_exact(INDEX_ENTRY_BYTES as usize)
            .map(|entry| IndexEntry {
                tag: be32(&entry[0..4]),
                kind: be32(&entry[4..8]),
                offset: be32(&entry[8..12]) as usize,
                count: be32(&entry[12..16]) as usize,
            })
            .collect();
        Ok(Header { index, store })
    }

    /// The entry of a tag, and the store from its values on.
    fn find(&self, tag: u32) -> Option<(&IndexEntry, &[u8])> {
        let entry = self.index.iter().find(|entry| entry.tag == tag)?;
        Some((entry, self.store.get(entry.offset..)?))
    }

    /// A tag's strings; none where it is missing or damaged. A header may have many millions of them.
    fn strings(&self, tag: u32) -> impl Iterator<Item = &BStr> {
        let found = self.find(tag);
        let found = found.filter(|(entry, _)| matches!(entry.kind, TYPE_STRING | TYPE_STRING_ARRAY));
        let strings = found.map(|(entry, values)| values.split_str("\0").take(entry.count).map(BStr::new));
        strings.into_iter().flatten()
    }

    /// A tag's numbers; `None` where it is missing or damaged.
    fn numbers(&self, tag: u32) -> Vec<u64> {
        let Some((entry, values)) = self.find(tag) else { return Vec::new() };
        match entry.kind {
            TYPE_INT32 => values.chunks_exact(4).take(entry.count).map(|value| be32(value).into()).collect(),
            TYPE_INT64 => {
                let whole = |value: &[u8]| u64::from(be32(&value[..4])) << 32 | u64::from(be32(&value[4..]));
                values.chunks_exact(8).take(entry.count).map(whole).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Name, version and release; `None` where one of them is missing.
    fn identity(&self) -> Option<String> {
        let part = |tag| {
            let text = self.strings(tag).next()?.to_string();
            (!text.is_empty() && !text.contains(char::is_control)).then_some(text)
        };
        Some(format!("{}-{}-{}", part(TAG_NAME)?, part(TAG_VERSION)?, part(TAG_RELEASE)?))
    }

    /// The package's files, up to the first one that lacks a value. A header may name one long folder for each of millions of
    /// files.
    fn files(&self, limits: &Limits) -> io::Result<FileList> {
        let mut folders = Vec::new();
        for folder in self.strings(TAG_DIRECTORY_NAMES) {
            folders.push(folder);
            limits.check_files(folders.len() as u64).map_err(io::Error::other)?;
        }
        let sizes = match self.numbers(TAG_LONG_FILE_SIZES) {
            sizes if sizes.is_empty() => self.numbers(TAG_FILE_SIZES),
            sizes => sizes,
        };
        let (mut files, mut bytes) = (FileList::new(), 0);
        for ((name, folder), size) in
            self.strings(TAG_BASE_NAMES).zip(self.numbers(TAG_DIRECTORY_INDEXES)).zip(sizes)
        {
            let Some(folder) = usize::try_from(folder).ok().and_then(|folder| folders.get(folder)) else {
                break;
            };
            bytes += (folder.len() + name.len()) as u64;
            limits.check_header_bytes(bytes).map_err(io::Error::other)?;
            files.push((BString::from([folder.as_bytes(), name.as_bytes()].concat()), size));
            limits.check_files(files.len() as u64).map_err(io::Error::other)?;
        }
        Ok(files)
    }
}

/// Reads a number of bytes. Memory is taken as they come, so a false number costs nothing.
fn read_exactly(input: &mut impl Read, count: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(count).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == count { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn be32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |value, byte| value << 8 | u32::from(*byte))
}

fn invalid(problem: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A package around a payload; its header lists the files.
    pub fn package(files: &[(&str, u32)], payload: &[u8]) -> Vec<u8> {
        let mut lead = LEAD_MAGIC.to_vec();
        lead.extend_from_slice(&[3, 0, 0, 1]);
        lead.resize(LEAD_BYTES, 0);
        // A signature of three bytes, so that the padding after it is tested.
        let signatures = header(&[(1000, 7, 3, vec![1, 2, 3])]);
        let names: Vec<u8> = files.iter().flat_map(|(name, _)| [name.as_bytes(), b"\0"].concat()).collect();
        let sizes: Vec<u8> = files.iter().flat_map(|(_, size)| size.to_be_bytes()).collect();
        let count = files.len() as u32;
        let metadata = header(&[
            (TAG_NAME, TYPE_STRING, 1, b"kernel\0".to_vec()),
            (TAG_VERSION, TYPE_STRING, 1, b"4.18.0\0".to_vec()),
            (TAG_RELEASE, TYPE_STRING, 1, b"80.el8\0".to_vec()),
            (TAG_FILE_SIZES, TYPE_INT32, count, sizes),
            (TAG_DIRECTORY_INDEXES, TYPE_INT32, count, vec![0; files.len() * 4]),
            (TAG_BASE_NAMES, TYPE_STRING_ARRAY, count, names),
            (TAG_DIRECTORY_NAMES, TYPE_STRING_ARRAY, 1, b"\0".to_vec()),
        ]);
        [lead, signatures, vec![0; 5], metadata, payload.to_vec()].concat()
    }

    /// A package whose header has these values.
    fn package_of(values: &[(u32, u32, u32, Vec<u8>)]) -> Vec<u8> {
        let mut lead = LEAD_MAGIC.to_vec();
        lead.resize(LEAD_BYTES, 0);
        [lead, header(&[]), header(values), b"payload".to_vec()].concat()
    }

    fn header(values: &[(u32, u32, u32, Vec<u8>)]) -> Vec<u8> {
        let mut index = Vec::new();
        let mut store = Vec::new();
        for (tag, kind, count, value) in values {
            for field in [*tag, *kind, store.len() as u32, *count] {
                index.extend_from_slice(&field.to_be_bytes());
            }
            store.extend_from_slice(value);
        }
        let mut header = [&HEADER_MAGIC[..], &[0; 4]].concat();
        header.extend_from_slice(&(values.len() as u32).to_be_bytes());
        header.extend_from_slice(&(store.len() as u32).to_be_bytes());
        [header, index, store].concat()
    }

    #[test]
    fn the_payload_and_the_files_are_found() {
        let package = package(&[("kernel.spec", 7), ("linux.tar", 9)], b"payload");
        assert!(is_rpm(&package));
        let Opened { identity, files, mut payload, .. } =
            open_payload(&package[..], &Limits::default()).expect("opens");
        assert_eq!(identity.as_deref(), Some("kernel-4.18.0-80.el8"));
        assert_eq!(files, [("kernel.spec".into(), 7), ("linux.tar".into(), 9)]);
        let mut bytes = Vec::new();
        payload.read_to_end(&mut bytes).expect("reads");
        assert_eq!(bytes, b"payload");
    }

    #[test]
    fn files_that_a_header_names_by_a_long_folder_or_in_millions_are_refused() {
        let refused = |folder: Vec<u8>, files: usize| {
            let package = package_of(&[
                (TAG_FILE_SIZES, TYPE_INT32, files as u32, vec![0; files * 4]),
                (TAG_DIRECTORY_INDEXES, TYPE_INT32, files as u32, vec![0; files * 4]),
                (TAG_BASE_NAMES, TYPE_STRING_ARRAY, files as u32, vec![0; files]),
                (TAG_DIRECTORY_NAMES, TYPE_STRING_ARRAY, u32::MAX, folder),
            ]);
            open_payload(&package[..], &Limits::default()).err().map(|error| error.to_string())
        };
        assert_eq!(refused(b"folder/\0".to_vec(), 1_000), None);
        let long = refused([vec![b'a'; 100 << 10], vec![0]].concat(), 1_000).expect("it is refused");
        assert!(long.contains("max_header_bytes"), "{long}");
        let folders = refused(vec![0; 1_000_001], 1).expect("it is refused");
        assert!(folders.contains("max_files"), "{folders}");
        let files = refused(b"folder/\0".to_vec(), 1_000_001).expect("it is refused");
        assert!(files.contains("max_files"), "{files}");
    }

    #[test]
    fn a_header_over_the_limit_or_cut_short_is_an_error() {
        let package = package(&[("kernel.spec", 7)], b"");
        let limits = Limits { max_header_bytes: 50, ..Limits::default() };
        assert!(open_payload(&package[..], &limits).is_err());
        for end in 0..package.len() {
            assert!(open_payload(&package[..end], &Limits::default()).is_err(), "cut at {end}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(noise in proptest::collection::vec(any::<u8>(), 0..200), at in 90usize..300) {
            let mut bytes = package(&[("kernel.spec", 7), ("linux.tar", 9)], b"payload");
            for (byte, noise) in bytes.iter_mut().skip(at).zip(noise) {
                *byte = noise;
            }
            let _ = open_payload(&bytes[..], &Limits::default()).map(|opened| opened.files);
        }
    }
}
