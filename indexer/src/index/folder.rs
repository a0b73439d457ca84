//! The folder of an index, and what is current in it.
//!
//! ```text
//! FORMAT           "hunktrace index, format 6\n"; readers take this format and the one before, and refuse others
//! segments/        a tantivy index: hunks and commits (see `segment`)
//! graph-N.bin      the commit graph of generation N (see `graph`)
//! ```
//!
//! `segments/meta.json` is tantivy's commit point and is replaced atomically. Its `payload` is the JSON text of a
//! [`Generation`]: `{"format":6,"number":N,"written_at":SECONDS_SINCE_1970,"is_complete":BOOL,"checksum":C}`. `number` names the graph
//! file that belongs to these segments; `is_complete` is false in the middle of a run, and a bare index, without hunks, has `is_bare`.
//!
//! A reader reads `meta.json`, maps `graph-N.bin`, opens the segments, and reads `meta.json` again: if the generation is
//! another one, it starts over. So it always has a pair that belongs together. A run that is killed leaves at worst some
//! files that nothing names, which the next run removes. A reader writes nothing, not even a lock.
//!
//! Format 6 added checksums of blocks. A run that extends an index of format 5 raises it to 6: new segments have the
//! checksums, old ones are as they were until they are merged.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use tantivy::directory::error::{LockError, OpenDirectoryError, OpenReadError, OpenWriteError};
use tantivy::directory::{Directory, DirectoryLock, INDEX_WRITER_LOCK, META_LOCK, OwnedBytes};
use tantivy::store::{Compressor, ZstdCompressor};
use tantivy::{IndexBuilder, IndexSettings, TantivyError};

use crate::graph::{CommitGraph, SectionError};
pub use crate::index::error::IndexError;
use crate::index::file_checksum::check_file;
use crate::index::generation::{FORMAT_VERSION, Generation, OLDEST_FORMAT};
use crate::index::guarded_map::{GuardedMap, map_bytes};
use crate::index::index_directory::{Access, IndexDirectory, TEMPORARY_PREFIX, replace_file};
use crate::segment::schema::{Fields, plugins, schema};
use crate::segment::segment_files::SharedDictionaries;

const FORMAT_FILE: &str = "FORMAT";
const FORMAT_PREFIX: &str = "hunktrace index, format ";
const SEGMENTS_FOLDER: &str = "segments";

/// Bytes of tantivy's own store that are compressed together: it holds nothing, so the larger the better.
const STORE_BLOCK_BYTES: usize = 1 << 20;

/// Keeps other processes from writing to an index.
pub struct RemovalLock {
    _lock: DirectoryLock,
}

/// The folder of an index.
#[derive(Clone, Debug)]
pub struct IndexFolder {
    path: PathBuf,
}

