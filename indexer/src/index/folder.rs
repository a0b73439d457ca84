//! The folder of an index, and what is current in it.
//!
//! ```text
//! FORMAT           "hunktrace index, format 5\n"; readers refuse another format
//! segments/        a tantivy index: hunks and commits (see `segment`)
//! graph-N.bin      the commit graph of generation N (see `graph`)
//! ```
//!
//! `segments/meta.json` is tantivy's commit point and is replaced atomically. Its `payload` is the JSON text of a
//! [`Generation`]: `{"format":4,"number":N,"written_at":SECONDS_SINCE_1970,"is_complete":BOOL}`. `number` names the graph
//! file that belongs to these segments; `is_complete` is false at commit points in the middle of a run.
//!
//! A reader reads `meta.json`, maps `graph-N.bin`, opens the segments, and reads `meta.json` again: if the generation is
//! another one, it starts over. So it always has a pair that belongs together. A run that is killed leaves at worst some
//! files that nothing names, which the next run removes.

use std::fs;
use std::path::{Path, PathBuf};

use tantivy::directory::{Directory, MmapDirectory};
use tantivy::store::{Compressor, ZstdCompressor};
use tantivy::{IndexBuilder, IndexSettings, TantivyError};

use crate::graph::{CommitGraph, SectionError};
use crate::index::generation::{FORMAT_VERSION, Generation};
use crate::segment::schema::{Fields, plugins, schema};
use crate::segment::segment_files::SharedDictionaries;

const FORMAT_FILE: &str = "FORMAT";
const FORMAT_PREFIX: &str = "hunktrace index, format ";
const SEGMENTS_FOLDER: &str = "segments";

/// Bytes of tantivy's own store that are compressed together: it holds nothing, so the larger the better.
const STORE_BLOCK_BYTES: usize = 1 << 20;

