//! The kernel that counts bytes: an allocator in front of another.
//!
//! A program names it once, and then the JavaScript side of the sandbox can see what its code holds:
//!
//! ```
//! #[global_allocator]
//! static ALLOCATOR: sandbox::Meter = sandbox::Meter(std::alloc::System);
//! # fn main() {}
//! ```
//!
//! The count is one number per thread and is only ever compared with itself on the same thread.

#![allow(unsafe_code, reason = "an allocator is an unsafe trait")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

/// An allocator, the system's if no other is named, with a count of the bytes that this thread took and did not give back.
#[derive(Debug, Clone, Copy)]
pub struct Meter<A = System>(pub A);

thread_local! {
    // `const` and without a destructor: an allocator may be called before and after everything else.
    static HELD: Cell<isize> = const { Cell::new(0) };
}

fn add(bytes: usize, sign: isize) {
    // A thread at its very end has no cell left; nobody asks it either.
    let _ = HELD.try_with(|held| {
        let bytes = isize::try_from(bytes).unwrap_or(isize::MAX);
        held.set(held.get().wrapping_add(bytes.wrapping_mul(sign)));
    });
}

/// Bytes that this thread holds by now, less what it gave back for others. Zero for ever where [`Meter`] is not installed.
#[cfg_attr(not(feature = "javascript"), allow(dead_code))]
pub(crate) fn held() -> isize {
    HELD.try_with(Cell::get).unwrap_or(0)
}

// SAFETY: every call goes to the allocator behind with the arguments as they came, so its promises are this allocator's; the count beside
// it allocates nothing and cannot unwind.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Meter<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size(), 1);
        // SAFETY: the caller's promises are passed on.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size(), 1);
        // SAFETY: the caller's promises are passed on.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        add(layout.size(), -1);
        // SAFETY: the caller's promises are passed on.
        unsafe { self.0.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(layout.size(), -1);
        add(size, 1);
        // SAFETY: the caller's promises are passed on.
        unsafe { self.0.realloc(place, layout, size) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[global_allocator]
    static ALLOCATOR: Meter = Meter(System);

    #[test]
    fn what_a_thread_takes_and_gives_back_is_counted() {
        let before = held();
        let mut taken: Vec<u8> = Vec::with_capacity(1000);
        assert_eq!(held() - before, 1000);
        taken.reserve_exact(5000);
        assert_eq!(held() - before, 5000);
        let zeroed = vec![0_u8; 300];
        assert_eq!(held() - before, 5300);
        drop((taken, zeroed));
        assert_eq!(held(), before);
    }
}
