//! What every program that measures accuracy is told, and what it does first.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use crate::accuracy::history::History;
use crate::accuracy::program::Program;
use crate::accuracy::query::QuerySet;
use crate::accuracy::real_queries;
use crate::accuracy::truth::{Equivalents, read_commits, read_origins};

/// The history, the index of it, and how queries are drawn.
#[derive(Args)]
pub struct Setting {
    /// The repository with mainline and the stable branches
    #[arg(long, value_name = "REPO")]
    pub upstream: PathBuf,
    /// The index of mainline alone; it is built where there is none
    #[arg(long, value_name = "DIR")]
    pub index: PathBuf,
    /// The revision up to which mainline is indexed
    #[arg(long, value_name = "REV", default_value = "master")]
    pub mainline: String,
    /// A folder for the queries and all other files that are written
    #[arg(long, value_name = "DIR")]
    pub work: PathBuf,
    /// What the perturbed hunks are drawn by
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How many hunks are perturbed in each way
    #[arg(long, value_name = "N", default_value_t = 400)]
    pub samples: usize,
    /// The program to ask [default: the one that this one is built with]
    #[arg(long, value_name = "FILE")]
    pub program: Option<PathBuf>,
}

impl Setting {
    /// Makes the folder and, where there is none, the index; returns what is asked, and the history.
    ///
    /// # Errors
    /// Where one of them cannot be made.
    pub fn prepare(&self) -> anyhow::Result<(Program, History)> {
        let work = &self.work;
        std::fs::create_dir_all(work).with_context(|| format!("cannot make {}", work.display()))?;
        let program = Program::new(self.program.clone(), &self.index)?;
        program.build_index(&self.upstream, &self.mainline)?;
        Ok((program, History::new(&self.upstream)))
    }
}

/// What stable maintainers say about their commits.
pub struct KnownOrigins {
    /// Commits that make the very same change.
    pub equivalents: Equivalents,
    /// Stable commits and the mainline commits that they carry.
    pub origins: Vec<(String, Vec<String>)>,
    /// Stable commits whose origin is not indexed.
    pub absent: Vec<String>,
}

impl KnownOrigins {
    /// Reads a folder of tables.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub fn read(folder: &Path) -> anyhow::Result<KnownOrigins> {
        Ok(KnownOrigins {
            equivalents: Equivalents::read(&folder.join("equivalent-commits.tsv"))?,
            origins: read_origins(&folder.join("stable-2.6.32.tsv"))?,
            absent: read_commits(&folder.join("absent-3.1.y.txt"))?,
        })
    }

    /// The backports, and the commits whose origin is absent.
    ///
    /// # Errors
    /// Where git fails.
    pub fn sets(&self, history: &History) -> anyhow::Result<[QuerySet; 2]> {
        Ok([
            real_queries::backports("2.6.32.y", history, &self.origins, &self.equivalents)?,
            real_queries::absent("absent", history, &self.absent)?,
        ])
    }
}
