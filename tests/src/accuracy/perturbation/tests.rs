use super::*;

fn fragment(body: &str) -> Fragment {
    let line = |line: &str| Line {
        sign: match line.as_bytes()[0] {
            b'+' => Sign::Added,
            b'-' => Sign::Removed,
            _ => Sign::Context,
        },
        text: line[1..].into(),
    };
    Fragment {
        old_path: Some("drivers/ember/core.c".into()),
        new_path: Some("drivers/ember/core.c".into()),
        old_start: 40,
        new_start: 42,
        section: "int probe(void)".into(),
        lines: body.lines().map(line).collect(),
    }
}

const BODY: &str = " \tint level;
-\tlevel = ember_read(dev);
+\tmutex_lock(&dev->lock);
+\tlevel = ember_read(dev); /* slow */
+\tmutex_unlock(&dev->lock);
 \treturn level;
";

fn perturbed(kind: Perturbation, seed: u64) -> Fragment {
    let strangers = ["\tstranger(one);".into(), "\tstranger(two);".into()];
    let partner = Fragment { old_start: 90, ..fragment("-\tgone(1);\n+\tcome(2);\n \tafter();\n") };
    let mut rng = Rng::with_seed(seed);
    kind.apply(&fragment(BODY), &Strangers(&strangers), Some(&partner), &mut rng)
        .expect("something to change")
}

fn changed_lines(fragment: &Fragment) -> Vec<&Line> {
    fragment.lines.iter().filter(|line| line.sign.is_change()).collect()
}

#[test]
fn the_same_seed_gives_the_same_fragment() {
    for kind in Perturbation::ALL {
        assert_eq!(perturbed(kind, 7), perturbed(kind, 7), "{kind:?}");
    }
}

#[test]
fn every_kind_but_one_changes_the_fragment() {
    for kind in Perturbation::ALL {
        assert_eq!(perturbed(kind, 7) == fragment(BODY), kind == Perturbation::Nothing, "{kind:?}");
    }
}

#[test]
fn an_identifier_is_renamed_everywhere() {
    for seed in 0..20 {
        let renamed = perturbed(Perturbation::RenamedIdentifier, seed);
        let text = renamed.lines.iter().map(|line| line.text.to_string()).collect::<Vec<_>>().join("\n");
        let name = text
            .split_once("_vnd")
            .map(|(before, _)| before.rsplit(|c: char| !c.is_alphanumeric() && c != '_'));
        let name = name.and_then(|mut words| words.next()).expect("a renamed word").to_owned();
        let left = text.replace(&format!("{name}_vnd"), "");
        assert!(!left.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name), "{text}");
    }
}

#[test]
fn a_moved_file_is_in_another_folder() {
    let names: Vec<String> =
        (0..8).map(|seed| perturbed(Perturbation::MovedPath, seed).path().to_string()).collect();
    assert!(names.contains(&"drivers/vendor/core.c".to_owned()), "{names:?}");
    assert!(names.contains(&"drivers/vendor/vnd_core.c".to_owned()), "{names:?}");
}

#[test]
fn a_quarter_of_the_changed_lines_is_dropped_or_added() {
    assert_eq!(changed_lines(&perturbed(Perturbation::DroppedLines, 1)).len(), 3);
    let added = perturbed(Perturbation::AddedLines, 1);
    assert_eq!(changed_lines(&added).len(), 5);
    assert!(changed_lines(&added).iter().any(|line| line.text.starts_with(b"\tstranger")));
}

#[test]
fn drifting_context_leaves_the_changed_lines_alone() {
    let drifted = perturbed(Perturbation::ContextDrift, 3);
    assert_eq!(changed_lines(&drifted), changed_lines(&fragment(BODY)));
    assert_ne!(drifted.old_start, 40);
}

#[test]
fn indentation_is_all_that_changes() {
    for seed in 0..8 {
        let changed = perturbed(Perturbation::ReIndented, seed);
        let bare = |fragment: &Fragment| -> Vec<String> {
            fragment.lines.iter().map(|line| line.text.to_string().trim_start().to_owned()).collect()
        };
        assert_eq!(bare(&changed), bare(&fragment(BODY)));
    }
}

#[test]
fn comments_are_all_that_changes() {
    let changed = perturbed(Perturbation::CommentChanged, 2);
    for (new, old) in changed.lines.iter().zip(&fragment(BODY).lines) {
        let code =
            |line: &Line| line.text.to_string().split("/*").next().map(|code| code.trim_end().to_owned());
        assert_eq!(code(new), code(old));
    }
}

#[test]
fn a_squash_has_the_lines_of_both_commits() {
    let squashed = perturbed(Perturbation::TwoCommitsSquashed, 1);
    assert_eq!(changed_lines(&squashed).len(), 6);
    assert_eq!(squashed.old_start, 40);
}

#[test]
fn halves_make_the_whole() {
    let halves: Vec<Fragment> = (0..8).map(|seed| perturbed(Perturbation::HalfAHunk, seed)).collect();
    let first = halves.iter().find(|half| half.old_start == 40).expect("a first half");
    let last = halves.iter().find(|half| half.old_start != 40).expect("a last half");
    assert_eq!([first.lines.clone(), last.lines.clone()].concat(), fragment(BODY).lines);
    assert_eq!((last.old_start, last.new_start), (42, 44));
}

#[test]
fn fragments_are_written_as_patches_that_read_back() {
    for kind in Perturbation::ALL {
        let perturbed = perturbed(kind, 5);
        let mut text = Vec::new();
        perturbed.write(&mut text);
        let parsed = hunktrace_indexer::patch::parse(&text);
        assert!(parsed.problems.is_empty(), "{kind:?}: {:?}", parsed.problems);
        let files: Vec<_> = parsed.patches.iter().flat_map(|patch| &patch.files).collect();
        let read: Vec<Fragment> = files.iter().flat_map(|file| Fragment::of_file(file)).collect();
        assert_eq!(read, [perturbed], "{kind:?}");
    }
}
