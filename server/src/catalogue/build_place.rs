//! Into which object a source is built, and which options decide that, by the makefiles of its release.
//!
//! A makefile says `obj-$(CONFIG_X) += a.o b/`, and of an object made of several `name-y`, `name-objs` or `name-$(CONFIG_X)`.
//! Where it says it in another way, nothing is said.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use bstr::{BStr, ByteSlice};

/// Variables of makefiles that list what is built, and not the parts of one object.
const LISTS: [&str; 9] = ["obj", "lib", "core", "drivers", "net", "libs", "init", "head", "extra"];

/// Where a source is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BuildPlace {
    /// The object that a module or the kernel is linked from, with its folder.
    pub object: String,
    /// The options without which it is not built, the innermost first.
    pub options: Vec<String>,
}

/// The makefiles of a release, as far as they were asked for.
#[derive(Default)]
pub(super) struct Makefiles {
    by_folder: HashMap<Vec<u8>, Option<Rc<Makefile>>>,
}

impl Makefiles {
    /// Where a source is built, if the makefiles say so; `read` gives the text of any file of the release.
    pub fn place_of(&mut self, path: &BStr, read: &dyn Fn(&BStr) -> Option<Vec<u8>>) -> Option<BuildPlace> {
        let (folder, name) = split(path);
        let stem = name.strip_suffix(b".c").or_else(|| name.strip_suffix(b".S"))?.to_str().ok()?;
        let (whole, mut options) = self.makefile(folder, read)?.whole_of(stem)?;
        let object = match folder.is_empty() {
            true => format!("{whole}.o"),
            false => format!("{folder}/{whole}.o"),
        };
        let mut below = folder;
        while !below.is_empty() {
            let (folder, name) = split(below);
            if let (Some(makefile), Ok(name)) = (self.makefile(folder, read), name.to_str()) {
                options.extend(makefile.folders.get(name).cloned().flatten());
            }
            below = folder;
        }
        let mut seen = HashSet::new();
        options.retain(|option| seen.insert(option.clone()));
        Some(BuildPlace { object, options })
    }

    fn makefile(&mut self, folder: &BStr, read: &dyn Fn(&BStr) -> Option<Vec<u8>>) -> Option<Rc<Makefile>> {
        if let Some(known) = self.by_folder.get(folder.as_bytes()) {
            return known.clone();
        }
        let path = |name: &str| match folder.is_empty() {
            true => name.to_owned().into_bytes(),
            false => [folder.as_bytes(), b"/", name.as_bytes()].concat(),
        };
        let text = read(path("Kbuild").as_bstr()).or_else(|| read(path("Makefile").as_bstr()));
        let makefile = text.map(|text| Rc::new(Makefile::read(&String::from_utf8_lossy(&text))));
        self.by_folder.insert(folder.to_vec(), makefile.clone());
        makefile
    }
}

/// What a makefile says, by names without their endings; of several lines about the same the first.
#[derive(Debug, Default)]
struct Makefile {
    /// Objects, each with its option.
    objects: HashMap<String, Option<String>>,
    /// The parts of objects, each with the whole and the option.
    parts: HashMap<String, (String, Option<String>)>,
    /// The folders that are entered, each with the option.
    folders: HashMap<String, Option<String>>,
}

impl Makefile {
    fn read(text: &str) -> Makefile {
        let mut makefile = Makefile::default();
        for line in text.replace("\\\n", " ").lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((target, values)) = line.split_once('=') else { continue };
            let target = target.trim_end_matches([':', '+', '?', ' ', '\t']).trim();
            let Some((name, condition)) = target.rsplit_once('-') else { continue };
            let Some(option) = option_of(condition) else { continue };
            values.split_whitespace().for_each(|value| makefile.add(name, option.clone(), value));
        }
        makefile
    }

    fn add(&mut self, name: &str, option: Option<String>, value: &str) {
        match (LISTS.contains(&name), value.strip_suffix('/'), value.strip_suffix(".o")) {
            (true, Some(folder), _) => {
                self.folders.entry(folder.to_owned()).or_insert(option);
            }
            (true, None, Some(object)) => {
                self.objects.entry(object.to_owned()).or_insert(option);
            }
            (false, None, Some(part)) => {
                self.parts.entry(part.to_owned()).or_insert((name.to_owned(), option));
            }
            _ => {}
        }
    }

    /// The object that a source goes into, and the options that this depends on.
    fn whole_of(&self, stem: &str) -> Option<(String, Vec<String>)> {
        if let Some(option) = self.objects.get(stem) {
            return Some((stem.to_owned(), option.iter().cloned().collect()));
        }
        let (whole, option) = self.parts.get(stem)?;
        let of_whole = self.objects.get(whole)?;
        Some((whole.clone(), option.iter().chain(of_whole).cloned().collect()))
    }
}

/// The option behind the dash of a target, if any; none at all where something else decides.
fn option_of(condition: &str) -> Option<Option<String>> {
    if matches!(condition, "y" | "m" | "objs") {
        return Some(None);
    }
    let option = condition.strip_prefix("$(")?.strip_suffix(')')?;
    option.starts_with("CONFIG_").then(|| Some(option.to_owned()))
}

/// The folder of a path and its last component.
fn split(path: &BStr) -> (&BStr, &BStr) {
    match path.rfind_byte(b'/') {
        Some(slash) => (path[..slash].as_bstr(), path[slash + 1..].as_bstr()),
        None => ("".into(), path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &str) -> Option<(String, Vec<String>)> {
        let read = |path: &BStr| {
            let text = match path.to_str().expect("text") {
                "drivers/Makefile" => "obj-y += char/\nobj-$(CONFIG_NET) += net/ # and more\n",
                "drivers/net/Makefile" => "obj-$(CONFIG_E1000) += e1000/ loopback.o\nobj-y += space.o\n",
                "drivers/net/e1000/Makefile" => {
                    "obj-$(CONFIG_E1000) += e1000.o\ne1000-objs := main.o \\\n\thw.o\ne1000-$(CONFIG_PM) += power.o\n"
                }
                _ => return None,
            };
            Some(text.as_bytes().to_vec())
        };
        let place = Makefiles::default().place_of(path.into(), &read)?;
        Some((place.object, place.options))
    }

    #[test]
    fn object_and_options_are_those_of_the_makefiles_on_the_way() {
        let options = |options: &[&str]| options.iter().map(|option| (*option).to_owned()).collect();
        let told = |object: &str, named: &[&str]| Some((object.to_owned(), options(named)));
        assert_eq!(
            place("drivers/net/e1000/hw.c"),
            told("drivers/net/e1000/e1000.o", &["CONFIG_E1000", "CONFIG_NET"])
        );
        assert_eq!(
            place("drivers/net/e1000/power.c"),
            told("drivers/net/e1000/e1000.o", &["CONFIG_PM", "CONFIG_E1000", "CONFIG_NET"])
        );
        assert_eq!(place("drivers/net/space.c"), told("drivers/net/space.o", &["CONFIG_NET"]));
    }

    #[test]
    fn nothing_is_said_of_headers_and_of_what_no_makefile_names() {
        assert_eq!(place("drivers/net/e1000/hw.h"), None);
        assert_eq!(place("drivers/net/other.c"), None);
        assert_eq!(place("fs/a.c"), None);
    }
}
