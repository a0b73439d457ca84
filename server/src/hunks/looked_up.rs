//! The hunks of a patch as they are looked up, and answers for those that it has.

use std::borrow::Cow;

use hunktrace_indexer::moved_files::moved_files;
use rustc_hash::FxHashSet;

use crate::hunks::query::QueryHunk;

/// The hunks of a patch as they are looked up.
#[derive(Debug)]
pub struct LookedUp<'a> {
    /// The hunks: those of the patch, and in place of the two of a moved file the hunks between its versions.
    pub hunks: Cow<'a, [QueryHunk]>,
    /// For each hunk of the patch the places of those that are looked up for it; none where nothing is moved.
    places: Vec<Vec<usize>>,
}

impl LookedUp<'_> {
    /// How the hunks of a patch are looked up.
    pub fn of(asked: &[QueryHunk]) -> LookedUp<'_> {
        let moved = moved_files(&asked.iter().map(|hunk| &hunk.stored).collect::<Vec<_>>());
        if moved.is_empty() {
            return LookedUp { hunks: Cow::Borrowed(asked), places: Vec::new() };
        }
        let deletions: FxHashSet<usize> = moved.iter().map(|moved| moved.deletion).collect();
        // They are in the order of their additions.
        let mut moved = moved.into_iter().peekable();
        let (mut hunks, mut places) = (Vec::with_capacity(asked.len()), vec![Vec::new(); asked.len()]);
        for (place, hunk) in asked.iter().enumerate() {
            let first = hunks.len();
            match moved.next_if(|moved| moved.addition == place) {
                Some(moved) => {
                    let between = moved.hunks.into_iter();
                    hunks.extend(between.map(|stored| QueryHunk { stored, line: hunk.line }));
                    places[moved.deletion] = (first..hunks.len()).collect();
                }
                None if deletions.contains(&place) => continue,
                None => hunks.push(hunk.clone()),
            }
            places[place] = (first..hunks.len()).collect();
        }
        LookedUp { hunks: Cow::Owned(hunks), places }
    }

    /// What was found for each hunk of the patch, by what was found for those that were looked up; of several `best` takes one.
    pub fn told<Found: Clone>(&self, found: Vec<Found>, best: impl Fn(Vec<Found>) -> Found) -> Vec<Found> {
        if self.places.is_empty() {
            return found;
        }
        let of_hunk = |places: &Vec<usize>| best(places.iter().map(|place| found[*place].clone()).collect());
        self.places.iter().map(of_hunk).collect()
    }
}

#[cfg(test)]
mod tests {
    use hunktrace_indexer::patch::parse;

    use super::*;
    use crate::hunks::query::query_hunks;

    #[test]
    fn moved_file_is_looked_up_as_such_and_answered_as_it_stands() {
        let line = |number: u32| format!("line {number} of the file\n");
        let with = |sign: char, from: u32, to: u32| -> String {
            (from..=to).map(|number| format!("{sign}{}", line(number))).collect()
        };
        let text = format!(
            "--- a/fs/one.c\n+++ b/fs/one.c\n@@ -1 +1 @@\n-a\n+b\n\
             --- a/fs/x.c\n+++ /dev/null\n@@ -1,20 +0,0 @@\n{}\
             --- a/fs/two.c\n+++ b/fs/two.c\n@@ -1 +1 @@\n-c\n+d\n\
             --- /dev/null\n+++ b/fs/sub/x.c\n@@ -0,0 +1,20 @@\n{}+the last line\n",
            with('-', 1, 20),
            with('+', 1, 19),
        );
        let asked = query_hunks(&parse(text.as_bytes()).patches[0]);
        let looked_up = LookedUp::of(&asked);
        let paths: Vec<String> = looked_up.hunks.iter().map(|hunk| hunk.stored.path().to_string()).collect();
        assert_eq!(paths, ["fs/one.c", "fs/two.c", "fs/sub/x.c"]);
        let told = looked_up.told(vec![1, 2, 3], |several| several.into_iter().max().unwrap_or(0));
        assert_eq!(told, [1, 3, 2, 3]);
        let usual = LookedUp::of(&asked[..2]);
        assert_eq!((usual.hunks.len(), usual.told(vec![1, 2], |_| 0)), (2, vec![1, 2]));
    }
}
