//! What speaks for or against a candidate: one table of its kinds, each with its name, its meaning and its words.
//!
//! A new kind of evidence is a row here and a value in `features.rs`. `tests/fit-confidence` reads the names and
//! meanings from the rows and writes the coefficients; nothing else is edited by hand.

use super::thresholds::{
    AMPLE_LINES, BARE_LEAD, CLEAR_LEAD, ENOUGH_LINES, MANY_CONTRADICTIONS, MANY_HUNKS, MANY_ODD_WORDS,
    MOST_TEXT, NEARLY_WHOLE,
};
use super::words::{count_in_words, lines_in_words, share_in_words};

/// One thing that speaks for or against a candidate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// What it is.
    pub kind: EvidenceKind,
    /// How much of it there is.
    pub value: f32,
    /// What it adds to the log-odds: more than 0 where it speaks for the candidate.
    pub weight: f32,
    /// How far that is below what a perfect match has; 0 or more.
    pub lost: f32,
}

impl Evidence {
    /// A short name.
    pub fn name(&self) -> &'static str {
        self.kind.row().name
    }

    /// What it adds to the log-odds of what a perfect match need not have, such as a move that is accounted for.
    pub(super) fn gained(&self) -> f32 {
        match self.kind.row().meaning {
            Meaning::SpeaksFor => self.weight.max(0.0),
            Meaning::Graded | Meaning::SpeaksAgainst => 0.0,
        }
    }

    /// The evidence in words.
    pub fn words(&self) -> String {
        (self.kind.row().words)(self.value)
    }
}

/// A kind of evidence, in the order in which kinds are weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EvidenceKind {
    /// What is assumed of every candidate.
    Prior,
    /// How much of one side's changed lines the other side has, where that is most.
    NearlyWhole,
    /// How much of the longer side's changed lines agree.
    Mutual,
    /// Whether what agrees is enough to tell a commit from others.
    Substance,
    /// How much agrees, where that is more than enough.
    Ample,
    /// How far ahead of the strongest rival.
    Lead,
    /// The same where it is short.
    ClearLead,
    /// Whether anybody else explains nearly as much.
    BareLead,
    /// How far behind a stronger rival; 0 or less.
    Behind,
    /// How the paths agree.
    Path,
    /// Whether the path is the same.
    SamePath,
    /// Whether history knows no file of the path.
    UnknownPath,
    /// Changed lines that agree both ways in a file of another path.
    ElsewhereAlike,
    /// How much of them there is.
    ElsewhereAmple,
    /// Context that differs because the file is another.
    ElsewhereContext,
    /// How the context lines agree.
    Context,
    /// Whether the section headings agree.
    Section,
    /// How the text agrees, the context included, where that is most.
    Text,
    /// The same in a file of which history does not know.
    MovedText,
    /// Text that agrees where nobody else explains as much.
    OwnText,
    /// Changed lines that say enough and agree both ways.
    AllAlike,
    /// What both do to the same words.
    SameEdit,
    /// What both do to the same words, where the lines do not agree.
    Edit,
    /// How much else the commit changes.
    Breadth,
    /// Names in place of others.
    Names,
    /// Words that nothing explains.
    OddWords,
    /// Lines that are changed the other way round.
    Reversed,
    /// Lines that one side leaves alone.
    Kept,
    /// What the patch says of itself: more than 0 where it names this commit, less where it names another one.
    Claimed,
    /// Whether the commit brings what was there before.
    Import,
    /// What the commit leaves unexplained of the patch's other hunks.
    RestMissing,
    /// What other commits explain of them better.
    RestElsewhere,
    /// The commit's hunks that are in the patch, where a single hunk is asked about.
    RestPresent,
    /// What the rest of the patch says where no other commit's lines agree with the hunk.
    RestCarried,
    /// How many of the patch's hunks say so.
    ManyCarried,
    /// The commit's hunks that are in the patch, where the whole patch is asked about.
    HunksPresent,
    /// What the hunks say that the commit answers for, as a share of the patch.
    Part,
}

