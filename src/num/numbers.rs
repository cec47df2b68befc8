//! An array of numbers with several owners: handed on from file to plan without a copy. Not what the numbers
//! mean.

use std::{ops::Deref, sync::Arc};

/// Numbers that are shared, not copied, by `clone`. Made from a `Vec` in place, where `Arc<[f64]>` would copy
/// it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers(Arc<Vec<f64>>);

impl Numbers {
    /// Whether both are the same array in memory.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for Numbers {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.0
    }
}

impl From<Vec<f64>> for Numbers {
    fn from(values: Vec<f64>) -> Self {
        Self(Arc::new(values))
    }
}

impl FromIterator<f64> for Numbers {
    fn from_iter<T: IntoIterator<Item = f64>>(values: T) -> Self {
        Vec::from_iter(values).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_and_a_vec_turned_in_are_no_copies() {
        let values = vec![1.0, 2.0];
        let at = values.as_ptr();
        let a = Numbers::from(values);
        let b = a.clone();
        assert!(a.same(&b) && b.as_ptr() == at);
        assert!(!a.same(&a.iter().copied().collect()));
    }
}
