//! The page above the reports of several releases: what came with each of them, and what went again.
//!
//! Unlike a release's own report it needs no script: it is lists and links, and the data stand in the HTML.

use std::fmt::Write;

use super::page::STYLE;

const FRAME: &str = include_str!("page/releases.html");

/// Digits of a commit id that are shown.
const ID_DIGITS: usize = 12;

/// A release on the page.
pub struct PageRelease<'a> {
    /// Its name and the name of its folder beside the page: letters, digits, `.`, `_`, `-` and `+`.
    pub name: &'a str,
    /// What it is called.
    pub vendor: &'a str,
    /// What its base is called.
    pub base: &'a str,
    /// Changed lines against the base.
    pub lines: u64,
    /// Those of them that upstream commits explain.
    pub explained: u64,
    /// Commits that it contains, implied ones included.
    pub commits: usize,
    /// Commits that no earlier release has.
    pub new: Vec<PageCommit<'a>>,
    /// Commits that the release before has for the last time.
    pub gone: Vec<PageCommit<'a>>,
    /// Where its difference to the release before was taken apart: the folder in its own one, and the commits found.
    pub update: Option<(&'a str, usize)>,
}

/// A commit on the page.
pub struct PageCommit<'a> {
    /// Its id, in hexadecimal digits.
    pub commit: &'a str,
    /// The first line of its message.
    pub subject: &'a str,
    /// The first upstream release that contains it; empty where none does.
    pub first_release: &'a str,
    /// The folder of the release whose report shows it.
    pub folder: &'a str,
    /// Of a commit that is gone the reason; else empty.
    pub why: &'a str,
    /// Of a commit that is gone the one that has rewritten it, or that its lines count for.
    pub by: Option<&'a str>,
}

/// The page's HTML.
pub fn releases_page(releases: &[PageRelease<'_>]) -> String {
    let mut overview = String::new();
    let mut lists = String::new();
    for (place, release) in releases.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = push_row(&mut overview, release, place == 0);
        let _ = push_lists(&mut lists, release, place == 0);
    }
    FRAME.replace("{{style}}", STYLE).replace("{{overview}}", &overview).replace("{{lists}}", &lists)
}

fn push_row(out: &mut String, release: &PageRelease<'_>, is_first: bool) -> std::fmt::Result {
    let share = if release.lines == 0 { 1.0 } else { release.explained as f64 / release.lines as f64 };
    let name = escaped(release.name);
    write!(
        out,
        "<tr><th scope=\"row\"><a href=\"{name}/report.html\">{name}</a><div class=\"hint\">{} against {}</div></th>\
         <td class=\"number\">{}</td><td class=\"number\">{:.1} %</td><td class=\"number\">{}</td>",
        escaped(release.vendor),
        escaped(release.base),
        release.lines,
        100.0 * share,
        release.commits,
    )?;
    match is_first {
        true => out.write_str("<td class=\"number\">–</td><td class=\"number\">–</td></tr>\n"),
        false => writeln!(
            out,
            "<td class=\"number\"><a href=\"#{name}\">{}</a></td><td class=\"number\"><a href=\"#{name}\">{}</a></td></tr>",
            release.new.len(),
            release.gone.len(),
        ),
    }
}

