//! Kernels are compiled here, once for f32 and once for f64, and not anew in every crate that names a `Program<T>`.

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
    let of = TypeId::of::<T>();
    debug_assert!(
        of == TypeId::of::<f32>() || of == TypeId::of::<f64>(),
        "another element"
    );
    of == TypeId::of::<f32>()
}

/// The type behind T.
pub(super) fn numbers<T: Real>(x: &mut [T]) -> Numbers<'_> {
    let (at, len) = (x.as_mut_ptr(), x.len());
    if is_single::<T>() {
        // SAFETY: T is f32.
        Numbers::Single(unsafe { std::slice::from_raw_parts_mut(at.cast(), len) })
    } else {
        assert!(TypeId::of::<T>() == TypeId::of::<f64>());
        // SAFETY: T is f64.
        Numbers::Double(unsafe { std::slice::from_raw_parts_mut(at.cast(), len) })
    }
}

/// The type behind T.
pub(super) fn seen<T: Real>(x: &[T]) -> Seen<'_> {
    let (at, len) = (x.as_ptr(), x.len());
    if is_single::<T>() {
        // SAFETY: T is f32.
        Seen::Single(unsafe { std::slice::from_raw_parts(at.cast(), len) })
    } else {
        assert!(TypeId::of::<T>() == TypeId::of::<f64>());
        // SAFETY: T is f64.
        Seen::Double(unsafe { std::slice::from_raw_parts(at.cast(), len) })
    }
}
