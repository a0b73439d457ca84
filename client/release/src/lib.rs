//! A vendor's release: its trees are read, it is taken apart by the service, and what is found is written as records, a
//! patch series and a report.
//!
//! Nothing here knows a terminal: a web page or a batch worker can call it as well as the program. Progress goes to a
//! [`Watcher`](attribute::Watcher); what a person should know is in what the calls return.
//!
//! A release is taken apart into a folder like this:
//!
//! ```no_run
//! use std::path::Path;
//! use std::sync::Arc;
//!
//! use anyhow::Context;
//! use hunktrace_release::attribute::{
//!     ReleaseRequest, ReleaseRow, Service, Staging, base_revision_candidates, take_apart,
//! };
//! use hunktrace_release::series::PatchHeader;
//! use hunktrace_release::tree::{Options, Tree};
//!
//! # async fn example() -> anyhow::Result<()> {
//! let service = Service::new(hunktrace_server::wire::embedded::connect(Path::new("linux.index")).await?);
//! let base = Arc::new(Tree::open("linux.git:v4.18", &Options::default())?);
//! let vendor = Arc::new(Tree::open("linux-4.18.0-348.el8.tar.xz", &Options::default())?);
//! let candidates = base_revision_candidates(&base)?;
//! let base_revision = service.first_known(&candidates).await.context("the base is not indexed")?;
//!
//! // The folder of an earlier result stays as it is until this one is whole.
//! let mut staging = Staging::beside(Path::new("taken-apart"))?;
//! staging.make()?;
//! let request = ReleaseRequest {
//!     name: "kernel-4.18.0-348.el8",
//!     base_name: "v4.18",
//!     base_reason: "it was named",
//!     index: &service.index_used().await?,
//!     base: &base,
//!     vendor: &vendor,
//!     excluded: &[],
//!     base_revision,
//!     records_only: false,
//!     arrow: false,
//!     branch: None,
//!     patch_header: PatchHeader::Plain,
//!     source_date: None,
//! };
//! // The next release of the vendor goes through the same row.
//! let mut row = ReleaseRow::new(&service, 1);
//! let taken_apart = take_apart(&request, staging.path(), &mut row, &()).await?;
//! staging.finish()?;
//! # drop(taken_apart);
//! # Ok(())
//! # }
//! ```
//!
//! Records, patch series and report are then in the folder. The same answer without any file:
//!
//! ```no_run
//! use hunktrace_release::attribute::{Question, ReleaseRow, Service, Totals};
//! use hunktrace_release::tree::Tree;
//!
//! # async fn example(service: &Service, base: &Tree, vendor: &Tree) -> anyhow::Result<()> {
//! let mut row = ReleaseRow::new(service, 1);
//! let comparison = row.compare("v4.18", base, vendor, &std::env::temp_dir(), &()).await?;
//! let question = Question { base_revision: "v4.18", ..Question::default() };
//! let answer = row.answer(&question, &comparison.files, &()).await?;
//! let share = Totals::of(&answer.files).all.share();
//! # let _ = share;
//! # Ok(())
//! # }
//! ```

pub mod answer;
mod append_file;
pub mod attribute;
pub mod audit_report;
pub mod built_files;
pub mod candidate_hunk;
mod csv_row;
pub mod cve_sources;
mod digest;
pub mod line_alignment;
pub mod lookup_record;
pub mod report;
pub mod series;
pub mod tree;
pub mod tree_question;
pub mod vendor_word;
pub mod vex;
