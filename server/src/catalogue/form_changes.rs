//! The lines that differ between the forms that a file has in a vendor's releases, worked out when a form is stored.
//!
//! Two major releases differ in thousands of files, and reading and comparing their texts takes ten times as long as everything
//! else of an answer. What the table does not have is worked out of the texts.

use std::collections::HashMap;

use prost::encoding::{decode_varint, encode_varint};
use rayon::prelude::*;
use rusqlite::{Connection, OptionalExtension};

use super::contents::StoredText;
use super::error::CatalogueError;
use super::functions::Functions;
use super::line_owners::{Origins, Owner, owned_hunks};
use super::owner_lines::{OwnerLines, lines_of};

/// So many forms of a file before a new one are compared with it, beside those of [`LARGE_RELEASES`]. Between two neighbouring minor
/// versions of RHEL 6 that is enough for 19 files of 20; twelve would take 18 MB instead of 3.4, and twice the time.
const EARLIER_FORMS: i64 = 2;

/// So many large releases before a new form are looked at for the form that they have. People compare minor versions with each other,
/// and updates with the one that they belong to.
const LARGE_RELEASES: usize = 2;

/// A release is large that has at least one in so many of its files in a new form. In the minor versions of RHEL 6 those are more than
/// two in five, in its updates less than one in thirty.
const LARGE_SHARE: i64 = 8;

/// Forms that are compared at the same time, at most: their texts are in memory.
const FORMS_AT_ONCE: usize = 128;

/// A form of a file that no earlier release has.
#[derive(Clone, Copy)]
struct NewForm {
    difference: i64,
    path: i64,
    /// The path that the base has the file at, where it was moved: earlier releases may have it there.
    moved_from: Option<i64>,
    content: Option<i64>,
}

/// A form of a file with those before it.
struct LaterForm {
    difference: i64,
    text: Option<StoredText>,
    origins: Origins,
    earlier: Vec<EarlierForm>,
}

struct EarlierForm {
    difference: i64,
    content: Option<i64>,
    /// Its text, where the later form's is not an addition to it.
    text: Option<StoredText>,
    origins: Origins,
}

/// What differs between two forms, by the rows of their differences.
struct FormChange {
    before: i64,
    after: i64,
    lines: Vec<OwnerLines<Option<String>>>,
}

/// Stores what differs between the forms of files that a vendor has from a release on and those that earlier ones have.
pub(super) fn add_form_changes(
    connection: &Connection,
    vendor: i64,
    place: i64,
) -> Result<(), CatalogueError> {
    let mut begun = connection.prepare_cached(
        "SELECT difference.id, difference.path, difference.moved_from, difference.vendor_content FROM file_span \
         JOIN difference ON difference.id = file_span.difference WHERE file_span.vendor = ?1 AND file_span.first = ?2 \
         ORDER BY difference.id",
    )?;
    let begun: Vec<NewForm> = begun
        .query_map((vendor, place), |row| {
            let (difference, path, moved_from) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(NewForm { difference, path, moved_from, content: row.get(3)? })
        })?
        .collect::<Result<_, _>>()?;
    let large = large_releases(connection, vendor, place)?;
    let mut functions = HashMap::new();
    for some in begun.chunks(FORMS_AT_ONCE) {
        let read = some.iter().map(|form| later_form(connection, *form, (vendor, place), &large));
        let forms: Vec<LaterForm> = read.collect::<Result<_, _>>()?;
        let changes: Vec<Result<Vec<FormChange>, CatalogueError>> =
            forms.into_par_iter().filter(|form| !form.earlier.is_empty()).map(LaterForm::changes).collect();
        for of_form in changes {
            for change in of_form? {
                store(connection, &change, &mut functions)?;
            }
        }
    }
    Ok(())
}

/// The same for all releases that a catalogue has.
pub(super) fn add_all_form_changes(connection: &rusqlite::Transaction<'_>) -> Result<(), CatalogueError> {
    let mut releases = connection.prepare("SELECT vendor, place FROM release ORDER BY vendor, place")?;
    let releases: Vec<(i64, i64)> =
        releases.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    releases.into_iter().try_for_each(|(vendor, place)| add_form_changes(connection, vendor, place))
}

