//! One piece of code for the instruction set of the machine that runs it.

use pulp::{Arch, Simd, WithSimd};

struct Work<F>(F);

impl<R, F: FnMut() -> R> WithSimd for Work<F> {
    type Output = R;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) -> R {
        (self.0)()
    }
}

/// Runs `work` compiled for the widest vectors there are. The closure must be `#[inline(always)]`: what is not inlined
/// is compiled for the baseline. `pulp` takes closures too, but calls them through `FnOnce`, whose shim is never
/// inlined: everything ran four numbers at a time.
#[inline(always)]
pub(super) fn widest<R>(work: impl FnMut() -> R) -> R {
    Arch::new().dispatch(Work(work))
}
