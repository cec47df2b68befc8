//! The printed plan: streams and their chunks, blocks and where their moments live, the order of an
//! iteration, each table with what fills and reads it. Summed `explain --emit plan` prints. Not here: what the
//! plan means (`lower`).

use super::{
    layout::{StreamId, TableId},
    program::Plan,
    schedule::Step,
    sums::Summed,
    table::{From, RowOperand, Rows, Shared, Table},
    var::Storage,
};
use crate::{
    graph::factor_graph::FactorGraph,
    num::{contract::Letter, size::bytes},
};

/// Bytes in a number.
const NUMBER: usize = size_of::<f64>();
/// Bytes in a level.
const LEVEL: usize = size_of::<u32>();

impl Plan {
    /// The whole plan.
    pub fn show(&self, graph: &FactorGraph) -> String {
        let mut out = self.streams_text(graph);
        out += &self.vars_text(graph);
        out += &self.order_text(graph);
        for rotation in &self.rotations {
            out += &format!("a rotation\n  {}\n", rotation.describe(&self.vars));
        }
        for (i, t) in self.tables.enumerate() {
            out += &self.table_text(graph, i, t);
        }
        out += &self.sums_text();
        out += &self.memory_text();
        out
    }

    fn streams_text(&self, graph: &FactorGraph) -> String {
        let mut out = String::from("streams\n");
        if self.streams.is_empty() {
            out += "  none: no block is under a data plate, and no factor has rows\n";
        }
        for s in &self.streams {
            let longest = s.chunks.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
            let order = if s.order.is_some() { ", sorted by sequence" } else { "" };
            let (part, order) = if s.parent.is_some() {
                ("tree", order.replace("sequence", "tree"))
            } else {
                ("sequence", order.to_string())
            };
            let sequences = s
                .starts
                .as_ref()
                .map_or(String::new(), |s| format!(" in {}", count(s.len().saturating_sub(1), part)));
            let weight = if s.weight.is_some() { ", weighted" } else { "" };
            out += &format!(
                "  {}: {}{sequences}{order}{weight}, cut into {} of at most {longest}, in {} of chunks\n",
                graph.plate_name(s.plate),
                count(s.size, "row"),
                count(s.chunks.len(), "chunk"),
                count(s.runs.len(), "run"),
            );
        }
        out
    }

    fn vars_text(&self, graph: &FactorGraph) -> String {
        let mut out = String::from("blocks\n");
        for v in &self.vars {
            let plates: Vec<String> =
                v.plates.iter().map(|(p, n)| format!("{} {n}", graph.plate_name(*p))).collect();
            let over = if plates.is_empty() { String::new() } else { format!(" [{}]", plates.join(", ")) };
            let place = match v.storage {
                Storage::Stored => format!("stored, {}", bytes((2 * v.elements() * v.width * NUMBER) as u64)),
                Storage::Streamed { stream, kept } => {
                    let plate = graph.plate_name(self.streams[stream].plate);
                    let kept = if kept { ", kept between passes" } else { ", a chunk at a time" };
                    format!("streamed over {plate}{kept}")
                }
            };
            let how = v.shape.describe();
            let colours = if v.colours.len() > 1 {
                format!(", updated in {} colours, as its elements meet", v.colours.len())
            } else {
                String::new()
            };
            let clamp = if v.shape.has_known(None) { ", some elements known" } else { "" };
            out += &format!(
                "  {}{over}: {how}, {} each; {place}{colours}{clamp}\n",
                v.name,
                count(v.width, "number")
            );
        }
        out
    }

    fn order_text(&self, graph: &FactorGraph) -> String {
        let mut out = String::from("an iteration\n");
        for (i, step) in self.schedule.iter().enumerate() {
            let text = match *step {
                Step::Update(v) => format!("update {}", self.vars[v].name),
                Step::Pass(s) => self.pass_text(graph, s),
                Step::Bound => "the bound: each table with its statistic, and each block's entropy".into(),
            };
            out += &format!("  {}. {text}\n", i + 1);
        }
        out
    }

    fn pass_text(&self, graph: &FactorGraph, s: StreamId) -> String {
        let pass = &self.passes[s];
        let tables = self.tables.enumerate().filter(|(_, t)| t.stream == Some(s) && !t.constant);
        let tables: Vec<String> = tables.map(|(t, _)| t.to_string()).collect();
        let sums = if tables.is_empty() {
            String::new()
        } else {
            format!(", sum the statistics of tables {}", tables.join(", "))
        };
        let names: Vec<&str> = pass.ways.iter().map(|w| self.vars[w.var].name.as_str()).collect();
        let plate = graph.plate_name(self.streams[s].plate);
        let mut out = format!("pass over {plate}: update {}{sums}", names.join(", "));
        for way in &pass.ways {
            out +=
                &format!("\n     {}: {}", self.vars[way.var].name, way.path.describe(&self.lowered, way.var));
        }
        out
    }

