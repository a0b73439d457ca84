//! The commands of the program.

pub mod attribute;
pub mod audit;
pub mod cache;
pub mod catalogue;
mod catalogue_record;
pub mod check;
pub mod compare;
pub mod completions;
pub mod demo;
pub mod export;
pub mod extract;
pub mod history;
pub mod index;
pub mod lookup;
pub mod man;
mod series_lookup;
pub mod serve;
pub mod show;
pub mod site;
pub mod status;
mod unindexed_record;
pub mod verify;
