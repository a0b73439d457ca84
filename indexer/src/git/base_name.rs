//! The last component of a path.

use bstr::{BStr, ByteSlice};

/// A path's last component: what is behind its last `/`, or all of it.
pub fn base_name(path: &BStr) -> &BStr {
    path.rfind_byte(b'/').map_or(path, |slash| path[slash + 1..].as_bstr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_left_out() {
        for (path, name) in [("a/b/c.c", "c.c"), ("c.c", "c.c"), ("a/", ""), ("", "")] {
            assert_eq!(base_name(path.into()), name, "{path}");
        }
    }
}
