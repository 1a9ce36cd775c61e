//! Progress of runs on a terminal, and what Ctrl-C does: everything stops at a checkpoint.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use symbias::experiment::run::{Board, Progress};

/// Time that a stop may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// Time between looks.
const PAUSE: Duration = Duration::from_millis(250);

/// Watches a board from a thread of its own until it is finished.
pub(crate) struct Watch {
    board: Arc<Board>,
    ended: Arc<AtomicBool>,
    bar: Option<ProgressBar>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Watch {
    pub(crate) fn new() -> Watch {
        let board = Arc::new(Board::default());
        let ended = Arc::new(AtomicBool::new(false));
        let stopping = board.clone();
        // A second handler cannot be set; then Ctrl-C ends the process, and the checkpoints stand.
        let _ = ctrlc::set_handler(move || {
            stopping.stop();
            // What does not come to a stop by itself can be ended at any moment: files appear whole or not at all.
            std::thread::sleep(PATIENCE);
            crate::complain("interrupted: what was done up to the last checkpoint is kept");
            std::process::exit(crate::INTERRUPTED.into());
        });
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

    /// A line that stays, on standard error.
    pub(crate) fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| crate::complain(line)),
            None => crate::complain(line),
        }
    }

    pub(crate) fn finish(self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread {
            let _ = thread.join();
        }
    }
}

fn show(bar: &ProgressBar, board: &Board, ended: &AtomicBool) {
    let mut seen: Vec<(Instant, u64)> = Vec::new();
    while !ended.load(Ordering::Relaxed) {
        std::thread::sleep(PAUSE);
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
        bar.set_message(crate::shown(&(all + &lines.join("   "))).into_owned());
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
