//! What stands in the brackets of an expression: a plate, a data column, a gate, a step before, a node above.

use super::{args::Line, resolver::Resolver};
use crate::{
    diag::{Diagnostic, Reported},
    expfam::stat::Domain,
    graph::{
        codes::{BAD_INDEX, NO_STEP_BEFORE, NOT_A_CATEGORY, PLATE_NOT_IN_KEY},
        factor_graph::{Index, InputSource, PlateKind, Ref, RowSet, Target},
    },
    shape::PlateId,
    source::Span,
    syntax::expr::{BinaryOp, Expr, ExprKind, Name},
};

impl Resolver<'_> {
    /// One index of `owner`, which there runs over `plate`.
    pub(super) fn index(
        &mut self,
        e: &Expr,
        plate: PlateId,
        owner: &str,
        line: Line<'_>,
    ) -> Result<Index, Reported> {
        if let Some(found) = self.row_index(e, line) {
            let (index, at) = found?;
            if at == plate {
                return Ok(index);
            }
            return Err(self.other_plate(e.span, plate, at, owner, line));
        }
        match &e.node {
            ExprKind::Number(n) => self.numbered(e, *n, plate, owner),
            ExprKind::Label(label) => self.labelled_in(e, label, plate, owner),
            ExprKind::Name(name) => self.picked(e, name, plate, owner, line),
            _ => {
                let d = Diagnostic::error(BAD_INDEX, "this is not an index")
                    .at(e.span, "expected a plate, a column or a category")
                    .note("an index is `n`, `t-1`, `parent(n)`, a data column `doc[n]`, a latent category `z[n]` or one element: `2`, `'F'`");
                Err(self.fail(d))
            }
        }
    }

    /// `n`, `t-1` or `parent(n)`, and the plate it moves in; `None` for anything else.
    pub(super) fn row_index(
        &mut self,
        e: &Expr,
        line: Line<'_>,
    ) -> Option<Result<(Index, PlateId), Reported>> {
        match &e.node {
            ExprKind::Name(_) => {
                let p = self.bare_plate(e)?;
                Some(self.own_plate(p, e.span, line).map(|()| (Index::Plate(p), p)))
            }
            ExprKind::Binary { op, left, right } => {
                let p = self.bare_plate(left)?;
                Some(self.before(*op, p, right, e.span, line))
            }
            ExprKind::Call { function, args } if function.node == "parent" => {
                Some(self.above(args, e.span, line))
            }
            _ => None,
        }
    }

    /// A plate's name by itself. A node or an input of the same name cannot be (`claim`).
    fn bare_plate(&self, e: &Expr) -> Option<PlateId> {
        let ExprKind::Name(Name { path, indices }) = &e.node else { return None };
        if path.len() == 1 && indices.is_empty() { self.plate_named(&path[0].node) } else { None }
    }

    /// The plate must be one of the line's.
    fn own_plate(&mut self, p: PlateId, span: Span, line: Line<'_>) -> Result<(), Reported> {
        let plates = line.plates.to_vec();
        if plates.contains(&p) {
            return Ok(());
        }
        let name = self.plate(p).to_owned();
        let key = line.key;
        let mut with = plates.clone();
        with.push(p);
        let mut d = Diagnostic::error(PLATE_NOT_IN_KEY, format!("`{key}` does not run over `{name}`"))
            .at(span, format!("which `{name}`?"))
            .with(key.span, format!("no `{name}` in the key"));
        if let Some(column) = self.index_by_group(p, &plates) {
            d = d.help(format!("let a data column pick the element: write `{column}` in place of `{name}`"));
        } else if let Some(gate) = self.some_gate(&plates) {
            d = d.help(format!("let a category pick the element: write `{gate}` in place of `{name}`"));
        }
        d = d.help(format!("or add the plate to the key: `\"{}{}\"`", key.name.node, self.bracket(&with)));
        Err(self.fail(d))
    }

    fn before(
        &mut self,
        op: BinaryOp,
        p: PlateId,
        right: &Expr,
        span: Span,
        line: Line<'_>,
    ) -> Result<(Index, PlateId), Reported> {
        self.own_plate(p, span, line)?;
        let name = self.plate(p).to_owned();
        let lag = match right.node {
            ExprKind::Number(n) if op == BinaryOp::Sub && n.fract() == 0.0 && (1.0..=1e6).contains(&n) => {
                n as u32
            }
            _ => {
                let d = Diagnostic::error(BAD_INDEX, "this is not an index")
                    .at(span, format!("expected `{name}` or `{name}-1`"))
                    .note("steps look back by a whole number of steps");
                return Err(self.fail(d));
            }
        };
        if !matches!(self.plates[p.0].kind, PlateKind::Steps { .. }) {
            let d = Diagnostic::error(BAD_INDEX, format!("plate `{name}` has no order"))
                .at(span, "there is no step before")
                .with(self.plates[p.0].span, "not `Steps`")
                .help("rows in order are a plate `Steps(table: …)`");
            return Err(self.fail(d));
        }
        let first = match line.rows {
            RowSet::Step(s) | RowSet::From(s) => s,
            _ => 0,
        };
        if lag > first {
            let key = line.key;
            let d = Diagnostic::error(
                NO_STEP_BEFORE,
                format!("the first step has no step before it: `{name}-{lag}`"),
            )
            .at(
                span,
                if first == 0 {
                    "nothing stands before step 0".to_owned()
                } else {
                    format!("`{key}` begins at step {first}")
                },
            )
            .help(format!("give step {first} a line of its own: `\"{}\"`", self.step_key(line, p, first)));
            return Err(self.fail(d));
        }
        Ok((Index::Before { plate: p, lag }, p))
    }

    /// The key of the line, with a step in place of a plate.
    fn step_key(&self, line: Line<'_>, p: PlateId, step: u32) -> String {
        let each = line.plates.iter();
        let names: Vec<_> =
            each.map(|&q| if q == p { step.to_string() } else { self.plate(q).to_owned() }).collect();
        format!("{}[{}]", line.key.name.node, names.join(","))
    }

    fn above(&mut self, args: &[Expr], span: Span, line: Line<'_>) -> Result<(Index, PlateId), Reported> {
        let p = if let [one] = args { self.bare_plate(one) } else { None };
        let Some(p) = p else {
            let d = Diagnostic::error(BAD_INDEX, "`parent` takes a plate")
                .at(span, "")
                .help("write `z[parent(n)]`");
            return Err(self.fail(d));
        };
        self.own_plate(p, span, line)?;
        if !matches!(self.plates[p.0].kind, PlateKind::Tree { .. }) {
            let d = Diagnostic::error(BAD_INDEX, format!("plate `{}` is not a tree", self.plate(p)))
                .at(span, "there is no node above")
                .with(self.plates[p.0].span, "not `Tree`")
                .help("the rows of a tree are a plate `Tree(table: …, parent: …)`");
            return Err(self.fail(d));
        }
        if line.rows != RowSet::Below {
            let d = Diagnostic::error(NO_STEP_BEFORE, "a root has no node above it")
                .at(span, "also asked of the roots")
                .help(format!("give the roots a line of their own: `\"{}\"`", self.step_key(line, p, 0)));
            return Err(self.fail(d));
        }
        Ok((Index::Parent(p), p))
    }

    fn other_plate(
        &mut self,
        span: Span,
        plate: PlateId,
        at: PlateId,
        owner: &str,
        line: Line<'_>,
    ) -> Reported {
        let (want, found) = (self.plate(plate).to_owned(), self.plate(at).to_owned());
        let plates = line.plates.to_vec();
        let mut d =
            Diagnostic::error(BAD_INDEX, format!("`{owner}` runs over `{want}` here, not over `{found}`"))
                .at(span, format!("expected an index of `{want}`"));
        if let Some(column) = self.index_by_group(plate, &plates) {
            d = d.help(format!("let a data column pick the element: write `{column}` in place of `{found}`"));
        } else if let Some(gate) = self.some_gate(&plates) {
            d = d.help(format!("let a category pick the element: write `{gate}` in place of `{found}`"));
        }
        self.fail(d)
    }

    /// An index that is a name with indices: a gate or a data column.
    fn picked(
        &mut self,
        e: &Expr,
        name: &Name,
        plate: PlateId,
        owner: &str,
        line: Line<'_>,
    ) -> Result<Index, Reported> {
        let Ref { target, index } = self.reference(name, e.span, line)?;
        match target {
            Target::Node(n) => {
                let h = &self.headers[n.0];
                if !h.spec.stat.one_hot() {
                    let d = Diagnostic::error(
                        NOT_A_CATEGORY,
                        format!("`{}` cannot pick an element of `{owner}`", h.name),
                    )
                    .at(e.span, "not a category")
                    .with(h.call, format!("`{}` is {}", h.name, h.spec.name));
                    let d = if h.spec.stat.domain == Domain::Binary {
                        d.help(format!(
                            "say `Categorical` for `{}`, over a plate of two: `Categorical(p: [0.5, 0.5])`",
                            h.name
                        ))
                    } else {
                        d.note("a Categorical node picks one of the elements of a plate")
                    };
                    return Err(self.fail(d));
                }
                if index.len() < h.plates.len() {
                    let (text, all) = (h.name.clone(), h.plates.clone());
                    let d = Diagnostic::error(
                        BAD_INDEX,
                        format!("which `{text}` picks the element of `{owner}`?"),
                    )
                    .at(e.span, "stands for all of them")
                    .help(format!("write `{text}{}`", self.bracket(&all)));
                    return Err(self.fail(d));
                }
                Ok(Index::Gate(Ref { target, index }))
            }
            Target::Column(column) => match index.as_slice() {
                // Columns pick elements row by row, and groups are no rows.
                [Index::Plate(groups)] if self.columns[column.0].by_name.is_some() => {
                    let (column, rows) =
                        (self.columns[column.0].name.clone(), self.columns[column.0].by_name);
                    let rows = rows.map_or(*groups, |b| b.rows);
                    let (groups, rows) = (self.plate(*groups).to_owned(), self.plate(rows).to_owned());
                    let d = Diagnostic::error(
                        BAD_INDEX,
                        format!("a group of `{groups}` picks no element of `{owner}` by a column"),
                    )
                    .at(e.span, "read for each group")
                    .note("a group reads numbers of the row of its name; elements are picked by rows")
                    .help(format!(
                        "let the line run over the rows themselves, `[{rows}]` in the key and `{column}[{rows}]` here"
                    ));
                    Err(self.fail(d))
                }
                [Index::Plate(rows)] => Ok(Index::Column { column, plate: *rows }),
                _ => Err(self.bad_column_index(e.span)),
            },
            Target::Input(i) => match (&self.inputs[i.0].source, index.as_slice()) {
                // An input that is a column is that column.
                (InputSource::Columns(c), [Index::Plate(rows)])
                    if c.len() == 1 && self.inputs[i.0].event.is_empty() =>
                {
                    Ok(Index::Column { column: c[0], plate: *rows })
                }
                _ => {
                    let d =
                        Diagnostic::error(BAD_INDEX, format!("an input cannot pick an element of `{owner}`"))
                            .at(e.span, "an input")
                            .note(format!("`{owner}` runs over `{}` here", self.plate(plate)))
                            .help("put the index into a column of a table, and write `column[n]`");
                    Err(self.fail(d))
                }
            },
        }
    }

    fn bad_column_index(&mut self, span: Span) -> Reported {
        let d = Diagnostic::error(BAD_INDEX, "a column picks an element by its own row")
            .at(span, "expected `column[n]`, with `n` the plate of its rows");
        self.fail(d)
    }
}