impl IndexFolder {
    /// Opens the folder of an existing index.
    ///
    /// # Errors
    /// Where there is no index, or one of another format.
    pub fn open(path: &Path) -> Result<IndexFolder, IndexError> {
        let folder = IndexFolder { path: path.to_owned() };
        match fs::read_to_string(path.join(FORMAT_FILE)) {
            Ok(text) => folder.check_format(&text).map(|_| folder),
            Err(error) if is_absent(&error) => Err(IndexError::Absent(path.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(IndexError::Foreign(path.to_owned()))
            }
            Err(error) => Err(folder.reading(FORMAT_FILE, &error)),
        }
    }

    /// Opens the folder of an index, and makes it where there is none.
    ///
    /// # Errors
    /// Where the folder holds something else, or cannot be made.
    pub fn open_or_create(path: &Path) -> Result<IndexFolder, IndexError> {
        match IndexFolder::open(path) {
            Err(IndexError::Absent(_)) => {}
            other => return other,
        }
        let folder = IndexFolder { path: path.to_owned() };
        fs::create_dir_all(path).map_err(|error| folder.writing("", &error))?;
        if !folder.holds_nothing_else()? {
            // Another process may have made the index meanwhile, and filled it.
            return IndexFolder::open(path).map_err(|_| IndexError::Foreign(path.to_owned()));
        }
        fs::create_dir_all(folder.segments()).map_err(|error| folder.writing(SEGMENTS_FOLDER, &error))?;
        // The format file comes last, so a folder that was left half made holds nothing but the empty segments.
        folder.write_format().or_else(|error| IndexFolder::open(path).map(drop).map_err(|_| error))?;
        Ok(folder)
    }

    /// Whether the folder is empty, or was left half made.
    fn holds_nothing_else(&self) -> Result<bool, IndexError> {
        for entry in fs::read_dir(&self.path).map_err(|error| self.reading("", &error))? {
            let name = entry.map_err(|error| self.reading("", &error))?.file_name();
            let is_remains = |name: &str| name.starts_with("FORMAT.") || name.starts_with(TEMPORARY_PREFIX);
            let ours = [SEGMENTS_FOLDER, FORMAT_FILE].iter().any(|own| name == *own)
                || name.to_str().is_some_and(is_remains);
            if !ours {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn write_format(&self) -> Result<(), IndexError> {
        self.write_atomically(FORMAT_FILE, format!("{FORMAT_PREFIX}{FORMAT_VERSION}\n").as_bytes())
    }

    /// Raises an index of an older format to this one, before anything of it is written.
    ///
    /// # Errors
    /// Where the format file cannot be read or written.
    pub fn raise_format(&self) -> Result<(), IndexError> {
        let text = fs::read_to_string(self.path.join(FORMAT_FILE))
            .map_err(|error| self.reading(FORMAT_FILE, &error))?;
        match self.check_format(&text)? {
            FORMAT_VERSION => Ok(()),
            _ => self.write_format(),
        }
    }

    fn check_format(&self, text: &str) -> Result<u32, IndexError> {
        let found = text.trim_end().strip_prefix(FORMAT_PREFIX);
        match found.map(str::parse::<u32>) {
            Some(Ok(format @ OLDEST_FORMAT..=FORMAT_VERSION)) => Ok(format),
            Some(_) => {
                let found = format!("format {}", found.unwrap_or_default());
                Err(IndexError::Format { path: self.path.clone(), found })
            }
            None => Err(IndexError::Foreign(self.path.clone())),
        }
    }

    /// The folder's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn segments(&self) -> PathBuf {
        self.path.join(SEGMENTS_FOLDER)
    }

    /// Opens tantivy's part of the index for reading.
    ///
    /// # Errors
    /// Where nothing was written to it yet, it cannot be read, or it has another schema.
    pub fn open_segments(&self) -> Result<OpenedSegments, IndexError> {
        let (schema, fields) = schema();
        let directory = self.directory(Access::Read)?;
        let exists = tantivy::Index::exists(&directory);
        if !exists.map_err(|error| self.tantivy_error(&error.into()))? {
            return Err(IndexError::Absent(self.path.clone()));
        }
        let mut index =
            tantivy::Index::open(directory.clone()).map_err(|error| self.tantivy_error(&error))?;
        for plugin in plugins(&fields, SharedDictionaries::default()) {
            index.register_plugin(plugin);
        }
        if index.schema() != schema {
            return Err(self.damaged(&"its fields are not those of this format"));
        }
        Ok(OpenedSegments { index, fields, directory })
    }

    /// Opens tantivy's part of the index for a run that adds documents, whose records and messages are compressed with
    /// `dictionaries`, and makes it where there is none.
    ///
    /// # Errors
    /// Where it cannot be read or made, or has another schema.
    pub fn open_segments_for_writing(
        &self,
        dictionaries: SharedDictionaries,
    ) -> Result<(tantivy::Index, Fields), IndexError> {
        let (schema, fields) = schema();
        // Nothing is stored in tantivy's own store, which still counts its documents.
        let settings = IndexSettings {
            docstore_compression: Compressor::Zstd(ZstdCompressor::default()),
            docstore_blocksize: STORE_BLOCK_BYTES,
            docstore_compress_dedicated_thread: false,
            ..IndexSettings::default()
        };
        let directory = self.directory(Access::Write)?;
        // Of several processes that find no index one makes it, and the others open it.
        let making = directory.acquire_lock(&META_LOCK).map_err(|error| self.tantivy_error(&error.into()))?;
        let exists = tantivy::Index::exists(&directory).map_err(|error| self.tantivy_error(&error.into()))?;
        let index = if exists {
            tantivy::Index::open(directory).map(|mut index| {
                plugins(&fields, dictionaries).into_iter().for_each(|plugin| index.register_plugin(plugin));
                index
            })
        } else {
            let builder = tantivy::Index::builder().schema(schema.clone()).settings(settings);
            let builder =
                plugins(&fields, dictionaries).into_iter().fold(builder, IndexBuilder::register_plugin);
            builder.open_or_create(directory)
        };
        drop(making);
        let index = index.map_err(|error| self.tantivy_error(&error))?;
        if index.schema() != schema {
            return Err(self.damaged(&"its fields are not those of this format"));
        }
        Ok((index, fields))
    }

    /// Whether a process holds the writer's lock just now; what cannot be told counts as no.
    pub fn is_being_written(&self) -> bool {
        let lock = fs::File::open(self.segments().join(&INDEX_WRITER_LOCK.filepath));
        lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
    }

    fn directory(&self, access: Access) -> Result<IndexDirectory, IndexError> {
        IndexDirectory::open(&self.segments(), access).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => self.damaged(&format!("{SEGMENTS_FOLDER} is missing")),
            _ => self.reading(SEGMENTS_FOLDER, &error),
        })
    }

    /// Compares all files of the segments that a commit point names with their checksums, from the smallest to the largest.
    /// They are read, not mapped, a little at a time; `keep_on` is asked between.
    ///
    /// # Errors
    /// Where a checksum does not agree, a file cannot be read, or the list of files; [`IndexError::Stopped`] where
    /// `keep_on` says no.
    pub fn check_segment_files(&self, keep_on: &dyn Fn() -> bool) -> Result<(), IndexError> {
        let index = self.open_segments()?.index;
        let metas = index.load_metas().map_err(|error| self.tantivy_error(&error))?;
        let mut sized: Vec<(u64, PathBuf)> = Vec::new();
        for file in metas.list_segment_files() {
            match fs::metadata(self.segments().join(&file)) {
                Ok(metadata) => sized.push((metadata.len(), file)),
                Err(error) if is_absent(&error) => sized.push((0, file)),
                Err(error) => {
                    return Err(self.reading(&format!("{SEGMENTS_FOLDER}/{}", file.display()), &error));
                }
            }
        }
        sized.sort();
        sized.iter().try_for_each(|(_, file)| self.check_segment_file(&self.segments().join(file), keep_on))
    }

    /// Compares one of the segments' files with its checksum, as [`IndexFolder::check_segment_files`] does.
    ///
    /// # Errors
    /// As there.
    pub fn check_segment_file(&self, file: &Path, keep_on: &dyn Fn() -> bool) -> Result<(), IndexError> {
        let name = format!("{SEGMENTS_FOLDER}/{}", file.file_name().unwrap_or_default().display());
        match check_file(file, keep_on) {
            Ok(()) => Ok(()),
            Err(error) => match error.kind() {
                // Of what a segment may have, tantivy names deletions and a store that is being written, too.
                io::ErrorKind::NotFound if is_optional(file) => Ok(()),
                io::ErrorKind::NotFound => Err(self.damaged(&format!("{name} is missing"))),
                io::ErrorKind::InvalidData => Err(self.damaged(&format!("{name}: {error}"))),
                io::ErrorKind::Interrupted => Err(IndexError::Stopped),
                _ => Err(self.reading(&name, &error)),
            },
        }
    }

    /// The generation that is current, if anything was committed yet.
    ///
    /// # Errors
    /// Where the payload makes no sense.
    pub fn generation(&self, index: &tantivy::Index) -> Result<Option<Generation>, IndexError> {
        let meta = index.load_metas().map_err(|error| self.tantivy_error(&error))?;
        let generation = meta.payload.as_deref().map(Generation::from_payload).transpose();
        generation.map_err(|error| self.damaged(&error))
    }

    /// Maps the graph of a generation, and compares it with its checksums.
    ///
    /// # Errors
    /// Where it is absent or damaged.
    pub fn open_graph(&self, generation: &Generation) -> Result<OpenedGraph, IndexError> {
        let name = graph_file(generation.number);
        let map = GuardedMap::open(&self.path.join(&name)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => self.damaged(&format!("{name} is missing")),
            _ => self.reading(&name, &error),
        })?;
        let bytes = map.clone().map_or_else(OwnedBytes::empty, map_bytes);
        let fail = |error: SectionError| self.graph_error(generation, &error);
        let graph = CommitGraph::open(&bytes).map_err(fail)?;
        graph.verify_checksums().map_err(fail)?;
        Ok(OpenedGraph { graph, map })
    }