/// The lines that differ between two forms of a file, with the rows of functions; none where that is not stored.
pub(super) fn form_change(
    connection: &Connection,
    before: i64,
    after: i64,
) -> Result<Option<Vec<OwnerLines<Option<i64>>>>, CatalogueError> {
    let mut statement =
        connection.prepare_cached("SELECT lines FROM form_change WHERE after = ?1 AND before = ?2")?;
    let lines: Option<Vec<u8>> = statement.query_row((after, before), |row| row.get(0)).optional()?;
    lines.map(|lines| unpacked(&lines).ok_or(CatalogueError::Damaged(after))).transpose()
}

/// The places of the last large releases of a vendor before one, the latest first.
fn large_releases(connection: &Connection, vendor: i64, place: i64) -> Result<Vec<i64>, CatalogueError> {
    let counts = |column: &str| -> Result<HashMap<i64, i64>, CatalogueError> {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {column}, count(*) FROM file_span WHERE vendor = ?1 AND {column} < ?2 GROUP BY {column}"
        ))?;
        let counts = statement.query_map((vendor, place), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(counts.collect::<Result<_, _>>()?)
    };
    let (begun, ended) = (counts("first")?, counts("until")?);
    let (mut files, mut large) = (0, Vec::new());
    for place in 1..place {
        let new = begun.get(&place).copied().unwrap_or_default();
        files += new - ended.get(&place).copied().unwrap_or_default();
        if new > 0 && new * LARGE_SHARE >= files {
            large.push(place);
        }
    }
    Ok(large.into_iter().rev().take(LARGE_RELEASES).collect())
}

/// The forms that a new one is compared with: those right before it, and those of large releases; what is stored already is left out.
fn earlier_forms(
    connection: &Connection,
    NewForm { difference, path, moved_from, content }: NewForm,
    (vendor, place): (i64, i64),
    large: &[i64],
) -> Result<Vec<(i64, Option<i64>)>, CatalogueError> {
    let mut last = connection.prepare_cached(
        "SELECT difference.id, difference.vendor_content FROM difference JOIN file_span ON file_span.difference = difference.id \
         WHERE difference.path IN (?1, ?7) AND file_span.vendor = ?2 AND file_span.first < ?3 AND difference.id != ?4 \
            AND difference.vendor_content IS NOT ?5 \
         GROUP BY difference.id ORDER BY max(file_span.first) DESC LIMIT ?6",
    )?;
    let form = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let rows = last.query_map((path, vendor, place, difference, content, EARLIER_FORMS, moved_from), form)?;
    let mut forms: Vec<(i64, Option<i64>)> = rows.collect::<Result<_, _>>()?;
    let mut of_release = connection.prepare_cached(
        "SELECT difference.id, difference.vendor_content FROM difference JOIN file_span ON file_span.difference = difference.id \
         WHERE difference.path IN (?1, ?6) AND file_span.vendor = ?2 AND file_span.first <= ?3 AND ifnull(file_span.until > ?3, 1) \
            AND difference.id != ?4 AND difference.vendor_content IS NOT ?5",
    )?;
    for place in large {
        let rows = of_release.query_map((path, vendor, place, difference, content, moved_from), form)?;
        forms.extend(rows.collect::<Result<Vec<_>, _>>()?);
    }
    // In the order of the table, which fills its pages then.
    forms.sort_unstable();
    forms.dedup();
    let mut stored =
        connection.prepare_cached("SELECT 1 FROM form_change WHERE after = ?1 AND before = ?2")?;
    let mut new = Vec::with_capacity(forms.len());
    for form in forms {
        if !stored.exists((difference, form.0))? {
            new.push(form);
        }
    }
    Ok(new)
}

fn later_form(
    connection: &Connection,
    form: NewForm,
    release: (i64, i64),
    large: &[i64],
) -> Result<LaterForm, CatalogueError> {
    let NewForm { difference, content, .. } = form;
    let rows = earlier_forms(connection, form, release, large)?;
    if rows.is_empty() {
        return Ok(LaterForm { difference, text: None, origins: Origins::default(), earlier: Vec::new() });
    }
    let text = content.map(|content| StoredText::read(connection, content)).transpose()?;
    let earlier = rows.into_iter().map(|(difference, content)| {
        let is_passed = content.is_none_or(|content| text.as_ref().is_some_and(|text| text.adds_to(content)));
        Ok(EarlierForm {
            difference,
            content,
            text: match content.filter(|_| !is_passed) {
                Some(content) => Some(StoredText::read(connection, content)?),
                None => None,
            },
            origins: Origins::of(connection, Some(difference))?,
        })
    });
    let earlier: Vec<EarlierForm> = earlier.collect::<Result<_, CatalogueError>>()?;
    Ok(LaterForm { difference, origins: Origins::of(connection, Some(difference))?, text, earlier })
}

