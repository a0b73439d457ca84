//! Pages over index and catalogue, live and as a static site: one way to make each page serves both.
//!
//! A page is made in three steps, each in a room of its own:
//!
//! 1. [`source`] asks the services, the same that programs ask;
//! 2. [`view`] turns the answers into typed models of pages, which are their JSON twins as they stand;
//! 3. [`page`] writes a model as HTML, in templates that are checked when the program is compiled.
//!
//! [`place`] names every page by a path that is the same in both forms, so links never differ. [`live`] answers browsers,
//! [`site`] writes files. No page needs a script, nothing is loaded from elsewhere, and every text is escaped.

pub mod asked;
pub mod failure;
pub mod feed;
pub mod live;
pub mod making;
pub mod openapi;
pub mod page;
pub mod permalink;
pub mod place;
pub mod query;
pub mod site;
pub mod source;
pub mod view;
pub mod words;
