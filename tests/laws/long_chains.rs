//! Long sequences are cut into pieces where they have forgotten what came before. Nothing but the last digits
//! may depend on it: not the bound, not the posterior; and not one bit on the number of threads.

use crate::loops::{Ready, ready};
use elbow::{answer::posterior::Posterior, engine::Options};

const STEPS: usize = 12_000;
const START: [f64; 3] = [0.6, 0.3, 0.1];
const TRANS: [[f64; 3]; 3] = [[0.8, 0.15, 0.05], [0.2, 0.5, 0.3], [0.05, 0.35, 0.6]];
const EMIT: [[f64; 2]; 3] = [[0.9, 0.1], [0.4, 0.6], [0.05, 0.95]];
/// What a step shows of the step before.
const LATE: [[f64; 2]; 3] = [[0.3, 0.7], [0.8, 0.2], [0.5, 0.5]];

/// Some symbols, each about as often as the others.
fn symbols(seed: usize) -> Vec<usize> {
    let mut state = seed as u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    (0..STEPS).map(|_| next() % 2).collect()
}

fn options(threads: usize) -> Options {
    Options { threads, max_iterations: 12, nodes: Some(vec![]), ..Options::default() }
}

fn shown(symbols: &[usize]) -> String {
    format!("{:?}", symbols.iter().map(|x| x + 1).collect::<Vec<_>>())
}

/// ln p of a sequence: forward, scaled at every step. `step` says the table that leads into it, `seen` the
/// probability of what it shows, and of what it shows of the step before.
fn evidence(
    k: usize,
    start: &[f64],
    step: &dyn Fn(usize, usize, usize) -> f64,
    seen: &dyn Fn(usize, usize) -> f64,
) -> f64 {
    let (mut ln, mut forward) = (0.0, start.to_vec());
    for t in 0..STEPS {
        if t > 0 {
            forward = (0..k).map(|j| (0..k).map(|i| forward[i] * step(t, i, j)).sum()).collect();
        }
        forward.iter_mut().enumerate().for_each(|(j, f)| *f *= seen(t, j));
        let sum: f64 = forward.iter().sum();
        ln += sum.ln();
        forward.iter_mut().for_each(|f| *f /= sum);
    }
    ln
}

fn near(what: &str, got: f64, want: f64, within: f64) {
    assert!((got - want).abs() <= within * want.abs().max(1.0), "{what}: {got} for {want}");
}

/// The same with whole sequences.
fn whole(text: &str) -> Ready {
    let mut r = ready(text).unwrap();
    r.plan.keep_sequences_whole();
    r
}

#[test]
fn the_bound_of_a_long_chain_is_its_log_evidence() {
    let (x, y) = (symbols(1), symbols(2));
    let text = format!(
        r#"Model(
        data: {{"t": {{"x": {}, "y": {}}}}},
        plates: {{"t": Steps(table: "t"), "k": Size(3)}},
        inputs: {{"start": {START:?}, "trans[k]": {TRANS:?}, "emit[k]": {EMIT:?}, "late[k]": {LATE:?}}},
        nodes: {{
            "z[0]": Categorical(p: "start"),
            "z[t]": Categorical(p: "trans[z[t-1]]"),
            "x[t]": Categorical(p: "emit[z[t]]"),
            "y[0]": Categorical(p: [0.5, 0.5]),
            "y[t]": Categorical(p: "late[z[t-1]]"),
        }},
        observe: {{"x": "x", "y": "y"}})"#,
        shown(&x),
        shown(&y)
    );
    // What a step shows of the one before goes with the move between them.
    let step = |t: usize, i: usize, j: usize| TRANS[i][j] * LATE[i][y[t]];
    let want = evidence(3, &START, &step, &|t, j| EMIT[j][x[t]] * if t == 0 { 0.5 } else { 1.0 });
    let (cut, uncut) =
        (ready(&text).unwrap().fit(&options(1)).unwrap(), whole(&text).fit(&options(1)).unwrap());
    near("in pieces", cut.elbo, want, 1e-12);
    near("as a whole", uncut.elbo, want, 1e-12);
}

/// Tables to be found: pair statistics and the emissions' of all pieces count.
fn unknown() -> String {
    format!(
        r#"Model(
        data: {{"t": {{"x": {}, "y": {}}}}},
        plates: {{"t": Steps(table: "t"), "k": Size(3)}},
        inputs: {{"sticky[k]": [[20, 4, 4], [4, 20, 4], [4, 4, 20]]}},
        nodes: {{
            "start": Dirichlet(concentration: 1, over: "k"),
            "trans[k]": Dirichlet(concentration: "sticky[k]", over: "k"),
            "emit[k]": Dirichlet(concentration: 1, over: "t.x"),
            "rate[k]": Gamma(shape: 1, rate: 1),
            "z[0]": Categorical(p: "start"),
            "z[t]": Categorical(p: "trans[z[t-1]]"),
            "x[t]": Categorical(p: "emit[z[t]]"),
            "y[t]": Poisson(rate: "rate[z[t]]"),
        }},
        observe: {{"x": "x", "y": "y"}})"#,
        shown(&symbols(3)),
        format_args!(
            "{:?}",
            symbols(4)
                .iter()
                .zip(symbols(3))
                .enumerate()
                .map(|(t, (a, b))| a + 2 * b * (t / 40 % 2))
                .collect::<Vec<_>>()
        )
    )
}

