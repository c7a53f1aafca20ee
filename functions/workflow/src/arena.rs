//! Tables whose rows are named by number.

use std::{
    marker::PhantomData,
    ops::{Index, IndexMut},
};

/// The number of a row in an [`Arena<T>`]. Only an arena makes one, so it always names a row of the arena that made it.
pub(crate) struct Ix<T>(u32, PhantomData<fn() -> T>);

impl<T> Ix<T> {
    /// Its place.
    pub(crate) fn place(self) -> usize {
        self.0 as usize
    }

    /// The same number in a table of another kind of row that is filled in the same order.
    pub(crate) fn cast<U>(self) -> Ix<U> {
        Ix(self.0, PhantomData)
    }
}

impl<T> Clone for Ix<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Ix<T> {}

impl<T> PartialEq for Ix<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Ix<T> {}

impl<T> std::hash::Hash for Ix<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T> std::fmt::Debug for Ix<T> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "#{}", self.0)
    }
}

/// A table that only grows.
#[derive(Debug, Clone)]
pub(crate) struct Arena<T>(Vec<T>);

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Arena<T> {
    pub(crate) fn push(&mut self, row: T) -> Ix<T> {
        self.0.push(row);
        Ix((self.0.len() - 1) as u32, PhantomData)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Ix<T>, &T)> {
        self.0
            .iter()
            .enumerate()
            .map(|(place, row)| (Ix(place as u32, PhantomData), row))
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = Ix<T>> + use<T> {
        (0..self.0.len() as u32).map(|place| Ix(place, PhantomData))
    }
}

impl<T> Index<Ix<T>> for Arena<T> {
    type Output = T;

    // Rows are never removed and numbers come from `push`: there is no number without a row.
    #[allow(
        clippy::indexing_slicing,
        reason = "a number is made together with its row"
    )]
    fn index(&self, ix: Ix<T>) -> &T {
        &self.0[ix.place()]
    }
}

impl<T> IndexMut<Ix<T>> for Arena<T> {
    #[allow(
        clippy::indexing_slicing,
        reason = "a number is made together with its row"
    )]
    fn index_mut(&mut self, ix: Ix<T>) -> &mut T {
        &mut self.0[ix.place()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_their_numbers() {
        let mut arena = Arena::default();
        let a = arena.push("a");
        let b = arena.push("b");
        arena[a] = "c";
        assert_eq!((arena[a], arena[b], arena.len()), ("c", "b", 2));
        assert_eq!(arena.ids().map(Ix::place).collect::<Vec<_>>(), [0, 1]);
    }
}
