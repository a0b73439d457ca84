//! What is worked out of a file that is to be stored before it is stored: its texts packed, and their functions.
//!
//! A catalogue's connection serves one thread, and packing takes most of the time; so a file is planned with the
//! connection, made ready without it beside others, and then stored.

use std::cell::OnceCell;

use super::contents::{BlobId, PackedText, StoredText};
use super::error::AddError;
use super::functions::Functions;
use super::new_release::{FileTexts, NewFile};

/// A text of a file, as far as the catalogue tells what has to be done with it.
#[derive(Debug)]
pub(super) enum PlannedText {
    /// It is stored: its row.
    Known(i64),
    /// It is to be stored.
    New(BlobId, Addition),
}

/// What a text is stored as an addition to.
#[derive(Debug)]
pub(super) enum Addition {
    /// Nothing: it stands for itself.
    Nothing,
    /// A stored text.
    Stored(StoredText),
    /// The text of the same file in the base, which is to be stored as well.
    Base,
}

/// A file that no release has like this.
#[derive(Debug)]
pub(super) struct PlannedFile<'a> {
    /// The file.
    pub file: &'a NewFile,
    /// The number that stands for it.
    pub digest: [u8; 16],
    /// Its text in the base.
    pub base: Option<PlannedText>,
    /// Its text in the release.
    pub vendor: Option<PlannedText>,
}

/// The same with all that storing it needs.
#[derive(Debug)]
pub(super) struct ReadyFile<'a> {
    /// The file.
    pub file: &'a NewFile,
    /// The number that stands for it.
    pub digest: [u8; 16],
    /// Its text in the base.
    pub base: Option<ReadyText>,
    /// Its text in the release.
    pub vendor: Option<ReadyText>,
    /// The functions of the base's text, where lines of that are changed.
    pub old_functions: Functions,
    /// The functions of the release's text, where lines of that are changed.
    pub new_functions: Functions,
}

/// A text that can be stored.
#[derive(Debug)]
pub(super) enum ReadyText {
    /// It is stored: its row.
    Known(i64),
    /// It is to be stored.
    Packed(BlobId, PackedText, PackedOn),
}

/// What a text was packed as an addition to.
#[derive(Debug)]
pub(super) enum PackedOn {
    /// Nothing.
    Nothing,
    /// A stored text: its row, and how many texts that one adds to.
    Stored(i64, u32),
    /// The text of the same file in the base.
    Base,
}

impl<'a> PlannedFile<'a> {
    /// The blob ids of the texts that the file brings.
    pub fn new_blobs(&self) -> impl Iterator<Item = BlobId> {
        [&self.base, &self.vendor].into_iter().flatten().filter_map(|text| match text {
            PlannedText::New(blob, _) => Some(*blob),
            PlannedText::Known(_) => None,
        })
    }

    /// Packs the texts and finds their functions.
    pub fn ready(self, texts: &dyn FileTexts) -> Result<ReadyFile<'a>, AddError> {
        let PlannedFile { file, digest, base, vendor } = self;
        let (base_text, vendor_text) = (OnceCell::new(), OnceCell::new());
        let read_base = || read_once(&base_text, || texts.base_text(file));
        let read_vendor = || read_once(&vendor_text, || texts.vendor_text(file));
        let changes = |added: bool| file.runs.iter().any(|run| run.is_added == added);
        Ok(ReadyFile {
            file,
            digest,
            old_functions: match file.base.is_some() && changes(false) {
                true => Functions::of(read_base()?),
                false => Functions::default(),
            },
            new_functions: match file.vendor.is_some() && changes(true) {
                true => Functions::of(read_vendor()?),
                false => Functions::default(),
            },
            base: base.map(|text| pack(text, &read_base, &read_base)).transpose()?,
            vendor: vendor.map(|text| pack(text, &read_vendor, &read_base)).transpose()?,
        })
    }
}

type Read<'r, 't> = &'r dyn Fn() -> Result<&'t [u8], AddError>;

fn pack(planned: PlannedText, text: Read<'_, '_>, base: Read<'_, '_>) -> Result<ReadyText, AddError> {
    let (blob, addition) = match planned {
        PlannedText::Known(row) => return Ok(ReadyText::Known(row)),
        PlannedText::New(blob, addition) => (blob, addition),
    };
    let text = text()?;
    let packed = |dictionary: Option<&[u8]>| {
        PackedText::of(text, dictionary).map_err(|reason| AddError::Unreadable(reason.to_owned()))
    };
    Ok(match addition {
        Addition::Nothing => ReadyText::Packed(blob, packed(None)?, PackedOn::Nothing),
        Addition::Base => ReadyText::Packed(blob, packed(Some(base()?))?, PackedOn::Base),
        Addition::Stored(stored) => match stored.place() {
            Some((row, depth)) => {
                let packed = packed(Some(&stored.unpack()?))?;
                ReadyText::Packed(blob, packed, PackedOn::Stored(row, depth))
            }
            None => ReadyText::Packed(blob, packed(None)?, PackedOn::Nothing),
        },
    })
}

fn read_once(
    cell: &OnceCell<Vec<u8>>,
    read: impl FnOnce() -> Result<Vec<u8>, String>,
) -> Result<&[u8], AddError> {
    match cell.get() {
        Some(text) => Ok(text),
        None => {
            let text = read().map_err(AddError::Unreadable)?;
            Ok(cell.get_or_init(|| text))
        }
    }
}
