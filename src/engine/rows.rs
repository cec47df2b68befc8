//! Rows of a table as operands of a contraction: slices where the data stand as needed, copies where not.
//! Serves both the streamed pass and tables that read stored blocks row by row. Not here: what is done with
//! the results.

use crate::state::grow;
use crate::{
    num::contract::{Operand, with_operands},
    plan::{
        Plan,
        arrays::Dense,
        layout::{List, VarId},
        table::{From, RowOperand, Rows, Table},
    },
};
use std::ops::Range;

/// Some places of a stream.
#[derive(Clone, Debug)]
pub enum Places<'a> {
    /// Neighbours.
    Range(Range<usize>),
    /// Any, ascending.
    List(&'a [u32]),
}

impl Places<'_> {
    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Places::Range(r) => r.len(),
            Places::List(l) => l.len(),
        }
    }
    /// Calls with (number, place).
    #[inline(always)]
    pub fn each(&self, mut f: impl FnMut(usize, usize)) {
        match self {
            Places::Range(r) => r.clone().enumerate().for_each(|(i, p)| f(i, p)),
            Places::List(l) => l.iter().enumerate().for_each(|(i, p)| f(i, *p as usize)),
        }
    }
}

/// Moments of streamed blocks for the places `range`, by variable.
#[derive(Clone, Copy, Debug)]
pub struct ChunkMoments<'a> {
    /// The chunk.
    pub first: usize,
    /// One array for each variable; empty for those that are not streamed here.
    pub moments: &'a List<VarId, Vec<f64>>,
    /// Step before, relative to the chunk, for chains; `u32::MAX` at a sequence's start.
    pub before: &'a [u32],
}

/// Buffers for copies, grown once.
#[derive(Debug, Default)]
pub struct RowScratch {
    /// Statistics of known values made last: number of the array, which rows, and the numbers. A table's
    /// messages and its own sum read the same ones.
    made: Vec<(usize, Range<usize>, Vec<f64>)>,
    dense: Vec<Vec<f64>>,
    codes: Vec<Vec<u32>>,
    value: Vec<f64>,
    scratch: Vec<f64>,
    temp: Vec<f64>,
    sizes: Vec<usize>,
}

/// How an operand is given to a contraction: from the plan as it is, or from a copy.
enum RowSource<'a> {
    Dense(&'a [f64]),
    Copy(usize),
    Made(usize),
    Codes(&'a [u32], usize),
    CodesCopy(usize),
}

/// Rows cut into pieces of a chunk's size.
pub fn cut<'r>(rows: &'r Rows, chunks: &'r [Range<usize>]) -> impl Iterator<Item = Places<'r>> {
    let (chunks, list): (_, &[u32]) = match rows {
        Rows::All => (chunks, &[]),
        Rows::List(l) => (&[][..], l),
    };
    chunks.iter().map(|c| Places::Range(c.clone())).chain(list.chunks(2048).map(Places::List))
}

/// Operands of a table that most tables have no more of.
const FEW: usize = 8;

/// All operands of a table, ready for some places.
struct Fetched<'a> {
    few: [RowSource<'a>; FEW],
    count: usize,
    more: Vec<RowSource<'a>>,
}

impl<'a> Fetched<'a> {
    fn iter(&self) -> impl Iterator<Item = &RowSource<'a>> {
        self.few[..self.count].iter().chain(&self.more)
    }
}

impl RowScratch {
    /// Adds the rows' share of the (packed) statistic to `sum`.
    pub fn gather(
        &mut self,
        plan: &Plan,
        table: &Table,
        places: Places<'_>,
        stored: &List<VarId, Vec<f64>>,
        sum: &mut [f64],
    ) {
        self.gather_chunk(plan, table, &places, stored, None, sum);
    }

    /// The same, with streamed blocks' moments.
    pub fn gather_chunk(
        &mut self,
        plan: &Plan,
        table: &Table,
        places: &Places<'_>,
        stored: &List<VarId, Vec<f64>>,
        chunk: Option<ChunkMoments<'_>>,
        sum: &mut [f64],
    ) {
        let count = places.len();
        if count == 0 {
            return;
        }
        let given = self.fetch(plan, table, places, stored, chunk, None);
        let Self { made, dense, codes, scratch, sizes, .. } = self;
        sizes.clone_from(&table.sizes);
        sizes[usize::from(table.row_label)] = count;
        grow(scratch, table.gather.scratch_len(sizes));
        let times = table.unroll.as_ref().map_or(1, |u| u.size);
        for u in 0..times {
            let operands = given
                .iter()
                .enumerate()
                .map(|(i, g)| operand(g, made, dense, codes, count, shift(table, i, u)));
            let at = table.unroll.as_ref().map_or(0, |x| x.table * u);
            with_operands(operands, |operands| {
                table.gather.run(sizes, 1.0, operands, &mut sum[at..], scratch)
            });
        }
    }

