//! What a folder says of itself, and what is refused.

use tempfile::TempDir;

use super::*;
use crate::graph::GraphBuilder;

fn new_index() -> (TempDir, IndexFolder) {
    let folder = tempfile::tempdir().expect("a folder");
    let index = IndexFolder::open_or_create(folder.path()).expect("an empty folder");
    (folder, index)
}

fn segments(index: &IndexFolder) -> (tantivy::Index, Fields) {
    index.open_segments_for_writing(SharedDictionaries::default()).expect("empty segments")
}

fn generation(number: u64) -> Generation {
    Generation {
        format: FORMAT_VERSION,
        number,
        written_at: 1_700_000_000,
        is_complete: true,
        is_bare: false,
    }
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn an_empty_folder_becomes_an_index_that_is_opened_again() {
    let (folder, _) = new_index();
    assert_eq!(names(folder.path()), ["FORMAT", "segments"]);
    let text = fs::read_to_string(folder.path().join("FORMAT")).expect("the format");
    assert_eq!(text, "hunktrace index, format 6\n");
    assert_eq!(IndexFolder::open(folder.path()).expect("an index").path(), folder.path());
    assert!(IndexFolder::open_or_create(folder.path()).is_ok());
}

#[test]
fn a_folder_that_is_not_there_is_made_only_to_be_written_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep/index");
    assert!(matches!(IndexFolder::open(&path), Err(IndexError::Absent(absent)) if absent == path));
    assert!(!path.exists());
    assert!(IndexFolder::open_or_create(&path).is_ok());
    assert!(IndexFolder::open(&path).is_ok());
}

#[test]
fn a_folder_that_was_left_half_made_is_finished() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("segments")).expect("a folder");
    fs::write(folder.path().join(".new-1"), "hunktr").expect("a file");
    assert!(matches!(IndexFolder::open(folder.path()), Err(IndexError::Absent(_))));
    assert!(IndexFolder::open_or_create(folder.path()).is_ok());
    assert_eq!(names(folder.path()), [".new-1", "FORMAT", "segments"]);
    IndexFolder::open(folder.path()).expect("an index").remove_remains().expect("our folder");
    assert_eq!(names(folder.path()), ["FORMAT", "segments"]);
}

#[test]
fn a_folder_with_other_files_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("letter.txt"), "dear").expect("a file");
    assert!(matches!(IndexFolder::open_or_create(folder.path()), Err(IndexError::Foreign(_))));
    assert_eq!(names(folder.path()), ["letter.txt"]);
}

#[test]
fn other_formats_are_refused_and_named() {
    let (folder, _) = new_index();
    let refusal = |text: &str| {
        fs::write(folder.path().join("FORMAT"), text).expect("the format");
        let error = IndexFolder::open_or_create(folder.path()).expect_err("another format");
        assert_eq!(
            IndexFolder::open(folder.path()).expect_err("another format").to_string(),
            error.to_string()
        );
        error
    };
    for (text, named) in [
        ("hunktrace index, format 4\n", "format 4"),
        ("hunktrace index, format 7\n", "format 7"),
        ("hunktrace index, format three\n", "format three"),
    ] {
        let error = refusal(text);
        assert!(matches!(&error, IndexError::Format { found, .. } if found == named), "{error}");
    }
    for text in ["", "another program's index\n"] {
        assert!(matches!(refusal(text), IndexError::Foreign(_)), "{text}");
    }
}

#[test]
fn the_payload_of_the_last_commit_names_the_generation() {
    let (_folder, index) = new_index();
    let (segments, _) = segments(&index);
    assert_eq!(index.generation(&segments).expect("a new index"), None);

    let mut writer: tantivy::IndexWriter = segments.writer_with_num_threads(1, 15_000_000).expect("a writer");
    for number in [1, 2] {
        let payload = generation(number).to_payload().expect("plain numbers");
        let mut commit = writer.prepare_commit().expect("a commit");
        commit.set_payload(&payload);
        commit.commit().expect("a commit");
        assert_eq!(index.generation(&segments).expect("a payload"), Some(generation(number)));
    }

    let mut commit = writer.prepare_commit().expect("a commit");
    commit.set_payload("no generation");
    commit.commit().expect("a commit");
    assert!(matches!(index.generation(&segments), Err(IndexError::Damaged { .. })));
}

#[test]
fn a_second_writer_is_told_that_the_index_is_locked() {
    let (_folder, index) = new_index();
    let (segments, _) = segments(&index);
    let first: tantivy::IndexWriter = segments.writer_with_num_threads(1, 15_000_000).expect("a writer");
    let second: tantivy::Result<tantivy::IndexWriter> = segments.writer_with_num_threads(1, 15_000_000);
    let error = second.err().expect("the first one has the lock");
    assert!(matches!(index.tantivy_error(&error), IndexError::Locked(_)), "{error}");
    drop(first);
}

#[test]
fn graphs_of_other_generations_are_removed_and_nothing_else() {
    let (folder, index) = new_index();
    let graph = GraphBuilder::default().to_bytes();
    for number in [1, 2, 12] {
        index.write_graph(&generation(number), &graph).expect("a graph");
    }
    fs::write(folder.path().join("graph-3.bin.old"), "half").expect("a file");
    index.remove_other_graphs(2).expect("the folder is ours");
    assert_eq!(names(folder.path()), ["FORMAT", "graph-2.bin", "segments"]);
    assert!(index.open_graph(&generation(2)).expect("the graph").graph.is_empty());
}

#[test]
fn a_mapped_graph_outlives_its_file() {
    let (_folder, index) = new_index();
    index.write_graph(&generation(1), &GraphBuilder::default().to_bytes()).expect("a graph");
    let graph = index.open_graph(&generation(1)).expect("the graph");
    index.remove_other_graphs(2).expect("the folder is ours");
    assert_eq!(graph.graph.verify(), Ok(()));
    assert!(index.open_graph(&generation(1)).is_err());
}

#[test]
fn a_missing_or_damaged_graph_is_named() {
    let (folder, index) = new_index();
    let named = || match index.open_graph(&generation(5)) {
        Err(error @ IndexError::Damaged { .. }) => {
            assert!(error.to_string().contains("graph-5.bin"), "{error}");
        }
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("no error"),
    };
    named();
    let mut graph = GraphBuilder::default().to_bytes();
    graph.truncate(graph.len() / 2);
    for content in [&graph[..], b"", b"some other file that is long enough to have a table"] {
        fs::write(folder.path().join("graph-5.bin"), content).expect("a file");
        named();
    }
}

#[test]
fn all_files_count_for_the_size() {
    let (folder, index) = new_index();
    index.write_graph(&generation(1), b"12345").expect("a graph");
    let sizes = index.file_sizes().expect("the folder");
    assert!(sizes.contains(&(folder.path().join("graph-1.bin"), 5)), "{sizes:?}");
    assert!(sizes.contains(&(folder.path().join("FORMAT"), 26)), "{sizes:?}");
    assert!(sizes.is_sorted());
}
