//! A run that has converged, moved on: changes to its categories are tried, and kept only where the bound ends
//! higher. Not here: which changes are worth trying (`start::moves`).

use super::{
    reached::Moves,
    run::{Far, Run},
    watch::Watch,
};
use crate::{
    graph::FactorGraph,
    plan::layout::VarId,
    start::moves::{Categories, movable},
};

/// Bounds closer than this share of them are those of one and the same optimum.
pub(super) const SAME: f64 = 1e-9;
/// Iterations after which a proposal is compared first, and again.
const LOOK: usize = 6;
/// The same of one that has not come ahead, at most.
const PATIENCE: usize = 60;
/// What a proposal costs besides its iterations, in iterations.
const BEGIN: usize = 3;

/// A proposal is nobody's business until it is accepted.
struct Unseen<'a>(&'a mut dyn Watch);

impl Watch for Unseen<'_> {
    fn iterated(&mut self, _: usize, _: usize, _: f64) {}
    fn asks_to_stop(&self) -> bool {
        self.0.asks_to_stop()
    }
}

/// Tries changes until none helps or so many iterations are spent.
pub(super) fn improve(
    graph: &FactorGraph,
    run: &mut Run<'_>,
    seed: u64,
    mut budget: usize,
    watch: &mut dyn Watch,
) -> Moves {
    let plan = run.session.plan;
    let vars = movable(graph, plan);
    let mut moves = Moves::default();
    let mut watch = Unseen(watch);
    loop {
        let before = moves.kept;
        for &v in &vars {
            let Ok(rows) = run.categories(v) else { continue };
            let categories = Categories::new(plan, v, rows);
            for change in categories.changes() {
                if budget == 0 || watch.asks_to_stop() {
                    return moves;
                }
                let Some(rows) = categories.after(change, seed.wrapping_add(moves.tried as u64)) else {
                    continue;
                };
                moves.tried += 1;
                let (kept, spent) = attempt(run, v, &rows, budget, &mut watch);
                budget = budget.saturating_sub(spent);
                if kept {
                    moves.kept += 1;
                    break;
                }
            }
        }
        if moves.kept == before {
            return moves;
        }
    }
}

/// Goes on from other categories: whether the run has come out higher, and what it took. If not, it is where it
/// was.
fn attempt(run: &mut Run<'_>, v: VarId, rows: &[f64], budget: usize, watch: &mut dyn Watch) -> (bool, usize) {
    let goal = run.elbo() + SAME * run.elbo().abs();
    let stand = run.stand();
    let mut until = LOOK;
    let mut better = run.begin_with(v, rows).is_ok();
    while better {
        let far = run.advance(until, watch);
        // A fall within rounding says that little is left of the bound's digits: nothing to compare by.
        let sound = far.is_ok() && run.broke.is_none() && run.record.falls().is_empty();
        let ahead = run.holds() > goal;
        better = sound
            && match far {
                Ok(Far::Paused) if ahead => {
                    until = usize::MAX;
                    true
                }
                Ok(Far::Paused) => {
                    let done = run.done();
                    until = done + LOOK;
                    done < budget.min(PATIENCE) && run.elbo() + 4.0 * run.foreseen() > goal
                }
                _ => {
                    let spent = run.done() + BEGIN;
                    if ahead {
                        run.follow(stand);
                        return (true, spent);
                    }
                    false
                }
            };
    }
    let spent = run.done() + BEGIN;
    // It has been there, so it can go back.
    let _ = run.come_back(stand);
    (false, spent)
}