    /// Runs the message toward operand `target`: adds into `out`, rows of the target's width.
    #[allow(clippy::too_many_arguments)]
    pub fn message(
        &mut self,
        plan: &Plan,
        table: &Table,
        target: usize,
        places: &Places<'_>,
        stored: &List<VarId, Vec<f64>>,
        chunk: Option<ChunkMoments<'_>>,
        values: &[f64],
        out: &mut [f64],
    ) {
        let count = places.len();
        let Some(message) = &table.operands[target].message else { return };
        if count == 0 {
            return;
        }
        let toward_streamed = matches!(table.operands[target].from, From::Streamed { .. });
        let given = self.fetch(plan, table, places, stored, chunk, Some(target));
        let Self { made, dense, codes, scratch, sizes, .. } = self;
        sizes.clone_from(&table.sizes);
        sizes[usize::from(table.row_label)] = count;
        grow(scratch, message.contraction.scratch_len(sizes));
        let times = table.unroll.as_ref().map_or(1, |u| u.size);
        for u in 0..times {
            let own_weight = |i: usize| toward_streamed && matches!(table.operands[i].from, From::Weight(_));
            let others = given.iter().enumerate().filter(|(i, _)| *i != target && !own_weight(*i));
            let others = others.map(|(i, g)| operand(g, made, dense, codes, count, shift(table, i, u)));
            let at = table.unroll.as_ref().map_or(0, |x| x.table * u);
            let to = table.unroll.as_ref().map_or(0, |x| x.targets[target] * u);
            with_operands(others.chain([Operand::Dense(&values[at..])]), |operands| {
                message.contraction.run(sizes, 1.0, operands, &mut out[to..], scratch);
            });
        }
    }

    /// Adds the message toward a stored operand to the elements its rows name.
    #[allow(clippy::too_many_arguments)]
    pub fn scatter(
        &mut self,
        plan: &Plan,
        table: &Table,
        target: usize,
        places: Places<'_>,
        stored: &List<VarId, Vec<f64>>,
        values: &[f64],
        eta: &mut [f64],
    ) {
        let o = &table.operands[target];
        let From::Stored { base, offsets, part, stride, .. } = &o.from else { return };
        let mut temp = std::mem::take(&mut self.temp);
        temp.clear();
        temp.resize(places.len() * o.width, 0.0);
        self.message(plan, table, target, &places, stored, None, values, &mut temp[o.offset..]);
        let w = *stride;
        places.each(|i, p| {
            let b = base[p];
            if b == u32::MAX {
                return;
            }
            for (c, o2) in offsets.iter().enumerate() {
                let from = &temp[i * o.width + c * part.1..][..part.1];
                let to = &mut eta[(b as usize + o2) * w + part.0..][..part.1];
                to.iter_mut().zip(from).for_each(|(t, f)| *t += f);
            }
        });
        self.temp = temp;
    }

