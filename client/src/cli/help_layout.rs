//! Help that keeps its lines: paragraphs are filled, and each entry of a list goes on below its own text.

use std::io::IsTerminal;

use terminal_size::{Width, terminal_size_of};

use crate::terminal::screen_text::{add_line, wrapped};

/// More columns than this make help hard to read.
const MOST_COLUMNS: usize = 100;

/// With fewer columns the terminal wraps.
const FEWEST_COLUMNS: usize = 40;

/// Fewer columns for the text of an entry are not worth a column of their own.
const FEWEST_FOR_TEXT: usize = 16;

/// A command with its help, and that of its subcommands, laid out for the terminal of standard output.
pub fn laid_out_for_terminal(command: clap::Command) -> clap::Command {
    let stdout = std::io::stdout();
    let width = if stdout.is_terminal() { terminal_size_of(&stdout) } else { None };
    let columns = width.map_or(MOST_COLUMNS, |(Width(columns), _)| usize::from(columns));
    lay_out(command, columns.clamp(FEWEST_COLUMNS, MOST_COLUMNS))
}

fn lay_out(command: clap::Command, columns: usize) -> clap::Command {
    let help = command.get_after_help().map(|help| laid_out(&help.to_string(), columns));
    let command = match help {
        Some(help) => command.after_help(help),
        None => command,
    };
    command.mut_subcommands(|command| lay_out(command, columns))
}

/// A help text in lines of at most so many columns.
pub fn laid_out(help: &str, columns: usize) -> String {
    let mut out = String::new();
    for entry in entries(help) {
        let lead = leading_blanks(&entry);
        match text_column(&entry) {
            _ if entry.len() <= columns => add_line(&mut out, format_args!("{entry}")),
            Some(column) if column + FEWEST_FOR_TEXT <= columns => {
                let (name, text) = entry.split_at(column);
                add_entry(&mut out, name, text, column, columns);
            }
            _ if is_shell_command(&entry) => add_shell_command(&mut out, &entry, columns),
            _ => add_entry(&mut out, &entry[..lead], &entry[lead..], lead, columns),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// The lines of a help text, with what goes on below an entry of a list put behind it.
fn entries(help: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in help.lines() {
        match entries.last_mut() {
            Some(entry) if text_column(entry) == Some(leading_blanks(line)) => {
                entry.push(' ');
                entry.push_str(line.trim_start());
            }
            _ => entries.push(line.to_owned()),
        }
    }
    entries
}

fn leading_blanks(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Where the text of a list's entry begins: behind its name and at least two blanks.
fn text_column(line: &str) -> Option<usize> {
    let lead = leading_blanks(line);
    let gap = lead + line[lead..].find("  ")?;
    Some(gap + leading_blanks(&line[gap..])).filter(|_| lead > 0)
}

fn is_shell_command(line: &str) -> bool {
    line.starts_with("  ") && line.contains("hunktrace ")
}

fn add_entry(out: &mut String, name: &str, text: &str, column: usize, columns: usize) {
    for (place, line) in wrapped(text, columns - column).iter().enumerate() {
        let name = if place == 0 { name } else { "" };
        add_line(out, format_args!("{name:<column$}{line}"));
    }
}

/// A command goes on behind a backslash, so that it can be typed as it stands.
fn add_shell_command(out: &mut String, line: &str, columns: usize) {
    const GOES_ON: &str = " \\";
    let lead = leading_blanks(line);
    let is_unfinished = line.ends_with('\\');
    let words = line.trim_end_matches('\\').trim();
    let lines = wrapped(words, columns.saturating_sub(lead + 4 + GOES_ON.len()));
    for (place, words) in lines.iter().enumerate() {
        let lead = if place == 0 { lead } else { lead + 4 };
        let end = if place + 1 < lines.len() || is_unfinished { GOES_ON } else { "" };
        add_line(out, format_args!("{:lead$}{words}{end}", ""));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::CommandFactory;

    const HELP: &str = "\
One paragraph of some words.

Kinds:
  exact    all of it agrees
  partial  some of it
           agrees, and the rest does not

Example:
  hunktrace lookup --repo ~/linux --base v4.18 fix.patch";

    #[test]
    fn narrow_terminals_wrap_entries_below_their_text() {
        let expected = "\
One paragraph of some words.

Kinds:
  exact    all of it agrees
  partial  some of it agrees,
           and the rest does not

Example:
  hunktrace lookup --repo \\
      ~/linux --base v4.18 \\
      fix.patch";
        assert_eq!(laid_out(HELP, 32), expected);
    }

    #[test]
    fn text_that_fits_stays_as_it_is() {
        let help = "Kinds:\n  exact   all\n  partial  some\n\n  hunktrace x \\\n      y";
        assert_eq!(laid_out(help, 40), help);
    }

    #[test]
    fn help_of_all_commands_fits_terminals() {
        fn check(command: &clap::Command, columns: usize) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for line in help.lines() {
                // A long word, such as a path, has a line of its own.
                let is_one_word = line.trim().split(' ').filter(|word| *word != "\\").count() == 1;
                assert!(line.chars().count() <= columns || is_one_word, "{}: {line}", command.get_name());
            }
            command.get_subcommands().for_each(|command| check(command, columns));
        }
        for columns in [60, 80, 100] {
            check(&lay_out(Cli::command(), columns), columns);
        }
    }
}
