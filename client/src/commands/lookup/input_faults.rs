//! What is said of inputs that cannot be read.

use std::fs;
use std::path::{Path, PathBuf};

use hunktrace_server::index::likeness::closest;

/// That there are no patches in a folder.
pub fn without_patches(folder: &Path) -> String {
    format!(
        "{}: is a folder without patches (*.patch, *.diff, *.mbox, *.eml, or a 'series' or 'series.conf' file); name the files",
        folder.display()
    )
}

/// That a file of a series is none.
pub fn no_file_of_series(file: &Path) -> String {
    format!("{}: is in the series, but no file", file.display())
}

/// What the user may have meant, as the end of a message.
pub fn meant(suggestion: Option<String>) -> String {
    suggestion.map(|suggestion| format!("; did you mean '{suggestion}'?")).unwrap_or_default()
}

/// The file whose name is closest to that of one that is not there.
pub fn closest_file(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let names: Vec<String> = fs::read_dir(folder.unwrap_or(Path::new(".")))
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    let word = path.file_name()?.to_str()?;
    let begun: Vec<&str> = names.iter().map(String::as_str).filter(|name| name.starts_with(word)).collect();
    let name = match begun[..] {
        [only] => only,
        _ => closest(word, names.iter().map(String::as_str))?,
    };
    Some(folder.map_or(PathBuf::from(name), |folder| folder.join(name)).display().to_string())
}
