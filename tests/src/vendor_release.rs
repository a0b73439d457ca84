//! A small vendor release, and the upstream repository that it was made from.

use std::fs;

use crate::git_repository::GitRepository;
use crate::source_text::{c_file, edit};
use crate::workplace::Workplace;

/// The file that everything happens in.
pub const FILE: &str = "drivers/ember.c";

/// A line that the vendor has added.
pub const VENDOR_LINE: &str = "\tdev->vendor_quirk = vendor_default_quirk(dev);\n";

/// An upstream repository with an index, and a vendor branch that squashes one of two fixes with a change of its own.
///
/// The base is `upstream:v4.0` and the release `upstream:vendor`; the index is in `index`.
pub struct VendorRelease {
    /// The folder of the test.
    pub place: Workplace,
    /// The upstream repository, with the vendor's branch checked out.
    pub repository: GitRepository,
    /// The fix that the vendor has.
    pub backported: String,
    /// The fix that the vendor does not have.
    pub left_out: String,
}

impl VendorRelease {
    /// Makes the repository and its index; the vendor's branch is not indexed.
    pub fn new(program: &str) -> VendorRelease {
        let place = Workplace::new(program);
        let repository = place.repository("upstream");
        repository.write("Makefile", "VERSION = 4\nPATCHLEVEL = 0\nSUBLEVEL = 0\nEXTRAVERSION =\n");
        let base = c_file("ember", 8);
        repository.commit_file(FILE, &base, "drivers: add ember");
        repository.tag("v4.0");
        let fixed = with_lock(&base);
        let backported = repository.commit_file(FILE, &fixed, "ember: take the lock around the state");
        let left_out =
            repository.commit_file(FILE, with_level(&fixed), "ember: work the level out in one place");
        repository.tag("v4.1");
        place.index("index", "upstream");

        repository.branch("vendor", "v4.0");
        let finish = "\treturn ember_finish7(dev, level);\n";
        let own = edit(&fixed, finish, &format!("{VENDOR_LINE}{finish}"));
        repository.commit_file(FILE, own, "vendor release 1");
        VendorRelease { place, repository, backported, left_out }
    }

    /// Takes the release apart into `out`.
    pub fn take_apart(&self) {
        self.place
            .run(&[&["attribute", "--index", "index", "--out", "out"], &TREES[..]].concat())
            .succeeded();
    }

    /// The names of the patches in order.
    pub fn series(&self) -> Vec<String> {
        let series = self.read("patches/series");
        series.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
    }

    /// A file of the result.
    ///
    /// # Panics
    /// Where it is not there.
    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.place.path("out").join(file)).expect(file)
    }
}

/// The flags that name base and release.
pub const TREES: [&str; 4] = ["--base", "upstream:v4.0", "--vendor", "upstream:vendor"];

/// The text with the fix that takes a lock.
pub fn with_lock(text: &str) -> String {
    let from = "\tdev->ember_state4 = level;\n";
    let to =
        "\tspin_lock(&dev->ember_lock);\n\tdev->ember_state4 = level;\n\tspin_unlock(&dev->ember_lock);\n";
    edit(text, from, to)
}

/// The text with the fix that works the level out in one place.
pub fn with_level(text: &str) -> String {
    let from = "\tint level = dev->ember_reg[1] + arg * 1;\n";
    edit(text, from, "\tint level = ember_level(dev, 1);\n")
}
