//! Buffers by their type: each path keeps those of its own kind, and nobody else knows of them. Not here:
//! what is in them.

use std::any::Any;

/// At most one value of each type, made when it is first asked for.
#[derive(Default)]
pub(super) struct Kinds(Vec<Box<dyn Any + Send + Sync>>);

impl Kinds {
    /// The one of this type.
    pub(super) fn of<T: Default + Send + Sync + 'static>(&mut self) -> &mut T {
        let at = self.0.iter().position(|x| x.is::<T>()).unwrap_or_else(|| {
            self.0.push(Box::<T>::default());
            self.0.len() - 1
        });
        self.0[at].downcast_mut().expect("it was looked up by its type")
    }
    /// The one of this type, to be given back by [`Kinds::rest`].
    pub(super) fn take<T: Default + Send + Sync + 'static>(&mut self) -> Box<T> {
        match self.0.iter().position(|x| x.is::<T>()) {
            Some(at) => self.0.swap_remove(at).downcast().expect("it was looked up by its type"),
            None => Box::default(),
        }
    }
    /// Gives one back.
    pub(super) fn rest<T: Send + Sync + 'static>(&mut self, kind: Box<T>) {
        self.0.push(kind);
    }
}
