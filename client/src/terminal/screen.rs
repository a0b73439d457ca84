//! How a command's output is to reach the user.

use std::io::IsTerminal;

use crate::cli::ScreenArgs;
use crate::terminal::commit_link::CommitLinks;
use crate::terminal::output::{Output, PagerChoice};
use crate::terminal::pager::wanted_pager;

/// How a command's output is to reach the user.
#[derive(Clone, Debug, Default)]
pub struct Screen {
    pager: Option<PagerChoice>,
    /// How commit ids are shown.
    pub links: CommitLinks,
    /// Where a commit is shown, with or without a terminal: a template, empty for nowhere.
    pub link_target: String,
}

impl Screen {
    /// What the flags, the environment and the terminal say.
    ///
    /// # Errors
    /// Where the environment contradicts itself.
    pub fn new(args: &ScreenArgs) -> anyhow::Result<Screen> {
        let (target, is_wanted) = args.link_target()?;
        let stdout = std::io::stdout();
        let name = if args.no_pager || !stdout.is_terminal() { None } else { wanted_pager() };
        let pager = name.map(|name| PagerChoice { name, has_links: is_wanted });
        let has_links = stdout.is_terminal() && supports_hyperlinks::supports_hyperlinks();
        let links = if has_links { CommitLinks::to(&target) } else { CommitLinks::NONE };
        Ok(Screen { pager, links, link_target: target })
    }

    /// Standard output; what is longer than the screen is shown in the pager.
    pub fn open(&self) -> Output {
        Output::paged(self.pager.clone())
    }
}
