//! The one door to `gemm`, which takes raw pointers: every view is checked against its slice first.
#![allow(unsafe_code)]

/// How many cores one product may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cores {
    /// The caller's.
    #[cfg_attr(
        not(feature = "threads"),
        allow(dead_code, reason = "there is only one")
    )]
    One,
    /// All there are, where the crate is built with threads.
    All,
}

/// A strided matrix inside a slice.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

/// The same, to be written.
pub(crate) struct ViewMut<'a> {
    data: &'a mut [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
}

impl<'a> View<'a> {
    /// Rows of `columns` numbers, each starting `row_stride` after the one before.
    pub(crate) fn new(data: &'a [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        let column_stride = 1;
        Self {
            data,
            rows,
            columns,
            row_stride,
            column_stride,
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// The same numbers with rows and columns exchanged.
    pub(crate) fn transposed(self) -> Self {
        Self {
            data: self.data,
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
        }
    }
}

impl<'a> ViewMut<'a> {
    /// Rows of `columns` numbers, each starting `row_stride` after the one before.
    pub(crate) fn new(data: &'a mut [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        Self {
            data,
            rows,
            columns,
            row_stride,
        }
    }
}

/// `out = scale * left * right`.
///
/// Does nothing when the shapes do not belong together or a view reaches beyond its slice: both are faults of the
/// caller, which debug builds and the tests of the models report.
pub(crate) fn product(out: ViewMut<'_>, left: View<'_>, right: View<'_>, scale: f32, cores: Cores) {
    let shapes =
        out.rows == left.rows && out.columns == right.columns && left.columns == right.rows;
    let inside =
        |len: usize, rows: usize, columns: usize, row_stride: usize, column_stride: usize| {
            let last = |count: usize, stride: usize| count.saturating_sub(1).checked_mul(stride);
            let last = last(rows, row_stride)
                .zip(last(columns, column_stride))
                .and_then(|(row, column)| row.checked_add(column));
            rows == 0 || columns == 0 || last.is_some_and(|last| last < len)
        };
    let fits = |view: &View<'_>| {
        inside(
            view.data.len(),
            view.rows,
            view.columns,
            view.row_stride,
            view.column_stride,
        )
    };
    // Rows of the output must not overlap either.
    let sound = shapes
        && fits(&left)
        && fits(&right)
        && out.row_stride >= out.columns
        && inside(out.data.len(), out.rows, out.columns, out.row_stride, 1);
    debug_assert!(sound, "matrix views that do not fit");
    if !sound || out.rows == 0 || out.columns == 0 {
        return;
    }
    // SAFETY: `inside` has shown that the largest index of each view, and with it every index, lies within its slice;
    // `out` is borrowed mutably, so it overlaps neither input; the element type is f32 throughout, and `read_dst` is
    // false, so `out` is only written.
    unsafe {
        gemm::gemm(
            out.rows,
            out.columns,
            left.columns,
            out.data.as_mut_ptr(),
            1,
            out.row_stride as isize,
            false,
            left.data.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.data.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            0.0,
            scale,
            false,
            false,
            false,
            parallelism(cores),
        );
    }
}

#[cfg(feature = "threads")]
fn parallelism(cores: Cores) -> gemm::Parallelism {
    match cores {
        Cores::One => gemm::Parallelism::None,
        Cores::All => gemm::Parallelism::Rayon(rayon::current_num_threads()),
    }
}

#[cfg(not(feature = "threads"))]
fn parallelism(_: Cores) -> gemm::Parallelism {
    gemm::Parallelism::None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_equal_the_naive_ones() {
        for (n, k, m) in [(1, 5, 3), (7, 32, 9), (16, 64, 33), (3, 1, 1)] {
            let left: Vec<f32> = (0..n * k).map(|i| (i % 13) as f32 - 6.0).collect();
            let right: Vec<f32> = (0..m * k).map(|i| (i % 7) as f32 - 3.0).collect();
            // Written into the middle of wider rows: what lies beside must stay.
            let stride = m + 2;
            let mut out = vec![99.0; n * stride];
            product(
                ViewMut::new(&mut out[1..], n, m, stride),
                View::new(&left, n, k, k),
                View::new(&right, m, k, k).transposed(),
                0.5,
                Cores::One,
            );
            for row in 0..n {
                for column in 0..stride {
                    let expected = if (1..=m).contains(&column) {
                        let sum: f32 = (0..k)
                            .map(|i| left[row * k + i] * right[(column - 1) * k + i])
                            .sum();
                        0.5 * sum
                    } else {
                        99.0
                    };
                    assert_eq!(out[row * stride + column], expected, "{n} {k} {m}");
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "do not fit")]
    fn a_view_beyond_its_slice_is_refused() {
        let (data, mut out) = (vec![0.0; 8], vec![0.0; 9]);
        let left = View::new(&data, 3, 3, 3);
        product(ViewMut::new(&mut out, 3, 3, 3), left, left, 1.0, Cores::One);
    }
}
