//! The stages in a row, for a caller who wants the whole way or a part of it: a model to its checked graph,
//! its data bound, its blocks chosen, its plan. Not here: which files are opened, and how mistakes are shown.

// A diagnostic is made once, where a run ends: its size costs nothing.
#![allow(clippy::result_large_err)]

use crate::{
    ask::Ends,
    check,
    data::{self, Files},
    diag::{Code, Diagnostic, Diagnostics, Reported},
    factorize::{self, Blocks, roles::Missing},
    graph::{
        self, Bound, FactorGraph, GivenAxes,
        barren::{Kept, with_ends, without_barren},
        bind::OUTSIDE_SUPPORT,
        energy::{self, Energy, ExpandError, LARGEST_EXPANSION},
        factor_graph::{self, ObservedValues},
    },
    keep,
    num::size,
    plan::{
        self, LowerError, Plan,
        memory::{self, Need, NoRoom},
        recentre::recentred,
    },
    shape::{DataTableId, Extent, NodeId},
    source::Source,
    syntax,
};
use std::{borrow::Cow, path::PathBuf};

/// A construct that has no closed form.
pub const NO_FORM: Code = Code("E0409");
/// An expression of too many products.
pub const TOO_LARGE: Code = Code("E0411");
/// A row that couples an element with itself.
pub const SELF_PAIR: Code = Code("E0641");
/// A known value that its parameter does not accept.
pub const BAD_VALUE: Code = Code("E0642");

/// Arrays that need more memory than there is.
pub const NO_ROOM: Code = Code("E0644");
/// Arrays that a message about memory names.
const LARGEST_NEEDS: usize = 8;

/// The graph of a model, all checks that need no data passed.
///
/// # Errors
/// All that they report.
pub fn graph(
    model: &syntax::Model,
    source: &Source,
    diags: &mut Diagnostics,
) -> Result<FactorGraph, Reported> {
    let graph = graph::resolve(model, source, diags)?;
    check::check(&graph, source, diags)?;
    diags.gate()?;
    let graph = graph.augmented();
    expand(&graph, diags)?;
    Ok(graph)
}

/// Where the cells of a table are.
#[derive(Clone, Debug)]
pub enum Cells<'a> {
    /// In a file, by its path as it is opened and as messages show it.
    File(PathBuf),
    /// In the model.
    Model,
    /// Here, read or made already.
    Here(&'a data::Table),
}

/// Reads the tables that the graph uses and binds them. `locate` gives the path of a table's file, as `files`
/// is to open it and as messages show it; `None` for one that stands in the model.
///
/// # Errors
/// Mistakes in the data, with the file's line.
pub fn bind(
    model: &syntax::Model,
    graph: &FactorGraph,
    files: &dyn Files,
    locate: &dyn Fn(&factor_graph::DataTable) -> Option<PathBuf>,
    source: &Source,
    diags: &mut Diagnostics,
) -> Result<Bound, Reported> {
    let cells = |t: &factor_graph::DataTable| locate(t).map_or(Cells::Model, Cells::File);
    bind_cells(model, graph, files, &cells, source, diags)
}

/// The same, of tables whose cells are where `cells` says.
///
/// # Errors
/// Mistakes in the data, with the file's line.
pub fn bind_cells<'t>(
    model: &syntax::Model,
    graph: &FactorGraph,
    files: &dyn Files,
    cells: &dyn Fn(&factor_graph::DataTable) -> Cells<'t>,
    source: &Source,
    diags: &mut Diagnostics,
) -> Result<Bound, Reported> {
    bind_again(model, graph, files, cells, source, None, diags)
}

/// The same, of a model that was fitted before: what its axes were then is settled.
///
/// # Errors
/// Mistakes in the data, with the file's line.
pub fn bind_again<'t>(
    model: &syntax::Model,
    graph: &FactorGraph,
    files: &dyn Files,
    cells: &dyn Fn(&factor_graph::DataTable) -> Cells<'t>,
    source: &Source,
    axes: Option<&GivenAxes>,
    diags: &mut Diagnostics,
) -> Result<Bound, Reported> {
    let mut tables = vec![];
    for (i, table) in graph.tables.iter().enumerate() {
        let read = match cells(table) {
            Cells::Here(table) => Ok(table.clone()),
            Cells::File(path) => {
                data::read(files, &table.name, &path, Some(&graph::TableNeeds::new(graph, DataTableId(i))))
            }
            Cells::Model => match graph::written_table(&model.data[i]) {
                Some(written) => written,
                // `bind` reports a table that was not read.
                None => continue,
            },
        };
        match read {
            Ok(table) => tables.push(table),
            Err(d) if d.labels.iter().any(|l| l.primary) => {
                diags.error(d);
            }
            Err(d) => {
                diags.error(d.at(table.span, "named here"));
            }
        }
    }
    diags.gate()?;
    let mut found = Diagnostics::default();
    let bound = graph::bind_as(graph, &tables, source, axes, &mut found);
    diags.absorb(found, |d| data::show_line(files, d));
    bound
}

