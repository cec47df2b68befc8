//! Expressions of a line: names to nodes, inputs and columns; operators and functions by the ranks of their
//! operands. Axes are filled in later (`axes`), once they are known.

use super::{
    args::{Line, names_a_node},
    resolver::Resolver,
};
use crate::{
    diag::{Diagnostic, Reported, suggest::nearest},
    graph::{
        codes::{BAD_FUNCTION, OPERANDS, TOO_MANY_INDICES, UNKNOWN_NAME, WHICH_COLUMN},
        factor_graph::{ByName, Expr, ExprKind, Function, PlateKind, Ref, Scalar, Target},
        resolve::{
            names::{FUNCTIONS, list},
            rewrites,
        },
    },
    shape::{ColumnId, DataTableId, Extent, PlateId},
    source::Span,
    syntax::expr::{self as written, BinaryOp},
};

impl Resolver<'_> {
    pub(super) fn expr(&mut self, e: &written::Expr, line: Line<'_>) -> Result<Expr, Reported> {
        let made = |kind, random| Expr { kind, axes: vec![], random, span: e.span };
        match &e.node {
            written::ExprKind::Number(x) => Ok(made(ExprKind::Numbers(vec![*x]), false)),
            written::ExprKind::Negate(inner) => {
                let inner = self.expr(inner, line)?;
                let random = inner.random;
                if let ExprKind::Numbers(n) = &inner.kind {
                    return Ok(made(ExprKind::Numbers(n.iter().map(|x| -x).collect()), false));
                }
                Ok(made(ExprKind::Negate(Box::new(inner)), random))
            }
            written::ExprKind::Binary { op, left, right } => {
                let (a, b) = (self.expr(left, line), self.expr(right, line));
                self.binary(e.span, *op, a?, b?, line.derived)
            }
            written::ExprKind::Call { function, args } => {
                self.function(e, &function.node, function.span, args, line)
            }
            // The parser lets a label stand in an index only.
            written::ExprKind::Label(_) => Ok(made(ExprKind::Numbers(vec![]), false)),
            written::ExprKind::Name(name) => {
                if let Some(element) = self.of_vector(name, e.span, line) {
                    return element;
                }
                let r = self.reference(name, e.span, line)?;
                let random = self.is_random(&r);
                Ok(made(ExprKind::Ref(r), random))
            }
        }
    }

    /// `A * h[t-1]` is told from a scaling by its ranks.
    fn binary(
        &mut self,
        span: Span,
        op: BinaryOp,
        a: Expr,
        b: Expr,
        derived: bool,
    ) -> Result<Expr, Reported> {
        let random = a.random || b.random;
        let (ra, rb) = (self.rank(&a), self.rank(&b));
        let d = |why: String| {
            Diagnostic::error(
                OPERANDS,
                format!("`{}` cannot stand between {} and {}", op.sign(), rank_words(ra), rank_words(rb)),
            )
            .at(a.span, rank_words(ra))
            .at(b.span, rank_words(rb))
            .help(why)
        };
        if op.known_only() && !derived && (names_a_node(&a) || names_a_node(&b)) {
            let (what, help) = match op {
                BinaryOp::Power => ("a power", rewrites::of_random("^")),
                _ => ("a comparison", rewrites::of_random("<")),
            };
            return Err(self.of_random(what, if names_a_node(&a) { a.span } else { b.span }, help));
        }
        match (op, ra, rb) {
            (op, _, _) if op.known_only() && (ra == rb || ra == 0 || rb == 0) => {
                Ok(pair(op, a, b, random, span))
            }
            (BinaryOp::Mul, 2, 1) => Ok(Expr {
                kind: ExprKind::Call(Function::MatrixVector, vec![a, b]),
                axes: vec![],
                random,
                span,
            }),
            (BinaryOp::Add | BinaryOp::Sub, _, _) if ra == rb || ra == 0 || rb == 0 => {
                Ok(pair(op, a, b, random, span))
            }
            (BinaryOp::Mul, 0, _) | (BinaryOp::Mul | BinaryOp::Div, _, 0) => Ok(pair(op, a, b, random, span)),
            (BinaryOp::Mul, 1, 1) => {
                Err(d("the product of two vectors that is a number is `dot(a, b)`".into()))
            }
            (BinaryOp::Mul, 1, 2) => Err(d("the matrix stands first: `A * h`".into())),
            (BinaryOp::Div, _, _) if derived && (ra == 0 || ra == rb) => Ok(pair(op, a, b, random, span)),
            (BinaryOp::Div, _, _) => Err(d("one divides by a number only".into())),
            _ => Err(d("give both the same axes, or index one down to a number".into())),
        }
        .map_err(|d| self.fail(d))
    }

    fn function(
        &mut self,
        e: &written::Expr,
        name: &str,
        at: Span,
        args: &[written::Expr],
        line: Line<'_>,
    ) -> Result<Expr, Reported> {
        let wrong = |why: String| Diagnostic::error(BAD_FUNCTION, why).at(e.span, "");
        let (function, ranks): (Function, &[&[usize]]) = match name {
            "dot" => (Function::Dot, &[&[1, 2], &[1, 2]]),
            "diag" => (Function::Diag, &[&[1]]),
            "stick" => (Function::Stick, &[&[1]]),
            "identity" => return self.identity(e, args),
            name if let Some(scalar) = Scalar::find(name) => return self.scalar(e, scalar, args, line),
            "parent" => {
                let d = wrong("`parent` stands inside an index".into()).help("write `z[parent(n)]`");
                return Err(self.fail(d));
            }
            _ => {
                let d = Diagnostic::error(BAD_FUNCTION, format!("there is no function `{name}`"))
                    .at(at, "unknown function");
                let d = match (rewrites::of_function(name), nearest(name, FUNCTIONS)) {
                    (Some(instead), _) => {
                        d.note(format!("the functions are {}", list(FUNCTIONS))).help(instead)
                    }
                    (None, Some(meant)) => d.help(format!("did you mean `{meant}`?")),
                    (None, None) => d.note(format!("the functions are {}", list(FUNCTIONS))),
                };
                return Err(self.fail(d));
            }
        };
        if args.len() != ranks.len() {
            let d = wrong(format!("`{name}` takes {}, not {}", count(ranks.len(), "argument"), args.len()));
            return Err(self.fail(d));
        }
        let mut out = vec![];
        for (arg, ranks) in args.iter().zip(ranks) {
            let arg = self.expr(arg, line)?;
            let rank = self.rank(&arg);
            if !ranks.contains(&rank) {
                let d = Diagnostic::error(BAD_FUNCTION, format!("`{name}` takes {}, not {}", rank_words(ranks[0]), rank_words(rank)))
                    .at(arg.span, rank_words(rank))
                    .note("plates left off at the end are the axes of a vector: for `\"w[j]\"`, `w` is the vector over `j`");
                return Err(self.fail(d));
            }
            out.push(arg);
        }
        if let [a, b] = &out[..]
            && self.rank(a) + self.rank(b) > 3
        {
            let d = wrong("`dot` of two matrices is a matrix, which no parameter takes so".into())
                .help("index one of them down to a vector");
            return Err(self.fail(d));
        }
        let random = out.iter().any(|a| a.random);
        Ok(Expr { kind: ExprKind::Call(function, out), axes: vec![], random, span: e.span })
    }

    /// `log(x[n])`: of each number of a known value.
    fn scalar(
        &mut self,
        e: &written::Expr,
        scalar: Scalar,
        args: &[written::Expr],
        line: Line<'_>,
    ) -> Result<Expr, Reported> {
        let name = scalar.name();
        let [arg] = args else {
            let d =
                Diagnostic::error(BAD_FUNCTION, format!("`{name}` takes one argument, not {}", args.len()))
                    .at(e.span, "");
            return Err(self.fail(d));
        };
        let arg = self.expr(arg, line)?;
        if names_a_node(&arg) && !line.derived {
            return Err(self.of_random(&format!("`{name}`"), arg.span, rewrites::of_random(name)));
        }
        let (random, function) = (arg.random, Function::Scalar(scalar));
        Ok(Expr { kind: ExprKind::Call(function, vec![arg]), axes: vec![], random, span: e.span })
    }

    fn of_random(&mut self, what: &str, span: Span, help: Option<&str>) -> Reported {
        let d = Diagnostic::error(BAD_FUNCTION, format!("{what} takes known numbers"))
            .at(span, "random")
            .note("known are numbers, inputs, and columns at their row, also of a column that a node is observed in");
        let d = match help {
            Some(help) => d.help(help),
            None => d,
        };
        self.fail(d)
    }

    /// `identity(3)`, `identity(k)`: its axes say all.
    fn identity(&mut self, e: &written::Expr, args: &[written::Expr]) -> Result<Expr, Reported> {
        let axis = match args {
            [one] => match &one.node {
                written::ExprKind::Number(n) if n.fract() == 0.0 && (1.0..=65_536.0).contains(n) => {
                    Some(Extent::Number(*n as usize))
                }
                written::ExprKind::Name(name) if name.path.len() == 1 && name.indices.is_empty() => {
                    self.plate_named(&name.path[0].node).map(|p| {
                        self.used_plates[p.0] = true;
                        Extent::Plate(p)
                    })
                }
                _ => None,
            },
            _ => None,
        };
        let Some(axis) = axis else {
            let d = Diagnostic::error(BAD_FUNCTION, "`identity` takes a size: a whole number or a plate")
                .at(e.span, "")
                .help("write `identity(2)` or `identity(k)`");
            return Err(self.fail(d));
        };
        Ok(Expr {
            kind: ExprKind::Call(Function::Identity, vec![]),
            axes: vec![axis, axis],
            random: false,
            span: e.span,
        })
    }

    /// What a name with its indices stands for.
    pub(super) fn reference(
        &mut self,
        name: &written::Name,
        span: Span,
        line: Line<'_>,
    ) -> Result<Ref, Reported> {
        let path = &name.path;
        let target = match path.as_slice() {
            [one] => {
                if let Some(n) = self.node_named(&one.node) {
                    Target::Node(n)
                } else if let Some(i) = self.input_named(&one.node) {
                    self.used_inputs[i.0] = true;
                    Target::Input(i)
                } else {
                    return self.covariate(name, &one.node, None, span, line);
                }
            }
            [table, column] => {
                let t = self.want_table(&table.node, table.span)?;
                return self.covariate(name, &column.node, Some(t), span, line);
            }
            _ => {
                let d = Diagnostic::error(UNKNOWN_NAME, format!("`{name}` is not a name"))
                    .at(span, "too many dots")
                    .help("a column is `table.column`");
                return Err(self.fail(d));
            }
        };
        let plates = match target {
            Target::Node(n) => self.headers[n.0].plates.clone(),
            Target::Input(i) => self.inputs[i.0].plates.clone(),
            Target::Column(_) => vec![],
        };
        if name.indices.len() > plates.len() {
            let label = match target {
                Target::Node(n) => self.headers[n.0].name.clone(),
                _ => path[0].node.clone(),
            };
            let d = Diagnostic::error(
                TOO_MANY_INDICES,
                format!(
                    "`{label}` has {} and is given {}",
                    count(plates.len(), "plate"),
                    indices(name.indices.len())
                ),
            )
            .at(name.indices[plates.len()].span, "one index too many")
            .help(format!("write `{label}{}`", self.bracket(&plates)));
            return Err(self.fail(d));
        }
        let mut index = vec![];
        let mut failed = Ok(());
        for (e, &p) in name.indices.iter().zip(&plates) {
            match self.index(e, p, &path[0].node, line) {
                Ok(i) => index.push(i),
                Err(e) => failed = Err(e),
            }
        }
        failed.map(|()| Ref { target, index })
    }

    /// A column as a number for each row: `age[n]`.
    fn covariate(
        &mut self,
        name: &written::Name,
        column: &str,
        table: Option<DataTableId>,
        span: Span,
        line: Line<'_>,
    ) -> Result<Ref, Reported> {
        let (index, plate) = match name.indices.as_slice() {
            [one] => match self.row_index(one, line) {
                Some(found) => found?,
                None => return Err(self.not_a_row(name, column, table, one.span, line)),
            },
            _ => return Err(self.not_a_row(name, column, table, span, line)),
        };
        if matches!(self.plates[plate.0].kind, PlateKind::Groups { .. })
            && let Some(found) = self.of_group(name, column, table, plate, span)
        {
            return found.map(|c| Ref { target: Target::Column(c), index: vec![index] });
        }
        let home = self.rows_of(plate);
        let Some(home) = home.filter(|h| table.is_none_or(|t| t == *h)) else {
            return Err(self.not_a_row(name, column, table, name.indices[0].span, line));
        };
        if table.is_none() && self.broken.contains(column) {
            return Err(self.unknown(column, span, "is not known", "a name"));
        }
        let at = name.path.last().map_or(span, |p| p.span);
        if table.is_none() && self.is_inline_without(home, column) {
            return Err(self.unknown(
                column,
                at,
                "is not a node, an input or a column",
                "a node, an input or a column",
            ));
        }
        Ok(Ref { target: Target::Column(self.column(home, column, at)?), index: vec![index] })
    }

    /// A column that a group reads of the row of its name; `None` where no table has rows with names.
    fn of_group(
        &mut self,
        name: &written::Name,
        column: &str,
        table: Option<DataTableId>,
        groups: PlateId,
        span: Span,
    ) -> Option<Result<ColumnId, Reported>> {
        let has = |t: DataTableId| match table {
            Some(wanted) => wanted == t,
            None => !self.is_inline_without(t, column),
        };
        let mut found: Vec<(PlateId, DataTableId)> = self.named_rows().filter(|(_, t)| has(*t)).collect();
        // Two plates over one table with one id name the same rows.
        found.dedup_by_key(|(_, t)| *t);
        let at = name.path.last().map_or(span, |p| p.span);
        match found[..] {
            [] => None,
            [(rows, t)] => Some(self.column_by_name(t, column, ByName { groups, rows }, at)),
            _ => {
                let all: Vec<String> =
                    found.iter().map(|(_, t)| format!("`{}.{column}`", self.tables[t.0].name)).collect();
                let d = Diagnostic::error(WHICH_COLUMN, format!("column `{column}` of which table?"))
                    .at(at, "several have rows with names")
                    .help(format!("write {}", all.join(" or ")));
                Some(Err(self.fail(d)))
            }
        }
    }

    fn is_inline_without(&self, table: DataTableId, column: &str) -> bool {
        use crate::graph::factor_graph::TableSource;
        matches!(&self.tables[table.0].source, TableSource::Inline(c) if !c.iter().any(|(n, _)| n == column))
    }

    /// A name that is neither node nor input, and whose index is not a row of a table.
    pub(super) fn not_a_row(
        &mut self,
        name: &written::Name,
        column: &str,
        table: Option<DataTableId>,
        span: Span,
        line: Line<'_>,
    ) -> Reported {
        let rows: Vec<PlateId> = line.plates.to_vec();
        if table.is_none() {
            let at = name.path[0].span;
            if let Some(p) = self.plate_named(column) {
                let d =
                    Diagnostic::error(WHICH_COLUMN, format!("`{}` is a plate, not a value", self.plate(p)))
                        .at(at, "a plate stands in brackets only")
                        .help(format!("write `name[{column}]`"));
                return self.fail(d);
            }
            let row = rows
                .iter()
                .copied()
                .find(|&p| self.rows_of(p).is_some_and(|t| !self.is_inline_without(t, column)));
            let near = self
                .headers
                .iter()
                .map(|h| h.name.as_str())
                .chain(self.inputs.iter().map(|i| i.name.as_str()));
            if let (Some(p), None, true) = (row, nearest(column, near), name.indices.is_empty()) {
                let d = Diagnostic::error(UNKNOWN_NAME, format!("`{column}` is not a node or an input"))
                    .at(at, "unknown name")
                    .help(format!("a column needs its row: `{column}[{}]`", self.plate(p)));
                return self.fail(d);
            }
            return self.unknown(
                column,
                at,
                "is not a node, an input or a column",
                "a node, an input, or a column with its row",
            );
        }
        let table = table.map_or(String::new(), |t| self.tables[t.0].name.clone());
        let row =
            rows.iter().copied().find(|&p| self.rows_of(p).is_some_and(|t| self.tables[t.0].name == table));
        let d = Diagnostic::error(WHICH_COLUMN, format!("a column has one value for each row of `{table}`"))
            .at(span, "not a row of that table");
        let grouped = rows.iter().any(|&p| matches!(self.plates[p.0].kind, PlateKind::Groups { .. }));
        let d = match row {
            None if grouped => d.help(format!(
                "a group reads the row of its name: declare `Rows(table: \"{table}\", id: \"…\")` with the column of the names"
            )),
            Some(p) => d.help(format!("write `{table}.{column}[{}]`", self.plate(p))),
            None => d.note(format!("the line `{}` has no plate with the rows of `{table}`", line.key)),
        };
        self.fail(d)
    }

    pub(super) fn is_random(&self, r: &Ref) -> bool {
        use crate::graph::factor_graph::Index;
        matches!(r.target, Target::Node(_)) || r.index.iter().any(|i| matches!(i, Index::Gate(_)))
    }

    /// How many axes an expression has.
    pub(super) fn rank(&self, e: &Expr) -> usize {
        match &e.kind {
            ExprKind::Numbers(_) => e.axes.len(),
            ExprKind::Ref(r) => {
                let (plates, event) = match r.target {
                    Target::Node(n) => {
                        (self.headers[n.0].plates.len(), self.headers[n.0].spec.stat.value.rank())
                    }
                    Target::Input(i) => (self.inputs[i.0].plates.len(), self.inputs[i.0].event.len()),
                    Target::Column(_) => (1, 0),
                };
                plates - r.index.len() + event
            }
            ExprKind::Negate(a) => self.rank(a),
            ExprKind::Binary(_, a, b) => self.rank(a).max(self.rank(b)),
            ExprKind::Call(f, args) => match f {
                Function::Dot => args.iter().map(|a| self.rank(a)).sum::<usize>().saturating_sub(2),
                Function::Element(_) => 0,
                Function::Scalar(_) => self.rank(&args[0]),
                Function::MatrixVector | Function::Stick | Function::NotLast | Function::Unit(_) => 1,
                Function::Diag | Function::Identity | Function::Earlier => 2,
            },
        }
    }

    /// For `theta[d]`, where `d` groups the rows that the line has: `theta[doc[w]]`.
    pub(super) fn index_by_group(&self, p: PlateId, plates: &[PlateId]) -> Option<String> {
        let PlateKind::Groups { columns } = &self.plates[p.0].kind else { return None };
        let rows = plates.iter().find(|q| self.rows_of(**q) == Some(self.columns[columns[0].0].table))?;
        Some(format!("{}[{}]", self.columns[columns[0].0].name, self.plate(*rows)))
    }
}

fn pair(op: BinaryOp, a: Expr, b: Expr, random: bool, span: Span) -> Expr {
    Expr { kind: ExprKind::Binary(op, Box::new(a), Box::new(b)), axes: vec![], random, span }
}

pub(super) fn count(n: usize, what: &str) -> String {
    match n {
        0 => format!("no {what}s"),
        1 => format!("one {what}"),
        n => format!("{n} {what}s"),
    }
}

fn indices(n: usize) -> String {
    if n == 1 { "one index".to_owned() } else { format!("{n} indices") }
}

pub(super) fn rank_words(rank: usize) -> &'static str {
    match rank {
        0 => "a number",
        1 => "a vector",
        2 => "a matrix",
        _ => "an array of more than two axes",
    }
}