    fn sums_text(&self) -> String {
        let mut out = format!("statistics: {} in one array\n", count(self.sums.len, "number"));
        for (what, at) in self.sums.slices.iter().filter(|(_, at)| !at.is_empty()) {
            let what = match *what {
                Summed::Table(t) => format!("table {t}"),
                Summed::Product(v) => format!("the product of {}", self.vars[v].name),
                Summed::Means(v) => format!("products of means of {}", self.vars[v].name),
                Summed::Entropy(v) => format!("entropy of {}", self.vars[v].name),
            };
            out += &format!("  {}..{} {what}\n", at.start, at.end);
        }
        out
    }

    fn table_text(&self, graph: &FactorGraph, i: TableId, t: &Table) -> String {
        let line = graph.line_text(&graph.factors[t.factor]);
        let what = match (t.stream, t.constant) {
            (None, _) => ", no rows",
            (_, true) => ", summed over the rows once",
            (_, false) => ", summed over the rows every iteration",
        };
        let rows = match (&t.rows, t.stream) {
            (_, None) => String::new(),
            (Rows::All, Some(s)) => format!(", all rows of {}", graph.plate_name(self.streams[s].plate)),
            (Rows::List(l), Some(s)) => {
                format!(", {} of {}", count(l.len(), "row"), graph.plate_name(self.streams[s].plate))
            }
        };
        let packed =
            t.packed.as_ref().map_or(String::new(), |p| format!(", {} with symmetric pairs once", p.len));
        let mut out = format!(
            "table {i}: {line}{rows}{what}\n  size      {}{packed}, {}\n",
            count(t.len, "number"),
            bytes((t.len * NUMBER) as u64)
        );
        let legend: Vec<String> = (0..t.sizes.len())
            .filter(|&l| t.stream.is_some() || l != t.row_label as usize)
            .map(|l| {
                let letter = letter(l as Letter);
                if t.stream.is_some() && l == t.row_label as usize {
                    format!("{letter} rows")
                } else {
                    format!("{letter} {}", t.sizes[l])
                }
            })
            .collect();
        if !legend.is_empty() {
            out += &format!("  letters   {}\n", legend.join(", "));
        }
        let axes: String = t.axes.0.iter().map(|a| letter(a.0)).collect();
        if !axes.is_empty() {
            out += &format!("  table     [{axes}]\n");
        }
        for term in &t.terms {
            let names: Vec<String> = term.operands.iter().map(|o| self.shared_text(o.from)).collect();
            let names = if names.is_empty() { "1".to_string() } else { names.join(" × ") };
            out += &format!("  + {} × {names}: {}\n", term.coefficient, kernel(&term.build));
        }
        for o in &t.operands {
            out += &format!("  row       {}\n", self.row_text(o));
        }
        if !t.operands.is_empty() {
            out += &format!("  statistic {}\n", kernel(&t.gather));
        }
        for o in &t.operands {
            if let Some(m) = &o.message {
                out += &format!("  message to {}: {}\n", self.row_name(o), kernel(&m.contraction));
            }
        }
        for o in t.terms.iter().flat_map(|term| &term.operands) {
            if let Some(m) = &o.message {
                out += &format!("  message to {}: {}\n", self.shared_text(o.from), kernel(m));
            }
        }
        out
    }

    fn shared_text(&self, from: Shared) -> String {
        match from {
            Shared::Var(v) => self.vars[v].name.clone(),
            Shared::Known(k) => format!("known {k}"),
        }
    }

    fn row_name(&self, o: &RowOperand) -> String {
        match &o.from {
            From::Streamed { var, back: 1 } => format!("{} (the step before)", self.vars[*var].name),
            From::Streamed { var, back: back @ 2.. } => {
                format!("{} ({back} steps before)", self.vars[*var].name)
            }
            From::Streamed { var, .. } => self.vars[*var].name.clone(),
            From::Stored { var, .. } => format!("{} (by row)", self.vars[*var].name),
            From::Dense(_) => "numbers".into(),
            From::Codes(_) => "levels".into(),
            From::Weight(_) => "weights".into(),
        }
    }

    fn row_text(&self, o: &RowOperand) -> String {
        let width = if o.width > 0 {
            format!(", {} a row", count(o.width, "number"))
        } else {
            ", one level a row".into()
        };
        format!("{}{width}", self.row_name(o))
    }

    fn memory_text(&self) -> String {
        let moments: usize = self
            .vars
            .iter()
            .map(|v| match v.storage {
                Storage::Stored => 2 * v.elements() * v.width,
                Storage::Streamed { kept: true, .. } => v.elements() * v.width,
                Storage::Streamed { .. } => 0,
            })
            .sum();
        let tables: usize = self.tables.iter().map(|t| t.len + 2 * t.packed_len()).sum();
        let (dense, codes) = self.rows.held();
        format!(
            "memory\n  moments and η {}; tables and statistics {}; data {}\n",
            bytes((moments * NUMBER) as u64),
            bytes((tables * NUMBER) as u64),
            bytes((dense * NUMBER + codes * LEVEL) as u64)
        )
    }
}

/// A contraction's steps; one that only copies has none.
fn kernel(c: &crate::num::contract::Contraction) -> String {
    let text = c.to_string();
    if text.is_empty() { "nothing to sum".into() } else { text }
}

fn letter(l: Letter) -> char {
    if l < 26 { char::from(b'a' + l as u8) } else { '?' }
}

/// `1 row`, `3 rows`.
fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
