//! A known argument as the user wrote it, with the letters of its factor. Not here: what is random
//! (`operand`).

use super::{
    letters::{Letters, column_text},
    number::join,
    one_factor::OneFactor,
};
use crate::{
    expfam::stat::{Part, PartRole, PartShape},
    factorize::symbol::bracket,
    graph::{
        energy::{Element, Known, KnownMap, Op, Role, Source},
        factor_graph::{Expr, ExprKind, Function, Index, Ref, Target},
    },
    syntax::expr::BinaryOp,
};

impl OneFactor<'_> {
    /// The value of a known argument as the user wrote it, its indices as letters.
    pub(super) fn known(&self, known: &Known, op: &Op, letters: &Letters<'_>) -> String {
        let axes: Vec<String> =
            op.axes.iter().filter(|l| !self.is_axis(**l)).map(|&l| letters.text(l)).collect();
        let text = match &known.expr.kind {
            ExprKind::Ref(r) if matches!(r.target, Target::Input(_)) => {
                let at: Vec<String> = op.elements.iter().map(|e| letters.element(*e)).chain(axes).collect();
                bracket(&self.target(r), &at)
            }
            _ => {
                let text = self.expr(&known.expr, letters, 0);
                if known.expr.axes.is_empty() || axes.is_empty() {
                    text
                } else {
                    format!("{text}[{}]", axes.join(","))
                }
            }
        };
        let (factor, slot) = known.place;
        let factor = &self.graph.factors[factor];
        match (known.map, factor.args[slot - 1].spelling) {
            (KnownMap::Stat { convert: Some(convert), .. }, Some(s)) => {
                let param = &factor.spec.params[slot - 1];
                if let ExprKind::Numbers(n) = &known.expr.kind {
                    let mut value = n.clone();
                    if n.len() == 1 && convert(&mut value, 1).is_ok() && value[0].to_string().len() < 8 {
                        return numbers(&value);
                    }
                }
                format!("{}({}: {text})", param.name, param.spellings[s].name)
            }
            _ => text,
        }
    }

    fn target(&self, r: &Ref) -> String {
        match r.target {
            Target::Node(n) => self.graph.nodes[n.0].name.clone(),
            Target::Input(i) => self.graph.inputs[i.0].name.clone(),
            Target::Column(c) => column_text(self.graph, c),
        }
    }

    fn expr(&self, e: &Expr, letters: &Letters<'_>, least: u8) -> String {
        match &e.kind {
            ExprKind::Numbers(n) if n.len() > 12 => format!("[{} numbers]", n.len()),
            ExprKind::Numbers(n) if e.axes.len() == 2 => {
                let d = (n.len() as f64).sqrt() as usize;
                let rows: Vec<String> = n.chunks(d.max(1)).map(|r| format!("[{}]", list(r))).collect();
                format!("[{}]", rows.join(", "))
            }
            ExprKind::Numbers(n) if e.axes.is_empty() => numbers(n),
            ExprKind::Numbers(n) => format!("[{}]", list(n)),
            ExprKind::Ref(r) => {
                let at: Vec<String> = r.index.iter().map(|i| letters.element(self.index(i))).collect();
                bracket(&self.target(r), &at)
            }
            ExprKind::Negate(a) => format!("−{}", self.expr(a, letters, 4)),
            ExprKind::Binary(op, a, b) => {
                let level = op.precedence();
                let sign = match op {
                    BinaryOp::Sub => " − ".to_string(),
                    BinaryOp::Div | BinaryOp::Power => op.sign().to_string(),
                    _ => format!(" {} ", op.sign()),
                };
                let (a, b) = (self.expr(a, letters, level), self.expr(b, letters, level + 1));
                let text = match op {
                    BinaryOp::Mul => join(&a, &b),
                    _ => format!("{a}{sign}{b}"),
                };
                if level < least { format!("({text})") } else { text }
            }
            ExprKind::Call(Function::Identity, _) => "I".into(),
            ExprKind::Call(function, args) => {
                let args: Vec<String> = args.iter().map(|a| self.expr(a, letters, 0)).collect();
                match function {
                    Function::MatrixVector => args.join(" "),
                    Function::Dot => format!("dot({})", args.join(", ")),
                    Function::Scalar(f) => format!("{}({})", f.name(), args.join(", ")),
                    Function::Element(at) => self.graph.element_text(&args[0], *at),
                    Function::Diag => format!("diag({})", args.join(", ")),
                    _ => format!("stick({})", args.join(", ")),
                }
            }
        }
    }

    /// How an index of an expression follows from the factor's letters.
    fn index(&self, i: &Index) -> Element {
        let energy = self.energy();
        let plate = |p| energy.labels.iter().position(|l| l.role == Role::Plate(p)).unwrap_or(0);
        match i {
            Index::Plate(p) => Element::Label(plate(*p)),
            Index::Column { column, plate: p } => Element::Column { column: *column, label: plate(*p) },
            Index::Before { plate: p, lag } => Element::Before { label: plate(*p), lag: *lag },
            Index::Parent(p) => Element::Parent { label: plate(*p) },
            Index::At(n) => Element::At(*n),
            Index::Gate(r) => {
                let elements: Vec<Element> = r.index.iter().map(|i| self.index(i)).collect();
                let is = |o: &&Op| {
                    matches!(r.target, Target::Node(n) if o.source == Source::Node(n))
                        && o.elements == elements
                };
                let gate =
                    energy.terms.iter().flat_map(|t| &t.ops).filter(is).find_map(|o| {
                        o.axes.first().copied().filter(|l| energy.labels[*l].role == Role::Gate)
                    });
                Element::Label(gate.unwrap_or(0))
            }
        }
    }

    /// A known part that is 0 or ±1 everywhere: it is not worth a symbol.
    pub(super) fn plain_number(&self, known: &Known, part: usize) -> Option<f64> {
        let ExprKind::Numbers(n) = &known.expr.kind else { return None };
        if let KnownMap::Stat { convert: Some(_), .. } = known.map {
            return None;
        }
        let all = |v: f64| n.iter().all(|x| *x == v);
        let Part { role, shape, .. } = known.map.part(part);
        match role {
            PartRole::Value | PartRole::Square if all(0.0) => Some(0.0),
            PartRole::Value
                if known.expr.axes.is_empty()
                    && self.scalar(known, part)
                    && n.len() == 1
                    && n[0].abs() == 1.0 =>
            {
                Some(n[0])
            }
            PartRole::Square if shape == PartShape::Scalar && n.len() == 1 && n[0].abs() == 1.0 => Some(1.0),
            PartRole::Log if n.len() == 1 && n[0] == 1.0 => Some(0.0),
            PartRole::Zero => Some(0.0),
            _ => None,
        }
    }

    fn scalar(&self, known: &Known, part: usize) -> bool {
        match known.map {
            KnownMap::Stat { kind, .. } => kind.parts[part].shape == PartShape::Scalar,
            _ => true,
        }
    }
}

fn numbers(n: &[f64]) -> String {
    n.first().map_or(String::new(), |v| v.to_string().replace('-', "−"))
}

fn list(n: &[f64]) -> String {
    n.iter().map(|v| v.to_string().replace('-', "−")).collect::<Vec<_>>().join(", ")
}
