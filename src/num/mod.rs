//! Special functions, small linear algebra, quadratures, tensor contractions, reductions, seeded streams, sizes in words. Knows no
//! statistics.

pub mod bump;
pub mod cholesky;
pub mod contract;
pub mod digest;
pub mod double;
pub mod double_matrix;
pub(crate) mod eight;
pub mod gaussian_mean;
pub mod matmul;
pub mod normal;
pub mod numbers;
pub mod peak;
pub mod reduce;
pub mod size;
pub mod sparse_product;
pub mod special;
pub mod square;
pub mod stream;
pub mod wide;