fn numbers(p: &Posterior) -> Vec<(&str, f64)> {
    p.nodes
        .iter()
        .flat_map(|n| n.parameters.iter().flat_map(|a| a.values.iter().map(|x| (n.name.as_str(), *x))))
        .collect()
}

#[test]
fn pieces_change_only_last_digits_and_threads_no_bit() {
    let text = unknown();
    let fit = |r: &Ready, threads| {
        let nodes = Some(["start", "trans", "emit", "rate"].map(String::from).to_vec());
        r.fit(&Options { nodes, ..options(threads) }).unwrap()
    };
    let r = ready(&text).unwrap();
    let (one, uncut) = (fit(&r, 1), fit(&whole(&text), 1));
    assert_eq!(one.trace.len(), uncut.trace.len());
    one.trace.iter().zip(&uncut.trace).for_each(|(a, b)| near("the bound", *a, *b, 1e-12));
    numbers(&one).iter().zip(numbers(&uncut)).for_each(|(a, b)| near(a.0, a.1, b.1, 1e-9));
    assert_ne!(
        one.trace, uncut.trace,
        "sums in another order leave other last digits: was the sequence cut at all?"
    );
    for threads in [2, 7] {
        let other = fit(&r, threads);
        assert_eq!((&one.trace, &one.nodes), (&other.trace, &other.nodes), "{threads} threads");
    }
}

/// Where pieces would begin, for three steps no state may change, and they insist on what the step before has
/// all but excluded. Where that is more than a cut keeps, the pieces find that they have lost it, and the
/// pass is done again with the whole sequence.
#[test]
fn a_pass_is_done_again_where_a_piece_has_lost_digits() {
    for (before, held, lost) in [(9.0, -7.0, false), (36.0, -16.0, true)] {
        let (text, want) = insisting(before, held);
        let (cut, uncut) =
            (ready(&text).unwrap().fit(&options(1)).unwrap(), whole(&text).fit(&options(1)).unwrap());
        near("the bound", cut.elbo, want, 1e-12);
        assert_eq!(cut.trace == uncut.trace, lost, "pieces have other last digits than the whole");
    }
}

/// A model, and the evidence of its data: at a step the level `before` speaks for all states but the first,
/// and at the three steps after it `held` speaks for that as strongly.
fn insisting(before: f64, held: f64) -> (String, f64) {
    // A sequence of 12,000 steps and three states is cut here; nothing else makes the test bite.
    let is_held = |t: usize| (1..20).any(|i| (STEPS * i / 20..STEPS * i / 20 + 3).contains(&t));
    let mut level = vec![0.0; STEPS];
    for t in (0..STEPS).filter(|&t| is_held(t)) {
        level[t] = held;
        if !is_held(t - 1) {
            level[t - 1] = before;
        }
    }
    let kinds: Vec<&str> = (0..STEPS).map(|t| if is_held(t) { "held" } else { "free" }).collect();
    let stays = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let means = [-6.0, 0.0, 0.0];
    let text = format!(
        r#"Model(
        data: {{"t": {{"kind": {kinds:?}, "level": {level:?}}}}},
        plates: {{"t": Steps(table: "t"), "k": Size(3), "m": Groups(column: "t.kind")}},
        inputs: {{"start": {START:?}, "trans[m,k]": [{TRANS:?}, {stays:?}], "mean[k]": {means:?}}},
        nodes: {{
            "z[0]": Categorical(p: "start"),
            "z[t]": Categorical(p: "trans[kind[t], z[t-1]]"),
            "x[t]": Normal(mean: "mean[z[t]]", precision: 1),
        }},
        observe: {{"x": "level"}})"#
    );
    let ln = |t: usize, j: usize| {
        -0.5 * (level[t] - means[j]) * (level[t] - means[j]) - 0.5 * std::f64::consts::TAU.ln()
    };
    let seen = |t: usize, j: usize| (ln(t, j) - ln(t, 1)).exp();
    let step = |t: usize, i: usize, j: usize| if is_held(t) { stays[i][j] } else { TRANS[i][j] };
    let want = evidence(3, &START, &step, &seen) + (0..STEPS).map(|t| ln(t, 1)).sum::<f64>();
    (text, want)
}
