//! The coordinates of a block, where they are others than its nodes' values, as a list of numbers. Not here: what
//! they are for (`plan::recentre`).

use crate::{
    plan::recentre::{Turn, TurnMember},
    shape::NodeId,
};

/// Numbers of each member.
const EACH: usize = 4;

/// The array of a block, by its place.
pub(super) fn name(block: usize) -> String {
    format!("turn/{block}")
}

/// Block, entries, members, four numbers of each, and the matrix, or those of all elements.
pub(super) fn numbers(turn: &Turn) -> Vec<f64> {
    let members = turn.members.iter().flat_map(|m| [m.node.0, m.first, m.count, m.outer]);
    let counts = [turn.block, turn.d, turn.members.len()].into_iter().chain(members);
    counts.map(|n| n as f64).chain(turn.matrix.iter().copied()).collect()
}

/// What [`numbers`] has listed; `None` where it is no such list.
pub(super) fn turn(list: &[f64]) -> Option<Turn> {
    let (&[block, d, members], rest) = list.split_first_chunk::<3>()?;
    let whole = |x: f64| (x >= 0.0 && x.fract() == 0.0 && x < 1e9).then_some(x as usize);
    let (block, d, members) = (whole(block)?, whole(d)?, whole(members)?);
    let (of, matrix) = rest.split_at_checked(members.checked_mul(EACH)?)?;
    let each = of.chunks_exact(EACH).map(|m| {
        let [node, first, count, outer] = [whole(m[0])?, whole(m[1])?, whole(m[2])?, whole(m[3])?];
        Some(TurnMember { node: NodeId(node), first, count, outer })
    });
    let members = each.collect::<Option<Vec<_>>>()?;
    let square = d.checked_mul(d).filter(|s| *s > 0)?;
    (!matrix.is_empty() && matrix.len().is_multiple_of(square)).then(|| Turn {
        block,
        members,
        d,
        matrix: matrix.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_comes_back() {
        let member = TurnMember { node: NodeId(3), first: 0, count: 2, outer: 1 };
        let it = Turn { block: 1, members: vec![member], d: 2, matrix: vec![1.0, 0.0, -2.5, 1.0].into() };
        let list = numbers(&it);
        assert_eq!(turn(&list), Some(it));
        assert_eq!(turn(&list[..list.len() - 1]), None);
        assert_eq!(turn(&[1.0, 2.0]), None);
    }
}