impl LaterForm {
    fn changes(self) -> Result<Vec<FormChange>, CatalogueError> {
        let mut passed: HashMap<i64, Vec<u8>> = HashMap::new();
        let text = match &self.text {
            Some(text) => text.unpack_with(|content, text| {
                if self.earlier.iter().any(|earlier| earlier.content == Some(content)) {
                    passed.insert(content, text.to_vec());
                }
            })?,
            None => Vec::new(),
        };
        let new_functions = Functions::of(&text);
        let change = |earlier: &EarlierForm| {
            let unpacked;
            let old_text = match (&earlier.text, earlier.content) {
                (Some(text), _) => {
                    unpacked = text.unpack()?;
                    unpacked.as_slice()
                }
                (None, content) => {
                    content.and_then(|content| passed.get(&content)).map_or(&[][..], Vec::as_slice)
                }
            };
            let (hunks, owners) = owned_hunks(old_text, &text, &earlier.origins, &self.origins);
            let old_functions = Functions::of(old_text);
            let lines = lines_of(&hunks, &owners, &old_functions, &new_functions).into_iter();
            let lines = lines.map(|OwnerLines { owner, function, added, removed }| OwnerLines {
                owner,
                function: function.map(str::to_owned),
                added,
                removed,
            });
            Ok(FormChange { before: earlier.difference, after: self.difference, lines: lines.collect() })
        };
        self.earlier.iter().map(change).collect()
    }
}

fn store(
    connection: &Connection,
    change: &FormChange,
    functions: &mut HashMap<String, i64>,
) -> Result<(), CatalogueError> {
    let mut lines = Vec::with_capacity(change.lines.len());
    for OwnerLines { owner, function, added, removed } in &change.lines {
        let function = match function {
            Some(name) => match functions.get(name) {
                Some(row) => Some(*row),
                None => {
                    let row = function_row(connection, name)?;
                    functions.insert(name.clone(), row);
                    Some(row)
                }
            },
            None => None,
        };
        lines.push(OwnerLines { owner: *owner, function, added: *added, removed: *removed });
    }
    let mut insert = connection
        .prepare_cached("INSERT OR IGNORE INTO form_change (after, before, lines) VALUES (?1, ?2, ?3)")?;
    insert.execute((change.after, change.before, packed(&lines)))?;
    Ok(())
}

/// The row of a function; it is added where no release has changed it so far.
fn function_row(connection: &Connection, name: &str) -> Result<i64, CatalogueError> {
    connection.prepare_cached("INSERT OR IGNORE INTO function (name) VALUES (?1)")?.execute([name])?;
    let mut find = connection.prepare_cached("SELECT id FROM function WHERE name = ?1")?;
    Ok(find.query_row([name], |row| row.get(0))?)
}

/// Four numbers for each owner and function, as protocol buffers write them: the rows of commit and function, or 0, and how many
/// lines are added and removed.
fn packed(lines: &[OwnerLines<Option<i64>>]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(lines.len() * 8);
    for OwnerLines { owner, function, added, removed } in lines {
        let commit = match owner {
            Owner::Commit(commit) | Owner::TakenBack(commit) => commit.unsigned_abs(),
            Owner::Vendor => 0,
        };
        let function = function.map_or(0, i64::unsigned_abs);
        [commit, function, *added, *removed].into_iter().for_each(|number| encode_varint(number, &mut bytes));
    }
    bytes
}

