//! Takes a table in, cell by cell or number by number: columns that are used together into one array, row
//! after row. Not the splitting of files, nor what cells say.

use super::{
    category::Category,
    cell::{Scan, scan},
    column::{Cells, Column, Oddities},
    flip::Flip,
    header::Header,
    interner::Interner,
    needs::Wanted,
    row_places::RowOrigin,
    strided::Strided,
    table::Table,
};

/// Numbers so many rows ahead are made room for at a time, in all columns of an array together.
const AHEAD: usize = 1 << 15;

/// A table that is being read. Rows come in order; the last one may be written again.
#[derive(Debug)]
pub(super) struct Assembly {
    header: Vec<String>,
    /// Places in the header of the columns that are kept.
    kept: Vec<usize>,
    /// For each column of the header, which kept column it is.
    place: Vec<Option<usize>>,
    builders: Vec<Intake>,
    arrays: Vec<Array>,
    /// Rows that there is room for in every array.
    room: usize,
}

/// Columns of numbers side by side.
#[derive(Debug)]
struct Array {
    width: usize,
    values: Vec<f64>,
    /// Its only column turned out to be text.
    dead: bool,
}

impl Assembly {
    /// A table without rows. `as_text` are places in the header of columns known to hold text.
    pub(super) fn new(header: Vec<String>, wanted: Option<Wanted<'_>>, as_text: &[usize]) -> Self {
        let kept: Vec<usize> =
            (0..header.len()).filter(|&i| wanted.is_none_or(|w| w.keeps(&header[i]))).collect();
        let mut place = vec![None; header.len()];
        let mut arrays: Vec<Array> = vec![];
        for together in wanted.map(|w| w.together(&header)).unwrap_or_default() {
            // A column stands in one array only: the first that asks for it.
            let free = |&c: &usize| place[c].is_none() && !as_text.contains(&c);
            if together.len() > 1 && together.iter().all(free) {
                together.iter().enumerate().for_each(|(i, &c)| place[c] = Some((arrays.len(), i)));
                arrays.push(Array { width: together.len(), values: vec![], dead: false });
            }
        }
        let mut builders = vec![];
        for &c in &kept {
            if as_text.contains(&c) {
                builders.push(Intake::text());
                continue;
            }
            let (array, at) = place[c].unwrap_or_else(|| {
                arrays.push(Array { width: 1, values: vec![], dead: false });
                (arrays.len() - 1, 0)
            });
            builders.push(Intake { array, at, ..Intake::new() });
        }
        let mut place = vec![None; header.len()];
        kept.iter().enumerate().for_each(|(i, &c)| place[c] = Some(i));
        Self { header, kept, place, builders, arrays, room: 0 }
    }

    /// For each column of the header, which kept column it is.
    pub(super) fn place(&self) -> &[Option<usize>] {
        &self.place
    }
    /// The columns' names.
    pub(super) fn header(&self) -> &[String] {
        &self.header
    }
    /// Places in the header of the columns that are kept.
    pub(super) fn kept(&self) -> &[usize] {
        &self.kept
    }

    /// Makes room for a row; its numbers are missing until they are given.
    #[inline]
    pub(super) fn begin(&mut self, row: usize) {
        if row >= self.room {
            self.make_room(row);
        }
    }

    #[cold]
    fn make_room(&mut self, row: usize) {
        let width: usize = self.arrays.iter().map(|a| a.width).sum();
        self.room = row + (AHEAD / width.max(1)).max(1);
        for a in self.arrays.iter_mut().filter(|a| !a.dead) {
            a.values.resize(self.room * a.width, f64::NAN);
        }
    }

    /// Takes in a cell of the `i`-th kept column.
    ///
    /// # Errors
    /// The column must be read again as text, or the cell is not text at all.
    pub(super) fn cell(&mut self, i: usize, row: usize, cell: &[u8]) -> Result<(), Flip> {
        let builder = &mut self.builders[i];
        match builder.state {
            Holding::Numbers { .. } => builder.scanned(row, cell, &mut self.arrays[builder.array]),
            Holding::Text(ref mut text) => text.cell(row, cell, &mut builder.found),
            Holding::Spoiled => Ok(()),
        }
    }

