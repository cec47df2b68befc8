//! How a chain moves: the ways between its states, and how long it stays. Not here: the series (`picture`).

use super::{
    chart::{series::State, transitions},
    components::Components,
    html::{Table, figure},
    number::{fixed, percent, whole},
    scale::{quantile, sorted},
    spread::spread,
    subject::Subject,
};
use crate::answer::posterior::NodePosterior;

/// States past this many have no graph.
const MOST: usize = 6;

/// The graph of the ways, and the table of how long a state lasts; `n` has a row of shares for each state.
pub fn figures(
    subject: &Subject<'_>,
    c: &Components,
    states: &[State],
    n: usize,
    p: &NodePosterior,
) -> String {
    let k = c.count();
    if p.mean.len() != k * k {
        return String::new();
    }
    let used = &c.order;
    let mut out = String::new();
    let mean = |i: usize, j: usize| p.mean[used[i] * k + used[j]];
    let count = used.len();
    if (2..=MOST).contains(&count) {
        let all: Vec<f64> = (0..count * count).map(|at| mean(at / count, at % count)).collect();
        let stays = (0..count).fold(0, |b, i| if mean(i, i) > mean(b, b) { i } else { b });
        let mut change = (0, 1);
        for i in 0..count {
            for j in (0..count).filter(|j| *j != i) {
                if mean(i, j) > mean(change.0, change.1) {
                    change = (i, j);
                }
            }
        }
        let name = |i: usize| c.labels[used[i]].clone();
        let see = format!(
            "{} lasts longest; the likeliest change is {} to {}, with {}.",
            name(stays),
            name(change.0),
            name(change.1),
            percent(mean(change.0, change.1))
        );
        let how = "In a circle: the probability to stay. Arrows have the colour of the state they leave; \
            those under 1 % are not drawn.";
        out += &figure(&see, how, &transitions::chart(states, &all, &format!("Graph of states. {see}")), "");
    }
    let mut table = Table::new(&["<state", "median stay", "5 %", "95 %", "steps spent"]);
    let spent = |s: usize| c.rows.iter().skip(s).step_by(k).sum::<f64>();
    for &s in used {
        let at = s * k + s;
        let stays =
            sorted(subject.draws.iter().filter_map(|d| d[n].get(at)).map(|p| 1.0 / (1.0 - p).max(1e-12)));
        let of = |q: f64| {
            if stays.is_empty() { 1.0 / (1.0 - spread(subject, n, p, at).mean) } else { quantile(&stays, q) }
        };
        table.row(&[
            c.labels[s].clone(),
            fixed(of(0.5), 1),
            fixed(of(0.05), 1),
            fixed(of(0.95), 1),
            fixed(spent(s), 1),
        ]);
    }
    out + &format!(
        "<p class=\"how\">How long a state lasts: 1 ∕ (1 − the probability to stay), in steps, over {} \
         draws of q, seed {}.</p>{}",
        whole(subject.draws.len()),
        subject.seed,
        table.finish()
    )
}
