//! Steps and bytes, counted by the interpreter itself: the same on every machine.

use std::{cell::Cell, fmt, rc::Rc, time::Duration};

use monty_types::{ResourceError, ResourceTracker};

use crate::{Limit, Limits};

/// What ran out, readable after the interpreter is gone.
#[derive(Debug, Default)]
pub(super) struct Spent(Cell<Option<Kind>>);

#[derive(Debug, Clone, Copy)]
enum Kind {
    Steps,
    Memory,
}

impl Spent {
    pub(super) fn limit(&self, limits: &Limits) -> Option<Limit> {
        self.0.get().map(|kind| match kind {
            Kind::Steps => Limit::Steps(limits.steps),
            Kind::Memory => Limit::Memory(limits.memory),
        })
    }
}

/// What is left.
pub(super) struct Fuel {
    steps: Cell<u64>,
    held: Cell<usize>,
    memory: usize,
    recursion: usize,
    spent: Rc<Spent>,
}

impl fmt::Debug for Fuel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fuel").finish_non_exhaustive()
    }
}

impl Fuel {
    pub(super) fn new(limits: &Limits, spent: Rc<Spent>) -> Self {
        Self {
            steps: Cell::new(limits.steps),
            held: Cell::new(0),
            memory: limits.memory,
            recursion: limits.recursion,
            spent,
        }
    }

    fn room(&self, used: usize) -> Result<(), ResourceError> {
        if used <= self.memory {
            return Ok(());
        }
        self.spent.0.set(Some(Kind::Memory));
        let limit = self.memory;
        Err(ResourceError::Memory { limit, used })
    }
}

impl ResourceTracker for Fuel {
    fn on_free(&self, size: impl FnOnce() -> usize) {
        self.held.set(self.held.get().saturating_sub(size()));
    }

    fn on_grow(&self, additional: impl FnOnce() -> usize) -> Result<(), ResourceError> {
        let held = self.held.get().saturating_add(additional());
        self.room(held)?;
        self.held.set(held);
        Ok(())
    }

    fn check_large_result(&self, bytes: usize) -> Result<(), ResourceError> {
        self.room(self.held.get().saturating_add(bytes))
    }

    fn check_time(&self) -> Result<(), ResourceError> {
        match self.steps.get().checked_sub(1) {
            Some(left) => {
                self.steps.set(left);
                Ok(())
            }
            None => {
                self.spent.0.set(Some(Kind::Steps));
                // The interpreter knows no other word for it; nobody reads these.
                let (limit, elapsed) = (Duration::ZERO, Duration::ZERO);
                Err(ResourceError::Time { limit, elapsed })
            }
        }
    }

    fn check_recursion_depth(&self, depth: usize) -> Result<(), ResourceError> {
        if depth < self.recursion {
            return Ok(());
        }
        let limit = self.recursion;
        Err(ResourceError::Recursion {
            limit,
            depth: depth + 1,
        })
    }

    fn gc_interval(&self) -> Option<usize> {
        None
    }
}
