//! The functions of the language at numbers. Not here: names and indices.

use crate::graph::factor_graph::Function;

/// Weights of a stick: each component takes its share of what those before it have left, the last one all of
/// it.
pub fn stick(v: &[f64]) -> Vec<f64> {
    let mut left = 1.0;
    let mut out: Vec<f64> = v
        .iter()
        .map(|share| {
            let taken = left * share;
            left -= taken;
            taken
        })
        .collect();
    if let Some(last) = out.last_mut() {
        *last += left;
    }
    out
}

/// A function's value, row-major. `sizes` are those of the value's axes; each argument comes row-major; `labelled` says
/// which elements those of labels are.
pub fn call(function: Function, sizes: &[usize], args: &[&[f64]], labelled: &[usize]) -> Vec<f64> {
    let d = sizes.first().copied().unwrap_or(1);
    let matrix = |entry: &dyn Fn(usize, usize) -> f64| (0..d * d).map(|i| entry(i / d, i % d)).collect();
    let number = |yes: bool| f64::from(u8::from(yes));
    match (function, args) {
        (Function::Identity, _) => matrix(&|i, j| number(i == j)),
        (Function::Earlier, _) => matrix(&|i, j| number(j < i)),
        (Function::NotLast, _) => (0..d).map(|i| number(i + 1 < d)).collect(),
        (Function::Unit(at), _) => (0..d).map(|i| number(i == at.settled(labelled))).collect(),
        (Function::Element(at), [v]) => vec![v.get(at.settled(labelled)).copied().unwrap_or(f64::NAN)],
        (Function::Scalar(f), [v]) => v.iter().map(|&x| f.apply(x)).collect(),
        (Function::Diag, [v]) => {
            matrix(&|i, j| if i == j { v.get(i).copied().unwrap_or(f64::NAN) } else { 0.0 })
        }
        (Function::Stick, [v]) => stick(v),
        (Function::Dot | Function::MatrixVector, [a, b]) => {
            let all: usize = sizes.iter().product();
            // One of the two is a vector: the other has as many rows as the value.
            let length = a.len().min(b.len());
            if length == 0 || a.len() * b.len() != all * length * length {
                return vec![f64::NAN; all];
            }
            let rows = |x: &[f64], i: usize| if x.len() == length { 0 } else { i * length };
            (0..all)
                .map(|i| crate::num::reduce::dot(&a[rows(a, i)..][..length], &b[rows(b, i)..][..length]))
                .collect()
        }
        _ => vec![f64::NAN; sizes.iter().product()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::factor_graph::Fixed;

    #[test]
    fn functions_at_numbers() {
        assert_eq!(stick(&[0.25, 0.5, 0.1]), [0.25, 0.375, 0.375]);
        assert_eq!(stick(&[0.3]), [1.0]);
        assert_eq!(call(Function::Identity, &[2, 2], &[], &[]), [1.0, 0.0, 0.0, 1.0]);
        assert_eq!(call(Function::Earlier, &[2, 2], &[], &[]), [0.0, 0.0, 1.0, 0.0]);
        assert_eq!(call(Function::Diag, &[2, 2], &[&[3.0, 4.0]], &[]), [3.0, 0.0, 0.0, 4.0]);
        assert_eq!(call(Function::Dot, &[], &[&[1.0, 2.0], &[3.0, 4.0]], &[]), [11.0]);
        let (second, named) = (Fixed::Number(1), Fixed::Label(0));
        assert_eq!(call(Function::Element(second), &[], &[&[1.0, 2.0]], &[]), [2.0]);
        assert_eq!(call(Function::Element(named), &[], &[&[1.0, 2.0, 5.0]], &[2]), [5.0]);
        assert_eq!(call(Function::Unit(named), &[3], &[], &[2]), [0.0, 0.0, 1.0]);
        // A matrix of one row, of two, and on the right.
        assert_eq!(call(Function::MatrixVector, &[1], &[&[1.0, 2.0], &[3.0, 4.0]], &[]), [11.0]);
        assert_eq!(
            call(Function::MatrixVector, &[2], &[&[1.0, 2.0, 0.0, 1.0], &[3.0, 4.0]], &[]),
            [11.0, 4.0]
        );
        assert_eq!(call(Function::Dot, &[2], &[&[3.0, 4.0], &[1.0, 2.0, 0.0, 1.0]], &[]), [11.0, 4.0]);
        assert!(call(Function::Dot, &[2], &[&[f64::NAN], &[1.0, 2.0, 3.0]], &[])[1].is_nan());
    }
}
