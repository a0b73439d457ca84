//! The flags and the help of `completions`.

use clap::Args;
use clap_complete::Shell;

const COMPLETIONS_HELP: &str = "\
Examples:
  hunktrace completions bash \\
      > ~/.local/share/bash-completion/completions/hunktrace
  hunktrace completions zsh > ~/.zfunc/_hunktrace
  hunktrace completions fish \\
      > ~/.config/fish/completions/hunktrace.fish";

/// Flags of `completions`.
#[derive(Args, Clone, Debug)]
#[command(after_help = COMPLETIONS_HELP)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}