    /// Makes every operand of the table ready for these places, all but `skip`.
    fn fetch<'a>(
        &mut self,
        plan: &'a Plan,
        table: &Table,
        places: &Places<'_>,
        stored: &List<VarId, Vec<f64>>,
        chunk: Option<ChunkMoments<'a>>,
        skip: Option<usize>,
    ) -> Fetched<'a> {
        let n = table.operands.len();
        self.dense.resize_with(self.dense.len().max(n), Vec::new);
        self.codes.resize_with(self.codes.len().max(n), Vec::new);
        let mut fetched = Fetched { few: [const { RowSource::Copy(0) }; FEW], count: 0, more: vec![] };
        for (i, o) in table.operands.iter().enumerate() {
            let g = if Some(i) == skip {
                RowSource::Copy(i)
            } else {
                self.fetch_one(plan, i, o, places, stored, chunk)
            };
            match fetched.few.get_mut(i) {
                Some(place) => (*place, fetched.count) = (g, i + 1),
                None => fetched.more.push(g),
            }
        }
        fetched
    }

    #[allow(clippy::too_many_arguments)]
    fn fetch_one<'a>(
        &mut self,
        plan: &'a Plan,
        i: usize,
        o: &RowOperand,
        places: &Places<'_>,
        stored: &List<VarId, Vec<f64>>,
        chunk: Option<ChunkMoments<'a>>,
    ) -> RowSource<'a> {
        let buffer = &mut self.dense[i];
        match &o.from {
            From::Dense(id) => {
                let array = &plan.rows.dense[*id];
                if let Places::Range(r) = places
                    && let Some(s) = array.slice(r.clone())
                {
                    return RowSource::Dense(s);
                }
                if let Places::Range(r) = places {
                    return RowSource::Made(self.make(plan, *id, r));
                }
                let buffer = &mut self.dense[i];
                buffer.resize(places.len() * o.width, 0.0);
                let value = &mut self.value;
                write_rows(array, places, o.width, buffer, value);
                RowSource::Copy(i)
            }
            From::Weight(s) => {
                let w = plan.streams[*s].weight.as_deref().unwrap_or_default();
                if let Places::Range(r) = places {
                    return RowSource::Dense(&w[r.clone()]);
                }
                buffer.resize(places.len(), 0.0);
                places.each(|at, p| buffer[at] = w[p]);
                RowSource::Copy(i)
            }
            From::Codes(id) => {
                let codes = &plan.rows.codes[*id];
                if let Places::Range(r) = places {
                    // Columns stand one after the other: the slice starts in the first and reaches into the
                    // others.
                    return RowSource::Codes(&codes.data[r.start..], codes.rows);
                }
                let columns = codes.data.len() / codes.rows.max(1);
                let copy = &mut self.codes[i];
                copy.clear();
                for c in 0..columns {
                    places.each(|_, p| copy.push(codes.data[c * codes.rows + p]));
                }
                RowSource::CodesCopy(i)
            }
            From::Stored { var, base, offsets, part, stride } => {
                let w = *stride;
                let moments = &stored[*var];
                let shift = o.offset;
                buffer.clear();
                buffer.resize(places.len() * o.width, 0.0);
                places.each(|at, p| {
                    let b = base[p];
                    if b == u32::MAX {
                        return;
                    }
                    for (c, off) in offsets.iter().enumerate() {
                        let from = &moments[(b as usize + off) * w + part.0..][..part.1];
                        buffer[at * o.width + c * part.1..][..part.1].copy_from_slice(from);
                    }
                });
                buffer.drain(..shift);
                RowSource::Copy(i)
            }
            From::Streamed { var, back } => {
                let chunk = chunk.expect("a streamed operand is read in its pass");
                let moments = &chunk.moments[*var];
                if let (Places::Range(_), 0) = (places, back) {
                    return RowSource::Dense(&moments[o.offset..]);
                }
                buffer.clear();
                buffer.resize(places.len() * o.width, 0.0);
                places.each(|at, p| {
                    let Some(local) = steps_back(chunk.before, p - chunk.first, *back) else { return };
                    buffer[at * o.width..(at + 1) * o.width]
                        .copy_from_slice(&moments[local * o.width..(local + 1) * o.width]);
                });
                // A copy holds whole rows, so the part's offset is taken here.
                buffer.drain(..o.offset);
                RowSource::Copy(i)
            }
        }
    }
}

/// The row so many steps before, if there is one.
pub(super) fn steps_back(before: &[u32], mut row: usize, back: u32) -> Option<usize> {
    for _ in 0..back {
        match before[row] {
            u32::MAX => return None,
            b => row = b as usize,
        }
    }
    Some(row)
}

impl RowScratch {
    /// Rows `range` of a known array as numbers: where they stand in `made`.
    fn make(&mut self, plan: &Plan, id: usize, range: &Range<usize>) -> usize {
        let at = self.made.iter().position(|m| m.0 == id).unwrap_or(self.made.len());
        if at == self.made.len() {
            self.made.push((id, 0..0, vec![]));
        }
        let (_, there, numbers) = &mut self.made[at];
        if there != range {
            plan.rows.dense[id].write_range(range.clone(), numbers, &mut self.value);
            there.clone_from(range);
        }
        at
    }
}

fn write_rows(array: &Dense, places: &Places<'_>, width: usize, out: &mut [f64], value: &mut Vec<f64>) {
    places.each(|at, p| array.write(p, &mut out[at * width..(at + 1) * width], value));
}

fn operand<'a>(
    given: &RowSource<'a>,
    made: &'a [(usize, Range<usize>, Vec<f64>)],
    dense: &'a [Vec<f64>],
    codes: &'a [Vec<u32>],
    count: usize,
    (shift, column): (usize, usize),
) -> Operand<'a> {
    match given {
        RowSource::Dense(s) => Operand::Dense(&s[shift..]),
        RowSource::Copy(i) => Operand::Dense(&dense[*i][shift..]),
        RowSource::Made(i) => Operand::Dense(&made[*i].2[shift..]),
        RowSource::Codes(c, rows) => Operand::Codes(&c[column * rows..][..count]),
        RowSource::CodesCopy(i) => Operand::Codes(&codes[*i][column * count..][..count]),
    }
}

/// Offset of the `u`-th unrolled value in operand `i`: numbers, and columns of codes.
fn shift(table: &Table, i: usize, u: usize) -> (usize, usize) {
    table.unroll.as_ref().map_or((0, 0), |x| (x.operands[i] * u, x.operands[i] * u))
}