    /// Whether the `i`-th kept column holds numbers only so far.
    #[inline]
    pub(super) fn is_numeric(&self, i: usize) -> bool {
        matches!(self.builders[i].state, Holding::Numbers { .. })
    }

    /// Places in the header of columns of numbers, some of which were not written as they print, that `named`
    /// says are names.
    pub(super) fn spelling_lost(&self, named: impl Fn(&str) -> bool) -> Vec<usize> {
        let lost = |b: &Intake| matches!(b.state, Holding::Numbers { faithful: false });
        let all = self.kept.iter().zip(&self.builders);
        all.filter(|(c, b)| lost(b) && named(&self.header[**c])).map(|(&c, _)| c).collect()
    }

    /// Takes in a number of a column that [is numeric](Self::is_numeric).
    #[inline]
    pub(super) fn number(&mut self, i: usize, row: usize, x: f64, spelled_alike: bool) {
        let builder = &mut self.builders[i];
        let array = &mut self.arrays[builder.array];
        array.values[row * array.width + builder.at] = x;
        if let Holding::Numbers { faithful } = &mut builder.state {
            *faithful &= spelled_alike;
        }
    }

    /// Makes room for all rows; their numbers are missing until they are given.
    pub(super) fn begin_all(&mut self, rows: usize) {
        self.room = rows;
        self.arrays.iter_mut().for_each(|a| a.values.resize(rows * a.width, f64::NAN));
    }

    /// Takes in a number of the column at a place in the header, if it is kept, from a file that holds
    /// numbers only. Rows of a column come in order.
    #[inline]
    pub(super) fn number_at(&mut self, column: usize, row: usize, x: f64) {
        if let Some(i) = self.place[column] {
            self.builders[i].found.look(row, x);
            self.number(i, row, x, true);
        }
    }

    /// Takes in a text of a column that was said to hold text, a word whatever it looks like, or a missing
    /// cell.
    #[cfg(feature = "parquet")]
    pub(super) fn word_at(&mut self, column: usize, row: usize, text: &str) {
        if let Some(i) = self.place[column]
            && let Holding::Text(interner) = &mut self.builders[i].state
        {
            match text {
                "" | "NA" | "NaN" => interner.missing(row),
                word => interner.word(row, word),
            }
        }
    }

    /// Takes in a row of zeros.
    pub(super) fn zeros(&mut self, row: usize) {
        for a in &mut self.arrays {
            a.values[row * a.width..(row + 1) * a.width].fill(0.0);
        }
    }

    /// Takes in a missing cell.
    pub(super) fn missing(&mut self, i: usize, row: usize) {
        let builder = &mut self.builders[i];
        match &mut builder.state {
            Holding::Numbers { .. } => {
                let array = &mut self.arrays[builder.array];
                array.values[row * array.width + builder.at] = f64::NAN;
                builder.found.look(row, f64::NAN);
            }
            Holding::Text(text) => text.missing(row),
            Holding::Spoiled => {}
        }
    }

    /// Takes in whole rows of numbers, one for each column of the header, after `rows` others.
    pub(super) fn rows_of_numbers(&mut self, rows: usize, numbers: &[f64]) {
        debug_assert_eq!(self.room, 0, "rows are made room for here");
        let width = self.header.len();
        if numbers.iter().any(|x| !x.is_finite()) {
            for (row, cells) in (rows..).zip(numbers.chunks_exact(width)) {
                self.builders.iter_mut().zip(&self.kept).for_each(|(b, &c)| b.found.look(row, cells[c]));
            }
        }
        for (a, array) in self.arrays.iter_mut().enumerate() {
            debug_assert_eq!(array.values.len(), rows * array.width);
            let mut columns = vec![0; array.width];
            self.builders
                .iter()
                .zip(&self.kept)
                .filter(|(b, _)| b.array == a)
                .for_each(|(b, &c)| columns[b.at] = c);
            if columns.iter().copied().eq(0..width) {
                array.values.extend_from_slice(numbers);
            } else {
                for row in numbers.chunks_exact(width) {
                    array.values.extend(columns.iter().map(|&c| row[c]));
                }
            }
        }
    }

