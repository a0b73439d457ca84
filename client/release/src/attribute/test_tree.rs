//! Small trees in folders of their own, for tests.

use std::fs;

use crate::tree::{Options, Tree};

/// A tree of these files, each with its text, and the folder that it is in.
pub(super) fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, Tree) {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        fs::write(path, text).expect("the file");
    }
    let tree = Tree::open(folder.path(), &Options::default()).expect("a tree");
    (folder, tree)
}
