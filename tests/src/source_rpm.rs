//! Source packages made byte by byte, so that no test needs rpmbuild.

/// Tags of a package's header.
const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const BASE_NAMES: u32 = 1117;
const DIRECTORY_NAMES: u32 = 1118;
const DIRECTORY_INDEXES: u32 = 1116;
const FILE_SIZES: u32 = 1028;

/// Kinds of values in a header.
const INT32: u32 = 4;
const STRING: u32 = 6;
const BIN: u32 = 7;
const STRING_ARRAY: u32 = 8;

/// A source package of kernel 4.0-7 with these files.
pub fn source_rpm(files: &[(&str, &[u8])]) -> Vec<u8> {
    const LEAD_BYTES: usize = 96;
    let mut lead = vec![0xed, 0xab, 0xee, 0xdb, 3, 0, 0, 1];
    lead.resize(LEAD_BYTES, 0);
    let mut signatures = header(&[(1000, BIN, 4, vec![1, 2, 3, 4])]);
    signatures.resize(signatures.len().next_multiple_of(8), 0);
    let names = files.iter().flat_map(|(name, _)| [name.as_bytes(), b"\0"].concat()).collect();
    let sizes = files.iter().flat_map(|(_, content)| (content.len() as u32).to_be_bytes()).collect();
    let count = files.len() as u32;
    let metadata = header(&[
        (NAME, STRING, 1, b"kernel\0".to_vec()),
        (VERSION, STRING, 1, b"4.0\0".to_vec()),
        (RELEASE, STRING, 1, b"7\0".to_vec()),
        (FILE_SIZES, INT32, count, sizes),
        (DIRECTORY_INDEXES, INT32, count, vec![0; files.len() * 4]),
        (BASE_NAMES, STRING_ARRAY, count, names),
        (DIRECTORY_NAMES, STRING_ARRAY, 1, b"\0".to_vec()),
    ]);
    let mut payload: Vec<u8> =
        files.iter().flat_map(|(name, content)| member(name, 0o100644, content)).collect();
    payload.extend(member("TRAILER!!!", 0, b""));
    [lead, signatures, metadata, payload].concat()
}

/// A header: an index of tag, kind, offset and count, and the values behind it.
fn header(values: &[(u32, u32, u32, Vec<u8>)]) -> Vec<u8> {
    let (mut index, mut store) = (Vec::new(), Vec::new());
    for (tag, kind, count, value) in values {
        for field in [*tag, *kind, store.len() as u32, *count] {
            index.extend_from_slice(&field.to_be_bytes());
        }
        store.extend_from_slice(value);
    }
    let mut header = vec![0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0];
    header.extend_from_slice(&(values.len() as u32).to_be_bytes());
    header.extend_from_slice(&(store.len() as u32).to_be_bytes());
    [header, index, store].concat()
}

/// A member of a cpio archive in the "new ASCII" form.
fn member(name: &str, mode: u32, content: &[u8]) -> Vec<u8> {
    let fields = [1, mode, 0, 0, 1, 0, content.len() as u32, 0, 0, 0, 0, name.len() as u32 + 1, 0];
    let mut member = b"070701".to_vec();
    for field in fields {
        member.extend_from_slice(format!("{field:08x}").as_bytes());
    }
    for part in [&[name.as_bytes(), b"\0"].concat()[..], content] {
        member.extend_from_slice(part);
        member.resize(member.len().next_multiple_of(4), 0);
    }
    member
}