    /// What is wrong with a graph file, as an error of the index.
    pub fn graph_error(&self, generation: &Generation, error: &SectionError) -> IndexError {
        self.damaged(&format!("{}: {error}", graph_file(generation.number)))
    }

    /// Writes the graph of a generation; it takes effect when tantivy commits with that generation as payload.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write_graph(&self, generation: &Generation, content: &[u8]) -> Result<(), IndexError> {
        self.write_atomically(&graph_file(generation.number), content)
    }

    /// Removes what a run that was killed has left of files that it was writing. Only who holds the writer's lock may do so, before
    /// anything is written.
    ///
    /// # Errors
    /// Where a folder cannot be read or a file cannot be removed.
    pub fn remove_remains(&self) -> Result<(), IndexError> {
        for folder in [self.path.clone(), self.segments()] {
            for entry in fs::read_dir(&folder).map_err(|error| IndexError::reading(&folder, &error))? {
                let path = entry.map_err(|error| IndexError::reading(&folder, &error))?.path();
                let is_remains = |name: &str| name.starts_with(TEMPORARY_PREFIX);
                if path.file_name().and_then(|name| name.to_str()).is_some_and(is_remains) {
                    fs::remove_file(&path).map_err(|error| IndexError::writing(&path, &error))?;
                }
            }
        }
        Ok(())
    }

    /// Removes graph files of other generations; a reader that has them mapped keeps them.
    ///
    /// # Errors
    /// Where the folder cannot be read or a file cannot be removed.
    pub fn remove_other_graphs(&self, current: u64) -> Result<(), IndexError> {
        let keep = graph_file(current);
        for entry in fs::read_dir(&self.path).map_err(|error| self.reading("", &error))? {
            let name = entry.map_err(|error| self.reading("", &error))?.file_name();
            let Some(name) = name.to_str() else { continue };
            if name.starts_with("graph-") && name != keep {
                fs::remove_file(self.path.join(name)).map_err(|error| self.writing(name, &error))?;
            }
        }
        Ok(())
    }

    /// Keeps every other process from writing until the result is dropped, because the index is about to be removed.
    ///
    /// # Errors
    /// Where another process is writing.
    pub fn lock_for_removal(&self) -> Result<RemovalLock, IndexError> {
        match self.directory(Access::Write)?.acquire_lock(&INDEX_WRITER_LOCK) {
            Ok(lock) => Ok(RemovalLock { _lock: lock }),
            Err(error) => Err(self.tantivy_error(&error.into())),
        }
    }

    fn write_atomically(&self, name: &str, content: &[u8]) -> Result<(), IndexError> {
        let written = replace_file(&self.path.join(name), content)
            // Without this the new name might not outlive a power cut, though what is committed refers to it.
            .and_then(|()| fs::File::open(&self.path)?.sync_all());
        written.map_err(|error| self.writing(name, &error))
    }

    /// All bytes that the index takes on disk, by file name, sorted.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn file_sizes(&self) -> Result<Vec<(PathBuf, u64)>, IndexError> {
        let mut sizes = Vec::new();
        for folder in [self.path.clone(), self.segments()] {
            for entry in fs::read_dir(&folder).map_err(|error| self.reading("", &error))? {
                let entry = entry.map_err(|error| self.reading("", &error))?;
                // A file may vanish while a writer cleans up.
                if let Ok(metadata) = entry.metadata()
                    && metadata.is_file()
                {
                    sizes.push((entry.path(), metadata.len()));
                }
            }
        }
        sizes.sort();
        Ok(sizes)
    }

    pub(crate) fn damaged(&self, message: &dyn std::fmt::Display) -> IndexError {
        IndexError::Damaged { path: self.path.clone(), message: message.to_string() }
    }

    fn reading(&self, name: &str, error: &io::Error) -> IndexError {
        IndexError::reading(&self.path.join(name), error)
    }

    fn writing(&self, name: &str, error: &io::Error) -> IndexError {
        IndexError::writing(&self.path.join(name), error)
    }

    /// Puts tantivy's error into this crate's words.
    pub fn tantivy_error(&self, error: &TantivyError) -> IndexError {
        let in_segments = |file: &Path| format!("{SEGMENTS_FOLDER}/{}", file.display());
        match error {
            TantivyError::LockFailure(LockError::LockBusy, _) => IndexError::Locked(self.path.clone()),
            TantivyError::LockFailure(LockError::IoError(error), _) => self.writing(SEGMENTS_FOLDER, error),
            TantivyError::DataCorruption(corruption) => self.damaged(&format!("{corruption:?}")),
            TantivyError::OpenDirectoryError(OpenDirectoryError::IoError { io_error, .. }) => {
                self.reading(SEGMENTS_FOLDER, io_error)
            }
            TantivyError::OpenReadError(OpenReadError::FileDoesNotExist(file)) => {
                self.damaged(&format!("{} is missing", in_segments(file)))
            }
            TantivyError::OpenReadError(OpenReadError::IoError { io_error, filepath }) => {
                let name = in_segments(filepath);
                match io_error.kind() {
                    io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                        self.damaged(&format!("{name}: {io_error}"))
                    }
                    _ => self.reading(&name, io_error),
                }
            }
            TantivyError::OpenWriteError(OpenWriteError::IoError { io_error, filepath }) => {
                self.writing(&in_segments(filepath), io_error)
            }
            TantivyError::IoError(error) if error.kind() == io::ErrorKind::InvalidData => self.damaged(error),
            TantivyError::IoError(error) => self.writing(SEGMENTS_FOLDER, error),
            other => IndexError::writing(&self.path, &io::Error::other(other.to_string())),
        }
    }
}

/// tantivy's part of an index, opened for reading.
pub struct OpenedSegments {
    /// The segments.
    pub index: tantivy::Index,
    /// The fields of their documents.
    pub fields: Fields,
    /// Where their files are opened from.
    pub directory: IndexDirectory,
}

/// The graph of a generation, opened for reading.
pub struct OpenedGraph {
    /// The graph.
    pub graph: CommitGraph,
    /// The file; none if it is empty, which no graph is.
    pub map: Option<Arc<GuardedMap>>,
}

/// Whether a segment may be without a file that tantivy counts to it.
fn is_optional(file: &Path) -> bool {
    let name = file.to_string_lossy();
    [".del", ".temp", ".pos"].iter().any(|extension| name.ends_with(extension))
}

fn graph_file(number: u64) -> String {
    format!("graph-{number}.bin")
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests;
