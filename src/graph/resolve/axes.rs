//! Finds what every axis runs over, by unification: each node has one event axis, and uses make axes equal.
//! Lengths that only data know are compared later (`bind`), from the list of axes that must agree.

use super::{expr::rank_words, resolver::Resolver};
use crate::{
    diag::{Diagnostic, Reported},
    expfam::stat::{Arithmetic, Domain, PartShape, StatKind},
    graph::{
        codes::{AXES_DIFFER, COLUMN_COUNT, OPEN_LENGTH, WRONG_GATE, WRONG_RANK},
        factor_graph::{
            Arg, Expr, ExprKind, Factor, Function, Index, Node, Observed, ObservedValues, PlateKind, Ref,
            Same, Target,
        },
    },
    shape::{Extent, NodeId, PlateId},
    source::Span,
};

/// An axis of an expression.
#[derive(Clone, Copy, Debug, PartialEq)]
enum AxisTerm {
    Known(Extent),
    /// The event axis of a node.
    Event(NodeId),
}

/// What makes two axes one.
#[derive(Clone, Copy, PartialEq)]
enum Why {
    /// They meet in one call or one sum.
    Shape,
    /// One is picked by the other's category.
    Gate,
    /// The columns of an observed vector.
    Columns,
    /// They are summed over together: lengths count, names do not.
    Length,
}

struct Link {
    left: AxisTerm,
    right: AxisTerm,
    span: Span,
    why: Why,
}

/// Event axes that are one, and what is known of them.
struct Classes {
    parent: Vec<usize>,
    known: Vec<Vec<(Extent, Span)>>,
    /// Classes of which a clash was told: what follows from it is not told again.
    clashed: Vec<bool>,
}

impl Classes {
    fn find(&self, mut n: usize) -> usize {
        while self.parent[n] != n {
            n = self.parent[n];
        }
        n
    }
}