/// Why an index cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// There is no index in the folder.
    #[error("{}: there is no index here; build one with 'hunktrace index --index DIR --repo REPO'", .0.display())]
    Absent(PathBuf),
    /// The folder holds something else.
    #[error("{}: is not empty and holds no index; name an empty or a new folder", .0.display())]
    Foreign(PathBuf),
    /// The index has another format.
    #[error(
        "{}: the index has {found}, this program reads format {FORMAT_VERSION}; remove the folder and build the index anew \
         with 'hunktrace index --index DIR --repo REPO', or use the program that wrote it",
        path.display()
    )]
    Format {
        /// The index.
        path: PathBuf,
        /// What its format file says.
        found: String,
    },
    /// Another process is writing.
    #[error("{}: another process is writing to this index; wait for it to finish", .0.display())]
    Locked(PathBuf),
    /// The index is damaged.
    #[error("{}: the index is damaged: {message}; build it anew", path.display())]
    Damaged {
        /// The index.
        path: PathBuf,
        /// What does not agree.
        message: String,
    },
    /// Reading or writing failed.
    #[error("{}: {message}", path.display())]
    Storage {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        message: String,
    },
    /// A repository cannot be read.
    #[error(transparent)]
    Repository(#[from] crate::git::repository::RepositoryError),
    /// Records cannot be compressed.
    #[error("cannot compress records: {0}")]
    Compression(#[from] std::io::Error),
    /// The run was asked to stop.
    #[error("stopped on request; what was indexed up to the last commit point is kept")]
    Stopped,
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
            Ok(text) => folder.check_format(&text).map(|()| folder),
            Err(error) if is_absent(&error) => Err(IndexError::Absent(path.to_owned())),
            Err(error) => Err(folder.storage_error(FORMAT_FILE, &error)),
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
        fs::create_dir_all(path).map_err(|error| folder.storage_error("", &error))?;
        let entries = fs::read_dir(path).map_err(|error| folder.storage_error("", &error))?;
        for entry in entries {
            let name = entry.map_err(|error| folder.storage_error("", &error))?.file_name();
            let ours = [SEGMENTS_FOLDER, FORMAT_FILE].iter().any(|own| name == *own)
                || name.to_str().is_some_and(|name| name.starts_with("FORMAT."));
            if !ours {
                return Err(IndexError::Foreign(path.to_owned()));
            }
        }
        fs::create_dir_all(folder.segments())
            .map_err(|error| folder.storage_error(SEGMENTS_FOLDER, &error))?;
        // The format file comes last, so a folder that was left half made holds nothing but the empty segments.
        folder.write_atomically(FORMAT_FILE, format!("{FORMAT_PREFIX}{FORMAT_VERSION}\n").as_bytes())?;
        Ok(folder)
    }

    fn check_format(&self, text: &str) -> Result<(), IndexError> {
        let found = text.trim_end().strip_prefix(FORMAT_PREFIX);
        match found.map(str::parse::<u32>) {
            Some(Ok(FORMAT_VERSION)) => Ok(()),
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

    /// Opens tantivy's part of the index, and makes it where there is none.
    ///
    /// # Errors
    /// Where it cannot be read, or has another schema.
    pub fn open_segments(&self) -> Result<(tantivy::Index, Fields), IndexError> {
        self.open_segments_for_writing(SharedDictionaries::default())
    }

    /// The same for a run that adds documents, whose records and messages are compressed with `dictionaries`.
    ///
    /// # Errors
    /// As above.
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
        let path = self.segments();
        let directory =
            MmapDirectory::open(&path).map_err(|error| self.storage_error(SEGMENTS_FOLDER, &error))?;
        let exists = tantivy::Index::exists(&directory).map_err(|error| self.damaged(&error))?;
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
        let index = index.map_err(|error| self.tantivy_error(&error))?;
        if index.schema() != schema {
            return Err(self.damaged(&"its fields are not those of this format"));
        }
        Ok((index, fields))
    }

    /// Compares tantivy's files with their checksums, without reading anything else of them.
    ///
    /// Reading a damaged file relies on what it says, so this comes before everything else.
    ///
    /// # Errors
    /// Where a checksum does not agree, or the list of files cannot be read.
    pub fn verify_segments(&self) -> Result<(), IndexError> {
        let (index, _) = self.open_segments()?;
        let damaged = index.validate_checksum().map_err(|error| self.damaged(&error))?;
        match damaged.iter().min() {
            Some(file) => {
                Err(self
                    .damaged(&format!("{SEGMENTS_FOLDER}/{}: the checksum does not agree", file.display())))
            }
            None => Ok(()),
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

    /// Maps the graph of a generation.
    ///
    /// # Errors
    /// Where it is absent or damaged.
    pub fn open_graph(&self, generation: &Generation) -> Result<CommitGraph, IndexError> {
        let name = graph_file(generation.number);
        let directory = MmapDirectory::open(&self.path).map_err(|error| self.storage_error("", &error))?;
        let file = directory.open_read(Path::new(&name)).map_err(|error| self.damaged(&error))?;
        let bytes = file.read_bytes().map_err(|error| self.storage_error(&name, &error))?;
        CommitGraph::open(&bytes).map_err(|error| self.graph_error(generation, &error))
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

    /// Removes graph files of other generations; a reader that has them mapped keeps them.
    ///
    /// # Errors
    /// Where the folder cannot be read or a file cannot be removed.
    pub fn remove_other_graphs(&self, current: u64) -> Result<(), IndexError> {
        let keep = graph_file(current);
        for entry in fs::read_dir(&self.path).map_err(|error| self.storage_error("", &error))? {
            let name = entry.map_err(|error| self.storage_error("", &error))?.file_name();
            let Some(name) = name.to_str() else { continue };
            if name.starts_with("graph-") && name != keep {
                fs::remove_file(self.path.join(name)).map_err(|error| self.storage_error(name, &error))?;
            }
        }
        Ok(())
    }

    fn write_atomically(&self, name: &str, content: &[u8]) -> Result<(), IndexError> {
        let fail = |error: std::io::Error| self.storage_error(name, &error);
        let temporary = self.path.join(format!("{name}.new"));
        let written = (|| {
            let mut file = fs::File::create(&temporary)?;
            std::io::Write::write_all(&mut file, content)?;
            file.sync_all()?;
            fs::rename(&temporary, self.path.join(name))?;
            // Without this the new name might not outlive a power cut, though what is committed refers to it.
            fs::File::open(&self.path)?.sync_all()
        })();
        if written.is_err() {
            // The write has failed already; whether the remains can be removed changes nothing.
            drop(fs::remove_file(&temporary));
        }
        written.map_err(fail)
    }

    /// All bytes that the index takes on disk, by file name, sorted.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn file_sizes(&self) -> Result<Vec<(PathBuf, u64)>, IndexError> {
        let mut sizes = Vec::new();
        for folder in [self.path.clone(), self.segments()] {
            for entry in fs::read_dir(&folder).map_err(|error| self.storage_error("", &error))? {
                let entry = entry.map_err(|error| self.storage_error("", &error))?;
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

    fn storage_error(&self, name: &str, error: &dyn std::fmt::Display) -> IndexError {
        IndexError::Storage { path: self.path.join(name), message: error.to_string() }
    }

    /// Puts tantivy's error into this crate's words.
    pub fn tantivy_error(&self, error: &TantivyError) -> IndexError {
        match error {
            TantivyError::LockFailure(..) => IndexError::Locked(self.path.clone()),
            TantivyError::DataCorruption(corruption) => self.damaged(&format!("{corruption:?}")),
            other => {
                let message = format!(
                    "{other}; what was committed is as it was: mend the cause (is the disk full?) and run it again"
                );
                IndexError::Storage { path: self.path.clone(), message }
            }
        }
    }
}

fn graph_file(number: u64) -> String {
    format!("graph-{number}.bin")
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests;
