//! Rows of tables that spreadsheets read (RFC 4180).

/// The fields as a row, without its end.
pub fn csv_row(fields: &[String]) -> String {
    fields.iter().map(|field| csv_field(field)).collect::<Vec<_>>().join(",")
}

/// A field as spreadsheets read it; what they would take for a formula is kept from being one.
pub fn csv_field(field: &str) -> String {
    let is_formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{field}") } else { field.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_and_no_formulas() {
        assert_eq!(csv_field("plain"), "plain");
        assert_eq!(csv_field("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(csv_field("a\nb"), "\"a\nb\"");
        for formula in ["=1+1", "+1", "-1", "@A1", "\t=1"] {
            assert_eq!(csv_field(formula), format!("'{formula}"));
        }
    }

    #[test]
    fn commas_stand_between_fields_only() {
        assert_eq!(csv_row(&["a".into(), String::new(), "b,c".into()]), "a,,\"b,c\"");
    }
}
