//! CSAF 2.0, profile VEX.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::open_vex::justification_word;
use super::statement::{Status, VexStatement};
use super::vex_context::VexContext;
use crate::cve_sources::Severity;

/// The product's name within a document.
const PRODUCT: &str = "kernel";

/// A document about these vulnerabilities; none where there are none, because a document of this profile needs one.
pub fn csaf_document(context: &VexContext, statements: &[VexStatement]) -> Option<Value> {
    if statements.is_empty() {
        return None;
    }
    let date = context.date.to_string();
    let vulnerabilities: Vec<Value> = statements.iter().map(vulnerability).collect();
    Some(json!({
        "document": {
            "category": "csaf_vex",
            "csaf_version": "2.0",
            "title": format!("Vulnerabilities of {} {}", context.product_name, context.product_version),
            "publisher": {"category": "other", "name": context.author, "namespace": context.namespace},
            "tracking": {
                "id": tracking_id(context),
                "status": "final",
                "version": "1",
                "initial_release_date": date,
                "current_release_date": date,
                "revision_history": [{"date": date, "number": "1", "summary": "first version"}],
                "generator": {"engine": {"name": "hunktrace", "version": env!("CARGO_PKG_VERSION")}},
            },
        },
        "product_tree": {"full_product_names": [{
            "name": format!("{} {}", context.product_name, context.product_version),
            "product_id": PRODUCT,
            "product_identification_helper": {"purl": context.purl},
        }]},
        "vulnerabilities": vulnerabilities,
    }))
}

/// What a document's file has to be called: its tracking id in lower case, with `_` for what is no letter, digit, `+` or `-`.
pub fn csaf_file_name(context: &VexContext) -> String {
    let mut name = String::new();
    for char in tracking_id(context).to_lowercase().chars() {
        match char {
            'a'..='z' | '0'..='9' | '+' | '-' => name.push(char),
            _ if name.ends_with('_') => {}
            _ => name.push('_'),
        }
    }
    name + ".json"
}

fn tracking_id(context: &VexContext) -> String {
    format!("hunktrace-vex-{}-{}", context.product_name.trim(), context.product_version.trim())
}

fn vulnerability(statement: &VexStatement) -> Value {
    let status = match statement.status {
        Status::Affected => "known_affected",
        Status::UnderInvestigation => "under_investigation",
        Status::Fixed => "fixed",
        Status::NotAffected(_) => "known_not_affected",
    };
    let mut value = json!({
        "notes": [{"category": "details", "text": statement.notes}],
        "product_status": BTreeMap::from([(status, [PRODUCT])]),
    });
    match statement.id.starts_with("CVE-") {
        true => value["cve"] = json!(statement.id),
        false => value["ids"] = json!([{"system_name": "OSV", "text": statement.id}]),
    }
    match statement.status {
        Status::NotAffected(justification) => {
            value["flags"] = json!([{"label": justification_word(justification), "product_ids": [PRODUCT]}]);
            value["threats"] =
                json!([{"category": "impact", "details": statement.notes, "product_ids": [PRODUCT]}]);
        }
        Status::Affected => {
            value["remediations"] = json!([{
                "category": "none_available",
                "details": statement.action,
                "product_ids": [PRODUCT],
            }]);
        }
        Status::Fixed | Status::UnderInvestigation => {}
    }
    if let Some(severity) = &statement.severity
        && let Some(score) = score(severity)
    {
        value["scores"] = json!([score]);
    }
    value
}

/// A score; none for versions that the form has no place for.
fn score(severity: &Severity) -> Option<Value> {
    let mut cvss = json!({
        "version": severity.version,
        "vectorString": severity.vector,
        "baseScore": severity.score(),
    });
    let key = match severity.version {
        "2.0" => "cvss_v2",
        "3.0" | "3.1" => {
            cvss["baseSeverity"] = json!(severity.word.to_uppercase());
            "cvss_v3"
        }
        _ => return None,
    };
    let mut score = json!({"products": [PRODUCT]});
    score[key] = cvss;
    Some(score)
}
