//! Numbers of a plan's lists, each of a type of its own, and lists that only their own numbers index. Not
//! here: what stands in the lists.

use std::{
    fmt,
    marker::PhantomData,
    ops::{Index, IndexMut},
    slice,
};

/// A number that indexes a list.
pub trait Id: Copy + Ord {
    /// The number of the `i`-th.
    fn new(i: usize) -> Self;
    /// Which one it is.
    fn index(self) -> usize;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl Id for $name {
            fn new(i: usize) -> Self {
                Self(i as u32)
            }
            fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A variable of the plan: one block of q over its plates, in the order of the blocks.
    VarId;
    /// A table of the plan.
    TableId;
    /// A plate whose rows are streamed.
    StreamId;
}

/// A list that is indexed by numbers of one kind.
#[derive(Clone, PartialEq)]
pub struct List<I, T> {
    items: Vec<T>,
    id: PhantomData<fn(I)>,
}

impl<I: Id, T> List<I, T> {
    /// Its numbers.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = I> + Clone + use<I, T> {
        (0..self.items.len()).map(I::new)
    }
    /// What stands in it, with its numbers.
    pub fn enumerate(&self) -> impl DoubleEndedIterator<Item = (I, &T)> + Clone {
        self.items.iter().enumerate().map(|(i, x)| (I::new(i), x))
    }
    /// The same, to be changed.
    pub fn enumerate_mut(&mut self) -> impl DoubleEndedIterator<Item = (I, &mut T)> {
        self.items.iter_mut().enumerate().map(|(i, x)| (I::new(i), x))
    }
    /// What stands in it.
    pub fn iter(&self) -> slice::Iter<'_, T> {
        self.items.iter()
    }
    /// The same, to be changed.
    pub fn iter_mut(&mut self) -> slice::IterMut<'_, T> {
        self.items.iter_mut()
    }
    /// The first for which this holds.
    pub fn find(&self, holds: impl Fn(&T) -> bool) -> Option<I> {
        self.items.iter().position(holds).map(I::new)
    }
    /// How many.
    pub fn len(&self) -> usize {
        self.items.len()
    }
    /// None at all?
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
    /// What has the number, if anything has.
    pub fn get(&self, id: I) -> Option<&T> {
        self.items.get(id.index())
    }
    /// Adds one; its number.
    pub fn push(&mut self, item: T) -> I {
        self.items.push(item);
        I::new(self.items.len() - 1)
    }
    /// Makes it hold so many, at least.
    pub fn make_room(&mut self, len: usize)
    where
        T: Default,
    {
        let len = len.max(self.items.len());
        self.items.resize_with(len, T::default);
    }
    /// A list of what `f` makes of each.
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> List<I, U> {
        self.items.iter().map(f).collect()
    }
}

impl<I, T> Default for List<I, T> {
    fn default() -> Self {
        Self { items: vec![], id: PhantomData }
    }
}

impl<I, T> FromIterator<T> for List<I, T> {
    fn from_iter<X: IntoIterator<Item = T>>(items: X) -> Self {
        Self { items: items.into_iter().collect(), id: PhantomData }
    }
}

impl<I, T> IntoIterator for List<I, T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, I: Id, T> IntoIterator for &'a List<I, T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, I: Id, T> IntoIterator for &'a mut List<I, T> {
    type Item = &'a mut T;
    type IntoIter = slice::IterMut<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<I: Id, T> Index<I> for List<I, T> {
    type Output = T;
    fn index(&self, id: I) -> &T {
        &self.items[id.index()]
    }
}

impl<I: Id, T> IndexMut<I> for List<I, T> {
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.items[id.index()]
    }
}

impl<I, T: fmt::Debug> fmt::Debug for List<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.items.fmt(f)
    }
}
