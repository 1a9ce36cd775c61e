//! Progress on a terminal, and what Ctrl-C does: what is done is kept where there is something to go on from.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use symbias::experiment::run::{Board, Progress};
use symbias::watch;

/// Time that a stop may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// Time between looks.
const PAUSE: Duration = Duration::from_millis(100);
/// Work that is done by then shows nothing.
const SHORT: Duration = Duration::from_secs(1);

/// Watches work from a thread of its own until it is finished.
pub(crate) struct Watch {
    board: Arc<Board>,
    ended: Arc<AtomicBool>,
    bar: Option<ProgressBar>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// What Ctrl-C stops.
static WATCHED: Mutex<Option<Arc<Board>>> = Mutex::new(None);

fn lock<X>(mutex: &Mutex<X>) -> MutexGuard<'_, X> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks the work to stop, and ends the process where it does not come to a stop by itself: some steps of linear algebra take seconds,
/// and files appear whole or not at all, whenever it is ended.
fn stop() {
    let watched = lock(&WATCHED).clone();
    if let Some(board) = watched {
        board.stop();
        std::thread::sleep(PATIENCE);
        crate::complain("interrupted: what was done up to the last checkpoint is kept");
    }
    std::process::exit(crate::INTERRUPTED.into());
}

impl Watch {
    pub(crate) fn new() -> Watch {
        let board = Arc::new(Board::default());
        let ended = Arc::new(AtomicBool::new(false));
        *lock(&WATCHED) = Some(board.clone());
        // Set once; where it cannot be, Ctrl-C ends the process, and the checkpoints stand.
        let _ = ctrlc::set_handler(stop);
        let style = ProgressStyle::with_template("{spinner} {elapsed} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = std::io::stderr()
            .is_terminal()
            .then(|| ProgressBar::new_spinner().with_style(style));
        let thread = bar.clone().map(|bar| {
            let (board, ended) = (board.clone(), ended.clone());
            std::thread::spawn(move || show(&bar, &board, &ended))
        });
        Watch {
            board,
            ended,
            bar,
            thread,
        }
    }

    pub(crate) fn board(&self) -> &Board {
        &self.board
    }

    /// What work without arms is told.
    pub(crate) fn watch(&self) -> &watch::Watch {
        &self.board.watch
    }

    /// A line that stays, on standard error.
    pub(crate) fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| crate::complain(line)),
            None => crate::complain(line),
        }
    }

    /// Does work that ends with Ctrl-C.
    pub(crate) fn during<R>(work: impl FnOnce(&watch::Watch) -> R) -> R {
        work(Watch::new().watch())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        lock(&WATCHED).take();
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

fn show(bar: &ProgressBar, board: &Board, ended: &AtomicBool) {
    let mut seen: Vec<(Instant, u64)> = Vec::new();
    let started = Instant::now();
    while !ended.load(Ordering::Relaxed) {
        std::thread::park_timeout(PAUSE);
        if started.elapsed() < SHORT {
            continue;
        }
        let arms = board.arms();
        let now = Instant::now();
        for arm in arms.iter().skip(seen.len()) {
            seen.push((now, arm.monitor.done.load(Ordering::Relaxed)));
        }
        let lines: Vec<String> = arms
            .iter()
            .zip(&seen)
            .filter(|(arm, _)| !arm.ended.load(Ordering::Relaxed))
            .map(|(arm, start)| line(arm, *start, now))
            .collect();
        let begun = seen.first().map_or(now, |s| s.0);
        let all = left(board.expected(), &arms, now.duration_since(begun));
        let (stage, share) = board.watch.now();
        let share = share.map_or_else(String::new, |s| format!(" {:.0} %", 100.0 * s));
        let at = match lines.is_empty() {
            true => stage + &share,
            false => String::new(),
        };
        bar.set_message(crate::shown(&(at + &all + &lines.join("   "))).into_owned());
        bar.tick();
    }
    bar.finish_and_clear();
}

/// `8 s left of all   `, from the pace of all arms since the first began; nothing until that is known, or where one arm is all.
fn left(expected: u64, arms: &[Arc<Progress>], elapsed: Duration) -> String {
    let done: u64 = arms
        .iter()
        .map(|a| a.monitor.done.load(Ordering::Relaxed))
        .sum();
    let known: u64 = arms.iter().map(|a| a.work).sum();
    if done == 0 || expected <= known {
        return String::new();
    }
    let pace = done as f64 / elapsed.as_secs_f64().max(1e-9);
    format!(
        "{:.0} s left of all   ",
        expected.saturating_sub(done) as f64 / pace
    )
}

/// `relu/sgd 43 %, 2.1 M steps/s, 12 s left, ratio 0.93`.
fn line(arm: &Progress, start: (Instant, u64), now: Instant) -> String {
    let done = arm.monitor.done.load(Ordering::Relaxed);
    let elapsed = now.duration_since(start.0).as_secs_f64();
    let rate = done.saturating_sub(start.1) as f64 / elapsed.max(1e-9);
    let share = 100.0 * done as f64 / arm.work.max(1) as f64;
    let mut text = format!(
        "{}/{} {share:.0} %, {:.3} M steps/s",
        arm.experiment,
        arm.arm,
        rate / 1e6
    );
    if rate > 0.0 {
        text += &format!(
            ", {:.0} s left",
            arm.work.saturating_sub(done) as f64 / rate
        );
    }
    let latest = arm.monitor.latest.lock().ok().and_then(|l| l.clone());
    if let Some((_, numbers)) = latest {
        for (name, at) in arm.columns.iter().take(2) {
            if let Some(x) = numbers.get(*at) {
                text += &format!(", {name} {x:.4}");
            }
        }
    }
    text
}
