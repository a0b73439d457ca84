//! A vendor's release: its trees are read, it is taken apart by the service, and what is found is written as records, a
//! patch series and a report.
//!
//! Nothing here knows a terminal: a web page or a batch worker can call it as well as the program.

pub mod match_name;

pub mod attribute;
pub mod report;
pub mod series;
pub mod tree;
