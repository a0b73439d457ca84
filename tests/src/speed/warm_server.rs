//! A server that has answered hunks before, and others that it has not seen.
//!
//! The hunks of a release are each asked for once, so an answer that is kept from the last time would be no measure for
//! them: a server is warmed up with the hunks of every other patch, and those of the others are measured.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use super::lookups::{look_up_in_bulk, single_hunks};
use crate::server::Server;

type AnyError = Box<dyn Error + Send + Sync>;

/// The hunks of patches, each by itself.
pub struct HalvedHunks {
    /// The hunks of the first patch, the third and so on.
    pub warming: Vec<Vec<u8>>,
    /// Those of the others.
    pub measured: Vec<Vec<u8>>,
}

impl HalvedHunks {
    /// Reads the patches in these files.
    ///
    /// # Errors
    /// Where a file cannot be read, or no hunk is left to be measured.
    pub fn of(patches: &[&str]) -> Result<HalvedHunks, AnyError> {
        let mut halves = [Vec::new(), Vec::new()];
        for (number, file) in patches.iter().enumerate() {
            let text = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
            halves[number % 2].extend(single_hunks(&text)?);
        }
        let [warming, measured] = halves;
        if measured.is_empty() {
            return Err("two patches with hunks are needed, one of them to warm the server up".into());
        }
        Ok(HalvedHunks { warming, measured })
    }
}

/// Starts a server and has it answer the hunks that warm it up.
///
/// # Errors
/// Where it does not answer all of them.
pub async fn warm_server(program: &str, index: &Path, hunks: &HalvedHunks) -> Result<Server, AnyError> {
    let mut command = Command::new(program);
    command.args(["serve", "--listen", "127.0.0.1:0", "--index"]).arg(index);
    let server = Server::spawn(command);
    look_up_in_bulk(server.url(), &hunks.warming).await?;
    Ok(server)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUNK: &str = "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-old\n+new\n";

    #[test]
    fn every_other_patch_is_measured() {
        let folder = tempfile::tempdir().unwrap();
        let files: Vec<String> = ["1", "2", "3"]
            .map(|name| {
                let file = folder.path().join(name);
                std::fs::write(&file, HUNK.replace("new", name)).unwrap();
                file.to_string_lossy().into_owned()
            })
            .into();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();

        let hunks = HalvedHunks::of(&files).unwrap();

        assert_eq!((hunks.warming.len(), hunks.measured.len()), (2, 1));
        assert!(String::from_utf8_lossy(&hunks.measured[0]).contains("+2"));
        assert!(HalvedHunks::of(&files[..1]).is_err());
    }
}
