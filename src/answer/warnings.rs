//! What is to be said of a run that ended well: few digits of the bound, falls within its rounding. Not here: what
//! is an error (`gate`).

use crate::{
    engine::{
        RunError,
        record::{Fall, Record},
        rounding::Rounding,
    },
    graph::FactorGraph,
};

/// A bound with fewer digits than that is worth a word.
const FEW: u32 = 6;

/// All warnings of a run, in words.
pub fn of(graph: &FactorGraph, record: &Record, rounding: &Rounding, elbo: f64) -> Vec<String> {
    let node = graph.nodes.get(rounding.node).map_or("", |n| n.name.as_str());
    few(rounding, elbo, node).into_iter().chain(fallen(record.falls())).collect()
}

/// How many restarts ended where the numbers broke down, and why the first did.
pub(super) fn failed(restarts: &[f64], why: Option<&RunError>) -> Option<String> {
    let count = restarts.iter().filter(|x| **x == f64::NEG_INFINITY).count();
    why.map(|e| format!("{count} of {} starts count for nothing; the first of them: {e}", restarts.len()))
}

/// How few digits of the bound hold, and because of which node.
fn few(rounding: &Rounding, elbo: f64, node: &str) -> Option<String> {
    let digits = rounding.digits(elbo);
    let magnitude = rounding.magnitude;
    (digits < FEW).then(|| {
        format!(
            "only {digits} digits of the bound hold: numbers of {magnitude:.1e} nats, most of them of `{node}`, \
             cancel to {elbo:.1e}"
        )
    })
}

/// All falls in one sentence, by the deepest.
fn fallen(falls: &[Fall]) -> Option<String> {
    let deepest = falls.iter().max_by(|a, b| a.by.total_cmp(&b.by))?;
    let Fall { by, rounding, iteration, node } = deepest;
    let more = match falls.len() {
        1 => String::new(),
        n => format!("; it fell in {n} iterations, and here most"),
    };
    Some(format!(
        "the bound fell by {by:.1e} nats in iteration {iteration}, most of it at `{node}`, which is within its \
         rounding of {rounding:.1e}{more}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_than_six_digits_are_worth_a_word() {
        let of = |nats: f64| few(&Rounding { nats, magnitude: 1e9, node: 0 }, -100.0, "mu");
        assert_eq!(of(0.9e-4), None);
        let said = of(1.1e-4).unwrap();
        assert!(
            said.starts_with("only 5 digits") && said.contains("1.0e9 nats, most of them of `mu`"),
            "{said}"
        );
    }

    #[test]
    fn falls_are_one_sentence() {
        let fall = |by, iteration| Fall { by, rounding: 1e-4, iteration, node: "mu".into() };
        assert_eq!(fallen(&[]), None);
        let one = fallen(&[fall(2e-6, 3)]).unwrap();
        assert!(
            one.contains("by 2.0e-6 nats in iteration 3") && one.ends_with("rounding of 1.0e-4"),
            "{one}"
        );
        let two = fallen(&[fall(2e-6, 3), fall(5e-6, 7)]).unwrap();
        assert!(two.contains("by 5.0e-6 nats in iteration 7") && two.contains("in 2 iterations"), "{two}");
    }
}
