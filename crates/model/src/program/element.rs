//! Kernels are compiled here, once for f32 and once for f64, and not anew in every crate that names a `Program<T>`.

use bytemuck::{cast_slice, cast_slice_mut};
use std::any::TypeId;
use symbias_numerics::lanes::Real;

/// Numbers whose type is known.
pub(super) enum Numbers<'a> {
    Single(&'a mut [f32]),
    Double(&'a mut [f64]),
}

/// Numbers to read whose type is known.
pub(super) enum Seen<'a> {
    Single(&'a [f32]),
    Double(&'a [f64]),
}

fn is_single<T: Real>() -> bool {
    TypeId::of::<T>() == TypeId::of::<f32>()
}

/// The type behind T.
pub(super) fn numbers<T: Real>(x: &mut [T]) -> Numbers<'_> {
    if is_single::<T>() {
        Numbers::Single(cast_slice_mut(x))
    } else {
        Numbers::Double(cast_slice_mut(x))
    }
}

/// The type behind T.
pub(super) fn seen<T: Real>(x: &[T]) -> Seen<'_> {
    if is_single::<T>() {
        Seen::Single(cast_slice(x))
    } else {
        Seen::Double(cast_slice(x))
    }
}
