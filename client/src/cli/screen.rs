//! The flags that say how output reaches the user; all commands have them.

use anstream::ColorChoice;
use clap::{Args, ValueEnum};

use crate::terminal::commit_link::{KERNEL_ORG, PLACEHOLDER};

/// Stands in for --link-template where that is not given.
const LINK_TEMPLATE_VARIABLE: &str = "HUNKTRACE_LINK_TEMPLATE";

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl ColorWhen {
    /// The choice as what writes colours takes it.
    pub fn choice(self) -> ColorChoice {
        match self {
            ColorWhen::Auto => ColorChoice::Auto,
            ColorWhen::Always => ColorChoice::Always,
            ColorWhen::Never => ColorChoice::Never,
        }
    }
}

/// How output reaches the user.
#[derive(Args, Clone, Debug)]
pub struct ScreenArgs {
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", display_order = 901)]
    pub color: ColorWhen,
    /// Do not show long output in a pager
    #[arg(long, global = true, display_order = 902)]
    pub no_pager: bool,
    /// Where commit ids lead on a terminal that has links: a URL with {commit} for the id; '' for nowhere
    /// [default: https://git.kernel.org/stable/c/{commit}]
    #[arg(long, global = true, value_name = "URL", value_parser = link_template, display_order = 903)]
    pub link_template: Option<String>,
}

impl ScreenArgs {
    /// Where commit ids lead, and whether the user has said so.
    ///
    /// # Errors
    /// Where the environment has no template.
    pub fn link_target(&self) -> anyhow::Result<(String, bool)> {
        if let Some(template) = &self.link_template {
            return Ok((template.clone(), true));
        }
        match std::env::var(LINK_TEMPLATE_VARIABLE) {
            Ok(template) => match link_template(&template) {
                Ok(template) => Ok((template, true)),
                Err(error) => anyhow::bail!("{LINK_TEMPLATE_VARIABLE}: {error}"),
            },
            Err(_) => Ok((KERNEL_ORG.to_owned(), false)),
        }
    }
}

fn link_template(text: &str) -> Result<String, String> {
    let is_plain = !text.contains(|c: char| c.is_control() || c.is_whitespace());
    if text.is_empty() || (is_plain && text.contains(PLACEHOLDER)) {
        return Ok(text.to_owned());
    }
    Err(format!("write {PLACEHOLDER} where the id goes, as in {KERNEL_ORG}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_has_a_place_for_the_id_or_is_empty() {
        assert_eq!(link_template(""), Ok(String::new()));
        assert_eq!(link_template(KERNEL_ORG).as_deref(), Ok(KERNEL_ORG));
        for wrong in ["https://x", "https://x/{commit}\u{7}", "x {commit}"] {
            assert!(link_template(wrong).is_err(), "{wrong:?}");
        }
    }
}
