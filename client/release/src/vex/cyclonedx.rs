//! CycloneDX 1.6, with the commits that mend vulnerabilities as the product's pedigree.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::statement::{Justification, Status, VexStatement};
use super::vex_context::VexContext;

/// A document about these vulnerabilities.
pub fn cyclonedx_document(context: &VexContext, statements: &[VexStatement]) -> Value {
    let date = context.date.to_string();
    let vulnerabilities: Vec<Value> =
        statements.iter().map(|statement| vulnerability(context, statement)).collect();
    let component = json!({
        "type": "operating-system",
        "bom-ref": context.purl,
        "name": context.product_name,
        "version": context.product_version,
        "purl": context.purl,
        "pedigree": pedigree(context, statements),
    });
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial_number(&context.digest(&json!([date, vulnerabilities, component]).to_string())),
        "version": 1,
        "metadata": {
            "timestamp": date,
            "authors": [{"name": context.author}],
            "tools": {"components": [
                {"type": "application", "name": "hunktrace", "version": env!("CARGO_PKG_VERSION")},
            ]},
        },
        "components": [component],
        "vulnerabilities": vulnerabilities,
    })
}

/// What the product was made from: the base, the upstream commits that mend something, and what each of them mends.
fn pedigree(context: &VexContext, statements: &[VexStatement]) -> Value {
    let mut mended: BTreeMap<&(String, String), Vec<&str>> = BTreeMap::new();
    for statement in statements {
        for commit in &statement.fixed_by {
            mended.entry(commit).or_default().push(&statement.id);
        }
    }
    let commits: Vec<Value> =
        mended.keys().map(|(id, subject)| json!({"uid": id, "message": subject})).collect();
    let resolves =
        |ids: &[&str]| -> Vec<Value> { ids.iter().map(|id| json!({"type": "security", "id": id})).collect() };
    let patches: Vec<Value> =
        mended.values().map(|ids| json!({"type": "backport", "resolves": resolves(ids)})).collect();
    let mut pedigree = json!({"commits": commits, "patches": patches});
    if !context.base_name.is_empty() {
        pedigree["ancestors"] = json!([
            {"type": "operating-system", "name": "linux", "version": context.base_name},
        ]);
    }
    pedigree
}

fn vulnerability(context: &VexContext, statement: &VexStatement) -> Value {
    let mut analysis = json!({"state": state_word(statement.status), "detail": statement.notes});
    if let Status::NotAffected(justification) = statement.status {
        analysis["justification"] = json!(match justification {
            Justification::CodeNotPresent | Justification::ComponentNotPresent => "code_not_present",
            Justification::NotBuilt => "requires_configuration",
        });
    }
    let mut value = json!({
        "id": statement.id,
        "analysis": analysis,
        "affects": [{"ref": context.purl}],
    });
    if statement.status == Status::Affected {
        value["recommendation"] = json!(statement.action);
    }
    if let Some(severity) = &statement.severity {
        value["ratings"] = json!([{
            "score": severity.score(),
            "severity": severity.word,
            "method": rating_method(severity.version),
            "vector": severity.vector,
        }]);
    }
    value
}

fn rating_method(version: &str) -> &'static str {
    match version {
        "2.0" => "CVSSv2",
        "3.0" => "CVSSv3",
        "3.1" => "CVSSv31",
        "4.0" => "CVSSv4",
        _ => "other",
    }
}

fn state_word(status: Status) -> &'static str {
    match status {
        Status::Affected => "exploitable",
        Status::UnderInvestigation => "in_triage",
        Status::Fixed => "resolved_with_pedigree",
        Status::NotAffected(_) => "not_affected",
    }
}

/// A UUID of version 8 (RFC 9562) from 32 hexadecimal digits.
fn serial_number(digest: &str) -> String {
    let part = |range: std::ops::Range<usize>| digest.get(range).unwrap_or_default();
    format!("urn:uuid:{}-{}-8{}-8{}-{}", part(0..8), part(8..12), part(13..16), part(17..20), part(20..32))
}
