//! Deterministic nodes: how an expression rewrites the parts of a statistic. One file per link.
//!
//! Every part of t(y) is a sum of products of parts of its arguments' statistics, with known numbers. It is
//! affine in each argument, so the message to an argument is the transposed map of the message to y (law L1),
//! and it falls out of the rewritten form by itself.

pub mod affine;
pub mod diag;
pub mod product;
pub mod stick;

/// One product of a part of t(y): `number · d^d_power · Π constants · Π parts`, summed over the letters that
/// are not axes of the part.
///
/// The axes of the part are `a`, `b`, in order. A vector made of one scalar variable for each element has one
/// letter more than its statistic says: the element's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Product {
    /// In front.
    pub number: f64,
    /// Power of y's dimension in front.
    pub d_power: u32,
    /// Known arrays of zeros and ones, with their letters.
    pub constants: &'static [(Constant, &'static str)],
    /// Arguments, by number, with the part of the statistic and its letters.
    pub parts: &'static [(usize, usize, &'static str)],
}

/// A known array of zeros and ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constant {
    /// \[a = b\].
    Same,
    /// \[b < a\].
    Earlier,
    /// \[a is not the last\].
    NotLast,
}

#[cfg(test)]
mod tests {
    use super::{Constant, Product};
    use crate::expfam::stat::{BETA, DIRICHLET, GAMMA, LN_ZERO, StatKind, WISHART};

    fn at(kind: &'static StatKind, x: &[f64], d: usize) -> Vec<f64> {
        let mut out = vec![0.0; kind.width(d)];
        (kind.of_value)(x, d, &mut out).unwrap();
        out
    }

    /// An argument: its statistics, element after element, one element if it is not a vector of scalars.
    struct Argument {
        kind: &'static StatKind,
        d: usize,
        elements: bool,
        numbers: Vec<f64>,
    }

    impl Argument {
        fn of(kind: &'static StatKind, d: usize, elements: bool, values: &[&[f64]]) -> Self {
            Self { kind, d, elements, numbers: values.iter().flat_map(|v| at(kind, v, d)).collect() }
        }
        fn index(&self, part: usize, letters: &[usize]) -> usize {
            let (element, axes) = if self.elements { (letters[0], &letters[1..]) } else { (0, letters) };
            element * self.kind.width(self.d)
                + self.kind.offset(part, self.d)
                + axes.iter().fold(0, |at, l| at * self.d + l)
        }
    }

    type Visit<'a> = &'a mut dyn FnMut(usize, f64, &[(usize, usize)]);

    /// Calls `visit` with (place in t(y), factor, places of the parts by argument) for every product of every
    /// part of t(y).
    fn products(
        kind: &'static StatKind,
        d: usize,
        table: &dyn Fn(usize) -> &'static [Product],
        arguments: &[Argument],
        visit: Visit<'_>,
    ) {
        for (p, part) in kind.parts.iter().enumerate() {
            let rank = part.shape.rank();
            for product in table(p) {
                for n in 0..d.pow(3) {
                    let letter = |c: char| match c {
                        'a' => n % d,
                        'b' => n / d % d,
                        _ => n / d / d,
                    };
                    let all: String = product
                        .constants
                        .iter()
                        .map(|c| c.1)
                        .chain(product.parts.iter().map(|p| p.2))
                        .chain(["", "a", "ab"][rank..=rank].iter().copied())
                        .collect();
                    // Letters that stand nowhere are not summed.
                    if ('a'..='c').any(|c| !all.contains(c) && letter(c) > 0) {
                        continue;
                    }
                    let mut number = product.number * (d as f64).powi(product.d_power as i32);
                    for (constant, letters) in product.constants {
                        let l: Vec<usize> = letters.chars().map(letter).collect();
                        let holds = match constant {
                            Constant::Same => l[0] == l[1],
                            Constant::Earlier => l[1] < l[0],
                            Constant::NotLast => l[0] + 1 < d,
                        };
                        number *= f64::from(u8::from(holds));
                    }
                    let place = kind.offset(p, d) + "ab"[..rank].chars().fold(0, |at, c| at * d + letter(c));
                    let parts: Vec<(usize, usize)> = product
                        .parts
                        .iter()
                        .map(|(i, part, letters)| {
                            (*i, arguments[*i].index(*part, &letters.chars().map(letter).collect::<Vec<_>>()))
                        })
                        .collect();
                    visit(place, number, &parts);
                }
            }
        }
    }

    type Links = &'static [Product];