impl Resolver<'_> {
    /// Nodes with their events, lines with the axes of every expression, and the axes whose lengths data must
    /// show to agree.
    pub(super) fn shapes(
        &mut self,
        mut factors: Vec<Factor>,
        observed: Vec<Option<Observed>>,
    ) -> (Vec<Node>, Vec<Factor>, Vec<Same>) {
        for factor in &mut factors {
            let (plates, spec) = (self.headers[factor.node.0].plates.clone(), factor.spec);
            for (_, arg) in factor
                .args
                .iter_mut()
                .enumerate()
                .filter(|(s, _)| spec.slot_stat(s + 1).is(Arithmetic::Sum, PartShape::Scalar))
            {
                if let [AxisTerm::Known(Extent::Plate(p))] = self.axes(&arg.expr)[..]
                    && plates.contains(&p)
                    && has_product(&arg.expr)
                {
                    self.element(&mut arg.expr, p);
                }
            }
        }
        let mut links = vec![];
        // Nodes whose axis stayed open because an argument did not fit: told once.
        let mut misfits = vec![];
        for factor in &factors {
            if self.line_links(factor, &mut links).is_err() {
                misfits.push(factor.node.0);
            }
        }
        for (n, o) in observed.iter().enumerate() {
            if let Some(o) = o
                && let ObservedValues::Columns(c) = &o.values
                && self.headers[n].spec.stat.value.rank() == 1
            {
                links.push(Link {
                    left: AxisTerm::Event(NodeId(n)),
                    right: AxisTerm::Known(Extent::Number(c.len())),
                    span: o.span,
                    why: Why::Columns,
                });
            }
        }
        // What names an axis comes before what picks from it, and that before what only measures it.
        links.sort_by_key(|l| match l.why {
            Why::Shape | Why::Columns => 0,
            Why::Gate => 1,
            Why::Length => 2,
        });
        let count = self.headers.len();
        let mut classes =
            Classes { parent: (0..count).collect(), known: vec![vec![]; count], clashed: vec![false; count] };
        let mut same = vec![];
        for link in &links {
            self.unify(link, &mut classes, &mut same);
        }
        self.levels_of_observed(&observed, &mut classes);
        // A length may have been asked of an axis that only now is known.
        let open: Vec<usize> = (0..count)
            .filter(|&n| self.headers[n].spec.has_dim() && classes.known[classes.find(n)].is_empty())
            .collect();
        let mut told: Vec<usize> = misfits.iter().map(|&n| classes.find(n)).collect();
        for n in open {
            let class = classes.find(n);
            if !told.contains(&class) {
                told.push(class);
                self.open_length(NodeId(n));
            }
        }
        for class in &classes.known {
            for (i, (left, span)) in class.iter().enumerate() {
                same.extend(class[..i].iter().map(|(right, _)| Same {
                    left: *right,
                    right: *left,
                    span: *span,
                }));
            }
        }
        let event = |n: usize| {
            self.headers[n].spec.has_dim().then(|| canonical(&classes.known[classes.find(n)])).flatten()
        };
        for factor in &mut factors {
            for arg in &mut factor.args {
                self.fill(&mut arg.expr, &event);
            }
        }
        let mut sticks = vec![];
        factors.iter().flat_map(|f| &f.args).for_each(|a| sticks_of(&a.expr, &mut sticks));
        let nodes = self
            .headers
            .iter()
            .zip(observed)
            .enumerate()
            .map(|(n, (h, observed))| Node {
                name: h.name.clone(),
                span: h.span,
                plates: h.plates.clone(),
                spec: h.spec,
                called: h.spec,
                stick: sticks.contains(&n),
                event: event(n),
                observed,
                call: h.call,
            })
            .collect();
        (nodes, factors, same)
    }

    /// Turns an expression whose first axis is the plate `p` into its element at the child's own index:
    /// `A * h[t-1]` into `dot(A[i], h[t-1])`.
    fn element(&self, e: &mut Expr, p: PlateId) {
        let rank = self.axes(e).len();
        let whole = |x: &Expr| self.axes(x).len() == rank;
        match &mut e.kind {
            ExprKind::Numbers(_) => {}
            ExprKind::Ref(r) => r.index.push(Index::Plate(p)),
            ExprKind::Negate(a) => self.element(a, p),
            ExprKind::Binary(_, a, b) => {
                // A number beside a vector stands for each of its elements.
                let (left, right) = (whole(a), whole(b));
                if left {
                    self.element(a, p);
                }
                if right {
                    self.element(b, p);
                }
            }
            ExprKind::Call(f @ (Function::MatrixVector | Function::Dot), args) => {
                self.element(&mut args[0], p);
                *f = Function::Dot;
            }
            ExprKind::Call(..) => {}
        }
    }

    /// What one line says of axes.
    fn line_links(&mut self, factor: &Factor, links: &mut Vec<Link>) -> Result<(), Reported> {
        let mut fits = Ok(());
        let child = AxisTerm::Event(factor.node);
        let decl = self.model.nodes.iter().find(|d| d.call.span == factor.span);
        if let Some(Ok(Some((extent, span)))) = decl.map(|d| self.over(&d.call)) {
            links.push(Link { left: child, right: AxisTerm::Known(extent), span, why: Why::Shape });
        }
        for (s, arg) in factor.args.iter().enumerate() {
            self.expr_links(&arg.expr, links);
            let slot = factor.spec.slot_stat(s + 1);
            let axes = self.axes(&arg.expr);
            if axes.len() == slot.value.rank() {
                links.extend(axes.into_iter().map(|right| Link {
                    left: child,
                    right,
                    span: arg.expr.span,
                    why: Why::Shape,
                }));
            } else {
                fits = self.rank_fits(factor, s, arg, &axes).and(fits);
            }
        }
        fits
    }

    /// An argument of another rank than its slot: a known number may stand for a whole vector, nothing else
    /// may. A wrong kind of node is told as such later (`check`).
    fn rank_fits(&mut self, factor: &Factor, s: usize, arg: &Arg, axes: &[AxisTerm]) -> Result<(), Reported> {
        let slot = factor.spec.slot_stat(s + 1);
        let want = slot.value.rank();
        if !arg.expr.random && axes.is_empty() && want == 1 && slot.domain != Domain::Simplex {
            return Ok(());
        }
        if let Some(stat) = self.head(&arg.expr)
            && stat != slot
            && stat.arithmetic != Arithmetic::Sum
        {
            return Ok(());
        }
        // A vector of Normals in place of a MvNormal is a matter of what the engine carries.
        if self.head(&arg.expr).is_some_and(|head| slot.is_vector_of(head)) && axes.len() == want {
            return Ok(());
        }
        let param = factor.spec.params[s].name;
        let mut d = Diagnostic::error(
            WRONG_RANK,
            format!(
                "the {param} of a {} is {}, not {}",
                factor.spec.name,
                rank_words(want),
                rank_words(axes.len())
            ),
        )
        .at(arg.expr.span, rank_words(axes.len()))
        .note(format!("{param}: {}", factor.spec.params[s].doc));
        if let (ExprKind::Ref(r), true) = (&arg.expr.kind, axes.len() > want) {
            let (name, plates) = self.target(r.target);
            if r.index.len() < plates.len() {
                d = d
                    .note(format!(
                        "plates left off at the end are axes: `{name}` runs over `{}`",
                        self.bracket(&plates).trim_matches(['[', ']'])
                    ))
                    .help(format!("write `{name}{}`", self.bracket(&plates)));
            }
        } else if want == 2 && axes.is_empty() {
            d = d.help("write a matrix: `[[1, 0], [0, 1]]`, `identity(2)` or a product with one");
        } else if slot.domain == Domain::Simplex && axes.is_empty() {
            d = d.help("write one probability for each: `[0.5, 0.5]`");
        }
        Err(self.fail(d))
    }

    fn target(&self, t: Target) -> (String, Vec<PlateId>) {
        match t {
            Target::Node(n) => (self.headers[n.0].name.clone(), self.headers[n.0].plates.clone()),
            Target::Input(i) => (self.inputs[i.0].name.clone(), self.inputs[i.0].plates.clone()),
            Target::Column(c) => (self.columns[c.0].name.clone(), vec![]),
        }
    }

    /// The statistic of the first random variable in an expression, gates left out.
    fn head(&self, e: &Expr) -> Option<&'static StatKind> {
        match &e.kind {
            ExprKind::Numbers(_) => None,
            ExprKind::Ref(r) => match r.target {
                Target::Node(n) => Some(self.headers[n.0].spec.stat),
                _ => None,
            },
            ExprKind::Negate(a) => self.head(a),
            ExprKind::Binary(_, a, b) => self.head(a).or_else(|| self.head(b)),
            ExprKind::Call(_, args) => args.iter().find_map(|a| self.head(a)),
        }
    }

    /// What an expression by itself says of axes: its operands, its gates.
    fn expr_links(&self, e: &Expr, links: &mut Vec<Link>) {
        match &e.kind {
            ExprKind::Numbers(_) => {}
            ExprKind::Ref(r) => self.gate_links(r, e.span, links),
            ExprKind::Negate(a) => self.expr_links(a, links),
            ExprKind::Binary(_, a, b) => {
                self.expr_links(a, links);
                self.expr_links(b, links);
                let (x, y) = (self.axes(a), self.axes(b));
                if x.len() == y.len() {
                    links.extend(x.into_iter().zip(y).map(|(left, right)| Link {
                        left,
                        right,
                        span: e.span,
                        why: Why::Shape,
                    }));
                }
            }
            ExprKind::Call(f, args) => {
                args.iter().for_each(|a| self.expr_links(a, links));
                if let (Function::Dot | Function::MatrixVector, [a, b]) = (f, &args[..])
                    && let (Some(&left), Some(&right)) = (self.axes(a).last(), self.axes(b).last())
                {
                    links.push(Link { left, right, span: e.span, why: Why::Length });
                }
            }
        }
    }

    fn gate_links(&self, r: &Ref, span: Span, links: &mut Vec<Link>) {
        let (_, plates) = self.target(r.target);
        for (i, p) in r.index.iter().zip(&plates) {
            if let Index::Gate(g) = i {
                if let Target::Node(z) = g.target {
                    links.push(Link {
                        left: AxisTerm::Event(z),
                        right: AxisTerm::Known(Extent::Plate(*p)),
                        span,
                        why: Why::Gate,
                    });
                }
                self.gate_links(g, span, links);
            }
        }
    }

    fn axes(&self, e: &Expr) -> Vec<AxisTerm> {
        let known = |axes: &[Extent]| axes.iter().map(|&x| AxisTerm::Known(x)).collect();
        match &e.kind {
            ExprKind::Numbers(_) => known(&e.axes),
            ExprKind::Ref(r) => {
                let (_, plates) = self.target(r.target);
                let mut out: Vec<AxisTerm> =
                    plates.iter().skip(r.index.len()).map(|&p| AxisTerm::Known(Extent::Plate(p))).collect();
                match r.target {
                    Target::Node(n) => {
                        out.extend(vec![AxisTerm::Event(n); self.headers[n.0].spec.stat.value.rank()])
                    }
                    Target::Input(i) => {
                        out.extend(self.inputs[i.0].event.iter().map(|&n| AxisTerm::Known(Extent::Number(n))))
                    }
                    Target::Column(_) => {}
                }
                out
            }
            ExprKind::Negate(a) => self.axes(a),
            ExprKind::Binary(_, a, b) => {
                let (x, y) = (self.axes(a), self.axes(b));
                if x.len() >= y.len() { x } else { y }
            }
            ExprKind::Call(Function::Identity, _) => known(&e.axes),
            ExprKind::Call(f, args) => {
                let mut each: Vec<Vec<AxisTerm>> = args.iter().map(|a| self.axes(a)).collect();
                match f {
                    Function::Dot => {
                        each.iter().flat_map(|a| a[..a.len().saturating_sub(1)].to_vec()).collect()
                    }
                    Function::MatrixVector => each[0].iter().take(1).copied().collect(),
                    Function::Diag => vec![each[0][0]; 2],
                    _ => each.swap_remove(0),
                }
            }
        }
    }

    fn unify(&mut self, link: &Link, classes: &mut Classes, same: &mut Vec<Same>) {
        let span = link.span;
        match (link.left, link.right) {
            (AxisTerm::Known(a), AxisTerm::Known(b)) => {
                self.meet(&[(a, span)], (b, span), link, same);
            }
            (AxisTerm::Event(n), AxisTerm::Known(x)) | (AxisTerm::Known(x), AxisTerm::Event(n)) => {
                let class = classes.find(n.0);
                if classes.clashed[class] {
                    return;
                }
                let have = classes.known[class].clone();
                classes.clashed[class] = !self.meet(&have, (x, span), link, same);
                if have.is_empty()
                    || link.why != Why::Length
                        && !have.iter().any(|(h, _)| *h == x)
                        && have.iter().all(|(h, _)| self.fits(*h, x, link.why))
                {
                    classes.known[class].push((x, span));
                }
            }
            (AxisTerm::Event(a), AxisTerm::Event(b)) => {
                let (a, b) = (classes.find(a.0), classes.find(b.0));
                if a == b || classes.clashed[a] || classes.clashed[b] {
                    return;
                }
                let (have, other) = (classes.known[a].clone(), classes.known[b].clone());
                if let Some(clash) =
                    other.iter().find(|(x, _)| have.iter().any(|(h, _)| !self.fits(*h, *x, link.why)))
                {
                    classes.clashed[b] = !self.meet(&have, *clash, link, same);
                    classes.clashed[a] = classes.clashed[b];
                    return;
                }
                if link.why == Why::Length && !have.is_empty() && !other.is_empty() {
                    self.meet(&have, other[0], link, same);
                    return;
                }
                classes.parent[b] = a;
                for x in other {
                    if !have.iter().any(|(h, _)| *h == x.0) {
                        classes.known[a].push(x);
                    }
                }
            }
        }
    }

    /// Can these two be one axis, for all one can tell without data?
    fn fits(&self, a: Extent, b: Extent, why: Why) -> bool {
        let size = |x: Extent| match x {
            Extent::Number(n) => Some(n),
            Extent::Plate(p) => match self.plates[p.0].kind {
                PlateKind::Size(n) => Some(n),
                _ => None,
            },
            Extent::Levels(_) => None,
        };
        let sized = |x: Extent| matches!(x, Extent::Number(_)) || size(x).is_some();
        match (size(a), size(b)) {
            _ if a == b => true,
            (Some(m), Some(n)) if m != n => false,
            _ if why == Why::Length => true,
            _ => match (a, b) {
                (Extent::Number(_), _) | (_, Extent::Number(_)) => true,
                // A block model needs the pairs of one category: `eta[k,l]` with two plates of one size.
                (Extent::Plate(_), Extent::Plate(_)) => {
                    why == Why::Gate && size(a).is_some() && size(b).is_some()
                }
                _ => sized(a) || sized(b),
            },
        }
    }

    /// Reports what does not fit, and then gives `false`; keeps what data must show.
    fn meet(
        &mut self,
        have: &[(Extent, Span)],
        (x, at): (Extent, Span),
        link: &Link,
        same: &mut Vec<Same>,
    ) -> bool {
        let Some(&(h, first)) = have.iter().find(|(h, _)| !self.fits(*h, x, link.why)) else {
            if link.why == Why::Length
                || matches!((link.left, link.right), (AxisTerm::Known(_), AxisTerm::Known(_)))
            {
                same.extend(have.iter().filter(|(h, _)| *h != x).map(|&(left, _)| Same {
                    left,
                    right: x,
                    span: at,
                }));
            }
            return true;
        };
        let (left, right) = (self.extent_words(h), self.extent_words(x));
        let d = match link.why {
            Why::Gate => Diagnostic::error(
                WRONG_GATE,
                format!("the category runs over {left}, and picks from {right}"),
            )
            .at(link.span, format!("picks from {right}"))
            .help("make the category's probabilities and what it picks run over one plate"),
            Why::Columns => {
                Diagnostic::error(COLUMN_COUNT, format!("a vector over {left} is bound to {right}"))
                    .at(link.span, right)
            }
            Why::Shape | Why::Length => {
                Diagnostic::error(AXES_DIFFER, format!("this axis is over {left}, and over {right}"))
                    .at(if at == first { link.span } else { at }, format!("over {right}"))
                    .help("let both run over one plate, or have one length")
            }
        };
        let d = if first == link.span { d } else { d.with(first, format!("over {left} here")) };
        // The same clash may come from several lines.
        if !self.diags.list().contains(&d) {
            self.fail(d);
        }
        false
    }

    fn extent_words(&self, x: Extent) -> String {
        match x {
            Extent::Number(n) => format!("{n} elements"),
            Extent::Plate(p) => match self.plates[p.0].kind {
                PlateKind::Size(n) => format!("plate `{}` of {n}", self.plate(p)),
                _ => format!("plate `{}`", self.plate(p)),
            },
            Extent::Levels(c) => {
                let c = &self.columns[c.0];
                format!("the levels of `{}.{}`", self.tables[c.table.0].name, c.name)
            }
        }
    }

    /// An observed category over nothing in particular runs over the levels of its column.
    fn levels_of_observed(&mut self, observed: &[Option<Observed>], classes: &mut Classes) {
        for (n, o) in observed.iter().enumerate() {
            let class = classes.find(n);
            let Some(o) = o else { continue };
            if !self.headers[n].spec.stat.one_hot() || !classes.known[class].is_empty() {
                continue;
            }
            let extent = match &o.values {
                ObservedValues::Columns(c) => self.levels(c[0]),
                ObservedValues::Table(t) => {
                    let plate = self.headers[n]
                        .plates
                        .iter()
                        .copied()
                        .find(|p| matches!(self.plates[p.0].kind, PlateKind::Columns { .. }));
                    let Some(plate) = plate else { continue };
                    Extent::Levels(self.joined(*t, plate, o.span))
                }
            };
            classes.known[class].push((extent, o.span));
        }
    }

    fn open_length(&mut self, n: NodeId) {
        let h = &self.headers[n.0];
        let vector = h.spec.stat.value.rank() == 1 && h.spec.stat.arithmetic != Arithmetic::Sum;
        let d = Diagnostic::error(OPEN_LENGTH, format!("nothing says how many elements `{}` has", h.name))
            .at(h.call, "of unknown length");
        let d = if vector || h.spec.stat.one_hot() {
            d.help("name what it runs over: `over: \"k\"`, `over: \"table.column\"` or `over: 3`")
        } else {
            d.help("write one parameter out as a list, or name the length: `over: 2`")
        };
        self.fail(d);
    }

    /// Writes the axes into an expression and all its parts.
    fn fill(&self, e: &mut Expr, event: &impl Fn(usize) -> Option<Extent>) {
        let axes = self.axes(e);
        match &mut e.kind {
            ExprKind::Numbers(_) | ExprKind::Ref(_) => {}
            ExprKind::Negate(a) => self.fill(a, event),
            ExprKind::Binary(_, a, b) => {
                self.fill(a, event);
                self.fill(b, event);
            }
            ExprKind::Call(_, args) => args.iter_mut().for_each(|a| self.fill(a, event)),
        }
        e.axes = axes
            .into_iter()
            .map(|a| match a {
                AxisTerm::Known(x) => x,
                // Open axes were reported; no graph is made of them.
                AxisTerm::Event(n) => event(n.0).unwrap_or(Extent::Number(1)),
            })
            .collect();
    }
}

