//! What the `hunktrace` program is made of: the commands, reading vendor trees, reports and patch series.

pub mod attribute;
pub mod report;
pub mod series;
pub mod tree;
