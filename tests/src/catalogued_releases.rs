//! A catalogue of a few small releases, one of them with texts that would do harm where they are taken for HTML.

use crate::server::Server;
use crate::source_text::{c_file, edit};
use crate::vendor_release::{FILE, VendorRelease, with_level, with_lock};

/// A text that runs a script where it is taken for HTML, and would leave an attribute or a script.
pub const HOSTILE: &str =
    "</title></script><script>window.hostile=1</script><img src=x onerror=window.hostile=1>\"'&amp;";

/// The name of a file that would do the same.
pub const HOSTILE_FILE: &str = "drivers/<img src=x onerror=window.hostile=1>\"'&~p2.c";

/// Three releases in `c.sqlite`: the second one adds a commit that the third one has dropped again, and a line of the
/// vendor's own. The third one has hostile texts as well.
pub struct CataloguedReleases {
    /// The releases' origin.
    pub release: VendorRelease,
}

impl CataloguedReleases {
    /// Makes the releases and their catalogue.
    pub fn new(program: &str) -> CataloguedReleases {
        let release = VendorRelease::new(program);
        let base = c_file("ember", 8);
        let own = |text: &str| {
            edit(text, "\treturn ember_finish7(dev, level);\n", "\treturn vendor_finish(dev, level);\n")
        };
        let texts = [with_lock(&base), with_level(&with_lock(&base)), own(&with_lock(&base))];
        for (name, text) in ["k-1.el8", "k-2.el8", "k-3.el8"].into_iter().zip(texts) {
            release.repository.branch(name, "v4.0");
            if name == "k-3.el8" {
                release.repository.write(HOSTILE_FILE, format!("{HOSTILE}\n"));
            }
            release.repository.commit_file(FILE, text, "a vendor release");
        }
        let changelog = format!(
            "* Wed Jun 22 2011 A Person <a@example.org> [2.el8]\n\
            - [drivers] ember: work the level out in one place (A Person) [697453] {{CVE-2011-1234}}\n\
            - {HOSTILE} (A Person) [697454]\n"
        );
        release.place.write("k-2.log", changelog);
        release.place.write(
            "releases.tsv",
            "k-1.el8\tupstream:k-1.el8\nk-2.el8\tupstream:k-2.el8\t2011-06-22\tk-2.log\nk-3.el8\tupstream:k-3.el8\n",
        );
        let args = [
            "catalogue",
            "add",
            "c.sqlite",
            "--index",
            "index",
            "--base",
            "upstream:v4.0",
            "--list",
            "releases.tsv",
        ];
        release.place.run(&args).succeeded();
        CataloguedReleases { release }
    }

    /// Serves them with pages, with these flags as well.
    pub fn serve(&self, flags: &[&str]) -> Server {
        let serve = ["serve", "--index", "index", "--catalogue", "c.sqlite", "--listen", "127.0.0.1:0"];
        let args = [&serve[..], &["--http", "127.0.0.1:0"], flags].concat();
        Server::spawn(self.release.place.command(&args))
    }
}
