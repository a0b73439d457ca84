//! How severe a vulnerability is said to be, as a vector of CVSS 2, 3 or 4.

use cvss::Cvss;

/// How severe a vulnerability is said to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Severity {
    /// The vector, as its source writes it.
    pub vector: String,
    /// Its version: `2.0`, `3.0`, `3.1` or `4.0`.
    pub version: &'static str,
    /// Its score in tenths, from 0 to 100.
    pub tenths: u8,
    /// The score in a word: none, low, medium, high or critical.
    pub word: &'static str,
}

impl Severity {
    /// Reads a vector; none where it is none.
    pub fn of(vector: &str) -> Option<Severity> {
        let vector = vector.trim();
        let read: Cvss = vector.parse().ok()?;
        let version = match read {
            Cvss::CvssV20(_) => "2.0",
            Cvss::CvssV30(_) => "3.0",
            Cvss::CvssV31(_) => "3.1",
            Cvss::CvssV40(_) => "4.0",
            _ => return None,
        };
        if !has_base_metrics(vector, version) {
            return None;
        }
        let tenths = (read.score() * 10.0).round() as u8;
        Some(Severity { vector: vector.to_owned(), version, tenths, word: read.severity().as_str() })
    }

    /// The score, from 0 to 10.
    pub fn score(&self) -> f64 {
        f64::from(self.tenths) / 10.0
    }

    /// Score and word, such as `7.8 high`.
    pub fn words(&self) -> String {
        format!("{:.1} {}", self.score(), self.word)
    }
}

/// Whether a vector has each metric of the base group of its version: without one there is no score.
fn has_base_metrics(vector: &str, version: &str) -> bool {
    let metrics: &[&str] = match version {
        "2.0" => &["AV", "AC", "Au", "C", "I", "A"],
        "4.0" => &["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"],
        _ => &["AV", "AC", "PR", "UI", "S", "C", "I", "A"],
    };
    let named = |metric: &str| vector.split('/').any(|part| part.split(':').next() == Some(metric));
    metrics.iter().all(|metric| named(metric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_of_each_version_have_a_score() {
        let words = |vector: &str| Severity::of(vector).map(|severity| (severity.version, severity.words()));
        let expected = |version, words: &str| Some((version, words.to_owned()));
        assert_eq!(
            words("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H\n"),
            expected("3.1", "7.8 high"),
            "as the CVE record of CVE-2024-26581 has it"
        );
        assert_eq!(words("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"), expected("3.0", "9.8 critical"));
        assert_eq!(words("AV:L/AC:L/Au:N/C:N/I:N/A:C"), expected("2.0", "4.9 medium"));
        assert_eq!(words("high"), None);
        assert_eq!(words("CVSS:3.1/AV:L"), None);
    }
}
