//! The accuracy harness: queries whose origin is known or known to be absent, asked of the program and of simpler ways.
//!
//! The sets of queries are made from the history itself, answered by the program ([`program`]) and by the ways that
//! people use without it ([`patch_id`], [`subject_line`], [`line_overlap`]), and scored alike ([`score`]). The sets:
//!
//! - [`real_queries`]: the diffs of stable commits without their messages, and of commits whose origin is not indexed.
//! - [`perturbed_queries`]: commits that are no merges and whose id ends with a digit from 8 to f (the confidence model
//!   is fitted to the others), those whose hash with the seed is smallest. Of each, one hunk at random that has 2 to 200
//!   changed lines with a letter or digit, before and after a [`perturbation`]; it is a patch of its own. Right is its
//!   commit or one with the same `git patch-id`; of two squashed commits either. A whole patch has all hunks of a
//!   commit, each perturbed in a way of its own, one in five left out.
//! - [`squashed_series`]: the hunks of a drawn commit and of one or two among the 64 before it that change the same file
//!   in other places, or the same folder. Half of these patches are as the commits are; in the others each hunk is
//!   perturbed, and one in five or one in two left out. Right for the patch is each of its commits, for a hunk the one
//!   that it came from. With only the drawn commit in the index the hunks of the others have no right answer, and count
//!   for the calibration alone.
//! - [`leave_one_out`]: any of these with the origin taken out of the index, together with its equals, its carriers,
//!   and all commits of the same subject.

pub mod blamed_release;
pub mod claim_examples;
pub mod examples;
pub mod fragment;
pub mod history;
pub mod kin;
pub mod leave_one_out;
pub mod line_blame;
pub mod line_overlap;
pub mod other_backports;
pub mod patch_id;
pub mod perturbation;
pub mod perturbed_queries;
pub mod program;
pub mod query;
pub mod real_queries;
pub mod release;
pub mod report;
pub mod score;
pub mod setting;
pub mod squashed_series;
pub mod subject_line;
pub mod table;
pub mod truth;
