//! Which letter each index has on paper: the plates of what a message goes to keep their names, the rest is
//! named after what it runs over. Not here: formulas.

use crate::{
    factorize::letters::axis_name,
    graph::{
        energy::{Element, EnergyTerm, FactorEnergy, LabelId, Op, Role},
        factor_graph::{FactorGraph, PlateKind},
    },
    shape::{ColumnId, Extent, PlateId},
};

/// Names of one factor's letters while one operand is taken out.
#[derive(Clone, Debug)]
pub struct Letters<'a> {
    graph: &'a FactorGraph,
    /// For each letter: its name, and steps to add to it.
    names: Vec<Option<(String, i64)>>,
    /// Letters of the target: not summed.
    pub free: Vec<LabelId>,
    /// Conditions on summed letters, such as `doc[w]=d`.
    pub conditions: Vec<(LabelId, String)>,
    /// Conditions on the target's own elements.
    pub only: Vec<String>,
}

impl<'a> Letters<'a> {
    /// No letter named yet.
    pub fn new(graph: &'a FactorGraph, factor: &FactorEnergy) -> Self {
        Self { graph, names: vec![None; factor.labels.len()], free: vec![], conditions: vec![], only: vec![] }
    }

    /// Gives the target's indices to the letters of the operand that is taken out.
    pub fn target(
        &mut self,
        factor: &FactorEnergy,
        plates: &[PlateId],
        elements: &[Element],
        axes: &[LabelId],
        event: &[String],
    ) {
        for (plate, e) in plates.iter().zip(elements) {
            self.target_index(factor, self.graph.plate_name(*plate).to_owned(), *e);
        }
        for (&l, name) in axes.iter().zip(event) {
            self.bind(l, name.clone(), 0);
        }
    }

    /// Gives one index of the target to the letter that decides it.
    pub fn target_index(&mut self, factor: &FactorEnergy, name: String, e: Element) {
        match e {
            // A list is a plan's: the model has none.
            Element::Label(l) | Element::Listed { label: l, .. } => self.bind(l, name, 0),
            // The letter is the target's own already: no more is summed.
            Element::Before { label, .. } | Element::Parent { label } | Element::Column { label, .. }
                if self.free.contains(&label) =>
            {
                self.only.push(format!("{name} = {}", self.element(e)));
            }
            Element::Before { label, lag } => self.bind(label, name, i64::from(lag)),
            Element::At(i) => self.only.push(format!("{name} = {}", self.graph.fixed_text(i))),
            Element::Column { column, label } => {
                self.name_rest(factor, label, std::slice::from_ref(&name));
                let text = format!("{}[{}]={name}", column_text(self.graph, column), self.text(label));
                self.conditions.push((label, text));
            }
            Element::Parent { label } => {
                self.name_rest(factor, label, std::slice::from_ref(&name));
                let text = format!("parent({})={name}", self.text(label));
                self.conditions.push((label, text));
            }
        }
    }

    fn bind(&mut self, label: LabelId, name: String, add: i64) {
        match &self.names[label] {
            // The same letter twice is a diagonal.
            Some((other, 0)) if *other != name => self.only.push(format!("{name} = {other}")),
            Some(_) => {}
            None => {
                self.names[label] = Some((name, add));
                self.free.push(label);
            }
        }
    }

    /// Names all letters that have no name yet, those of `term` first so that others leave them the short
    /// names; `taken` may not be used.
    pub fn rest(&mut self, factor: &FactorEnergy, term: &EnergyTerm, taken: &[String]) {
        let mut own: Vec<LabelId> = term.ops.iter().flat_map(Op::labels).collect();
        own.sort_unstable();
        for l in own.into_iter().chain(0..self.names.len()) {
            self.name_rest(factor, l, taken);
        }
    }

    fn name_rest(&mut self, factor: &FactorEnergy, l: LabelId, taken: &[String]) {
        if self.names[l].is_some() {
            return;
        }
        let mut used: Vec<String> = self.names.iter().flatten().map(|n| n.0.clone()).collect();
        used.extend_from_slice(taken);
        let label = &factor.labels[l];
        let extent = if let Role::Plate(p) = label.role { Extent::Plate(p) } else { label.extent };
        self.names[l] = Some((axis_name(self.graph, extent, &used), 0));
    }

    /// The letter replaced by a known category: `word[w]`.
    pub fn replace(&mut self, label: LabelId, text: String) {
        self.names[label] = Some((text, 0));
    }

    /// `n`, `t+1`.
    pub fn text(&self, l: LabelId) -> String {
        self.shifted(l, 0)
    }

    fn shifted(&self, l: LabelId, back: i64) -> String {
        let (name, add) = self.names[l].clone().unwrap_or_else(|| ("·".into(), 0));
        match add - back {
            0 => name,
            by if by > 0 => format!("{name}+{by}"),
            by => format!("{name}{by}"),
        }
    }

    /// An element's index: `n`, `chapter[w]`, `t-1`.
    pub fn element(&self, e: Element) -> String {
        match e {
            Element::Label(l) | Element::Listed { label: l, .. } => self.text(l),
            Element::Column { column, label } => {
                format!("{}[{}]", column_text(self.graph, column), self.text(label))
            }
            Element::Before { label, lag } => self.shifted(label, i64::from(lag)),
            Element::Parent { label } => format!("parent({})", self.text(label)),
            Element::At(i) => self.graph.fixed_text(i),
        }
    }

    /// Steps that a letter is ahead of the target's own.
    pub fn ahead(&self, l: LabelId) -> i64 {
        self.names[l].as_ref().map_or(0, |n| n.1)
    }
}

/// A column as the model would call it: without its table where that is clear.
pub fn column_text(graph: &FactorGraph, c: ColumnId) -> String {
    let column = &graph.columns[c.0];
    let same = graph.columns.iter().filter(|o| o.name == column.name).count();
    let taken = graph.nodes.iter().any(|n| n.name == column.name)
        || graph.inputs.iter().any(|i| i.name == column.name);
    if same > 1 || taken { graph.column_name(c) } else { column.name.clone() }
}

/// The column of weights of a plate's rows, if it has one.
pub fn weight(graph: &FactorGraph, plate: PlateId) -> Option<ColumnId> {
    match graph.plates[plate.0].kind {
        PlateKind::Rows { weight, .. } => weight,
        _ => None,
    }
}
