//! What a program does, step by step, and the time that each step takes.

use super::execute::execute;
use super::kernel::Read;
use super::plan::Step;
use super::reach::Steps;
use super::{Program, Workspace};
use std::time::Instant;
use symbias_numerics::lanes::{Real, level};

impl<T: Real + std::ops::AddAssign> Program<T> {
    /// Each step in words and its time in seconds, best of several measurements alone. What is in the workspace
    /// changes as by runs.
    pub fn timings(&self, workspace: &mut Workspace<T>) -> Vec<(String, f64)> {
        let arena = self.arena(workspace);
        let mut found = Vec::new();
        for step in self.plan.steps.all() {
            let mut alone = Steps::new(T::VIRTUAL_LANES);
            alone.push(step.clone());
            let mut best = f64::INFINITY;
            for _ in 0..5 {
                let start = Instant::now();
                for _ in 0..500 {
                    execute(level(), &alone, arena);
                }
                best = best.min(start.elapsed().as_secs_f64() / 500.0);
            }
            found.push((words(step), best));
        }
        found
    }
}

fn reads(all: &[Read]) -> String {
    all.iter()
        .map(|r| if *r == Read::Vector { 'v' } else { 's' })
        .collect()
}

fn times<const N: usize>(loops: &[super::slot::Loop<N>]) -> usize {
    loops.iter().map(|l| l.size).product()
}

fn words(step: &Step) -> String {
    match step {
        Step::Rows(s) => format!(
            "{:?} {}: {} rows of {} vectors",
            s.kind,
            reads(&s.reads),
            times(&s.loops),
            s.blocks
        ),
        Step::Contraction(s) => format!(
            "contraction {}: {} tiles of {} x {}, sums of {} x {} in {}",
            reads(&s.reads),
            times(&s.loops),
            s.rows.0,
            s.columns.0,
            s.outer.len(),
            s.inner.0,
            s.split
        ),
        Step::Dots(s) => format!(
            "dots: {} of {} x {} vectors and {} lanes{}",
            s.outputs.len(),
            s.outer.len(),
            s.whole.0,
            s.tail,
            if s.shared { ", one factor shared" } else { "" }
        ),
        Step::Total(s) => format!(
            "total {}: {} x {}",
            reads(&s.reads),
            s.outer.len(),
            s.inner.0
        ),
        Step::Totals(s) => format!(
            "totals {}: {} of {} x {}",
            reads(&s.reads),
            s.outputs.len(),
            s.outer.len(),
            s.inner.0
        ),
        Step::Sparse(s) => format!(
            "sparse {}: {} rows, {} entries, {} x {} columns",
            reads(&s.reads),
            s.rows.len(),
            s.entries.len(),
            times(&s.loops),
            s.columns.size
        ),
        Step::Reduce(s) => format!(
            "{}: {} rows of {} vectors over {}",
            if s.max { "maximum" } else { "log sum exp" },
            times(&s.loops),
            s.blocks,
            s.over.len()
        ),
        Step::FirstMax(s) => format!(
            "first maximum: {} rows over {}",
            times(&s.loops),
            s.over.len()
        ),
        Step::Move(s) => format!(
            "move: {} x {} of {} vectors",
            times(&s.loops),
            s.table.len(),
            s.blocks
        ),
        Step::Transpose(s) => format!(
            "transpose: {} x {} x {}",
            times(&s.loops),
            s.rows.0,
            s.columns.0
        ),
        Step::Clear(s) => format!("clear padding of {} rows", s.rows),
    }
}
