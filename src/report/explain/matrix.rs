//! Products of vectors and matrices as text. Not here: what the vectors are.

use crate::graph::energy::LabelId;

/// A factor of a product, with the letters of the axes that it is written without.
pub(super) struct Atom {
    pub text: String,
    pub axes: Vec<LabelId>,
}

/// Products of vectors and matrices that share letters, in matrix notation. All matrices are symmetric:
/// statistics of symmetric values and their expectations. `result`: letters of the axes that stay.
pub(super) fn paths(atoms: Vec<Atom>, result: &[LabelId]) -> Vec<String> {
    let mut left: Vec<Option<Atom>> = atoms.into_iter().map(Some).collect();
    let mut out: Vec<String> = vec![];
    let mut sides: Vec<String> = vec![];
    let mut done: Vec<LabelId> = vec![];
    for &f in result {
        if done.contains(&f) {
            continue;
        }
        let Some(start) = left.iter().position(|a| a.as_ref().is_some_and(|a| a.axes.contains(&f))) else {
            continue;
        };
        let (list, end) = walk(&mut left, start, Some(f));
        done.push(f);
        if let Some(e) = end {
            done.push(e);
        }
        sides.push(list.join(" "));
    }
    while let Some(start) = left.iter().position(|a| a.as_ref().is_some_and(|a| a.axes.len() == 1)) {
        let (mut list, _) = walk(&mut left, start, None);
        list[0].push('ᵀ');
        out.push(list.join(" "));
    }
    while let Some(start) = left.iter().position(Option::is_some) {
        let from = left[start].as_ref().map(|a| a.axes[0]);
        let (list, _) = walk(&mut left, start, from);
        out.push(format!("tr({})", list.join(" ")));
    }
    match sides.as_slice() {
        [a, b] if a.contains(' ') && !a.starts_with('⟨') && !a.starts_with('[') => {
            out.push(format!("({a}) ({b})ᵀ"))
        }
        [a, b] => out.push(format!("{a} {b}ᵀ")),
        _ => out.extend(sides),
    }
    out
}

/// Follows shared letters from an atom, entered by `from`; the texts met, and the letter at the open end.
fn walk(left: &mut [Option<Atom>], start: usize, from: Option<LabelId>) -> (Vec<String>, Option<LabelId>) {
    let mut list = vec![];
    let (mut at, mut came) = (Some(start), from);
    let mut open = None;
    while let Some(i) = at {
        let Some(atom) = left[i].take() else { break };
        list.push(atom.text);
        let mut ends = atom.axes;
        if let Some(c) = came.and_then(|c| ends.iter().position(|e| *e == c)) {
            ends.remove(c);
        }
        open = ends.first().copied();
        came = open;
        at = open.and_then(|e| left.iter().position(|a| a.as_ref().is_some_and(|a| a.axes.contains(&e))));
    }
    (list, open)
}
