//! The trees that a question is about: named one by one, or by a release that was taken apart.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use hunktrace_release::attribute::{Service, base_revision_candidates};
use hunktrace_release::tree::{Options, Tree};
use hunktrace_release::tree_question::{TakenRelease, Trees};

use crate::cli::TreeArgs;

/// What a base is called that is not known.
const NO_BASE: &str = "none";

/// The trees of a question.
#[derive(Debug)]
pub struct AskedTrees {
    /// The trees.
    pub trees: Trees,
    /// The base as a revision of the index; empty where it is not known.
    pub base_revision: String,
    /// The release that was taken apart, where one was named.
    pub taken: Option<TakenRelease>,
}

/// Opens the trees that arguments name.
///
/// # Errors
/// Where they cannot be read, or the index does not know the base.
pub async fn open_trees(args: &TreeArgs, service: &Service) -> anyhow::Result<AskedTrees> {
    let taken = args.taken.as_deref().map(TakenRelease::read).transpose().context("--taken")?;
    let named = |flag: &Option<OsString>, of_taken: fn(&TakenRelease) -> &OsString| {
        flag.clone().or_else(|| taken.as_ref().map(of_taken).cloned()).unwrap_or_default()
    };
    let base = named(&args.base, |taken| &taken.base);
    let vendor = named(&args.vendor, |taken| &taken.vendor);
    Tree::check(&vendor).context("--vendor")?;
    let (base, vendor) = tokio::task::spawn_blocking(move || {
        let is_none = base == NO_BASE && !PathBuf::from(NO_BASE).exists();
        std::thread::scope(|scope| {
            let base = scope.spawn(|| (!is_none).then(|| open(&base).context("--base")).transpose());
            let vendor = open(&vendor).context("--vendor");
            (base.join(), vendor)
        })
    })
    .await?;
    let base = base.unwrap_or_else(|_| bail!("--base: the tree could not be read"))?;
    let base_revision = match (&base, &args.base_revision, &taken) {
        (None, ..) => String::new(),
        (Some(_), Some(revision), _) => revision.clone(),
        (Some(_), None, Some(taken)) if args.base.is_none() => taken.base_revision.clone(),
        (Some(base), None, _) => known_revision(base, service).await?,
    };
    Ok(AskedTrees { trees: Trees { base, vendor: vendor?, built: None }, base_revision, taken })
}

fn open(argument: &OsStr) -> anyhow::Result<Arc<Tree>> {
    Ok(Arc::new(Tree::open(argument, &Options::default())?))
}

/// The first revision of the index that a base may be.
async fn known_revision(base: &Tree, service: &Service) -> anyhow::Result<String> {
    let candidates = base_revision_candidates(base)
        .context("cannot tell which release the base is; name it with --base-revision")?;
    match service.first_known(&candidates).await {
        Some(revision) => Ok(revision.to_owned()),
        None => bail!(
            "the index knows none of {}; name the base with --base-revision, or say --base none",
            candidates.join(", ")
        ),
    }
}
