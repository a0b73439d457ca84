//! A branch without its newest commits, so that an index can be extended by an exact number of commits.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::process::Command;

/// The tips of what `branch` contains without its `count` newest commits.
///
/// No commit comes before its children in that order, so what is left is a whole history, mostly with several tips.
///
/// # Errors
/// Where git fails.
pub fn tips_without_newest(repository: &Path, branch: &str, count: usize) -> io::Result<Vec<String>> {
    let mut command = Command::new("git");
    command.arg("-C").arg(repository).args(["rev-list", "--date-order", "--parents", branch]);
    let output = command.output()?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(format!("{command:?} failed: {message}")));
    }
    Ok(tips_below(&String::from_utf8_lossy(&output.stdout), count))
}

/// The tips of a list of commits with their parents, newest first, without its first `count` lines.
fn tips_below(list: &str, count: usize) -> Vec<String> {
    let mut parents_seen = HashSet::new();
    let mut tips = Vec::new();
    for line in list.lines().skip(count) {
        let mut ids = line.split(' ');
        let id = ids.next().unwrap_or_default();
        if !parents_seen.contains(id) {
            tips.push(id.to_owned());
        }
        parents_seen.extend(ids);
    }
    tips
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_may_have_several_tips() {
        let list = "merge left right\nright root\nleft root\nroot\n";
        assert_eq!(tips_below(list, 0), ["merge"]);
        assert_eq!(tips_below(list, 1), ["right", "left"]);
        assert_eq!(tips_below(list, 2), ["left"]);
        assert_eq!(tips_below(list, 9), [""; 0]);
    }
}
