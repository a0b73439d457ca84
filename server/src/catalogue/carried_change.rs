//! A commit's change of a file, carried over to another release's text of it by a three-way merge.

use bstr::ByteSlice;

use super::error::CatalogueError;
use super::functions::Functions;
use super::own_file::OwnFile;
use super::store::CataloguedRelease;

/// A commit's change of a file, carried over to another release's text of it.
pub(super) fn carried_over(
    file: &OwnFile,
    text: Option<&[u8]>,
    onto: &CataloguedRelease,
) -> Result<Option<Vec<u8>>, CatalogueError> {
    let path = file.path.as_bstr();
    let refused =
        |why: String| Err(CatalogueError::Nothing(format!("{path}: does not apply to {}: {why}", onto.name)));
    match (&file.before, &file.after, text) {
        (None, Some(after), None) => Ok(Some(after.clone())),
        (None, Some(after), Some(text)) if after == text => Ok(Some(after.clone())),
        (None, _, Some(_)) => refused("the commit adds the file, and the release has another one".to_owned()),
        (Some(_), _, None) => {
            refused("the release does not have the file, or no release changes it".to_owned())
        }
        (Some(before), None, Some(text)) if before == text => Ok(None),
        (Some(_), None, Some(_)) => {
            refused("the commit deletes the file, and the release has changed it".to_owned())
        }
        (Some(before), Some(after), Some(text)) => match diffy::merge_bytes(before, text, after) {
            Ok(merged) => Ok(Some(merged)),
            Err(conflict) => {
                let place = conflict.find(b"<<<<<<< ").unwrap_or_default();
                let line = conflict[..place].iter().filter(|byte| **byte == b'\n').count() + 1;
                let functions = Functions::of(text);
                let function = functions.cut(u32::try_from(line).unwrap_or(u32::MAX - 1), 1);
                let within =
                    function.first().and_then(|lines| lines.name).map(|name| format!(" in {name}()"));
                refused(format!(
                    "line {line}{}: the release has other lines there",
                    within.unwrap_or_default()
                ))
            }
        },
        (None, None, _) => Ok(None),
    }
}