    /// The table of `rows` rows.
    pub(super) fn finish(self, name: &str, path: &str, rows: usize, origin: RowOrigin) -> Table {
        let Self { header, kept, builders, arrays, .. } = self;
        let arrays: Vec<_> = arrays
            .into_iter()
            .map(|mut a| {
                let length = if a.dead { 0 } else { rows * a.width };
                a.values.truncate(length);
                // Let go of what was room for more.
                a.values.shrink_to_fit();
                (crate::num::numbers::Numbers::from(a.values), a.width)
            })
            .collect();
        let columns = builders
            .into_iter()
            .zip(&kept)
            .map(|(b, &c)| {
                let array = arrays.get(b.array).cloned();
                b.finish(&header[c], |at| {
                    let (all, width) = array.unwrap_or_default();
                    Strided::new(all, at, width.max(1))
                })
            })
            .collect();
        Table::new(name.into(), Some(path.into()), rows, Header::Written(header), columns, origin)
    }
}

/// Takes a column in: as numbers until a word comes.
#[derive(Debug)]
struct Intake {
    state: Holding,
    /// Where its numbers stand.
    array: usize,
    at: usize,
    found: Oddities,
}

#[derive(Debug)]
enum Holding {
    Numbers {
        /// Every number so far prints as it was written.
        faithful: bool,
    },
    Text(Interner),
    /// To be read again as text.
    Spoiled,
}

impl Intake {
    fn new() -> Self {
        Self {
            state: Holding::Numbers { faithful: true },
            array: usize::MAX,
            at: 0,
            found: Oddities::default(),
        }
    }
    /// A column known to hold text.
    fn text() -> Self {
        Self { state: Holding::Text(Interner::default()), ..Self::new() }
    }

    /// A cell of a column of numbers.
    fn scanned(&mut self, row: usize, cell: &[u8], array: &mut Array) -> Result<(), Flip> {
        let Holding::Numbers { faithful } = &mut self.state else { return Ok(()) };
        let x = match scan(cell) {
            Scan::Missing => f64::NAN,
            Scan::Number { value, faithful: now } => {
                *faithful &= now;
                value
            }
            Scan::Infinite => {
                *faithful = false;
                if cell.trim_ascii().starts_with(b"-") { f64::NEG_INFINITY } else { f64::INFINITY }
            }
            Scan::LongWhole | Scan::Word => {
                if !*faithful {
                    self.state = Holding::Spoiled;
                    return Err(Flip::SpellingLost);
                }
                let mut text = Interner::default();
                for r in 0..row {
                    let x = array.values[r * array.width + self.at];
                    if x.is_nan() { text.missing(r) } else { text.number(r, x) }
                }
                if array.width == 1 {
                    (array.values, array.dead) = (vec![], true);
                }
                let taken = text.cell(row, cell, &mut self.found);
                self.state = Holding::Text(text);
                return taken;
            }
        };
        self.found.look(row, x);
        array.values[row * array.width + self.at] = x;
        Ok(())
    }

    fn finish(self, name: &str, numbers: impl FnOnce(usize) -> Strided) -> Column {
        match self.state {
            Holding::Numbers { .. } => Column::new(name, Cells::Numeric(numbers(self.at)), self.found),
            Holding::Text(text) => {
                let (category, words, first_word) = text.finish();
                Column::new(name, Cells::Text(category), Oddities { words, first_word, ..self.found })
            }
            Holding::Spoiled => Column::new(name, Cells::Text(Category::default()), Oddities::default()),
        }
    }
}
