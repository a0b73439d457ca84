//! Where the links of a page lead.

/// The links of a page, images and scripts included, as they stand; those to a place of the page itself, and to the repositories
/// of the kernel, are left out.
pub fn links(html: &str) -> Vec<String> {
    let links = html.split(" href=\"").skip(1).chain(html.split(" src=\"").skip(1));
    let links = links.map(|quoted| quoted.split('"').next().unwrap_or_default().replace("&amp;", "&"));
    links.filter(|link| !link.starts_with("https://git.kernel.org/") && !link.starts_with('#')).collect()
}

/// The path from the top of a site that a relative link of the page at a path leads to.
///
/// # Panics
/// Where it leads above the top.
pub fn target(path: &str, link: &str) -> String {
    let mut parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    parts.pop();
    for part in link.split('#').next().unwrap_or_default().split('/') {
        match part {
            "." => {}
            ".." => assert!(parts.pop().is_some(), "{path} leads above the top: {link}"),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
