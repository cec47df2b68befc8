//! A real number as a polynomial of second order in how far the variables that it is made of are from their
//! means: of sums and of products of two it is all there is. Not here: how variables vary together
//! (`beliefs`).

/// A number of a node: the node, and its place among all numbers of the node's elements. Of a predicted one
/// it stands for what its own line adds to its mean.
pub(super) type Atom = (usize, usize);

/// mean + Σ linear · (x − E x) + Σ products · (x − E x)(y − E y).
#[derive(Clone, Debug, Default)]
pub(super) struct Form {
    pub(super) mean: f64,
    pub(super) linear: Vec<(Atom, f64)>,
    pub(super) products: Vec<(Atom, Atom, f64)>,
}

/// How two atoms vary together.
pub(super) type Covariance<'a> = &'a dyn Fn(Atom, Atom) -> f64;

impl Form {
    pub(super) fn known(mean: f64) -> Self {
        Self { mean, ..Self::default() }
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        let mut out = self.clone();
        out.mean += other.mean;
        out.linear.extend_from_slice(&other.linear);
        out.products.extend_from_slice(&other.products);
        out.gathered()
    }

    pub(super) fn scaled(&self, by: f64) -> Self {
        Self {
            mean: by * self.mean,
            linear: self.linear.iter().map(|&(a, c)| (a, by * c)).collect(),
            products: self.products.iter().map(|&(a, b, c)| (a, b, by * c)).collect(),
        }
    }

    /// Without what is of third order and more.
    pub(super) fn times(&self, other: &Self) -> Self {
        if self.linear.is_empty() && self.products.is_empty() {
            return other.scaled(self.mean);
        }
        if other.linear.is_empty() && other.products.is_empty() {
            return self.scaled(other.mean);
        }
        let (mut out, right) = (self.scaled(other.mean), other.scaled(self.mean));
        out.linear.extend(right.linear);
        out.products.extend(right.products);
        for &(a, x) in &self.linear {
            out.products.extend(other.linear.iter().map(|&(b, y)| (a, b, x * y)));
        }
        out.gathered()
    }

    /// Each atom once.
    fn gathered(mut self) -> Self {
        if self.linear.len() > 1 {
            self.linear.sort_by_key(|x| x.0);
            self.linear.dedup_by(|next, kept| {
                let same = next.0 == kept.0;
                if same {
                    kept.1 += next.1;
                }
                same
            });
        }
        self
    }

    /// Its expectation.
    pub(super) fn expected(&self, covariance: Covariance<'_>) -> f64 {
        self.mean + self.products.iter().map(|&(a, b, c)| c * covariance(a, b)).sum::<f64>()
    }

    /// Its variance, of atoms that are Gaussian where they are multiplied.
    pub(super) fn variance(&self, covariance: Covariance<'_>) -> f64 {
        self.variance_of_products(covariance) + shared(&self.linear, &self.linear, covariance)
    }

    /// The share of the variance that no linear term has.
    pub(super) fn variance_of_products(&self, covariance: Covariance<'_>) -> f64 {
        let mut sum = 0.0;
        for &(a, b, x) in &self.products {
            for &(c, d, y) in &self.products {
                let pairs = covariance(a, c) * covariance(b, d) + covariance(a, d) * covariance(b, c);
                sum += x * y * pairs;
            }
        }
        sum
    }
}

/// The covariance of two sums.
pub(super) fn shared(a: &[(Atom, f64)], b: &[(Atom, f64)], covariance: Covariance<'_>) -> f64 {
    a.iter().map(|&(i, x)| b.iter().map(|&(k, y)| x * y * covariance(i, k)).sum::<f64>()).sum()
}
