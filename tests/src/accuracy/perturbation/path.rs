//! Files that a vendor keeps elsewhere.

use bstr::{BString, ByteSlice};
use fastrand::Rng;
use hunktrace_indexer::hunk::Sign;

use crate::accuracy::fragment::Fragment;

/// The fragment in another folder; every other time the file has another name as well.
pub fn moved(fragment: &Fragment, rng: &mut Rng) -> Option<Fragment> {
    let mut moved = fragment.clone();
    let keeps_name = rng.bool();
    let move_path = |path: &BString| -> BString {
        let (folder, name) = match path.rfind_byte(b'/') {
            Some(slash) => (&path[..slash], &path[slash + 1..]),
            None => (&b""[..], &path[..]),
        };
        let folder = match folder.rfind_byte(b'/') {
            Some(slash) => format!("{}/vendor", folder[..slash].as_bstr()),
            None => "vendor".to_owned(),
        };
        let prefix = if keeps_name { "" } else { "vnd_" };
        format!("{folder}/{prefix}{}", name.as_bstr()).into()
    };
    moved.old_path = fragment.old_path.as_ref().map(move_path);
    moved.new_path = fragment.new_path.as_ref().map(move_path);
    Some(moved)
}

/// The fragment's change in the place of another hunk: in its file, below its heading, and among its context lines; none
/// if one of the files comes or goes.
pub fn in_file_of(fragment: &Fragment, host: &Fragment) -> Option<Fragment> {
    let is_kept = |fragment: &Fragment| fragment.old_path.is_some() && fragment.new_path.is_some();
    if !is_kept(fragment) || !is_kept(host) {
        return None;
    }
    let mut context = host.lines.iter().filter(|line| line.sign == Sign::Context);
    let mut hosted = Fragment { lines: Vec::with_capacity(fragment.lines.len()), ..host.clone() };
    for line in &fragment.lines {
        match line.sign {
            Sign::Context => hosted.lines.extend(context.next().cloned()),
            _ => hosted.lines.push(line.clone()),
        }
    }
    Some(hosted)
}