    /// L1 at values: the products at the arguments' statistics are the statistic of the linked value. And L1
    /// proper: with any numbers for the arguments, ⟨m, t(y)⟩ is affine in each of them, and its slope is the
    /// message that the products give back.
    fn law(
        kind: &'static StatKind,
        d: usize,
        table: &dyn Fn(usize) -> Links,
        mut arguments: Vec<Argument>,
        y: &[f64],
    ) {
        let forward = |arguments: &[Argument]| {
            let mut out = vec![0.0; kind.width(d)];
            products(kind, d, table, arguments, &mut |place, number, parts| {
                out[place] += parts.iter().fold(number, |x, (i, at)| x * arguments[*i].numbers[*at]);
            });
            out
        };
        for (i, (got, want)) in forward(&arguments).iter().zip(at(kind, y, d)).enumerate() {
            assert!(
                (got - want).abs() < 1e-12 * (1.0 + want.abs()),
                "{kind:?}, number {i}: {got} is not {want}"
            );
        }
        let mut numbers = crate::expfam::laws::Arbitrary::new(11);
        let m: Vec<f64> = (0..kind.width(d)).map(|_| numbers.number()).collect();
        for a in &mut arguments {
            a.numbers.iter_mut().for_each(|x| *x = numbers.number());
        }
        for a in 0..arguments.len() {
            let inner = |t: &[f64]| t.iter().zip(&m).map(|(t, m)| t * m).sum::<f64>();
            let before = inner(&forward(&arguments));
            let mut backward = vec![0.0; arguments[a].numbers.len()];
            products(kind, d, table, &arguments, &mut |place, number, parts| {
                if let Some((_, at)) = parts.iter().find(|(i, _)| *i == a) {
                    let others = parts.iter().filter(|(i, _)| *i != a);
                    backward[*at] +=
                        others.fold(number * m[place], |x, (i, at)| x * arguments[*i].numbers[*at]);
                }
            });
            let by: Vec<f64> = backward.iter().map(|_| numbers.number()).collect();
            arguments[a].numbers.iter_mut().zip(&by).for_each(|(x, b)| *x += b);
            let (after, slope) =
                (inner(&forward(&arguments)), backward.iter().zip(&by).map(|(g, b)| g * b).sum::<f64>());
            assert!(
                (after - before - slope).abs() < 1e-12 * (1.0 + before.abs() + after.abs()),
                "{kind:?}, argument {a}"
            );
        }
    }

    #[test]
    fn products_of_positive_variables() {
        let table = |p| super::product::products(&GAMMA, p).unwrap();
        law(
            &GAMMA,
            1,
            &table,
            vec![Argument::of(&GAMMA, 1, false, &[&[2.5]]), Argument::of(&GAMMA, 1, false, &[&[0.3]])],
            &[0.75],
        );
    }

    #[test]
    fn a_matrix_scaled_by_a_positive_variable() {
        let table = |p| super::product::products(&WISHART, p).unwrap();
        let (scale, base) = (
            Argument::of(&GAMMA, 1, false, &[&[2.5]]),
            Argument::of(&WISHART, 2, false, &[&[2.0, 0.3, 0.3, 1.0]]),
        );
        law(&WISHART, 2, &table, vec![scale, base], &[5.0, 0.75, 0.75, 2.5]);
    }

    #[test]
    fn a_diagonal_matrix() {
        let v = Argument::of(&GAMMA, 1, true, &[&[2.5], &[0.3], &[7.0]]);
        law(
            &WISHART,
            3,
            &|p| super::diag::products(p),
            vec![v],
            &[2.5, 0.0, 0.0, 0.0, 0.3, 0.0, 0.0, 0.0, 7.0],
        );
    }

    #[test]
    fn weights_of_a_stick() {
        // The last element is never read, whatever it is.
        for last in [0.9, 1.0] {
            let v = Argument::of(&BETA, 1, true, &[&[0.25], &[0.5], &[last]]);
            law(&DIRICHLET, 3, &|_| super::stick::PRODUCTS, vec![v], &[0.25, 0.375, 0.375]);
        }
        // A stick that is used up leaves nothing.
        let v = Argument::of(&BETA, 1, true, &[&[1.0], &[0.5], &[0.5]]);
        let mut out = [0.0; 3];
        products(
            &DIRICHLET,
            3,
            &|_| super::stick::PRODUCTS,
            std::slice::from_ref(&v),
            &mut |place, number, parts| {
                out[place] += parts.iter().fold(number, |x, (_, at)| x * v.numbers[*at]);
            },
        );
        assert!(out[0] == 0.0 && out[1] <= 0.5 * LN_ZERO && out[2] <= 0.5 * LN_ZERO, "{out:?}");
    }
}