/// Nodes that are the vector of a `stick`.
fn sticks_of(e: &Expr, out: &mut Vec<usize>) {
    match &e.kind {
        ExprKind::Numbers(_) | ExprKind::Ref(_) => {}
        ExprKind::Negate(a) => sticks_of(a, out),
        ExprKind::Binary(_, a, b) => {
            sticks_of(a, out);
            sticks_of(b, out);
        }
        ExprKind::Call(f, args) => match (f, args.as_slice()) {
            (Function::Stick, [Expr { kind: ExprKind::Ref(Ref { target: Target::Node(n), .. }), .. }]) => {
                out.push(n.0)
            }
            _ => args.iter().for_each(|a| sticks_of(a, out)),
        },
    }
}

/// Does a matrix times a vector stand in it?
fn has_product(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Numbers(_) | ExprKind::Ref(_) => false,
        ExprKind::Negate(a) => has_product(a),
        ExprKind::Binary(_, a, b) => has_product(a) || has_product(b),
        ExprKind::Call(f, args) => *f == Function::MatrixVector || args.iter().any(has_product),
    }
}

/// The one name of an axis that has several: the plate, else the levels, else the number.
fn canonical(known: &[(Extent, Span)]) -> Option<Extent> {
    let rank = |x: &Extent| match x {
        Extent::Plate(_) => 0,
        Extent::Levels(_) => 1,
        Extent::Number(_) => 2,
    };
    known.iter().map(|(x, _)| *x).min_by_key(rank)
}
