//! The figures as a table for people: Markdown with columns that line up.

/// A table with a heading and rows of cells.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The heading and the rows; all have the same number of cells.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with this heading.
    pub fn new(heading: &[&str]) -> Table {
        Table { rows: vec![heading.iter().map(|cell| (*cell).to_owned()).collect()] }
    }

    /// Adds a row.
    pub fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// The table as Markdown; the first column is flush left, the others flush right.
    pub fn markdown(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(|column| width(column).max(3)).collect();
        let mut out = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            for (column, width) in widths.iter().enumerate() {
                let cell = row.get(column).map_or("", String::as_str);
                out += &if column == 0 { format!("| {cell:<width$} ") } else { format!("| {cell:>width$} ") };
            }
            out += "|\n";
            if number == 0 {
                for (column, width) in widths.iter().enumerate() {
                    let line = "-".repeat(width + 1);
                    out += &if column == 0 { format!("|{line}-") } else { format!("|{line}:") };
                }
                out += "|\n";
            }
        }
        out
    }
}

/// A share with four decimals.
pub fn share(value: f64) -> String {
    format!("{value:.4}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&["set", "right"]);
        table.push(vec!["backports".to_owned(), share(0.5)]);
        let expected = "\
| set       |  right |
|-----------|-------:|
| backports | 0.5000 |
";
        assert_eq!(table.markdown(), expected);
    }
}