/// The lines that were packed; none of bytes that are something else.
fn unpacked(mut bytes: &[u8]) -> Option<Vec<OwnerLines<Option<i64>>>> {
    let mut lines = Vec::with_capacity(bytes.len() / 8);
    while !bytes.is_empty() {
        let mut number = || decode_varint(&mut bytes).ok();
        let (commit, function, added, removed) = (number()?, number()?, number()?, number()?);
        let row = |number: u64| i64::try_from(number).ok();
        lines.push(OwnerLines {
            owner: if commit == 0 { Owner::Vendor } else { Owner::Commit(row(commit)?) },
            function: row(function)?.checked_abs().filter(|function| *function != 0),
            added,
            removed,
        });
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::super::compare::Question;
    use super::super::test_catalogue::{TestRelease, catalogue};
    use super::*;

    fn lines(owner: Owner, function: Option<i64>, added: u64, removed: u64) -> OwnerLines<Option<i64>> {
        OwnerLines { owner, function, added, removed }
    }

    #[test]
    fn lines_are_read_as_they_were_stored() {
        let all = [lines(Owner::Commit(300), Some(1), 0, 1 << 40), lines(Owner::Vendor, None, 7, 0)];
        let bytes = packed(&all);
        assert_eq!(unpacked(&bytes).as_deref(), Some(&all[..]));
        assert_eq!(unpacked(&bytes[..bytes.len() - 1]), None, "a number is missing");
        assert_eq!(unpacked(&[0xff; 40]), None, "no number is so long");
    }

    #[test]
    fn what_is_stored_is_what_the_texts_say() {
        let base = "int a(void)\n{\n\treturn 1;\n}\n\nint b(void)\n{\n\treturn 1;\n}\n";
        let texts: Vec<String> = (2..6).map(|number| base.replacen("1", &number.to_string(), 1)).collect();
        let gone = base.replacen("int b(void)\n{\n\treturn 1;\n}\n", "", 1);
        let releases = [
            TestRelease::new("r-1", &[("x.c", &texts[0], &[(3, "a1")])]),
            TestRelease::new("r-2", &[("x.c", &texts[1], &[(3, "b2")]), ("y.c", "int y;\n", &[])]),
            TestRelease::new("r-3", &[("x.c", &gone, &[])]),
            TestRelease::new("r-4", &[("x.c", &texts[2], &[(3, "c3")]), ("y.c", "int z;\n", &[(1, "d4")])]),
            TestRelease::new("r-5", &[("x.c", &texts[0], &[(3, "a1")])]),
        ];
        let (_folder, catalogue) = catalogue(&[("x.c", base)], &releases);
        let answers = || {
            let mut answers = Vec::new();
            for from in 1..=5 {
                for to in 1..=5 {
                    let (from, to) = (format!("r-{from}"), format!("r-{to}"));
                    let answer = catalogue.compare(&from, &to, &Question::default()).expect("an answer");
                    answers.push(format!("{:?} {:?}", answer.commits, answer.own));
                }
            }
            answers
        };
        let stored: i64 = catalogue
            .connection
            .query_row("SELECT count(*) FROM form_change", [], |row| row.get(0))
            .expect("a number");
        assert_eq!(stored, 8, "each form of x.c and y.c with the two before, and the first one again");
        let by_table = answers();
        catalogue.connection.execute("DELETE FROM form_change", []).expect("removed");
        assert_eq!(answers(), by_table);
    }

    #[test]
    fn new_form_is_compared_with_that_of_the_large_release_before_however_often_it_changed_since() {
        let names: Vec<String> = (0..20).map(|number| format!("f{number}.c")).collect();
        let text = |number: usize| format!("int f;\nint version_{number};\n");
        let texts: Vec<String> = (0..7).map(text).collect();
        type File<'a> = (&'a str, &'a str, &'a [(u32, &'a str)]);
        let all = |number: usize| -> Vec<File<'_>> {
            names.iter().map(|name| (name.as_str(), texts[number].as_str(), &[][..])).collect()
        };
        let mut files = all(1);
        let mut releases = vec![TestRelease::new("r-1", &files)];
        for (number, text) in texts.iter().enumerate().take(6).skip(2) {
            files[0].1 = text;
            releases.push(TestRelease::new(&format!("r-{number}"), &files));
        }
        releases.push(TestRelease::new("r-6", &all(6)));
        let (_folder, catalogue) = catalogue(&[], &releases);
        let before = |after: i64| -> Vec<i64> {
            let mut forms = catalogue
                .connection
                .prepare(
                    "SELECT span.first FROM form_change JOIN file_span AS span ON span.difference = form_change.before \
                     JOIN file_span ON file_span.difference = form_change.after JOIN difference ON difference.id = after \
                     JOIN path ON path.id = difference.path WHERE path.path = 'f0.c' AND file_span.first = ?1 ORDER BY 1",
                )
                .expect("a question");
            let forms = forms.query_map([after], |row| row.get(0)).expect("rows");
            forms.collect::<Result<_, _>>().expect("rows")
        };
        assert_eq!(before(5), [1, 3, 4]);
        assert_eq!(before(6), [1, 4, 5]);
        let stored = "SELECT count(*) FROM form_change";
        let count =
            || catalogue.connection.query_row(stored, [], |row| row.get::<_, i64>(0)).expect("a number");
        let rows = count();
        add_form_changes(&catalogue.connection, 1, 6).expect("added");
        assert_eq!(count(), rows, "what is stored is not worked out again");
    }
}
