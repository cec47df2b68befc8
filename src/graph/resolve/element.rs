//! One element, named in the model: `mu[2]`, `b['F']`, and of a vector `f[2]`. Not here: indices that follow from
//! the child's own (`index`), nor which element a label is, which data say (`bind`).

use super::{args::Line, expr::count, resolver::Resolver};
use crate::{
    diag::{Diagnostic, Reported},
    graph::{
        codes::{BAD_INDEX, TOO_MANY_INDICES},
        evaluate::each_part,
        factor_graph::{
            Expr, ExprKind, Fixed, Function, Index, InputSource, Labelled, LabelledAxis, PlateKind, Ref,
            Target,
        },
    },
    shape::{Extent, PlateId},
    source::Span,
    syntax::expr as written,
};

impl Resolver<'_> {
    /// A number as the index of a plate.
    pub(super) fn numbered(
        &mut self,
        e: &written::Expr,
        n: f64,
        plate: PlateId,
        owner: &str,
    ) -> Result<Index, Reported> {
        let PlateKind::Size(size) = self.plates[plate.0].kind else {
            let d = Diagnostic::error(BAD_INDEX, format!("`{owner}` cannot be indexed by a number here"))
                .at(e.span, format!("`{}` is not a plate `Size(…)`", self.plate(plate)))
                .note("a number names an element of a `Size` plate, counted from 1");
            let d = match self.plates[plate.0].kind {
                PlateKind::Steps { .. } | PlateKind::Tree { .. } => {
                    d.help("the first step of a node is a line of its own: `\"z[0]\"`")
                }
                PlateKind::Rows { id: None, .. } => d.help(format!(
                    "name the rows, `Rows(table: …, id: \"column\")`, and write `{owner}['name']`"
                )),
                _ => d.help(format!(
                    "an element of `{}` is named by its label: `{owner}['{n}']`",
                    self.plate(plate)
                )),
            };
            return Err(self.fail(d));
        };
        if n.fract() == 0.0 && n >= 1.0 && n <= size as f64 {
            return Ok(Index::At(Fixed::Number(n as usize - 1)));
        }
        let d = Diagnostic::error(BAD_INDEX, format!("plate `{}` has no element {n}", self.plate(plate)))
            .at(e.span, format!("expected a whole number from 1 to {size}"));
        Err(self.fail(d))
    }

    /// A label as the index of a plate.
    pub(super) fn labelled_in(
        &mut self,
        e: &written::Expr,
        label: &str,
        plate: PlateId,
        owner: &str,
    ) -> Result<Index, Reported> {
        let of = LabelledAxis::Plate(plate);
        let without = match &self.plates[plate.0].kind {
            PlateKind::Size(_) => "its elements may be the levels of a column, or have no labels",
            PlateKind::Rows { id: None, .. } => "its rows have no names: `Rows(table: …, id: \"column\")`",
            PlateKind::Steps { id: None, .. } => "its steps have no names: `Steps(table: …, id: \"column\")`",
            PlateKind::Tree { id: None, .. } => "its rows have no names: `Tree(table: …, id: \"column\", …)`",
            _ => return Ok(Index::At(self.labelled(of, label, e.span))),
        };
        if let PlateKind::Size(size) = self.plates[plate.0].kind {
            let d = Diagnostic::error(BAD_INDEX, format!("`{owner}` cannot be indexed by a label here"))
                .at(e.span, format!("elements of `{}` are the numbers from 1 to {size}", self.plate(plate)))
                .help(format!("write the number: `{owner}[1]`"));
            return Err(self.fail(d));
        }
        let d = Diagnostic::error(BAD_INDEX, format!("`{owner}` cannot be indexed by a label here"))
            .at(e.span, format!("an element of `{}`?", self.plate(plate)))
            .note(without);
        Err(self.fail(d))
    }

    fn labelled(&mut self, of: LabelledAxis, label: &str, span: Span) -> Fixed {
        let found = self.labelled.iter().position(|l| l.of == of && l.label == label);
        Fixed::Label(found.unwrap_or_else(|| {
            self.labelled.push(Labelled { of, label: label.to_owned(), span });
            self.labelled.len() - 1
        }))
    }

    /// `f[2]`: one number of a vector, where the name has an index more than its array has plates. `None` for
    /// anything else.
    pub(super) fn of_vector(
        &mut self,
        name: &written::Name,
        span: Span,
        line: Line<'_>,
    ) -> Option<Result<Expr, Reported>> {
        let [one] = name.path.as_slice() else { return None };
        let (target, plates, rank) = if let Some(n) = self.node_named(&one.node) {
            (Target::Node(n), self.headers[n.0].plates.len(), self.headers[n.0].spec.stat.value.rank())
        } else {
            let i = self.input_named(&one.node)?;
            (Target::Input(i), self.inputs[i.0].plates.len(), self.inputs[i.0].event.len())
        };
        if rank != 1 || name.indices.len() != plates + 1 {
            return None;
        }
        let last = &name.indices[plates];
        let fixed = match (&last.node, target) {
            (written::ExprKind::Number(n), _) if n.fract() == 0.0 && *n >= 1.0 && *n < 4_294_967_296.0 => {
                Ok(Fixed::Number(*n as usize - 1))
            }
            (written::ExprKind::Label(label), Target::Node(n)) => {
                Ok(self.labelled(LabelledAxis::Event(n), label, last.span))
            }
            (written::ExprKind::Label(label), Target::Input(i)) => match &self.inputs[i.0].source {
                InputSource::Columns(c) if c.iter().any(|c| self.columns[c.0].name == *label) => {
                    Ok(Fixed::Number(c.iter().position(|c| self.columns[c.0].name == *label).unwrap_or(0)))
                }
                InputSource::Columns(c) => {
                    let all: Vec<String> =
                        c.iter().map(|c| format!("`{}`", self.columns[c.0].name)).collect();
                    let d = Diagnostic::error(BAD_INDEX, format!("`{}` has no column `{label}`", one.node))
                        .at(last.span, "no such column")
                        .note(format!("its columns are {}", all.join(", ")));
                    Err(self.fail(d))
                }
                _ => {
                    let d =
                        Diagnostic::error(BAD_INDEX, format!("the numbers of `{}` have no labels", one.node))
                            .at(last.span, "a label")
                            .help(format!("count from 1: `{}[…, 1]`", one.node));
                    Err(self.fail(d))
                }
            },
            _ => {
                let d = Diagnostic::error(
                    TOO_MANY_INDICES,
                    format!("`{}` has {}, and its values are vectors", one.node, count(plates, "plate")),
                )
                .at(last.span, "not one element of a vector")
                .note("one number of a vector is named by its place from 1 or by its label: `f[2]`, `f['x']`")
                .help("let the numbers be an array over a plate, to pick among them: `\"f[j]\": Normal(…)`");
                Err(self.fail(d))
            }
        };
        let whole = written::Name { path: name.path.clone(), indices: name.indices[..plates].to_vec() };
        let vector = self.reference(&whole, span, line);
        Some(fixed.and_then(|fixed| {
            let vector = vector?;
            let random = self.is_random(&vector);
            let vector = Expr { kind: ExprKind::Ref(vector), axes: vec![], random, span };
            Ok(Expr {
                kind: ExprKind::Call(Function::Element(fixed), vec![vector]),
                axes: vec![],
                random,
                span,
            })
        }))
    }

    /// Elements of vectors whose length the model says: that they are there.
    pub(super) fn elements_exist(&mut self, expr: &Expr) {
        each_part(expr, &mut |e| {
            let ExprKind::Call(Function::Element(Fixed::Number(i)), args) = &e.kind else { return };
            let size = match args.first().and_then(|a| a.axes.last()) {
                Some(Extent::Number(n)) => Some(*n),
                Some(Extent::Plate(p)) => self.plates[p.0].known_size(),
                _ => None,
            };
            if let Some(size) = size.filter(|size| i >= size) {
                let name = match &args[0].kind {
                    ExprKind::Ref(Ref { target, .. }) => self.target(*target).0.to_owned(),
                    _ => String::new(),
                };
                let title = format!("a value of `{name}` has no number {}", i + 1);
                let d = Diagnostic::error(BAD_INDEX, title)
                    .at(e.span, format!("expected a whole number from 1 to {size}"));
                self.fail(d);
            }
        });
    }
}
