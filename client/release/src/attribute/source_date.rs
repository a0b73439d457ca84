//! The date that a user gives everything that has none of its own.

use std::ffi::OsStr;

use anyhow::bail;

use crate::series::LATEST_DATE;

/// Reads a value of `SOURCE_DATE_EPOCH`, with which builds are made reproducible: seconds since 1970.
///
/// # Errors
/// Where it is no such number, or beyond the dates that a patch can state.
pub fn source_date(value: &OsStr) -> anyhow::Result<i64> {
    let seconds = value.to_str().and_then(|text| text.parse().ok());
    match seconds.filter(|seconds| (0..=LATEST_DATE).contains(seconds)) {
        Some(seconds) => Ok(seconds),
        None => bail!(
            "SOURCE_DATE_EPOCH: {:?} is no number of seconds since 1970 from 0 to {LATEST_DATE}; set it as `date +%s` prints \
             it, or unset it",
            value.to_string_lossy()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_seconds_that_a_patch_can_state_are_a_date() {
        assert_eq!(source_date(OsStr::new("1233652830")).unwrap(), 1_233_652_830);
        assert_eq!(source_date(OsStr::new("0")).unwrap(), 0);
        for value in ["", "today", "-1", "1.5", "4102444800", "99999999999999999999", " 1"] {
            let error = source_date(OsStr::new(value)).unwrap_err().to_string();
            assert!(
                error.contains(&format!("{value:?} is no number")) && error.contains("unset it"),
                "{error}"
            );
        }
    }
}
