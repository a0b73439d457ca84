//! Confidences for people.

use anstyle::Style;

use crate::terminal::color::{POSSIBLE, SURE, UNLIKELY};

/// From here on an answer is taken as one.
pub const LIKELY: f64 = 0.5;

/// From here on nobody needs to look twice.
const SURE_ENOUGH: f64 = 0.9;

/// A confidence in whole percent; never 0 or 100, which it is not.
pub fn percent(confidence: f64) -> String {
    match (confidence * 100.0).round() {
        percent if percent >= 100.0 => ">99 %".to_owned(),
        percent if percent < 1.0 => "<1 %".to_owned(),
        percent => format!("{percent:.0} %"),
    }
}

/// How a confidence is to look.
pub fn confidence_style(confidence: f64) -> Style {
    match confidence {
        _ if confidence >= SURE_ENOUGH => SURE,
        _ if confidence >= LIKELY => POSSIBLE,
        _ => UNLIKELY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_never_certain() {
        let texts: Vec<String> = [1.0, 0.996, 0.5, 0.004, 0.0].map(percent).into();
        assert_eq!(texts, [">99 %", ">99 %", "50 %", "<1 %", "<1 %"]);
    }
}
