//! The names of a table's columns, made when they are asked for: a file of sparse features has millions and
//! holds none of them. Not here: which columns are kept.

use std::borrow::Cow;

/// The names of all columns of a table, in order.
#[derive(Clone, Debug)]
pub enum Header {
    /// As they stand in the file or in the model.
    Written(Vec<String>),
    /// One name, then whole numbers without a gap.
    Counted {
        /// The name of the first column.
        first: &'static str,
        /// The number that names the second.
        from: usize,
        /// How many columns are named by numbers.
        numbered: usize,
    },
}

impl Header {
    /// How many columns there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Written(names) => names.len(),
            Self::Counted { numbered, .. } => 1 + numbered,
        }
    }
    /// Whether there is no column.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The name of column `i`.
    pub fn name(&self, i: usize) -> Option<Cow<'_, str>> {
        match self {
            Self::Written(names) => names.get(i).map(|n| Cow::Borrowed(n.as_str())),
            Self::Counted { first, .. } if i == 0 => Some(Cow::Borrowed(first)),
            Self::Counted { from, numbered, .. } if i <= *numbered => {
                Some(Cow::Owned((from + i - 1).to_string()))
            }
            Self::Counted { .. } => None,
        }
    }
    /// Where the column of that name stands.
    pub fn position(&self, name: &str) -> Option<usize> {
        match self {
            Self::Written(names) => names.iter().position(|n| n == name),
            Self::Counted { first, .. } if name == *first => Some(0),
            Self::Counted { from, numbered, .. } => {
                let number: usize = name.parse().ok()?;
                let at = number.checked_sub(*from).filter(|at| at < numbered)?;
                // `+7` and `07` are numbers too, and no names.
                (number.to_string() == name).then_some(1 + at)
            }
        }
    }
    /// Whether a column has that name.
    pub fn contains(&self, name: &str) -> bool {
        self.position(name).is_some()
    }
    /// All names, in order.
    pub fn iter(&self) -> impl Iterator<Item = Cow<'_, str>> {
        (0..self.len()).filter_map(|i| self.name(i))
    }
}

impl PartialEq for Header {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_names_are_those_that_would_be_written() {
        for from in [0, 1, 9] {
            let counted = Header::Counted { first: "label", from, numbered: 3 };
            let names: Vec<String> =
                std::iter::once("label".into()).chain((from..from + 3).map(|n| n.to_string())).collect();
            let written = Header::Written(names.clone());
            assert_eq!(counted, written);
            for (i, name) in names.iter().enumerate() {
                assert_eq!((counted.position(name), written.position(name)), (Some(i), Some(i)), "{name}");
            }
            for name in ["", "labels", "-1", "+9", "09", "12", "99999999999999999999999"] {
                assert!(!counted.contains(name), "{name} of {from}");
            }
            assert_eq!((counted.name(4), counted.len()), (None, 4));
        }
    }
}
