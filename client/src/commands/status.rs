//! `hunktrace status`: what is indexed, how much, and how fresh it is.

mod json;
mod text;

use std::time::SystemTime;

use hunktrace_proto::v1::GetStatusRequest;

use crate::cli::{Format, StatusArgs};
use crate::commands::status::json::status_line;
use crate::commands::status::text::status_text;
use crate::source::service::{connect, find_service, refusal, runtime};
use crate::terminal::message::say;
use crate::terminal::outcome::Outcome;
use crate::terminal::screen::Screen;
use crate::terminal::screen_text::printable;

/// Runs the command.
///
/// # Errors
/// If there is nothing to ask, or it does not answer.
pub fn run(args: &StatusArgs, screen: &Screen) -> anyhow::Result<Outcome> {
    let service = find_service(&args.source)?;
    // The reasons are counted here, so all items are wanted however few of them are shown.
    let request = GetStatusRequest { max_unindexed: u32::MAX };
    let status = runtime()?.block_on(async {
        let answer = connect(&service).await?.get_status(request).await;
        anyhow::Ok(answer.map_err(|status| refusal(&status))?.into_inner())
    })?;
    let mut output = screen.open();
    let text = match args.format {
        Format::Text => status_text(&status, SystemTime::now(), args.all, output.columns()),
        Format::Jsonl => status_line(&status)?,
    };
    output.write(&text)?;
    output.finish()?;
    if !status.damage.is_empty() {
        say(format_args!(
            "the index is damaged: {}; 'hunktrace verify' checks all of it",
            printable(&status.damage)
        ));
        return Ok(Outcome::SomethingFailed);
    }
    Ok(Outcome::Done)
}