/// What came and went with a release. What the first one has is all new, and its own report lists it.
fn push_lists(out: &mut String, release: &PageRelease<'_>, is_first: bool) -> std::fmt::Result {
    if is_first {
        return Ok(());
    }
    let name = escaped(release.name);
    writeln!(
        out,
        "<section class=\"panel\" id=\"{name}\">\n<h2><a href=\"{name}/report.html\">{name}</a></h2>"
    )?;
    if let Some((folder, commits)) = release.update {
        writeln!(
            out,
            "<p><a href=\"{name}/{folder}/report.html\">Its difference to the release before</a>, taken apart: {commits} commits.</p>"
        )?;
    }
    for (what, commits) in [("new", &release.new), ("gone", &release.gone)] {
        let is_gone = what == "gone";
        if commits.is_empty() {
            writeln!(out, "<p>No commit is {what}.</p>")?;
            continue;
        }
        let verb = if commits.len() == 1 { "commit is" } else { "commits are" };
        writeln!(out, "<details open>\n<summary>{} {verb} {what}</summary>\n<table>", commits.len())?;
        writeln!(
            out,
            "<thead><tr><th scope=\"col\">Commit</th><th scope=\"col\">Subject</th>\
             <th scope=\"col\">Upstream release</th>{}</tr></thead>\n<tbody>",
            if is_gone { "<th scope=\"col\">Why</th>" } else { "" },
        )?;
        for commit in commits {
            let id = escaped(commit.commit);
            write!(
                out,
                "<tr><td class=\"commit\"><a href=\"{}/report.html#commit={id}\">{}</a></td><td>{}</td><td>{}</td>",
                escaped(commit.folder),
                id.get(..ID_DIGITS).unwrap_or(&id),
                escaped(commit.subject),
                escaped(commit.first_release),
            )?;
            if is_gone {
                write!(out, "<td>{}", escaped(commit.why))?;
                if let Some(by) = commit.by {
                    let by = escaped(by);
                    let short = by.get(..ID_DIGITS).unwrap_or(&by);
                    let verb = if commit.why == "superseded" { "by" } else { "counts for" };
                    write!(out, " {verb} <a href=\"{name}/report.html#commit={by}\">{short}</a>")?;
                }
                out.write_str("</td>")?;
            }
            out.write_str("</tr>\n")?;
        }
        writeln!(out, "</tbody>\n</table>\n</details>")?;
    }
    writeln!(out, "</section>")
}

/// Text as HTML, in elements and in attributes.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            // Frames would take it for a place of theirs.
            '{' => html.push_str("&#123;"),
            character => html.push(character),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release<'a>(name: &'a str, new: Vec<PageCommit<'a>>, gone: Vec<PageCommit<'a>>) -> PageRelease<'a> {
        PageRelease {
            name,
            vendor: "v",
            base: "b",
            lines: 4,
            explained: 3,
            commits: 2,
            new,
            gone,
            update: None,
        }
    }

    fn commit<'a>(subject: &'a str, folder: &'a str) -> PageCommit<'a> {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        PageCommit { commit, subject, first_release: "v1.1", folder, why: "", by: None }
    }

    #[test]
    fn what_came_and_went_is_listed_with_links_into_the_reports() {
        let first = release("01-a", vec![commit("old fix", "01-a")], Vec::new());
        let by = Some("89abcdef0123456789abcdef0123456789abcdef");
        let lost = PageCommit { why: "superseded", by, ..commit("lost fix", "01-a") };
        let second = release("02-b", vec![commit("new fix", "02-b")], vec![lost]);
        let page = releases_page(&[first, second]);
        assert!(!page.contains("old fix"), "the first release has it in its own report");
        for text in [
            "<a href=\"01-a/report.html\">01-a</a>",
            "<td class=\"number\">75.0 %</td>",
            "1 commit is new",
            "1 commit is gone",
            "<a href=\"02-b/report.html#commit=0123456789abcdef0123456789abcdef01234567\">0123456789ab</a></td><td>new fix",
            "<a href=\"01-a/report.html#commit=0123456789abcdef0123456789abcdef01234567\">0123456789ab</a></td><td>lost fix",
            "<td>superseded by <a href=\"02-b/report.html#commit=89abcdef0123456789abcdef0123456789abcdef\">89abcdef0123</a></td>",
        ] {
            assert!(page.contains(text), "{text} is not in {page}");
        }
        assert!(!page.contains("{{") && !page.contains("://"));
    }

    #[test]
    fn subjects_are_text_and_not_html() {
        let first = release("01-a", Vec::new(), Vec::new());
        let second = release("02-b", vec![commit("<script>{{lists}} & \"x\"", "02-b")], Vec::new());
        let page = releases_page(&[first, second]);
        assert!(page.contains("&lt;script&gt;&#123;&#123;lists}} &amp; &quot;x&quot;"), "{page}");
        assert!(!page.contains("<script"));
    }
}