/// What more of a kind of evidence says; no coefficient may contradict it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The more of it there is, the more it speaks for the candidate; little of it speaks against. It is neutral midway
    /// between the means of right and wrong candidates.
    Graded,
    /// Where it is more than 0 it speaks for the candidate, where it is less than 0 against; 0 says nothing.
    SpeaksFor,
    /// Where it is more than 0 it speaks against the candidate; 0 says nothing.
    SpeaksAgainst,
}

/// A row of the table.
pub(super) struct Row {
    /// A short name, also that of the kind in records.
    pub(super) name: &'static str,
    /// What more of it says.
    pub(super) meaning: Meaning,
    /// A value in words.
    pub(super) words: fn(f32) -> String,
}

const fn row(name: &'static str, meaning: Meaning, words: fn(f32) -> String) -> Row {
    Row { name, meaning, words }
}

impl EvidenceKind {
    /// Its row of the table.
    pub(super) const fn row(self) -> Row {
        use Meaning::{Graded, SpeaksFor};
        match self {
            Self::Prior => {
                row("prior", Graded, |_| "where a candidate with middling evidence begins".to_owned())
            }
            Self::NearlyWhole => row("nearly whole", Graded, |value| {
                let (way, most) = (percent(value), share_in_words(NEARLY_WHOLE));
                format!("{way} % of the way from {most} of the shorter side to all of it")
            }),
            Self::Mutual => row("mutual", Graded, |value| {
                format!("of the longer side's changed lines {} % agree", percent(value))
            }),
            Self::Substance => row("substance", Graded, |value| {
                let (share, enough) = (percent(value), lines_in_words(ENOUGH_LINES));
                format!("{share} % of what {enough} that stand nowhere else would say")
            }),
            Self::Ample => row("ample", Graded, |value| {
                let (share, ample) = (percent(value), lines_in_words(AMPLE_LINES));
                format!(
                    "{share} % of what {ample} that stand nowhere else would say, on a scale of magnitudes"
                )
            }),
            Self::Lead => row("lead", Graded, |value| {
                format!("{} % ahead of the commit that explains the same lines second best", percent(value))
            }),
            Self::ClearLead => row("clear lead", Graded, |value| {
                format!("{} % of a lead of {}", percent(value), share_in_words(CLEAR_LEAD))
            }),
            Self::BareLead => row("bare lead", Graded, |value| {
                format!("{} % of a lead of {}", percent(value), share_in_words(BARE_LEAD))
            }),
            Self::Behind => row("behind", SpeaksFor, |value| {
                format!("{} % behind who explains the same lines better", -percent(value))
            }),
            Self::Path => row("path", Graded, |value| format!("the paths agree to {} %", percent(value))),
            Self::SamePath => row("same path", Graded, |value| {
                if value > 0.5 { "the path is the same" } else { "the path is another" }.to_owned()
            }),
            Self::UnknownPath => row("unknown path", SpeaksFor, |value| {
                let is_unknown = value > 0.5;
                if is_unknown { "history knows no file of this path" } else { "history knows the path" }
                    .to_owned()
            }),
            Self::ElsewhereAlike => row("elsewhere alike", SpeaksFor, |value| {
                let way = percent(value);
                format!("in another file the changed lines agree {way} % of the way from one half to all")
            }),
            Self::ElsewhereAmple => row("elsewhere ample", SpeaksFor, |value| {
                let (share, ample) = (percent(value), lines_in_words(AMPLE_LINES));
                format!("they are {share} % of {ample} that stand nowhere else, on a scale of magnitudes")
            }),
            Self::ElsewhereContext => row("elsewhere context", SpeaksFor, |value| {
                format!("{} % of the context differs because the file is another", percent(value))
            }),
            Self::Context => {
                row("context", Graded, |value| format!("{} % of the context lines agree", percent(value)))
            }
            Self::Section => {
                row("section", Graded, |value| format!("the functions agree to {} %", percent(value)))
            }
            Self::Text => row("text", Graded, text_words),
            Self::MovedText => row("moved text", SpeaksFor, moved_text_words),
            Self::OwnText => row("own text", SpeaksFor, |value| {
                format!("{} % of the way to equal text that nobody else explains", percent(value))
            }),
            Self::AllAlike => row("all alike", Graded, |value| {
                let way = percent(value);
                format!("{way} % of the way to changed lines that say enough and agree both ways")
            }),
            _ => self.last_row(),
        }
    }

