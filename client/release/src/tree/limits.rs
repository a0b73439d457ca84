//! How much of an untrusted tree is read before it is refused.

/// Bounds on what a tree may hold. A tree that exceeds one of them is refused, with the bound's name.
///
/// They keep a hostile or broken archive from filling memory or the disk. A whole kernel with its history of
/// drivers has about 90,000 files and 1.5 GB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Files and folders in a tree, or members of an archive: 1,000,000 unless set.
    pub max_files: u64,
    /// Bytes of one file: 1 GiB unless set. Reading a file takes that much memory at most.
    pub max_file_bytes: u64,
    /// Bytes that an archive may decompress to, and that its members may add up to, holes included: 4 GiB unless set. That
    /// much of the scratch folder may be taken.
    pub max_total_bytes: u64,
    /// Bytes of one path or of a symlink's target: 4,096 unless set, as in Linux.
    pub max_path_bytes: u64,
    /// Bytes that an archive may spend on describing one member or itself (long names, pax records, an RPM's
    /// header, a spec file), all of which are held in memory: 64 MiB unless set.
    pub max_header_bytes: u64,
}

/// Bytes of a tree, unless more are allowed: two and a half times what the largest kernels have.
pub const DEFAULT_TOTAL_BYTES: u64 = 4 << 30;

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_files: 1_000_000,
            max_file_bytes: 1 << 30,
            max_total_bytes: DEFAULT_TOTAL_BYTES,
            max_path_bytes: 4096,
            max_header_bytes: 64 << 20,
        }
    }
}

impl Limits {
    /// Checks a number of files and folders.
    pub(super) fn check_files(&self, files: u64) -> Result<(), Exceeded> {
        check("max_files", "files and folders", files, self.max_files)
    }

    /// Checks the size of one file.
    pub(super) fn check_file_bytes(&self, bytes: u64) -> Result<(), Exceeded> {
        check("max_file_bytes", "bytes in one file", bytes, self.max_file_bytes)
    }

    /// Checks the size of everything unpacked so far.
    pub(super) fn check_total_bytes(&self, bytes: u64) -> Result<(), Exceeded> {
        check("max_total_bytes", "bytes unpacked", bytes, self.max_total_bytes)
    }

    /// Checks the length of a path or of a symlink's target.
    pub(super) fn check_path_bytes(&self, path: &[u8]) -> Result<(), Exceeded> {
        check("max_path_bytes", "bytes in a path", path.len() as u64, self.max_path_bytes)
    }

    /// Checks the size of a description that is held in memory.
    pub(super) fn check_header_bytes(&self, bytes: u64) -> Result<(), Exceeded> {
        check("max_header_bytes", "bytes of headers", bytes, self.max_header_bytes)
    }
}

fn check(name: &'static str, what: &'static str, value: u64, limit: u64) -> Result<(), Exceeded> {
    if value > limit { Err(Exceeded { name, what, limit }) } else { Ok(()) }
}

/// A limit that a tree went over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {limit} {what} (limit {name})")]
pub struct Exceeded {
    /// The limit's name: a field of [`Limits`].
    pub name: &'static str,
    /// What was counted, with its unit.
    pub what: &'static str,
    /// The limit's value.
    pub limit: u64,
}
