//! The commands of the program.

pub mod attribute;
pub mod demo;
pub mod index;
pub mod lookup;
pub mod serve;
pub mod show;
pub mod status;
pub mod verify;