    /// The row of one of the kinds that are weighed last: differences, and what the rest of the patch or commit says.
    const fn last_row(self) -> Row {
        use Meaning::{Graded, SpeaksAgainst, SpeaksFor};
        match self {
            Self::SameEdit => row("same edit", Graded, |value| {
                format!("{} % of the words change in the same way", percent(value))
            }),
            Self::Edit => row("edit", SpeaksFor, |value| {
                format!("in lines that differ {} % of the words change in the same way", percent(value))
            }),
            Self::Breadth => row("breadth", SpeaksAgainst, |value| {
                let hunks = absent_hunks(value);
                format!("{hunks} hunks of the commit are not in the patch")
            }),
            Self::Names => row("names", SpeaksAgainst, |value| {
                format!("one side has {:.1} names in place of the other's", value.exp() - 1.0)
            }),
            Self::OddWords => row("odd words", SpeaksAgainst, |value| {
                let (words, many) = (value * MANY_ODD_WORDS, count_in_words(MANY_ODD_WORDS));
                format!(
                    "{words:.1} words of the changed lines are not explained (more than {many} count as {many})"
                )
            }),
            Self::Reversed => row("reversed", SpeaksAgainst, |value| {
                contradicting_words(value, "changed the other way round")
            }),
            Self::Kept => {
                row("kept", SpeaksAgainst, |value| contradicting_words(value, "left alone by one side"))
            }
            Self::Claimed => row("claimed", SpeaksFor, |value| {
                let named = if value > 0.0 {
                    "the patch names this commit"
                } else {
                    "the patch names another commit"
                };
                if value == 0.0 { "the patch names no commit" } else { named }.to_owned()
            }),
            Self::Import => row("import", SpeaksAgainst, |value| {
                let is_import = value > 0.5;
                if is_import {
                    "the commit imports a tree: others made what it has"
                } else {
                    "the commit is no import"
                }
                .to_owned()
            }),
            Self::RestMissing => row("rest missing", SpeaksAgainst, |value| {
                format!("the commit leaves {} % of the patch's other hunks unexplained", percent(value))
            }),
            Self::RestElsewhere => row("rest elsewhere", SpeaksFor, |value| {
                format!("other commits explain {} % of the patch's other hunks instead", percent(value))
            }),
            Self::RestPresent => row("rest present", SpeaksFor, present_words),
            Self::RestCarried => row("rest carried", SpeaksFor, |value| {
                format!("the commit explains {} % of the other hunks, and nobody this one", percent(value))
            }),
            Self::ManyCarried => row("many carried", SpeaksFor, |value| {
                format!("{} % of what many hunks would say that are the commit's", percent(value))
            }),
            Self::HunksPresent => row("hunks present", Graded, present_words),
            Self::Part => row("part", Graded, |value| {
                format!("the hunks that it answers for say {} % of the patch", percent(value))
            }),
            // Every other kind has its row above.
            _ => row("", Graded, |_| String::new()),
        }
    }
}

/// How many hunks a commit has beside those of the patch, from how broad it is.
pub(super) fn absent_hunks(breadth: f32) -> u32 {
    (breadth * MANY_HUNKS.ln_1p()).exp_m1().round() as u32
}

fn percent(share: f32) -> f32 {
    (share * 100.0).round()
}

fn present_words(value: f32) -> String {
    format!("{} % of the commit's hunks are in the patch", percent(value))
}

fn text_words(value: f32) -> String {
    if value > 0.0 {
        let share = text_percent(value);
        format!("of the smaller hunk's text, the context included, {share:.0} % agree")
    } else {
        format!("less than {} of the smaller hunk's text agree", share_in_words(MOST_TEXT))
    }
}

fn moved_text_words(value: f32) -> String {
    if value > 0.0 {
        let share = text_percent(value);
        format!("of the text {share:.0} % agree so, in a file of which history does not know")
    } else {
        "no text agrees so in a file of which history does not know".to_owned()
    }
}

