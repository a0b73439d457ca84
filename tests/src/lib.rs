//! Shared ground of the end-to-end tests and the harness.
//!
//! A test makes itself a [`workplace::Workplace`], builds git repositories there with git itself
//! ([`git_repository::GitRepository`]), and runs the program on them as a user would.

pub mod accuracy;
pub mod catalogued_releases;
pub mod certificates;
pub mod drawn_release;
pub mod fuzzing;
pub mod git_repository;
pub mod growth;
pub mod health_checks;
pub mod heavy_request;
pub mod load;
pub mod long_question;
pub mod page_links;
pub mod patched_release;
pub mod records;
pub mod server;
pub mod source_rpm;
pub mod source_text;
pub mod speed;
pub mod terminal;
pub mod vendor_release;
pub mod web_client;
pub mod work_after;
pub mod workplace;
