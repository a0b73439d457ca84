//! Series of whole releases: by properties, and read and applied by git and GNU patch.

mod heads;
mod memory_release;
mod properties;
mod real_tools;
mod rules;

pub(in crate::series) use self::memory_release::{MemoryRelease, origins};
