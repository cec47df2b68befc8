//! The keys of the nodes: which lines are one node, its plates, and which elements each line speaks of.

use super::resolver::{Header, Resolver};
use crate::{
    diag::{Diagnostic, Reported, suggest::nearest},
    dist,
    expfam::spec::DistSpec,
    graph::{
        codes::{BAD_KEY, LINES_DISAGREE, NAME_TAKEN, NO_STEP_BEFORE, UNKNOWN_DISTRIBUTION, UNKNOWN_NAME},
        factor_graph::{Factor, PlateKind, RowSet},
        resolve::names::list,
    },
    shape::{NodeId, PlateId},
    source::{Span, Spanned},
    syntax::ast::{Call, Key, KeyIndex, NodeDecl, Value},
};
use std::{borrow::Cow, collections::HashMap};

impl Resolver<'_> {
    /// One header for each name among the nodes, in file order.
    pub(super) fn headers(&mut self) {
        let mut groups: Vec<Vec<(usize, &NodeDecl)>> = vec![];
        let mut group: HashMap<&str, usize> = HashMap::new();
        for (at, decl) in self.model.nodes.iter().enumerate() {
            let to = *group.entry(&decl.key.name.node).or_insert_with(|| {
                groups.push(vec![]);
                groups.len() - 1
            });
            groups[to].push((at, decl));
        }
        for lines in groups {
            let name = lines[0].1.key.name.node.as_str();
            match self.header(&lines) {
                Ok(header) => {
                    self.names.nodes.insert(name.to_owned(), self.headers.len());
                    self.headers.push(header);
                }
                Err(_) => {
                    self.broken.insert(name.to_owned());
                }
            }
        }
    }

    fn header(&mut self, lines: &[(usize, &NodeDecl)]) -> Result<Header, Reported> {
        let first = lines[0].1;
        let free = self.claim(&first.key.name, "a node");
        let mut main: Option<(&NodeDecl, Vec<PlateId>)> = None;
        let mut failed = if free { Ok(()) } else { self.diags.gate() };
        for (_, decl) in lines {
            if decl.key.indices.iter().any(|i| matches!(i.node, KeyIndex::Step(_))) {
                continue;
            }
            match (&main, self.key_plates(&decl.key)) {
                (_, Err(e)) => failed = Err(e),
                (None, Ok(plates)) => main = Some((decl, plates)),
                (Some((before, _)), Ok(_)) => {
                    let d =
                        Diagnostic::error(NAME_TAKEN, format!("`{}` is defined twice", decl.key.name.node))
                            .at(decl.key.span, "the second time")
                            .with(before.key.span, "first here")
                            .help("give one of them another name; a first step is `\"z[0]\"`");
                    failed = Err(self.fail(d));
                }
            }
        }
        failed?;
        let Some((main, plates)) = main else { return Err(self.only_first_steps(first)) };
        let mut steps = vec![];
        for &(at, decl) in lines {
            if !std::ptr::eq(decl, main) {
                steps.push((at, decl, self.step(&decl.key, &plates, &main.key)?));
            }
        }
        self.steps_follow(&steps)?;
        let tree = plates
            .iter()
            .any(|p| matches!(self.plates[p.0].kind, PlateKind::Tree { .. }) && !steps.is_empty());
        let mut sets = vec![];
        for &(at, _) in lines {
            let step = steps.iter().find(|(a, _, _)| *a == at).map(|(_, _, s)| *s);
            let rows = match (step, tree) {
                (Some(_), true) => RowSet::Roots,
                (None, true) => RowSet::Below,
                (Some(step), false) => RowSet::Step(step),
                (None, false) if steps.is_empty() => RowSet::All,
                (None, false) => RowSet::From(steps.len() as u32),
            };
            sets.push((at, rows));
        }
        let spec = self.distribution(main)?;
        for (_, decl, _) in &steps {
            let other = self.distribution(decl)?;
            if other.stat != spec.stat {
                let d = Diagnostic::error(
                    LINES_DISAGREE,
                    format!("the lines of `{}` are of different kinds", decl.key.name.node),
                )
                .at(decl.call.span, format!("carries {}", other.stat.symbols()))
                .with(main.call.span, format!("carries {}", spec.stat.symbols()))
                .help("the first steps of a node have its distribution, or one of the same kind");
                return Err(self.fail(d));
            }
            if other != spec && (other.augment.is_some() || spec.augment.is_some()) {
                let d = Diagnostic::error(LINES_DISAGREE, format!("the lines of `{}` are of different kinds", decl.key.name.node))
                    .at(decl.call.span, format!("{} here", other.name))
                    .with(main.call.span, format!("{} here", spec.name))
                    .note(format!(
                        "one of them needs a variable of its own for each element, and all elements of `{}` must have one",
                        decl.key.name.node
                    ))
                    .help("write all lines with one distribution");
                return Err(self.fail(d));
            }
        }
        Ok(Header {
            name: first.key.name.node.clone(),
            span: first.key.span,
            call: main.call.span,
            plates,
            spec,
            lines: sets,
        })
    }

    /// The plates of a key that names no step.
    pub(super) fn key_plates(&mut self, key: &Key) -> Result<Vec<PlateId>, Reported> {
        let mut plates: Vec<PlateId> = vec![];
        let mut failed = Ok(());
        for index in &key.indices {
            let KeyIndex::Plate(name) = &index.node else { continue };
            match self.want_plate(name, index.span) {
                Ok(p) if plates.contains(&p) => {
                    let d = Diagnostic::error(
                        BAD_KEY,
                        format!("plate `{name}` stands twice in the key of `{}`", key.name.node),
                    )
                    .at(index.span, "the second time")
                    .help("declare a second plate of the same size");
                    failed = Err(self.fail(d));
                }
                Ok(p) => plates.push(p),
                Err(e) => failed = Err(e),
            }
        }
        failed.map(|()| plates)
    }

    /// A plate in a key; from then on it is used.
    fn want_plate(&mut self, name: &str, span: Span) -> Result<PlateId, Reported> {
        if let Some(p) = self.plate_named(name) {
            self.used_plates[p.0] = true;
            return Ok(p);
        }
        if let (true, Err(reported)) = (self.broken.contains(name), self.diags.gate()) {
            return Err(reported);
        }
        let d = Diagnostic::error(UNKNOWN_NAME, format!("there is no plate `{name}`"))
            .at(span, "not in `plates`");
        let d = match nearest(name, self.plates.iter().map(|p| p.name.as_str())) {
            Some(meant) => d.help(format!("did you mean `{meant}`?")),
            None if self.plates.is_empty() => {
                d.help(format!("declare it: plates: {{ \"{name}\": Size(3) }}"))
            }
            None => d.note(format!("the plates are {}", list(self.plates.iter().map(|p| p.name.as_str())))),
        };
        Err(self.fail(d))
    }

    fn only_first_steps(&mut self, first: &NodeDecl) -> Reported {
        let name = &first.key.name.node;
        let d = Diagnostic::error(BAD_KEY, format!("`{name}` has a first step and no others"))
            .at(first.key.span, "speaks of a first step only")
            .help(format!("add the line of the steps that follow: `\"{name}[t]\"`"));
        self.fail(d)
    }

    /// The step that the key `"h[0,i]"` names; its other plates must be those of the node.
    fn step(&mut self, key: &Key, plates: &[PlateId], main: &Key) -> Result<u32, Reported> {
        if key.indices.len() != plates.len() {
            let d = Diagnostic::error(
                LINES_DISAGREE,
                format!("the lines of `{}` have different plates", key.name.node),
            )
            .at(key.span, format!("{} of them", key.indices.len()))
            .with(main.span, format!("{} here", plates.len()));
            return Err(self.fail(d));
        }
        let mut step = None;
        for (index, &p) in key.indices.iter().zip(plates) {
            match &index.node {
                KeyIndex::Plate(name) if name == self.plate(p) => {}
                KeyIndex::Plate(_) => {
                    let d = Diagnostic::error(
                        LINES_DISAGREE,
                        format!("the lines of `{}` have different plates", key.name.node),
                    )
                    .at(index.span, format!("expected `{}`", self.plate(p)))
                    .with(main.span, "as in this line");
                    return Err(self.fail(d));
                }
                KeyIndex::Step(s) => {
                    let tree = matches!(self.plates[p.0].kind, PlateKind::Tree { .. });
                    if !tree && !matches!(self.plates[p.0].kind, PlateKind::Steps { .. }) {
                        let d = Diagnostic::error(
                            BAD_KEY,
                            format!("plate `{}` has no first step", self.plate(p)),
                        )
                        .at(index.span, "a number stands for a step")
                        .with(self.plates[p.0].span, "neither `Steps` nor `Tree`")
                        .help("rows in order are a plate `Steps(table: …)`");
                        return Err(self.fail(d));
                    }
                    if tree && *s > 0 || step.is_some() {
                        let d = Diagnostic::error(BAD_KEY, "a line speaks of one step of one plate").at(
                            index.span,
                            if step.is_some() { "a second one" } else { "the roots of a tree are step 0" },
                        );
                        return Err(self.fail(d));
                    }
                    step = Some(*s);
                }
            }
        }
        // Without a step this would be a second main line, which `header` has refused.
        Ok(step.unwrap_or(0))
    }

    /// Steps with a line of their own must be 0, 1, 2, … without a gap.
    fn steps_follow(&mut self, steps: &[(usize, &NodeDecl, u32)]) -> Result<(), Reported> {
        for (i, (_, decl, s)) in steps.iter().enumerate() {
            let name = &decl.key.name.node;
            if steps[..i].iter().any(|(_, _, before)| before == s) {
                let d = Diagnostic::error(NAME_TAKEN, format!("step {s} of `{name}` is defined twice"))
                    .at(decl.key.span, "the second time");
                return Err(self.fail(d));
            }
            if *s as usize >= steps.len() {
                let missing = (0..*s).find(|m| !steps.iter().any(|(_, _, have)| have == m)).unwrap_or(0);
                let d = Diagnostic::error(
                    NO_STEP_BEFORE,
                    format!("`{name}` has a line for step {s} and none for step {missing}"),
                )
                .at(decl.key.span, "")
                .help(format!("add the line `\"{name}[{missing}]\"`"));
                return Err(self.fail(d));
            }
        }
        Ok(())
    }

    /// The registry's entry for a call.
    fn distribution(&mut self, decl: &NodeDecl) -> Result<&'static DistSpec, Reported> {
        let Spanned { node: name, span } = &decl.call.name;
        let written = whole(&decl.call);
        if let Some(spec) = dist::called(name, &|arg| written.arg(arg).is_some()) {
            let tangent = spec.tangent.filter(|_| asks_for_tangent(&decl.call));
            return Ok(tangent.unwrap_or(spec));
        }
        let d = Diagnostic::error(UNKNOWN_DISTRIBUTION, format!("there is no distribution `{name}`"))
            .at(*span, "unknown distribution");
        let near = nearest(name, dist::REGISTRY.iter().map(|s| s.name));
        let d = match (super::rewrites::of_distribution(name), near) {
            (Some(instead), _) => d.help(instead),
            (None, Some(meant)) => d.help(format!("did you mean `{meant}`?")),
            (None, None) => d.note(format!("there are {}", list(dist::REGISTRY.iter().map(|s| s.name)))),
        };
        Err(self.fail(d))
    }

    /// Every line of every node, with its arguments, in file order.
    pub(super) fn factors(&mut self) -> Vec<Factor> {
        let mut out = vec![];
        for (at, decl) in self.model.nodes.iter().enumerate() {
            let Some(node) = self.node_named(&decl.key.name.node) else { continue };
            let Some(&(_, rows)) = self.headers[node.0].lines.iter().find(|(line, _)| *line == at) else {
                continue;
            };
            if let Ok(factor) = self.factor(decl, NodeId(node.0), rows) {
                out.push(factor);
            }
        }
        out
    }
}

/// A call with the arguments of the one that it is `of` written among its own: `ZeroInflated(zero: …, of:
/// Poisson(rate: …))`.
pub(super) fn whole(call: &Call) -> Cow<'_, Call> {
    let inner = |v: &Value| match v {
        Value::Call(inner)
            if dist::find(&call.name.node).is_some_and(|s| s.of == Some(&*inner.name.node)) =>
        {
            Some(inner.args.clone())
        }
        _ => None,
    };
    let Some(more) = call.arg("of").and_then(|v| inner(&v.node)) else { return Cow::Borrowed(call) };
    let own = call.args.iter().filter(|(n, _)| n.node != "of").cloned();
    Cow::Owned(Call { args: own.chain(more).collect(), ..call.clone() })
}

/// Does a call ask for the bound that is convex: `bound: Tangent`?
pub(super) fn asks_for_tangent(call: &Call) -> bool {
    matches!(call.arg("bound").map(|v| &v.node), Some(Value::Call(c)) if c.name.node == "Tangent" && c.args.is_empty())
}
