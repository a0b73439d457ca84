//! A changelog: it names the vulnerabilities that the release fixes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::Said;

static CVE_ID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"CVE-[0-9]{4}-[0-9]{4,}").expect("a valid pattern"));

/// What a changelog says: everything that it names is fixed.
pub(super) fn said(text: &str) -> BTreeMap<String, Said> {
    CVE_ID.find_iter(text).map(|id| (id.as_str().to_owned(), Said::Fixed)).collect()
}
