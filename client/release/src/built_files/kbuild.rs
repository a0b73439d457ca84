//! Which source files a configuration leaves out, by the makefiles of the tree.
//!
//! A makefile says `obj-$(CONFIG_X) += a.o b/`, and of an object made of several `name-y`, `name-objs` or `name-$(CONFIG_X)`.
//! A source is not built where each line that names its object stands under an option that is not set, or its folder is
//! entered only by such lines. Where anything else decides, nothing is said.

use std::collections::{BTreeMap, BTreeSet};

use bstr::{BStr, BString, ByteSlice};

use super::kconfig::Configuration;
use crate::tree::{Error, Tree};
use crate::tree_question::BuiltFiles;

/// The files that a configuration leaves out, and those that it builds.
///
/// # Errors
/// Where a makefile cannot be read.
pub(super) fn built_files(configuration: &Configuration, tree: &Tree) -> Result<BuiltFiles, Error> {
    let mut folders: BTreeMap<BString, Folder> = BTreeMap::new();
    for path in tree.entries.keys() {
        let (folder, name) = split(path.as_bstr());
        if name == "Makefile" || name == "Kbuild" {
            let text = tree.read(path.as_bstr())?;
            let text = String::from_utf8_lossy(&text).replace("\\\n", " ");
            folders.entry(folder.to_owned()).or_default().read(&text, configuration);
        }
    }
    let mut left_out: BTreeSet<BString> = BTreeSet::new();
    for (path, folder) in &folders {
        for (name, use_) in &folder.folders {
            if *use_ == Use::LeftOut {
                left_out.insert(joined(path, name));
            }
        }
    }
    let mut built = BuiltFiles::default();
    for path in tree.entries.keys() {
        let (folder, name) = split(path.as_bstr());
        let Some(stem) = name.strip_suffix(b".c").or_else(|| name.strip_suffix(b".S")) else { continue };
        let is_in_left_out = left_out.iter().any(|left| is_below(path, left));
        let object = folders.get(&folder.to_owned()).and_then(|folder| folder.use_of(stem.as_bstr()));
        match (is_in_left_out, object) {
            (true, _) | (false, Some(Use::LeftOut)) => built.not_built.insert(path.clone()),
            (false, Some(Use::Built)) => built.built.insert(path.clone()),
            (false, None) => false,
        };
    }
    Ok(built)
}

/// Whether something is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    LeftOut,
    Built,
}

/// What the makefile of a folder says.
#[derive(Debug, Default)]
struct Folder {
    /// Objects, by their name without its ending.
    objects: BTreeMap<String, Use>,
    /// The objects that others are made of, with the object.
    parts: BTreeMap<String, BTreeSet<(String, Use)>>,
    /// Folders that are entered.
    folders: BTreeMap<String, Use>,
}

impl Folder {
    fn read(&mut self, text: &str, configuration: &Configuration) {
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((target, values)) =
                line.split_once("+=").or_else(|| line.split_once(":=")).or_else(|| line.split_once('='))
            else {
                continue;
            };
            let target = target.trim().trim_end_matches([':', '+']);
            let Some((name, condition)) = target.rsplit_once('-') else { continue };
            let Some(used) = condition_of(condition, configuration) else { continue };
            for value in values.split_whitespace() {
                self.add(name, used, value);
            }
        }
    }

    fn add(&mut self, name: &str, used: Use, value: &str) {
        let stem = value.strip_suffix(".o");
        let is_list =
            matches!(name, "obj" | "lib" | "core" | "drivers" | "net" | "libs" | "init" | "head" | "extra");
        match (is_list, value.strip_suffix('/'), stem) {
            (true, Some(folder), _) => raise(&mut self.folders, folder, used),
            (true, None, Some(stem)) => raise(&mut self.objects, stem, used),
            (false, None, Some(stem)) => {
                self.parts.entry(stem.to_owned()).or_default().insert((name.to_owned(), used));
            }
            _ => {}
        }
    }

    /// Whether the object of a source is built; none where no line says so.
    fn use_of(&self, stem: &BStr) -> Option<Use> {
        let stem = stem.to_str().ok()?;
        let own = self.objects.get(stem).copied();
        let parts = self.parts.get(stem).into_iter().flatten();
        let of_whole = parts.filter_map(|(whole, used)| Some(self.objects.get(whole).copied()?.min(*used)));
        own.into_iter().chain(of_whole).max()
    }
}

fn raise(uses: &mut BTreeMap<String, Use>, name: &str, used: Use) {
    let known = uses.entry(name.to_owned()).or_insert(used);
    *known = used.max(*known);
}

/// What stands behind the dash of a target; none where something else than an option decides.
fn condition_of(condition: &str, configuration: &Configuration) -> Option<Use> {
    match condition {
        "y" | "m" | "objs" => return Some(Use::Built),
        _ => {}
    }
    let option = condition.strip_prefix("$(")?.strip_suffix(')')?;
    option.starts_with("CONFIG_").then(|| match configuration.is_set(option) {
        true => Use::Built,
        false => Use::LeftOut,
    })
}

fn split(path: &BStr) -> (&BStr, &BStr) {
    match path.rfind_byte(b'/') {
        Some(at) => (path[..at].as_bstr(), path[at + 1..].as_bstr()),
        None => (BStr::new(""), path),
    }
}

fn joined(folder: &BString, name: &str) -> BString {
    if folder.is_empty() { name.into() } else { format!("{folder}/{name}").into() }
}

fn is_below(path: &BString, folder: &BString) -> bool {
    path.strip_prefix(folder.as_slice()).is_some_and(|rest| rest.starts_with(b"/"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::tree::Options;

    /// Which of the sources of a small tree are built: `+`, `-`, or `?` for what is not known.
    fn built(config: &str) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
            fs::write(path, text).expect("the file");
        };
        write("net/Makefile", "obj-y := core.o\nobj-$(CONFIG_WIFI) += wifi/\nobj-$(CONFIG_PORT) += port.o\n");
        write(
            "net/wifi/Makefile",
            "obj-$(CONFIG_WIFI) += wifi.o\nwifi-y := a.o \\\n\tb.o\nwifi-$(CONFIG_DBG) += c.o\n",
        );
        let sources =
            ["net/core.c", "net/port.c", "net/other.c", "net/wifi/a.c", "net/wifi/b.c", "net/wifi/c.c"];
        sources.iter().for_each(|source| write(source, "int x;\n"));
        let tree = Tree::open(folder.path(), &Options::default()).expect("a tree");
        let configuration = Configuration::parse(config).expect("a configuration");
        let built = built_files(&configuration, &tree).expect("makefiles");
        let sign = |path: &&str| match built.is_built((*path).into()) {
            None => '?',
            Some(true) => '+',
            Some(false) => '-',
        };
        sources.iter().map(sign).collect()
    }

    #[test]
    fn options_decide_over_objects_their_parts_and_folders() {
        assert_eq!(built("CONFIG_WIFI=m\nCONFIG_PORT=y\n# CONFIG_DBG is not set\n"), "++?++-");
        assert_eq!(built("# CONFIG_WIFI is not set\n# CONFIG_PORT is not set\n"), "+-?---");
        assert_eq!(built("CONFIG_WIFI=y\nCONFIG_DBG=y\n"), "+-?+++");
    }
}
