//! An unfinished report, out of sight until it is complete.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::Error;

/// Where an unfinished report lies in the output folder.
const UNFINISHED: &str = "report.unfinished";
const PAGE: &str = "report.html";
/// The folder with the data files of a report.
pub(super) const DATA: &str = "report-data";

/// The folder of an unfinished report; removed with the value unless the report was published.
#[derive(Debug)]
pub(super) struct UnfinishedReport {
    output: PathBuf,
    unfinished: PathBuf,
}

impl UnfinishedReport {
    /// Begins a report in the folder `output`, which is made where it does not exist. What an earlier run left
    /// unfinished there is removed.
    pub(super) fn begin(output: &Path) -> Result<Self, Error> {
        let report = Self { output: output.to_owned(), unfinished: output.join(UNFINISHED) };
        remove(&report.unfinished).map_err(Error::at(&report.unfinished))?;
        let data = report.unfinished.join(DATA);
        fs::create_dir_all(&data).map_err(Error::at(&data))?;
        Ok(report)
    }

    /// Writes the data file `name`.
    pub(super) fn write_data(&self, name: &str, content: &[u8]) -> Result<(), Error> {
        let path = self.unfinished.join(DATA).join(format!("{name}.js"));
        fs::write(&path, content).map_err(Error::at(&path))
    }

    /// Puts the report in place of an earlier one. The page goes first and comes last, so that whenever there is
    /// one, its data are there.
    pub(super) fn publish(self, page: &[u8]) -> Result<(), Error> {
        let page_before = self.unfinished.join(PAGE);
        fs::write(&page_before, page).map_err(Error::at(&page_before))?;
        for name in [PAGE, DATA] {
            let earlier = self.output.join(name);
            remove(&earlier).map_err(Error::at(&earlier))?;
        }
        for name in [DATA, PAGE] {
            let place = self.output.join(name);
            fs::rename(self.unfinished.join(name), &place).map_err(Error::at(&place))?;
        }
        Ok(())
    }
}

impl Drop for UnfinishedReport {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.unfinished) {
            tracing::warn!(path = %self.unfinished.display(), %error, "an unfinished report could not be removed");
        }
    }
}

/// Removes a file or a folder with all that is in it; nothing there is no error.
fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
