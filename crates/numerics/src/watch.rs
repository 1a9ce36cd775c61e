//! Long work says what it is at, and asks whether it is wanted still.
//!
//! Whoever asks for work keeps a [`Watch`]: another thread reads from it how far the work is, and stops it. The work enters it once
//! ([`Watch::over`]); whatever then runs in that thread sees it without being handed it, and asks [`stopped`] where it has done about
//! a hundredth of a second. Work that was stopped may leave anything behind: who entered the watch throws it away.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What long work says, and what is wanted of it; clones are the same watch.
///
/// ```
/// use symbias_numerics::watch::{self, Watch};
/// let watch = Watch::default();
/// let sum = watch.over(|| {
///     watch::stage("sum");
///     (0..100).take_while(|k| { watch::share(k + 1, 100); !watch::stopped() }).sum::<usize>()
/// });
/// assert_eq!((sum, watch.now()), (4950, ("sum".to_owned(), Some(1.0))));
/// watch.stop();
/// assert_eq!(watch.over(|| (0..100).take_while(|_| !watch::stopped()).sum::<usize>()), 0);
/// ```
#[derive(Clone, Default)]
pub struct Watch(Arc<Shared>);

type Listener = Box<dyn Fn(&str) + Send + Sync>;

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    stage: Mutex<String>,
    /// Bits of a share; not-a-number where none is known.
    share: AtomicU64,
    listener: Option<Listener>,
}

thread_local! {
    static CURRENT: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Watch({:?}, stopped {})", self.now(), self.is_stopped())
    }
}

impl Watch {
    /// With somebody who hears each stage as it begins.
    pub fn heard(listener: impl Fn(&str) + Send + Sync + 'static) -> Watch {
        Watch(Arc::new(Shared {
            listener: Some(Box::new(listener)),
            ..Shared::default()
        }))
    }

    /// Asks the work to stop, soon.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }

    /// Whether the work is to stop.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.stop.load(Ordering::Relaxed)
    }

    /// A stage begins.
    pub fn stage(&self, name: &str) {
        name.clone_into(&mut self.0.stage.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.share.store(f64::NAN.to_bits(), Ordering::Relaxed);
        if let Some(listener) = &self.0.listener {
            listener(name);
        }
    }

    /// The stage, and the share of it that is done where that is known.
    #[must_use]
    pub fn now(&self) -> (String, Option<f64>) {
        let stage = self.0.stage.lock().unwrap_or_else(PoisonError::into_inner);
        let share = f64::from_bits(self.0.share.load(Ordering::Relaxed));
        (stage.clone(), share.is_finite().then_some(share))
    }

    /// The one over the work of this thread, to hand to threads that share the work.
    #[must_use]
    pub fn current() -> Watch {
        CURRENT.with_borrow(|w| w.clone().unwrap_or_default())
    }

    /// Does work that this watch is over.
    pub fn over<R>(&self, work: impl FnOnce() -> R) -> R {
        let _entered = Entered(CURRENT.replace(Some(self.clone())));
        work()
    }
}

/// Gives the thread back to the watch before, however the work ends.
struct Entered(Option<Watch>);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Whether the work of this thread is to stop.
#[must_use]
pub fn stopped() -> bool {
    CURRENT.with_borrow(|w| w.as_ref().is_some_and(Watch::is_stopped))
}

/// A stage of the work of this thread begins.
pub fn stage(name: &str) {
    // Not borrowed while somebody listens.
    let current = CURRENT.with_borrow(Clone::clone);
    if let Some(watch) = current {
        watch.stage(name);
    }
}

/// So many of so many parts of the stage are done.
pub fn share(done: usize, of: usize) {
    CURRENT.with_borrow(|w| {
        if let Some(Watch(shared)) = w {
            let share = done as f64 / of.max(1) as f64;
            shared.share.store(share.to_bits(), Ordering::Relaxed);
        }
    });
}