/// The energy of a checked graph.
///
/// # Errors
/// A construct that has no closed form, or an expression of too many products.
pub fn expand(graph: &FactorGraph, diags: &mut Diagnostics) -> Result<Energy, Reported> {
    energy::expand(graph).map_err(|e| match e {
        ExpandError::Unsupported { span, what } => {
            let d = Diagnostic::error(NO_FORM, format!("{what} has no closed form here")).at(span, "this");
            diags.error(d.help("`elbow list` shows what each parameter accepts"))
        }
        ExpandError::TooLarge { span, products } => {
            let title = format!("this expression is {} products when written out", number(products));
            let d = Diagnostic::error(TOO_LARGE, title)
                .at(span, "products of sums, and the square of their sum")
                .note(format!("{LARGEST_EXPANSION} are the most"));
            diags.error(
                d.help(
                    "give a sum that is multiplied a node of its own, or sum over a plate: `dot(w, X[n])`",
                ),
            )
        }
    })
}

/// A large number for people: `8390656`, `4.1e13`.
fn number(x: f64) -> String {
    if x < 1e9 { format!("{x}") } else { format!("{x:.1e}") }
}

/// Blocks of q. Without data, no cell is taken as missing, and no size as too large.
///
/// # Errors
/// Blocks that the user named and that can't be exact.
pub fn blocks(
    graph: &FactorGraph,
    bound: Option<&Bound>,
    diags: &mut Diagnostics,
) -> Result<Blocks, Reported> {
    match bound {
        Some(bound) => {
            let (seen, kept) = without_barren(graph, bound);
            seen_blocks(graph, Some(&seen), &kept, diags)
        }
        None => seen_blocks(graph, None, &Kept::of_graph(graph), diags),
    }
}

/// Blocks of q, of what inference sees of the data.
fn seen_blocks(
    graph: &FactorGraph,
    seen: Option<&Bound>,
    kept: &Kept,
    diags: &mut Diagnostics,
) -> Result<Blocks, Reported> {
    let mut energy = expand(graph, diags)?;
    energy.settle(seen.map_or(&[], |b| &b.labelled));
    let missing: Vec<Missing> = (0..graph.nodes.len())
        .map(NodeId)
        .map(|n| match seen {
            _ if kept.barren(n) => Missing::Everything,
            Some(seen) => plan::what_is_missing(seen, n),
            None => Missing::Nothing,
        })
        .collect();
    let sizes = |x: Extent| seen.map_or_else(|| known_size(graph, x), |b| Some(b.size(x)));
    factorize::factorize(graph, energy, &missing, &sizes, seen, diags)
}

/// The size of an axis, where the model says it.
fn known_size(graph: &FactorGraph, x: Extent) -> Option<usize> {
    match x {
        Extent::Number(n) => Some(n),
        Extent::Plate(p) => graph.plates[p.0].known_size(),
        Extent::Levels(_) => None,
    }
}

/// Could data change the blocks? Missing cells are latent where others depend on the node; and a network of
/// categories or a sparse Gaussian may be too large.
pub fn data_decide(graph: &FactorGraph, blocks: &Blocks) -> bool {
    let known = |x: Extent| known_size(graph, x);
    blocks.list.iter().any(|b| b.kind.data_decide(graph, &known))
        || (0..graph.nodes.len()).any(|n| {
            let me = energy::Source::Node(NodeId(n));
            let used = || blocks.energy.holding(me).any(|f| blocks.energy.factor(f).node.0 != n);
            let vector = graph.nodes[n].spec.stat.conditions();
            graph.nodes[n].observed.is_some() && (vector || used())
        })
}

/// Chooses the blocks of a bound graph and lowers it to a plan, without the elements that nothing observed
/// hangs on.
///
/// # Errors
/// Blocks that can't be exact, and values that no parameter accepts.
pub fn plan(graph: &FactorGraph, bound: &Bound, diags: &mut Diagnostics) -> Result<Plan, Reported> {
    plan_about(graph, bound, (memory::MOST, None), diags)
}

