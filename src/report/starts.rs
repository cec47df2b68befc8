//! What the starts of a fit have reached, in a line of words. Not here: which count as one (`answer::starts`).

use super::number::short;
use crate::answer::{
    posterior::Posterior,
    starts::{ended, groups},
};

/// Digits of a bound.
const DIGITS: usize = 7;
/// Groups below the best that are named.
const NAMED: usize = 2;

/// `best of 20 starts: 4 reached it; next -1185.988 (3), -1309.691 (1); 12 left behind`.
pub(super) fn tried(p: &Posterior) -> String {
    let groups = groups(&ended(p));
    let Some(((_, reached), rest)) = groups.split_first() else { return String::new() };
    let mut out = format!("best of {} starts: {reached} reached it", p.restarts.len());
    let named: Vec<String> =
        rest.iter().take(NAMED).map(|(x, n)| format!("{} ({n})", short(*x, DIGITS))).collect();
    if !named.is_empty() {
        out += &format!("; next {}", named.join(", "));
    }
    let more: usize = rest.iter().skip(NAMED).map(|g| g.1).sum();
    if more > 0 {
        out += &format!(", {more} lower");
    }
    if !p.left.is_empty() {
        out += &format!("; {} left behind", p.left.len());
    }
    if p.moves.kept > 0 {
        out += &format!("; {} of {} moves kept", p.moves.kept, p.moves.tried);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{super::sample, *};

    #[test]
    fn bounds_are_told_in_groups() {
        let mut p = sample::posterior();
        let best = p.elbo;
        p.restarts = vec![best - 10.0, best, best - 10.0, best - 1e-9, best - 50.0, best - 20.0, best - 30.0];
        p.left = vec![4];
        let said = tried(&p);
        let next = short(best - 10.0, DIGITS);
        assert!(said.starts_with("best of 7 starts: 2 reached it; next "), "{said}");
        assert!(
            said.contains(&format!("{next} (2), ")) && said.ends_with("(1), 1 lower; 1 left behind"),
            "{said}"
        );
        p.restarts.truncate(1);
        p.left.clear();
        assert_eq!(tried(&p), "best of 1 starts: 1 reached it");
    }
}
