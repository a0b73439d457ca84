use serde_json::Value;

use super::*;
use crate::cve_sources::Severity;

fn context() -> VexContext {
    VexContext {
        author: "Example Team".to_owned(),
        namespace: "https://example.org".to_owned(),
        product_name: "kernel".to_owned(),
        product_version: "2.6.32-220.el6".to_owned(),
        purl: "pkg:rpm/redhat/kernel@2.6.32-220.el6?arch=src".to_owned(),
        base_name: "v2.6.32".to_owned(),
        date: VexDate { seconds: 1_325_376_000 },
    }
}

/// A statement of each state.
fn statements() -> Vec<VexStatement> {
    let statement = |id: &str, status: Status| VexStatement {
        id: id.to_owned(),
        status,
        notes: "Its fix is in the tree.".to_owned(),
        action: "Backport commit 1111.".to_owned(),
        fixed_by: match status {
            Status::Fixed => vec![("1".repeat(40), "net: fix it".to_owned())],
            _ => Vec::new(),
        },
        severity: match status {
            Status::Affected => Severity::of("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"),
            Status::UnderInvestigation => Severity::of("AV:L/AC:L/Au:N/C:N/I:N/A:C"),
            _ => None,
        },
    };
    vec![
        statement("CVE-2010-0001", Status::Affected),
        statement("CVE-2010-0002", Status::UnderInvestigation),
        statement("CVE-2010-0003", Status::Fixed),
        statement("CVE-2010-0004", Status::NotAffected(Justification::CodeNotPresent)),
        statement("CVE-2010-0005", Status::NotAffected(Justification::NotBuilt)),
        statement("OSV-2010-6", Status::NotAffected(Justification::ComponentNotPresent)),
    ]
}

fn schema(text: &str) -> Value {
    serde_json::from_str(text).expect("a schema")
}

/// What a schema finds wrong with a document.
fn faults(schema: &Value, others: &[&str], document: &Value) -> Vec<String> {
    let mut registry = jsonschema::Registry::new();
    for other in others {
        let other: Value = serde_json::from_str(other).expect("a schema");
        let id = other["$id"].as_str().expect("a name").to_owned();
        registry = registry.add(id, other).expect("a resource");
    }
    let registry = registry.prepare().expect("schemas");
    let validator = jsonschema::options()
        .with_registry(&registry)
        .should_validate_formats(true)
        .build(schema)
        .expect("a schema");
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn open_vex_is_valid_by_its_published_schema() {
    let schema = schema(include_str!("../../tests/schemas/openvex-0.2.0.schema.json"));
    let document = open_vex_document(&context(), &statements()).expect("a document");
    assert_eq!(faults(&schema, &[], &document), [] as [&str; 0]);
    let words = |key: &str| -> Vec<Option<&str>> {
        document["statements"].as_array().expect("statements").iter().map(|one| one[key].as_str()).collect()
    };
    assert_eq!(words("status")[..4], ["affected", "under_investigation", "fixed", "not_affected"].map(Some));
    assert_eq!(
        words("justification")[3..],
        [
            Some("vulnerable_code_not_present"),
            Some("vulnerable_code_not_present"),
            Some("component_not_present")
        ]
    );
    assert_eq!(words("action_statement")[0], Some("Backport commit 1111."));
    let mut broken = document.clone();
    broken["statements"][0]["action_statement"] = Value::Null;
    assert_ne!(faults(&schema, &[], &broken), [] as [&str; 0], "the schema is asked at all");
    assert!(open_vex_document(&context(), &[]).is_none());
}

#[test]
fn csaf_is_valid_by_the_facts_of_its_schema() {
    let schema = schema(include_str!("../../tests/schemas/csaf-2.0-vex.schema.json"));
    let document = csaf_document(&context(), &statements()).expect("a document");
    assert_eq!(faults(&schema, &[], &document), [] as [&str; 0]);
    assert_eq!(document["vulnerabilities"][0]["product_status"]["known_affected"][0], "kernel");
    assert_eq!(document["vulnerabilities"][3]["flags"][0]["label"], "vulnerable_code_not_present");
    assert_eq!(document["vulnerabilities"][5]["ids"][0]["text"], "OSV-2010-6");
    assert_eq!(csaf_file_name(&context()), "hunktrace-vex-kernel-2_6_32-220_el6.json");
    let score = |number: usize| &document["vulnerabilities"][number]["scores"][0];
    assert_eq!(score(0)["cvss_v3"]["baseSeverity"], "HIGH");
    assert_eq!(score(1)["cvss_v2"]["baseScore"], 4.9);
    let mut broken = document.clone();
    broken["document"]["tracking"]["status"] = "finished".into();
    assert_ne!(faults(&schema, &[], &broken), [] as [&str; 0], "the schema is asked at all");
}

#[test]
fn cyclonedx_is_valid_by_its_published_schema() {
    let schema = schema(include_str!("../../tests/schemas/bom-1.6.schema.json"));
    let others = [
        include_str!("../../tests/schemas/spdx.schema.json"),
        include_str!("../../tests/schemas/jsf-0.82.schema.json"),
    ];
    let document = cyclonedx_document(&context(), &statements());
    assert_eq!(faults(&schema, &others, &document), [] as [&str; 0]);
    let states: Vec<&str> = document["vulnerabilities"]
        .as_array()
        .expect("vulnerabilities")
        .iter()
        .filter_map(|one| one["analysis"]["state"].as_str())
        .collect();
    assert_eq!(states[..4], ["exploitable", "in_triage", "resolved_with_pedigree", "not_affected"]);
    assert_eq!(document["vulnerabilities"][4]["analysis"]["justification"], "requires_configuration");
    assert_eq!(document["vulnerabilities"][0]["ratings"][0]["method"], "CVSSv31");
    let pedigree = &document["components"][0]["pedigree"];
    assert_eq!(pedigree["patches"][0]["resolves"][0]["id"], "CVE-2010-0003");
    assert_eq!(pedigree["ancestors"][0]["version"], "v2.6.32");
    let mut broken = document.clone();
    broken["vulnerabilities"][0]["analysis"]["state"] = "unknown".into();
    assert_ne!(faults(&schema, &others, &broken), [] as [&str; 0], "the schema is asked at all");
}

#[test]
fn equal_statements_give_equal_documents_and_others_another_name() {
    let id = |statements: &[VexStatement]| {
        open_vex_document(&context(), statements).expect("a document")["@id"].clone()
    };
    assert_eq!(id(&statements()), id(&statements()));
    assert_ne!(id(&statements()), id(&statements()[..2]));
}
