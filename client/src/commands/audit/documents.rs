//! The documents of an audit that scanners read.

use anyhow::bail;
use hunktrace_release::attribute::{source_date, tree_name};
use hunktrace_release::tree::Source;
use hunktrace_release::vex::{
    VexContext, VexDate, csaf_document, cyclonedx_document, open_vex_document, vex_statements,
};

use super::audit_result::Audit;
use crate::cli::{AuditArgs, AuditFormat};

/// The document that was asked for.
///
/// # Errors
/// Where there is no vulnerability to speak of, the product has no version, or the date is none.
pub(super) fn document(args: &AuditArgs, audit: &Audit) -> anyhow::Result<String> {
    let context = context(args, audit)?;
    let statements = vex_statements(&audit.answer);
    let document = match args.format {
        AuditFormat::Openvex => open_vex_document(&context, &statements),
        AuditFormat::Csaf => csaf_document(&context, &statements),
        _ => Some(cyclonedx_document(&context, &statements)),
    };
    match document {
        Some(document) => Ok(format!("{document:#}\n")),
        None => bail!("there is no vulnerability to speak of; name sources of vulnerabilities with --cve"),
    }
}

fn context(args: &AuditArgs, audit: &Audit) -> anyhow::Result<VexContext> {
    let vendor = &audit.asked.trees.vendor;
    let name = match &audit.asked.taken {
        Some(taken) if !taken.name.is_empty() => taken.name.clone(),
        _ => tree_name(&vendor.source),
    };
    let purl = match &args.product {
        Some(purl) => purl.clone(),
        None => usual_purl(&name, matches!(vendor.source, Source::Rpm { .. })),
    };
    let Some(version) = purl_version(&purl) else {
        bail!(
            "--product: {purl:?} is no package URL with a version; write it as pkg:rpm/redhat/kernel@4.18.0-553.el8?arch=src"
        );
    };
    let given = std::env::var_os("SOURCE_DATE_EPOCH").map(|value| source_date(&value)).transpose()?;
    let seconds = given.or(vendor.newest_date).unwrap_or(0);
    let base = audit.asked.trees.base.as_ref();
    Ok(VexContext {
        author: args.author.clone(),
        namespace: args.author_url.clone(),
        product_name: purl_name(&purl).to_owned(),
        product_version: version.to_owned(),
        base_name: base.map(|base| tree_name(&base.source)).unwrap_or_default(),
        purl,
        date: VexDate { seconds },
    })
}

/// A package URL of a release that is called so: `kernel-4.18.0-348.el8` is version `4.18.0-348.el8` of `kernel`.
fn usual_purl(name: &str, is_rpm: bool) -> String {
    let bytes = name.as_bytes();
    let digit = (1..bytes.len()).find(|at| bytes[at - 1] == b'-' && bytes[*at].is_ascii_digit());
    let (name, version) = match digit {
        Some(at) => (&name[..at - 1], &name[at..]),
        None => ("linux", name),
    };
    let escape = |text: &str| -> String {
        let keeps = |byte: u8| byte.is_ascii_alphanumeric() || b".-_~+".contains(&byte);
        text.bytes()
            .map(|byte| if keeps(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    };
    match is_rpm {
        true => format!("pkg:rpm/{}@{}?arch=src", escape(name), escape(version)),
        false => format!("pkg:generic/{}@{}", escape(name), escape(version)),
    }
}

/// The version of a package URL.
fn purl_version(purl: &str) -> Option<&str> {
    let rest = purl.strip_prefix("pkg:")?;
    let (_, version) = rest.rsplit_once('@')?;
    let version = version.split(['?', '#']).next()?;
    (!version.is_empty() && !version.contains('/')).then_some(version)
}

/// The name of a package URL.
fn purl_name(purl: &str) -> &str {
    let path = purl.rsplit_once('@').map_or(purl, |(path, _)| path);
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_named_by_what_the_release_is_called() {
        assert_eq!(usual_purl("kernel-4.18.0-348.el8", true), "pkg:rpm/kernel@4.18.0-348.el8?arch=src");
        assert_eq!(usual_purl("linux-6.1.38", false), "pkg:generic/linux@6.1.38");
        assert_eq!(usual_purl("rhel 6", false), "pkg:generic/linux@rhel%206");
    }

    #[test]
    fn package_urls_need_a_version() {
        let purl = "pkg:rpm/redhat/kernel@4.18.0-553.el8?arch=src";
        assert_eq!((purl_name(purl), purl_version(purl)), ("kernel", Some("4.18.0-553.el8")));
        for wrong in ["pkg:rpm/redhat/kernel", "kernel@1", "pkg:rpm/k@", "pkg:rpm/k@?arch=src"] {
            assert_eq!(purl_version(wrong), None, "{wrong}");
        }
    }
}
