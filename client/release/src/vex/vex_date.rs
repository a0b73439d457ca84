//! A moment as documents write it: RFC 3339, in UTC, to the second.

use std::fmt;

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VexDate {
    /// Seconds since 1970, UTC.
    pub seconds: i64,
}

impl fmt::Display for VexDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAY: i64 = 86_400;
        let (days, second) = (self.seconds.div_euclid(DAY), self.seconds.rem_euclid(DAY));
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// The date of a day that is so many days after 1970-01-01, in the Gregorian calendar: the year is taken to begin in March,
/// so that the leap day is its last (Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_utc() {
        let written = |seconds| VexDate { seconds }.to_string();
        assert_eq!(written(0), "1970-01-01T00:00:00Z");
        assert_eq!(written(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(written(1_325_376_000), "2012-01-01T00:00:00Z");
        assert_eq!(written(-1), "1969-12-31T23:59:59Z");
    }
}
