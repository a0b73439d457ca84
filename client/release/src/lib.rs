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
//!
//! use anyhow::Context;
//! use hunktrace_release::attribute::{
//!     ReleaseRequest, Service, Staging, base_revision_candidates, take_apart,
//! };
//! use hunktrace_release::tree::{Options, Tree};
//!
//! # async fn example() -> anyhow::Result<()> {
//! let service = Service::new(hunktrace_server::wire::embedded::connect(Path::new("linux.index")).await?);
//! let base = Tree::open("linux.git:v4.18", &Options::default())?;
//! let vendor = Tree::open("linux-4.18.0-348.el8.tar.xz", &Options::default())?;
//! let candidates = base_revision_candidates(&base)?;
//! let base_revision = service.first_known(&candidates).await.context("the base is not indexed")?;
//!
//! // The folder of an earlier result stays as it is until this one is whole.
//! let staging = Staging::beside(Path::new("taken-apart"))?;
//! staging.make()?;
//! let request = ReleaseRequest {
//!     name: "kernel-4.18.0-348.el8",
//!     base_name: "v4.18",
//!     base_reason: "it was named",
//!     index: &service.index_used().await?,
//!     base: &base,
//!     vendor: &vendor,
//!     base_revision,
//!     branch: None,
//!     source_date: None,
//! };
//! let taken_apart = take_apart(&request, staging.path(), &service, &()).await?;
//! staging.finish()?;
//! # drop(taken_apart);
//! # Ok(())
//! # }
//! ```
//!
//! Records, patch series and report are then in the folder. The same answer without any file:
//!
//! ```no_run
//! use hunktrace_release::attribute::{HunkSpool, Service, Totals, added_files, changed_files};
//! use hunktrace_release::tree::{Tree, changed_paths};
//!
//! # async fn example(service: &Service, base: &Tree, vendor: &Tree) -> anyhow::Result<()> {
//! let changes = changed_paths(base, vendor)?;
//! let former_names = service.former_names("v4.18", &added_files(&changes), &()).await?;
//! let spool = HunkSpool::create(&std::env::temp_dir())?;
//! let comparison = changed_files(changes, &former_names, base, vendor, &spool)?;
//! let answer = service.answer("v4.18", &comparison.files, &()).await?;
//! let share = Totals::of(&answer.files).all.share();
//! # let _ = share;
//! # Ok(())
//! # }
//! ```

pub mod answer;
pub mod attribute;
pub mod lookup_record;
pub mod report;
pub mod series;
pub mod tree;
