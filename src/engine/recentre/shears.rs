//! Vectors beside their precision matrices in other coordinates: when, and which. Not here: the coordinates
//! (`plan::recentre::shear`).

use crate::{
    engine::session::Session,
    graph::{Bound, FactorGraph},
    plan::{
        element_order,
        layout::Id,
        recentre::{Movable, Shearable, Turn, shearable, sheared, skew},
    },
};

/// Times that vectors get other coordinates, at most: each tells what rounding has hidden from the one before.
const SHEARS: usize = 4;

/// A model with its data, and what of it may move.
pub(super) type Moving<'a> = (&'a FactorGraph, &'a Bound, &'a Movable);

/// What is known of them.
#[derive(Default)]
pub(super) struct Shears {
    /// Which could be; `None` before any have been looked for, empty where that has not been possible.
    pub(super) able: Option<Vec<Shearable>>,
    /// Those that are.
    pub(super) now: Vec<Turn>,
    /// How often they have been.
    times: usize,
}

impl Shears {
    /// Gives vectors other coordinates, where what their precision matrices are made of is skew in those that they
    /// have; says whether it has, or has made that possible: `split` what a selector picks among first.
    pub(super) fn more(&mut self, model: Moving<'_>, session: &Session<'_>, split: &mut bool) -> bool {
        if self.times >= SHEARS {
            return false;
        }
        let mut any = false;
        for (of, by_key) in self.squares(model, session) {
            let (of, plates) = (&of, &model.0.nodes[of.vector.0].plates);
            let now = self.now.iter().position(|t| t.block == of.block.index());
            let Some(turn) = sheared(of, plates.len(), &by_key, now.map(|i| &self.now[i])) else {
                continue;
            };
            any = true;
            if of.gated && !*split {
                *split = true;
                continue;
            }
            match now {
                Some(i) => self.now[i] = turn,
                None => self.now.push(turn),
            }
        }
        self.times += usize::from(any);
        any
    }

    /// What the precision matrices of vectors that could have other coordinates are made of, in the order of the
    /// key.
    fn squares(
        &mut self,
        (graph, bound, movable): Moving<'_>,
        session: &Session<'_>,
    ) -> Vec<(Shearable, Vec<f64>)> {
        let plan = session.plan;
        let all = self.able.get_or_insert_with(|| shearable(graph, bound, plan, movable));
        let one = |of: &Shearable| {
            let var = &plan.vars[of.block];
            let squares = var.shape.inverse_scales(session.state.eta(of.block))?;
            let (plates, square) = (&graph.nodes[of.vector.0].plates, of.d * of.d);
            let mut by_key = vec![0.0; squares.len()];
            for (place, e) in element_order(plates, &var.plates_of(0), None).into_iter().enumerate() {
                by_key[e * square..][..square].copy_from_slice(&squares[place * square..][..square]);
            }
            Some((of.clone(), by_key))
        };
        all.iter().filter_map(one).collect()
    }

    /// By how much an entry of a vector varies more by itself than given the others, where what rounding has left
    /// of its precision matrix is to be told.
    pub(super) fn skewed(&mut self, model: Moving<'_>, session: &Session<'_>) -> f64 {
        if self.times >= SHEARS {
            return 0.0;
        }
        let all = self.squares(model, session);
        all.iter().map(|(of, squares)| skew(of, squares)).fold(0.0, f64::max)
    }
}
