//! What couples neighbours of a sequence or tree: which entries of two steps meet, where in which table, and
//! what picks the table. Not here: the potentials, which are numbers of a run (`engine::paths::potentials`).

use crate::{
    num::contract::{Axes, Letter, OperandShape},
    plan::{
        layout::{TableId, VarId},
        lowered::Lowered,
        table::{From, Table},
        var::Var,
    },
};

/// A chain's pair tables.
#[derive(Debug)]
pub struct Couplings {
    /// One for each table.
    pub tables: Vec<Coupling>,
    /// The codes that pick a table for each step.
    pub codes: Option<usize>,
    /// How many there are.
    pub levels: usize,
    /// Potentials differ by row: they are made chunk by chunk.
    pub by_row: bool,
    /// Numbers of a step that neighbours are coupled through: the first so many of its statistic.
    pub entries: usize,
}

/// One table that couples neighbours.
#[derive(Debug)]
pub struct Coupling {
    /// The table.
    pub table: TableId,
    /// (entry of the earlier step, entry of the later, number of the table).
    pub entries: Vec<(usize, usize, usize)>,
    level_stride: usize,
    coded: bool,
    /// (size, stride in the table) of each plate past the steps, in storage order of the variable.
    cells: Vec<(usize, usize)>,
}

impl Couplings {
    /// Those of chain `v`.
    pub fn of(lowered: &Lowered, v: VarId) -> Self {
        let var = &lowered.vars[v];
        let mut tables = vec![];
        let (mut codes, mut levels, mut by_row) = (None, 1, false);
        for (t, table) in lowered.holding(v).filter(|(_, x)| x.pair == Some(v)) {
            let mut pair =
                Coupling { table: t, entries: vec![], level_stride: 0, coded: false, cells: vec![] };
            let (mut ends, mut offsets) = ([None, None], [0, 0]);
            for o in &table.operands {
                match (&o.from, &o.shape) {
                    (From::Streamed { back, .. }, OperandShape::Dense(axes)) => {
                        ends[usize::from(*back == 0)] = Some(axes);
                        offsets[usize::from(*back == 0)] = o.offset;
                    }
                    (From::Codes(id), OperandShape::OneHot { level, .. })
                        if codes.is_none_or(|c| c == *id) && table.unroll.is_none() =>
                    {
                        codes = Some(*id);
                        pair.coded = true;
                        pair.level_stride = stride(&table.axes, *level);
                        levels = table.sizes[usize::from(*level)];
                    }
                    _ => by_row = true,
                }
            }
            if let [Some(from), Some(to)] = ends {
                pair.lay_out(table, var, [from, to], offsets);
            }
            tables.push(pair);
        }
        if by_row {
            (codes, levels) = (None, 1);
        }
        Self { tables, codes, levels, by_row, entries: var.shape.sequences().map_or(0, |k| k.entries()) }
    }

    /// For each step of a range the table that leads into it, where a column picks it.
    pub fn index(&self, lowered: &Lowered, range: std::ops::Range<usize>, out: &mut Vec<u32>) -> bool {
        out.clear();
        let Some(id) = self.codes else { return false };
        let codes = &lowered.rows.codes[id].data[range];
        out.extend(codes.iter().map(|&c| if c == u32::MAX { 0 } else { c }));
        true
    }
}

fn stride(axes: &Axes, label: Letter) -> usize {
    axes.0.iter().find(|a| a.0 == label).map_or(0, |a| a.1)
}

impl Coupling {
    /// Which entries of two steps meet, and where in the table: over all values of the letters of both.
    fn lay_out(&mut self, table: &Table, var: &Var, ends: [&Axes; 2], offsets: [usize; 2]) {
        // (label, stride in the earlier step, in the later): letters within a step; those with larger strides
        // are plates past the steps.
        let mut letters: Vec<(Letter, [usize; 2])> = vec![];
        for (side, axes) in ends.iter().enumerate() {
            for &(label, s) in axes.0.iter().skip(1) {
                if s >= var.width {
                    if side == 1 {
                        self.cells.push((table.sizes[usize::from(label)], stride(&table.axes, label)));
                    }
                    continue;
                }
                match letters.iter_mut().find(|l| l.0 == label) {
                    Some(l) => l.1[side] += s,
                    None => {
                        let mut both = [0, 0];
                        both[side] = s;
                        letters.push((label, both));
                    }
                }
            }
        }
        self.entries = vec![(offsets[0], offsets[1], 0)];
        for (label, by) in letters {
            let at = stride(&table.axes, label);
            let size = table.sizes[usize::from(label)];
            let each = |&(i, j, a): &(usize, usize, usize)| {
                (0..size).map(move |x| (i + x * by[0], j + x * by[1], a + x * at)).collect::<Vec<_>>()
            };
            self.entries = self.entries.iter().flat_map(each).collect();
        }
    }

    /// Offset of a level.
    pub fn level(&self, m: usize) -> usize {
        if self.coded { m * self.level_stride } else { 0 }
    }

    /// Offset of a plate cell past the steps.
    pub fn cell(&self, mut cell: usize) -> usize {
        let mut at = 0;
        for &(size, stride) in self.cells.iter().rev() {
            at += cell % size * stride;
            cell /= size;
        }
        at
    }
}
