//! Elements that the model calls by themselves, found among the data's: `b['F']` by its label, `f[2]` by its place. Not
//! here: elements that the cells of a column name (`codes`).

use super::{Binder, LENGTHS_DIFFER, UNKNOWN_LEVEL, codes::some_levels};
use crate::{
    diag::{Diagnostic, suggest::nearest},
    graph::{
        evaluate::each_part,
        factor_graph::{Expr, ExprKind, Fixed, Function, LabelledAxis},
    },
};

impl Binder<'_> {
    pub(super) fn labelled(&mut self) {
        let graph = self.graph;
        for l in &graph.labelled {
            let Some(place) = self.bound.place_of(graph, l) else {
                let whose = match l.of {
                    LabelledAxis::Plate(p) => format!("plate `{}`", graph.plate_name(p)),
                    LabelledAxis::Event(n) => format!("the values of `{}`", graph.nodes[n.0].name),
                };
                let d = match self.bound.labels_of(graph, l.of) {
                    Some(all) => {
                        let title = format!("`{}` is no element of {whose}", l.label);
                        let d = Diagnostic::error(UNKNOWN_LEVEL, title).at(l.span, "no such element");
                        match nearest(&l.label, all.iter().map(String::as_str)) {
                            Some(meant) => d.help(format!("did you mean `{meant}`?")),
                            None => d,
                        }
                        .note(format!("the elements are {}", some_levels(&all)))
                    }
                    None => {
                        Diagnostic::error(UNKNOWN_LEVEL, format!("the elements of {whose} have no labels"))
                            .at(l.span, "a label")
                            .help("count from 1, as in `f[2]`")
                    }
                };
                self.fail(d);
                continue;
            };
            self.bound.labelled.push(place);
        }
        graph.factors.iter().flat_map(|f| &f.args).for_each(|a| self.elements_exist(&a.expr));
        graph.derived.iter().for_each(|d| self.elements_exist(&d.expr));
    }

    /// Elements of vectors by their places: that they are there.
    fn elements_exist(&mut self, expr: &Expr) {
        each_part(expr, &mut |e| {
            let ExprKind::Call(Function::Element(Fixed::Number(i)), args) = &e.kind else { return };
            let size = args.first().and_then(|a| a.axes.last()).map(|&x| self.bound.size(x));
            if let Some(size) = size.filter(|size| i >= size) {
                let title = format!("there is no number {} in a vector of {size}", i + 1);
                self.fail(
                    Diagnostic::error(LENGTHS_DIFFER, title)
                        .at(e.span, format!("expected a whole number from 1 to {size}")),
                );
            }
        });
    }
}
