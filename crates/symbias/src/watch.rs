//! One watch over everything that can last: what it is at, how far it is, and the wish to stop it.
//!
//! ```
//! # use symbias::{SourceFile, Watch};
//! # let source = SourceFile::parse("symbias = 1\noutputs = [\"w\"]\nprogram = \"w = u * v\"\n\
//! #     parameters = { u = [], v = [] }\nloss = { kind = \"expression\", expr = \"0.5 * (w - 1)^2\" }\n", None)?;
//! use symbias::{ErrorKind, analyze};
//! let watch = Watch::default();
//! watch.stop();
//! let stopped = analyze(&source, &Default::default(), &watch).expect_err("it was stopped");
//! assert_eq!(stopped.kind(), ErrorKind::Interrupted);
//! # Ok::<(), symbias::Error>(())
//! ```

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