/// The same, if its arrays need no more than `limit` bytes; with these centres of the nodes' values instead
/// of those that the data suggest, if any are given.
///
/// # Errors
/// They need more; and as above.
pub fn plan_about(
    graph: &FactorGraph,
    bound: &Bound,
    (limit, centres): (u64, Option<&[Vec<f64>]>),
    diags: &mut Diagnostics,
) -> Result<Plan, Reported> {
    let seen = |bound| without_barren(graph, bound);
    plan_of_seen(graph, bound, &seen, (limit, centres), diags)
}

/// The plan of new rows for a kept posterior, in whose coordinates its blocks are; `ends` says whether it has all
/// steps of every sequence, or those alone that anything observed hangs on.
///
/// # Errors
/// As above; or the model cannot be written about the posterior's centres with these data.
pub fn plan_again(
    kept: &keep::Kept,
    graph: &FactorGraph,
    bound: &Bound,
    ends: Ends,
    diags: &mut Diagnostics,
) -> Result<Plan, Reported> {
    let seen = |bound| match ends {
        Ends::LeftOut => without_barren(graph, bound),
        Ends::Planned => with_ends(graph, bound),
    };
    let centres = keep::prior::centres(kept, graph);
    let about = if kept.is_moved() { None } else { Some(centres.as_slice()) };
    let plan = plan_of_seen(graph, bound, &seen, (memory::MOST, about), diags)?;
    let Some(moved) = keep::centred::moved(kept, graph, bound, &plan) else { return Ok(plan) };
    let there = recentred(graph, &seen(bound).0, &plan, &moved.centres);
    there.ok_or_else(|| {
        let title = "these rows cannot be written about the centres that the fit has moved to";
        diags.error(Diagnostic::error(Code::NONE, title.to_string()).help("fit again with the new rows"))
    })
}

/// A plan of what `seen` leaves of the data.
fn plan_of_seen<'b>(
    graph: &FactorGraph,
    bound: &'b Bound,
    seen: &dyn Fn(&'b Bound) -> (Cow<'b, Bound>, Kept),
    (limit, centres): (u64, Option<&[Vec<f64>]>),
    diags: &mut Diagnostics,
) -> Result<Plan, Reported> {
    let limit = limit.min(memory::MOST);
    // Before the blocks: what they cost is found by going over elements.
    memory::check(memory::by_sizes(graph, bound, &[]), limit).map_err(|e| diags.error(no_room(&e)))?;
    let (seen, kept) = seen(bound);
    let blocks = seen_blocks(graph, Some(&seen), &kept, diags)?;
    plan::lower(graph, &seen, blocks, (kept, limit), centres)
        .map_err(|e| diags.error(explain(graph, &seen, e)))
}

/// Arrays for which there is no room, the largest first.
pub fn no_room(e: &NoRoom) -> Diagnostic {
    let shown = |bytes: f64| size::bytes(bytes.min(1e18) as u64);
    let all = shown(e.needs.iter().map(|n| n.bytes).sum());
    let long = e.needs.iter().find(|n| n.too_long);
    let title = match long {
        Some(n) => format!("{} would have more numbers than can be counted", n.name),
        None => format!("this fit needs about {all}, and {} may be taken", shown(e.limit as f64)),
    };
    let d = Diagnostic::error(NO_ROOM, title);
    let d = match long.or(e.needs.first()) {
        Some(Need { span: Some(span), bytes, .. }) => d.at(*span, shown(*bytes)),
        _ => d,
    };
    let list = e.needs.iter().take(LARGEST_NEEDS).filter(|n| n.bytes > 0.0);
    let d = list.fold(d, |d, n| d.note(format!("{}: {}", n.name, shown(n.bytes))));
    d.help(match e.limit {
        memory::MOST => "make plates smaller",
        _ => "make plates smaller, or allow more: `--max-memory 64GB`",
    })
}

/// The place in a file, or in a table of the model, of a node's observed element.
fn blame(graph: &FactorGraph, bound: &Bound, node: NodeId, element: usize, d: Diagnostic) -> Diagnostic {
    let n = &graph.nodes[node.0];
    let Some(ObservedValues::Columns(columns)) = n.observed.as_ref().map(|o| &o.values) else { return d };
    let column = &graph.columns[columns[0].0];
    bound.places[column.table.0].blame(d, element, &column.name, None)
}

/// The row of the table, from 0, that row `row` of the data that inference sees is, of a node's row plate.
fn row_of(graph: &FactorGraph, bound: &Bound, node: NodeId, row: usize) -> usize {
    let table = graph.nodes[node.0].plates.iter().find_map(|p| graph.plates[p.0].kind.rows_of());
    table.and_then(|t| bound.places.get(t.0)).map_or(row, |places| places.row(row))
}

