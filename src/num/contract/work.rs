//! How much arithmetic a compiled contraction is. Not here: the arithmetic.

use super::{Contraction, Dim, Kernel, Operation};

impl Contraction {
    /// Multiply-adds of a run at these sizes: each step's loops, multiplied. A lookup is none.
    pub fn multiply_adds(&self, sizes: &[usize]) -> f64 {
        if self.used.iter().any(|&l| sizes[l as usize] == 0) {
            return 0.0;
        }
        let size = |d: &Dim| d.size.at(sizes) as f64;
        let of = |step: &Operation| match step {
            Operation::Product { outer, kernel, .. } => {
                let inner = match kernel {
                    Kernel::Gemm { m, n, k } => size(m) * size(n) * size(k),
                    Kernel::Line { dim, .. } => size(dim),
                };
                outer.iter().map(size).product::<f64>() * inner
            }
            Operation::Spread { .. } | Operation::Valid { .. } => 0.0,
        };
        self.steps.iter().map(of).sum()
    }
}

#[cfg(test)]
mod tests {
    use crate::num::contract::{Axes, Contraction, Letter, OperandShape};

    #[test]
    fn a_product_of_matrices_takes_one_for_each_triple() {
        let sizes = [40, 5, 7];
        let axes = |l: &[Letter]| Axes::row_major(l, &sizes);
        let dense = |l: &[Letter]| OperandShape::Dense(axes(l));
        let product = Contraction::compile(&sizes, &[0], &[dense(&[0, 1]), dense(&[1, 2])], &axes(&[0, 2]));
        assert_eq!(product.multiply_adds(&sizes), 1400.0);
        assert_eq!(product.multiply_adds(&[3, 5, 7]), 105.0);
        assert_eq!(product.multiply_adds(&[0, 5, 7]), 0.0);
        let gather = Contraction::compile(
            &sizes,
            &[0],
            &[OperandShape::OneHot { row: 0, level: 1 }, dense(&[1, 2])],
            &axes(&[0, 2]),
        );
        assert_eq!(gather.multiply_adds(&sizes), 280.0, "a row of seven for each code");
    }
}
