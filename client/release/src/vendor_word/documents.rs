//! CSAF and OpenVEX documents: what they say of each vulnerability. Where a document is about several products, and says
//! different things of them, the most careful one counts.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Said;

/// What a document says; nothing where it is of another form.
pub(super) fn said(document: &Value) -> BTreeMap<String, Said> {
    let mut words = BTreeMap::new();
    for (id, said) in open_vex(document).chain(csaf(document)) {
        let known = words.entry(id).or_insert(said);
        *known = said.min(*known);
    }
    words
}

fn open_vex(document: &Value) -> impl Iterator<Item = (String, Said)> {
    let statements = document.get("statements").and_then(Value::as_array).into_iter().flatten();
    statements.filter_map(|statement| {
        let vulnerability = &statement["vulnerability"];
        // Before version 0.2 the vulnerability was a string.
        let id = vulnerability["name"].as_str().or_else(|| vulnerability.as_str())?;
        let said = match statement["status"].as_str()? {
            "affected" => Said::Affected,
            "under_investigation" => Said::UnderInvestigation,
            "not_affected" => Said::NotAffected,
            "fixed" => Said::Fixed,
            _ => return None,
        };
        Some((id.to_owned(), said))
    })
}

fn csaf(document: &Value) -> impl Iterator<Item = (String, Said)> {
    let vulnerabilities = document.get("vulnerabilities").and_then(Value::as_array).into_iter().flatten();
    let said = vulnerabilities.filter_map(|vulnerability| {
        let id = vulnerability["cve"].as_str()?.to_owned();
        let status = vulnerability.get("product_status")?;
        let has = |key: &str| status[key].as_array().is_some_and(|products| !products.is_empty());
        let words = [
            ("known_affected", Said::Affected),
            ("first_affected", Said::Affected),
            ("last_affected", Said::Affected),
            ("under_investigation", Said::UnderInvestigation),
            ("known_not_affected", Said::NotAffected),
            ("fixed", Said::Fixed),
            ("first_fixed", Said::Fixed),
        ];
        words.into_iter().find(|(key, _)| has(key)).map(|(_, said)| (id, said))
    });
    said.collect::<Vec<_>>().into_iter()
}
