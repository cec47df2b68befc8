//! Streamed plates: in which order their rows are visited and where they may be cut. Not here: the pass
//! (`engine`).

use crate::{
    data::{Groups, sequences::Sequences},
    graph::bound::BoundPlate,
    shape::PlateId,
};
use std::{ops::Range, sync::Arc};

/// A plate whose rows are visited in chunks.
#[derive(Clone, Debug)]
pub struct Stream {
    /// The plate.
    pub plate: PlateId,
    /// Rows.
    pub size: usize,
    /// The file's row at each place, where that is not the place itself.
    pub order: Option<Vec<u32>>,
    /// Where sequences (of a `Tree` plate: trees) start, by place, and the end; for `Steps` and `Tree` only.
    pub starts: Option<Vec<u32>>,
    /// How many rows each row stands for, by place.
    pub weight: Option<Arc<[f64]>>,
    /// The place of the row above, by place, for `Tree` only, and always an earlier one; `u32::MAX` for
    /// roots.
    pub parent: Option<Vec<u32>>,
    /// Places cut into chunks; a sequence or tree is never cut where it is one block.
    pub chunks: Vec<Range<usize>>,
    /// Chunks cut into runs that one thread takes at a time; their sums are added in this order, whatever the
    /// threads.
    pub runs: Vec<Range<usize>>,
    /// How many runs there may be.
    pub most_runs: usize,
}

impl Stream {
    /// The order of a plate's rows, before chunks are cut.
    pub fn new(plate: PlateId, bound: &BoundPlate) -> Self {
        let size = bound.size;
        let (mut order, mut starts) = (None, None);
        if let Some(s) = &bound.sequences {
            starts = Some(offsets(s));
            if !s.in_file_order() {
                order = Some((0..size).map(|p| s.row(p) as u32).collect());
            }
        }
        let mut parent = None;
        if let Some(p) = &bound.parents {
            let (rows, begin) = preorder(p);
            let mut place = vec![0; size];
            rows.iter().enumerate().for_each(|(at, &r)| place[r as usize] = at as u32);
            parent = Some(
                rows.iter()
                    .map(|&r| p[r as usize])
                    .map(|up| if up == u32::MAX { up } else { place[up as usize] })
                    .collect(),
            );
            starts = Some(begin);
            if rows.iter().enumerate().any(|(at, &r)| at as u32 != r) {
                order = Some(rows);
            }
        }
        let mut stream = Self {
            plate,
            size,
            order,
            starts,
            weight: None,
            parent,
            chunks: vec![],
            runs: vec![],
            most_runs: 1,
        };
        stream.weight = bound.weight.as_ref().map(|w| stream.permute(w, 1).into());
        stream
    }

    /// The rows of a plate without sequences in another order: the file's row at each place.
    pub fn in_order(plate: PlateId, bound: &BoundPlate, order: &[u32]) -> Self {
        let mut stream = Self { order: Some(order.to_vec()), weight: None, ..Self::new(plate, bound) };
        stream.weight = bound.weight.as_ref().map(|w| stream.permute(w, 1).into());
        stream
    }

    /// An array by file row (`width` numbers each), in this stream's order.
    pub fn permute<T: Copy>(&self, array: &[T], width: usize) -> Vec<T> {
        match &self.order {
            None => array.to_vec(),
            Some(order) => {
                order.iter().flat_map(|&r| &array[r as usize * width..][..width]).copied().collect()
            }
        }
    }

    /// The place of `lag` steps before each place; `u32::MAX` where there is none.
    pub fn before(&self, lag: u32) -> Vec<u32> {
        let mut out = vec![u32::MAX; self.size];
        for s in self.starts.as_deref().unwrap_or_default().windows(2) {
            for t in s[0] + lag..s[1].max(s[0] + lag) {
                out[t as usize] = t - lag;
            }
        }
        out
    }

    /// Step number of each place within its sequence.
    pub fn step(&self) -> Vec<u32> {
        let mut out = vec![0; self.size];
        for s in self.starts.as_deref().unwrap_or_default().windows(2) {
            for t in s[0]..s[1] {
                out[t as usize] = t - s[0];
            }
        }
        out
    }

    /// Cuts chunks of about `rows` rows, at these places only where they are given (the first is 0, the last
    /// the end), and at most `runs` runs of chunks.
    pub fn cut(&mut self, rows: usize, whole: Option<&[u32]>, runs: usize) {
        self.chunks.clear();
        match whole {
            Some(starts) => {
                let mut lo = 0;
                for &end in &starts[1..] {
                    let end = end as usize;
                    if end - lo >= rows || end == self.size {
                        if end > lo {
                            self.chunks.push(lo..end);
                        }
                        lo = end;
                    }
                }
            }
            None => self
                .chunks
                .extend((0..self.size).step_by(rows.max(1)).map(|lo| lo..(lo + rows).min(self.size))),
        }
        self.most_runs = runs;
        self.runs = self.runs_of(self.chunks.len());
    }

    /// So many chunks cut into runs.
    pub fn runs_of(&self, count: usize) -> Vec<Range<usize>> {
        let runs = self.most_runs.clamp(1, count.max(1));
        (0..runs).map(|r| r * count / runs..(r + 1) * count / runs).collect()
    }
}

/// Rows of a forest tree by tree, each after the row above it, else in the order of the file; where the trees
/// start, and the end.
fn preorder(parents: &[u32]) -> (Vec<u32>, Vec<u32>) {
    // Roots have a group of their own, the last.
    let above: Vec<u32> = parents.iter().map(|&p| p.min(parents.len() as u32)).collect();
    let below = Groups::new(&above, parents.len() + 1);
    let (mut rows, mut starts) = (Vec::with_capacity(parents.len()), vec![]);
    let mut open: Vec<u32> = vec![];
    for &root in below.group(parents.len()) {
        starts.push(rows.len() as u32);
        open.push(root);
        while let Some(row) = open.pop() {
            rows.push(row);
            open.extend(below.group(row as usize).iter().rev());
        }
    }
    starts.push(rows.len() as u32);
    (rows, starts)
}

fn offsets(s: &Sequences) -> Vec<u32> {
    let mut out = vec![0];
    out.extend((0..s.len()).map(|i| s.places(i).end as u32));
    out
}