/// The share of the text that agrees, in percent, where the value is how far that is beyond most of it.
fn text_percent(value: f32) -> f32 {
    (MOST_TEXT + (1.0 - MOST_TEXT) * value) * 100.0
}

fn contradicting_words(value: f32, what: &str) -> String {
    let many = share_in_words(MANY_CONTRADICTIONS);
    // Division by the inverse gives short decimals: a fifth of 37 is 7.4.
    let share = percent(value) / (1.0 / MANY_CONTRADICTIONS);
    format!("{share} % of the changed lines are {what} (more than {many} count as {many})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(kind: EvidenceKind, value: f32) -> String {
        Evidence { kind, value, weight: 0.0, lost: 0.0 }.words()
    }

    #[test]
    fn evidence_is_told_in_words() {
        let told = [
            (EvidenceKind::Mutual, "of the longer side's changed lines 50 % agree"),
            (EvidenceKind::Lead, "50 % ahead of the commit that explains the same lines second best"),
            (EvidenceKind::Path, "the paths agree to 50 %"),
            (EvidenceKind::SamePath, "the path is another"),
            (EvidenceKind::UnknownPath, "history knows the path"),
            (EvidenceKind::Context, "50 % of the context lines agree"),
            (EvidenceKind::AllAlike, "50 % of the way to changed lines that say enough and agree both ways"),
            (EvidenceKind::RestMissing, "the commit leaves 50 % of the patch's other hunks unexplained"),
            (EvidenceKind::RestElsewhere, "other commits explain 50 % of the patch's other hunks instead"),
            (EvidenceKind::RestPresent, "50 % of the commit's hunks are in the patch"),
            (EvidenceKind::HunksPresent, "50 % of the commit's hunks are in the patch"),
            (EvidenceKind::Part, "the hunks that it answers for say 50 % of the patch"),
        ];
        for (kind, expected) in told {
            assert_eq!(words(kind, 0.5), expected);
        }
        assert_eq!(words(EvidenceKind::Prior, 1.0), "where a candidate with middling evidence begins");
        assert_eq!(words(EvidenceKind::Behind, -0.5), "50 % behind who explains the same lines better");
        assert_eq!(words(EvidenceKind::SamePath, 1.0), "the path is the same");
        assert_eq!(words(EvidenceKind::UnknownPath, 1.0), "history knows no file of this path");
    }

    #[test]
    fn words_name_the_thresholds_that_evidence_is_measured_by() {
        let (most, many) = (share_in_words(NEARLY_WHOLE), share_in_words(MANY_CONTRADICTIONS));
        let expected = format!("50 % of the way from {most} of the shorter side to all of it");
        assert_eq!(words(EvidenceKind::NearlyWhole, 0.5), expected);
        let expected = format!("50 % of a lead of {}", share_in_words(CLEAR_LEAD));
        assert_eq!(words(EvidenceKind::ClearLead, 0.5), expected);
        let enough = lines_in_words(ENOUGH_LINES);
        let expected = format!("50 % of what {enough} that stand nowhere else would say");
        assert_eq!(words(EvidenceKind::Substance, 0.5), expected);
        let expected = format!("less than {} of the smaller hunk's text agree", share_in_words(MOST_TEXT));
        assert_eq!(words(EvidenceKind::Text, 0.0), expected);
        let odd = count_in_words(MANY_ODD_WORDS);
        assert!(words(EvidenceKind::OddWords, 0.5).contains(&format!("(more than {odd} count as {odd})")));
        for kind in [EvidenceKind::Reversed, EvidenceKind::Kept] {
            assert!(words(kind, 0.5).contains(&format!("(more than {many} count as {many})")));
        }
    }

    #[test]
    fn moved_text_is_told_as_the_text_is() {
        let share = format!(" {:.0} % agree", (1.0 + MOST_TEXT) * 50.0);
        assert!(words(EvidenceKind::Text, 0.5).contains(&share));
        assert!(words(EvidenceKind::MovedText, 0.5).contains(&share));
    }
}
