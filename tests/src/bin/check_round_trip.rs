//! Checks that the patch parser writes back byte for byte what it reads: diffs, mails, logs.
//!
//!     git log -p REVISIONS | check_round_trip
//!
//! Prints how much was read, and fails at the first byte that differs.

use std::error::Error;
use std::io::{Read, Write};

use hunktrace_indexer::patch;

fn main() -> Result<(), Box<dyn Error>> {
    let mut input = Vec::new();
    std::io::stdin().lock().read_to_end(&mut input)?;
    let text = patch::parse(&input);
    let mut output = Vec::with_capacity(input.len());
    text.write(&mut output)?;
    if let Some(at) = (0..input.len().max(output.len())).find(|at| input.get(*at) != output.get(*at)) {
        return Err(format!("byte {at} is not written back as it was read").into());
    }
    let hunks: usize = text.patches.iter().flat_map(|patch| &patch.files).map(|file| file.hunks.len()).sum();
    writeln!(
        std::io::stdout(),
        "{} bytes, {} patches, {hunks} hunks, {} problems: written back as read",
        input.len(),
        text.patches.len(),
        text.problems.len()
    )?;
    Ok(())
}
