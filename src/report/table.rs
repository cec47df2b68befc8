//! A small table of text for a terminal: headings, one rule below them, aligned columns. Not here: what goes
//! into the cells.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

/// A table under construction.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    headings: Vec<String>,
    numeric: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Sheet {
    /// A table without columns.
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds a column of text.
    pub fn text(&mut self, heading: impl Into<String>) -> &mut Self {
        self.headings.push(heading.into());
        self.numeric.push(false);
        self
    }
    /// Adds a column of numbers: set to the right.
    pub fn number(&mut self, heading: impl Into<String>) -> &mut Self {
        self.headings.push(heading.into());
        self.numeric.push(true);
        self
    }
    /// Adds a row: one cell for each column.
    pub fn row(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.headings.len());
        self.rows.push(cells);
    }
    /// Blanks the cells of the first `columns` columns that repeat the row above, as in a book's index.
    pub fn blank_repeats(&mut self, columns: usize) {
        for i in (1..self.rows.len()).rev() {
            let (above, below) = self.rows.split_at_mut(i);
            for (a, b) in above[i - 1].iter().zip(below[0].iter_mut()).take(columns) {
                if a != b {
                    break;
                }
                b.clear();
            }
        }
    }
    /// Width of the widest line, unwrapped.
    pub fn width(&self) -> usize {
        self.lines(ContentArrangement::Disabled, u16::MAX as usize)
            .map(|l| l.chars().count())
            .max()
            .unwrap_or(0)
    }
    /// The table, each line ended, wrapped to `width`; without trailing blanks.
    pub fn render(&self, width: usize) -> String {
        self.lines(ContentArrangement::Dynamic, width).map(|l| l.trim_end().to_string() + "\n").collect()
    }

    fn lines(&self, arrangement: ContentArrangement, width: usize) -> std::vec::IntoIter<String> {
        let mut table = Table::new();
        table.load_style(TableStyle::new().header_separator(LineStyle::none().fill('─')));
        table.set_content_arrangement(arrangement).set_width(u16::try_from(width).unwrap_or(u16::MAX));
        table.set_header(&self.headings).add_rows(&self.rows);
        for (column, &numeric) in table.column_iter_mut().zip(&self.numeric) {
            if numeric {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table.lines().collect::<Vec<_>>().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::Sheet;

    #[test]
    fn columns_line_up() {
        let mut sheet = Sheet::new();
        sheet.text("k").text("part").number("mean");
        for (k, part, mean) in
            [("1", "duration", "2.036"), ("1", "waiting", "54.480"), ("2", "duration", "4.290")]
        {
            sheet.row(vec![k.into(), part.into(), mean.into()]);
        }
        sheet.blank_repeats(2);
        assert_eq!(
            sheet.render(80),
            " k  part        mean\n─────────────────────\n 1  duration   2.036\n    waiting   54.480\n 2  duration   4.290\n"
        );
        assert_eq!(sheet.width(), 21);
    }
}
