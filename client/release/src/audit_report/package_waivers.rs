//! Fixes that a package's own patches do not want: a backport's message has a line `No-Fix: ID` where a later fix of it is not
//! needed.

use hunktrace_indexer::patch::parse;
use hunktrace_server::audit::unwanted::no_fixes;

use crate::tree::PackagePatch;
use crate::tree_question::Waiver;

/// What the messages of patches do not want, with the patch that says so.
pub fn package_waivers(patches: &[PackagePatch]) -> Vec<Waiver> {
    let mut waivers = Vec::new();
    for package_patch in patches {
        for patch in parse(&package_patch.text).patches {
            let texts = [&patch.preamble, &patch.decoded_message].map(|text| text.to_string());
            for (name, why) in texts.iter().flat_map(|text| no_fixes(text)) {
                let reason = match why.is_empty() {
                    true => format!("{} says No-Fix", package_patch.name),
                    false => format!("{} says No-Fix: {why}", package_patch.name),
                };
                waivers.push(Waiver { subject: name.to_ascii_lowercase(), reason });
            }
        }
    }
    waivers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_patches_say_what_is_not_wanted_and_their_diffs_do_not() {
        let text = "From: A <a@x>\nSubject: [PATCH] gate: add alpha\n\nAs upstream.\n\nNo-Fix: 0123456789ab # not built\n\
            ---\n--- a/x.c\n+++ b/x.c\n@@ -1,2 +1,3 @@\n No-Fix: 1111111111ab\n+No-Fix: 2222222222ab\n b\n";
        let patch = PackagePatch { name: "gate.patch".to_owned(), text: text.as_bytes().to_vec() };
        let plain = PackagePatch { name: "plain.patch".to_owned(), text: b"--- a/x\n+++ b/x\n".to_vec() };
        let reason = "gate.patch says No-Fix: not built".to_owned();
        let expected = [Waiver { subject: "0123456789ab".to_owned(), reason }];
        assert_eq!(package_waivers(&[patch, plain]), expected);
    }
}
