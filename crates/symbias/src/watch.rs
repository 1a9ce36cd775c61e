//! One watch over everything that can last: what it is at, how far it is, and the wish to stop it.

pub use symbias_numerics::watch::{Watch, share, stage};

use symbias_model::error::{Error, Result};

/// Does work under a watch. What was stopped has no result.
pub(crate) fn over<R>(watch: &Watch, work: impl FnOnce() -> Result<R>) -> Result<R> {
    let done = watch.over(work);
    match watch.is_stopped() {
        true => Err(Error::interrupted()),
        false => done,
    }
}
