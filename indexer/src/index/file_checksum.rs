//! The checksum at the end of tantivy's files, those of our own included.
//!
//! Behind a file's content stands JSON text with the CRC-32 of the content, `{"version":…,"crc":N}`, then the length of that
//! text and the number 1337 (u32 each, little-endian).

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use serde::Deserialize;

const MAGIC: u32 = 1337;
/// Bytes behind the JSON text.
const NUMBERS_BYTES: usize = 8;
/// More than any such text has.
const MAX_TEXT_BYTES: usize = 50_000;
/// How much of a file is read at once.
const READ_BYTES: usize = 1 << 20;

#[derive(Deserialize)]
struct Footer {
    crc: u32,
}

/// Compares a whole file with its checksum.
///
/// # Errors
/// `InvalidData` where it does not agree.
pub fn check_bytes(file: &[u8]) -> io::Result<()> {
    let numbers = file.last_chunk::<NUMBERS_BYTES>().ok_or_else(cut_off)?;
    let text_len = text_len(numbers)?;
    let content_len = (file.len() - NUMBERS_BYTES).checked_sub(text_len).ok_or_else(cut_off)?;
    let (content, text) = file[..file.len() - NUMBERS_BYTES].split_at(content_len);
    agree(text, crc32fast::hash(content))
}

/// The same for a file that is read from the disk, a little at a time. `keep_on` is asked between.
///
/// # Errors
/// `InvalidData` where the checksum does not agree, `Interrupted` where `keep_on` says no; what the system says where the
/// file cannot be read.
pub fn check_file(path: &Path, keep_on: &dyn Fn() -> bool) -> io::Result<()> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    let mut numbers = [0; NUMBERS_BYTES];
    let numbers_start = len.checked_sub(NUMBERS_BYTES as u64).ok_or_else(cut_off)?;
    file.seek(SeekFrom::Start(numbers_start))?;
    read_exact(&mut file, &mut numbers)?;
    let mut text = vec![0; text_len(&numbers)?];
    let content_len = numbers_start.checked_sub(text.len() as u64).ok_or_else(cut_off)?;
    file.seek(SeekFrom::Start(content_len))?;
    read_exact(&mut file, &mut text)?;

    file.seek(SeekFrom::Start(0))?;
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; READ_BYTES];
    let mut left = content_len;
    while left > 0 {
        if !keep_on() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let part = &mut buffer[..left.min(READ_BYTES as u64) as usize];
        read_exact(&mut file, part)?;
        hasher.update(part);
        left -= part.len() as u64;
    }
    agree(&text, hasher.finalize())
}

fn text_len(numbers: &[u8; NUMBERS_BYTES]) -> io::Result<usize> {
    let number =
        |at: usize| u32::from_le_bytes([numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3]]);
    let len = number(0) as usize;
    if number(4) != MAGIC || len > MAX_TEXT_BYTES {
        return Err(cut_off());
    }
    Ok(len)
}

fn agree(text: &[u8], crc: u32) -> io::Result<()> {
    let footer: Footer = serde_json::from_slice(text).map_err(|_| cut_off())?;
    match footer.crc == crc {
        true => Ok(()),
        false => Err(damaged("its checksum does not agree")),
    }
}

fn read_exact(file: &mut File, buffer: &mut [u8]) -> io::Result<()> {
    file.read_exact(buffer).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => cut_off(),
        _ => error,
    })
}

fn cut_off() -> io::Error {
    damaged("it is cut off, or its end is damaged")
}

fn damaged(message: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let content = b"content".repeat(1000);
        let text = format!(r#"{{"version":{{"major":0}},"crc":{}}}"#, crc32fast::hash(&content));
        let numbers = [(text.len() as u32).to_le_bytes(), MAGIC.to_le_bytes()].concat();
        [content, text.into_bytes(), numbers].concat()
    }

    fn outcomes(file: &[u8]) -> [io::ErrorKind; 2] {
        let named = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(named.path(), file).expect("a file");
        // `Other` stands for success here.
        [check_bytes(file), check_file(named.path(), &|| true)]
            .map(|outcome| outcome.err().map_or(io::ErrorKind::Other, |error| error.kind()))
    }

    #[test]
    fn what_was_written_agrees() {
        assert_eq!(outcomes(&sample()), [io::ErrorKind::Other; 2]);
    }

    #[test]
    fn flipped_and_missing_bytes_are_noticed() {
        let file = sample();
        for at in (0..file.len()).step_by(97).chain(file.len() - 70..file.len()) {
            let mut flipped = file.clone();
            flipped[at] ^= 4;
            let version = file.len() - 8 - 40 - 8..file.len() - 8;
            if !version.contains(&at) {
                assert_eq!(outcomes(&flipped), [io::ErrorKind::InvalidData; 2], "byte {at}");
            }
            assert_eq!(outcomes(&file[..at]), [io::ErrorKind::InvalidData; 2], "{at} bytes");
        }
    }

    #[test]
    fn checking_stops_when_it_is_told_to() {
        let named = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(named.path(), sample()).expect("a file");
        let stopped = check_file(named.path(), &|| false).expect_err("it was stopped");
        assert_eq!(stopped.kind(), io::ErrorKind::Interrupted);
    }
}
