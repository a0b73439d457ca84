//! Files that a vendor keeps elsewhere.

use bstr::{BString, ByteSlice};
use fastrand::Rng;

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