fn explain(graph: &FactorGraph, bound: &Bound, e: LowerError) -> Diagnostic {
    match e {
        LowerError::Unsupported { span, what } => {
            Diagnostic::error(NO_FORM, format!("{what} has no closed form here")).at(span, "needed here")
        }
        LowerError::NoRoom(e) => no_room(&e),
        LowerError::OtherRows { span } => Diagnostic::error(
            NO_FORM,
            "elements are picked by the columns of one table in a line, and this is another",
        )
        .at(span, "picked by other rows")
        .note("a line is gone over row by row, for one plate of rows")
        .help("write one table that has a row for each pair of rows, and pick by its columns"),
        LowerError::SelfPair { node, factor, row } => {
            let name = &graph.nodes[node.0].name;
            let f = &graph.factors[factor];
            let d = Diagnostic::error(
                SELF_PAIR,
                format!(
                    "row {} joins an element of `{name}` with itself",
                    row_of(graph, bound, f.node, row) + 1
                ),
            );
            let d = d.at(f.span, "this row's two indices name one element");
            d.note("two different elements are independent in q; an element and itself are not")
                .help("leave such rows out")
        }
        LowerError::TooLarge { node, row, column, value } => {
            let n = &graph.nodes[node.0];
            let d = Diagnostic::error(
                BAD_VALUE,
                format!("`{value:e}` of `{}` is too large: its square is no finite number", n.name),
            );
            let d = d.at(n.observed.as_ref().map_or(n.call, |o| o.span), "observed here");
            let d = d
                .note(format!("squares end at {:e}, of numbers up to {:e}", f64::MAX, f64::MAX.sqrt()))
                .help("correct the cell, leave it empty where the value is missing, or take another unit");
            match n.observed.as_ref().map(|o| &o.values) {
                Some(ObservedValues::Columns(columns)) => {
                    let c = &graph.columns[columns[column.min(columns.len() - 1)].0];
                    bound.places[c.table.0].blame(d, row, &c.name, Some(format!("{value:e}")))
                }
                _ => d,
            }
        }
        LowerError::Impossible { factor, element, value, given } => {
            let f = &graph.factors[factor];
            let given: Vec<String> = given
                .iter()
                .map(|(s, v)| format!("{} is {}", f.spec.params[s - 1].name, listed(v)))
                .collect();
            let title = format!(
                "`{}` cannot be {} where its {}",
                graph.nodes[f.node.0].name,
                listed(&value),
                given.join(" and its ")
            );
            let d = Diagnostic::error(OUTSIDE_SUPPORT, title).at(f.span, "given here");
            blame(
                graph,
                bound,
                f.node,
                element,
                d.help("correct the cell, or leave it empty where the value is missing"),
            )
        }
        LowerError::Value(bad, (factor, slot)) => {
            let f = &graph.factors[factor];
            let arg = &f.args[slot - 1];
            let (node, spec, slot) = arg.from.map_or((f.node, f.spec, slot), |o| (o.node, o.spec, o.slot));
            let param = &spec.params[slot - 1];
            let param = arg.spelling.map_or(param.name, |s| param.spellings[s].name);
            let shown = listed(&bad.value);
            let name = &graph.nodes[node.0].name;
            let at = format!("at element {}", bad.element + 1);
            let d = match &bad.asked {
                Some((asked, span)) => {
                    let title =
                        format!("the {param} of `{name}` asks for `{asked}`, which is no finite number");
                    Diagnostic::error(BAD_VALUE, title)
                        .at(*span, at)
                        .help("correct the cell, or leave the row out")
                }
                None => Diagnostic::error(BAD_VALUE, format!("the {param} of `{name}` {}: {shown}", bad.why))
                    .at(bad.span, format!("{shown}, {at}"))
                    .note(format!("`{param}` needs {}", bad.support)),
            };
            match bad.cell {
                Some((c, row)) => {
                    let column = &graph.columns[c.0];
                    let cell = (bad.value.len() == 1 && bad.asked.is_none()).then(|| shown.clone());
                    bound.places[column.table.0].blame(d, row, &column.name, cell)
                }
                None => d,
            }
        }
    }
}

/// A value for a message: a number, or the first few of a list.
fn listed(value: &[f64]) -> String {
    let shown: Vec<String> = value.iter().take(6).map(|v| v.to_string()).collect();
    match value {
        [_] => shown.concat(),
        _ => format!("[{}{}]", shown.join(", "), if value.len() > 6 { ", …" } else { "" }),
    }
}
