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

    /// The table, each line ended; where it is wider than `width`, in parts one below the other, each with the first
    /// `kept` columns.
    pub fn render_in_parts(&self, width: usize, kept: usize) -> String {
        let columns = self.headings.len();
        let of = |j: usize| {
            let cells = self.rows.iter().map(|r| r[j].chars().count());
            cells.chain([self.headings[j].chars().count()]).max().unwrap_or(0) + 2
        };
        let fixed: usize = (0..kept).map(of).sum();
        let mut parts: Vec<Vec<usize>> = vec![];
        let mut room = 0;
        for j in kept..columns {
            if parts.is_empty() || of(j) > room {
                parts.push(vec![]);
                room = width.saturating_sub(fixed);
            }
            room = room.saturating_sub(of(j));
            parts.last_mut().into_iter().for_each(|p| p.push(j));
        }
        if parts.len() < 2 {
            return self.render(width);
        }
        let part = |columns: &Vec<usize>| {
            let all: Vec<usize> = (0..kept).chain(columns.iter().copied()).collect();
            let pick = |cells: &[String]| all.iter().map(|&j| cells[j].clone()).collect();
            let sheet = Sheet {
                headings: pick(&self.headings),
                numeric: all.iter().map(|&j| self.numeric[j]).collect(),
                rows: self.rows.iter().map(|r| pick(r)).collect(),
            };
            sheet.render(width)
        };
        parts.iter().map(part).collect::<Vec<_>>().join("\n")
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
    fn wide_tables_stand_in_parts() {
        let mut sheet = Sheet::new();
        sheet.text("k");
        (1..=4).for_each(|j| {
            sheet.number(format!("column{j}"));
        });
        sheet.row(["a", "1", "2", "3", "4"].map(str::to_string).to_vec());
        let text = sheet.render_in_parts(24, 1);
        assert!(text.lines().all(|l| l.chars().count() <= 24), "{text}");
        assert_eq!(text.matches(" k  column").count(), 2, "{text}");
        assert_eq!(sheet.render_in_parts(80, 1), sheet.render(80));
    }

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
