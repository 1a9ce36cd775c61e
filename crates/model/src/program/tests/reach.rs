//! What the unchecked accesses rest on. Kernels of this test program check each access, so that a step in an arena of
//! just its reach shows whether more is touched, and in a shorter one whether less would do.

use super::super::execute::{double, execute};
use super::super::kernel::copies;
use super::super::plan::{Plan, Step};
use super::super::reach::{Span, Steps};
use super::super::slot::Loop;
use super::{Case, case, models, tasks};
use crate::Model;
use crate::language::{Copies, SourceFile};
use crate::program::{Arguments, Layout, Options, Program, Task};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use symbias_numerics::lanes::{Real, dispatch, level};

const WIDTH: usize = f64::VIRTUAL_LANES;

fn panics(work: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(work)).is_err()
}

fn compiled(case: &Case, model: &Model, task: Task, layout: Layout) -> Program<f64> {
    Program::compile(model, &case.arrays, Options::new(task, layout)).expect("a program")
}

/// Kernels that no model file needs: first maxima, with lanes and without, and sums that run backwards.
const MORE: [&str; 2] = [
    r#"
symbias = 1
outputs = ["y", "z"]
axes = { t = 5, s = 11 }
program = '''
y[t] = max[s](A[t,s])
z = max[t](y[t])
'''
parameters = { A = ["t","s"] }
"#,
    r#"
symbias = 1
outputs = ["y"]
axes = { i = 90, j = 70 }
program = "y[i] = X[i,j] * w[j]"
parameters = { w = ["j"] }
constants = { X = { axes = ["i","j"], law = "normal", seed = 1 }, T = { axes = ["i"], law = "normal", seed = 2 } }
loss = { kind = "mse", of = "y", target = "T" }
"#,
];

/// All programs of the models, in all layouts.
fn programs(mut visit: impl FnMut(&str, &Program<f64>)) {
    let parsed = |text: &&str| {
        let model = SourceFile::parse(text, None).and_then(|s| s.check(Copies::All));
        (String::new(), model.expect("a model"))
    };
    for (name, model) in models().into_iter().chain(MORE.iter().map(parsed)) {
        let case = case(&model, 5);
        for task in tasks(&model, &case) {
            for layout in [Layout::Single, Layout::Replicas(3), Layout::Wide(48)] {
                let program = compiled(&case, &model, task, layout);
                visit(&format!("{name} {task:?} {layout:?}"), &program);
            }
        }
    }
}

fn steps(program: &Program<f64>) -> impl Iterator<Item = &Step> {
    let Plan {
        prologue, steps, ..
    } = &program.plan;
    prologue.all().iter().chain(steps.all())
}

fn kind(step: &Step) -> String {
    let words = format!("{step:?}");
    words.split('(').next().unwrap_or_default().to_owned()
}

/// The same step, so many numbers further on in the arena.
fn shifted(step: &Step, by: usize) -> Step {
    let mut step = step.clone();
    let at: &mut [usize] = match &mut step {
        Step::Rows(s) => &mut s.at,
        Step::Contraction(s) => &mut s.at,
        Step::Dots(s) => &mut s.at,
        Step::Total(s) => &mut s.at,
        Step::Totals(s) => &mut s.at,
        Step::Sparse(s) => &mut s.at,
        Step::Reduce(s) => &mut s.at,
        Step::FirstMax(s) => &mut s.at,
        Step::Move(s) => &mut s.at,
        Step::Transpose(s) => &mut s.at,
        Step::Clear(s) => std::slice::from_mut(&mut s.at),
    };
    at.iter_mut().for_each(|a| *a += by);
    step
}

fn plan_of(steps: Vec<Step>, len: usize) -> Plan {
    let mut all = Steps::new(WIDTH);
    steps.into_iter().for_each(|s| all.push(s));
    Plan {
        prologue: Steps::new(WIDTH),
        steps: all,
        len,
        ..Plan::default()
    }
}

const KINDS: usize = 11;

#[test]
fn a_step_touches_all_that_it_reaches_and_no_more() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut backwards = 0;
    programs(|name, program| {
        for step in steps(program) {
            let run = |len: usize| double(level(), std::slice::from_ref(step), &mut vec![0.0; len]);
            let reach = step.reach(WIDTH).touched;
            run(reach);
            // A panic takes longer than most steps.
            let count = seen.entry(kind(step)).or_default();
            *count += 1;
            let short = *count > 20 || panics(|| run(reach - 1));
            assert!(short, "{name}: less would do for {step:?}");
            if let Step::Contraction(sum) = step {
                backwards += usize::from(sum.inner.1 > isize::MAX as usize);
            }
        }
    });
    assert_eq!(seen.len(), KINDS, "{seen:?}");
    assert!(backwards > 0);
}

#[test]
fn a_plan_with_a_step_beyond_the_end_is_refused() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    programs(|name, program| {
        let len = program.plan.len;
        for step in steps(program) {
            let reach = step.reach(WIDTH);
            let room = (len - reach.written).min(len + WIDTH - reach.touched);
            let plan = |by: usize| plan_of(vec![shifted(step, by)], len);
            assert!(plan(room).within(WIDTH).is_ok(), "{name}: {step:?}");
            let refused = plan(room + 1).within(WIDTH).expect_err(name).to_string();
            assert!(refused.contains("fault of the program"), "{refused}");
            *seen.entry(kind(step)).or_default() += 1;
        }
        // One wrong offset among all steps, where the last buffer ends.
        let mut all: Vec<Step> = steps(program).cloned().collect();
        assert!(plan_of(all.clone(), len).within(WIDTH).is_ok(), "{name}");
        let Some(last) = all.iter().position(|s| s.reach(WIDTH).written == len) else {
            return;
        };
        all[last] = shifted(&all[last], 1);
        let corrupted = plan_of(all, len);
        assert!(corrupted.within(WIDTH).is_err(), "{name}");
        // Nor does it run, if it were not refused: an arena as long as it reaches lacks one number.
        let reach = corrupted.steps.reach().touched;
        assert!(!corrupted.steps.fit(reach - 1, WIDTH));
    });
    assert_eq!(seen.len(), KINDS, "{seen:?}");
}

#[test]
fn steps_run_only_in_arenas_that_they_fit() {
    let (_, model) = models().swap_remove(0);
    let program = compiled(&case(&model, 5), &model, Task::Value, Layout::Single);
    let steps = &program.plan.steps;
    let reach = steps.reach().touched;
    let run = |len: usize| execute(level(), steps, &mut vec![0.0_f64; len]);
    assert!(!panics(|| run(reach)));
    assert!(panics(|| run(reach - 1)));
    // As long, but vectors of f32 are twice as wide.
    assert!(panics(|| execute(
        level(),
        steps,
        &mut vec![0.0_f32; 2 * reach]
    )));
}

#[test]
fn positions_that_wrap_around_are_beyond_all_memory() {
    let back = 1_usize.wrapping_neg();
    assert_eq!(Span::at(3).over(4, back).end(8), 11);
    assert_eq!(Span::at(3).over(5, back).end(8), usize::MAX);
    assert_eq!(Span::at(3).over(5, 2).end(1), 12);
    assert_eq!(Span::at(3).over(1 << 40, 0).end(1), usize::MAX);
    // 0, 2⁶³ and 2⁶⁴ = 0 again: the last is no measure of the farthest.
    assert_eq!(Span::at(0).over(3, 1 << 63).end(1), usize::MAX);
    let copied = |stride: usize| {
        let loops = [Loop {
            size: 3,
            strides: [stride, WIDTH],
        }];
        let (from, mut to) = ([1.0; 3 * WIDTH], [0.0; 3 * WIDTH]);
        dispatch!(level(), simd => copies(simd, &loops, [0, 0], &from, &mut to));
        to
    };
    assert_eq!(copied(WIDTH), [1.0; 3 * WIDTH]);
    assert!(panics(|| {
        copied(1 << 63);
    }));
}

#[test]
fn a_workspace_serves_its_own_program_only() {
    let (_, model) = models()
        .into_iter()
        .find(|m| m.0 == "factorization")
        .expect("a model");
    let case = case(&model, 5);
    let make = || compiled(&case, &model, Task::LossGradient, Layout::Single);
    let (own, other) = (make(), make());
    let n = case.theta.len();
    type Use = fn(&Program<f64>, &mut super::super::Workspace<f64>, &Case, usize);
    let uses: [Use; 7] = [
        |p, w, c, n| {
            let (mut loss, mut gradient) = ([0.0], vec![0.0; n]);
            let mut into: [&mut [f64]; 2] = [&mut loss, &mut gradient];
            p.run(w, &Arguments::at(&c.theta, &c.x), &mut into);
        },
        |p, w, _, _| p.execute(w),
        |p, w, _, _| assert!(!p.state(w).theta.is_empty()),
        |p, w, c, _| p.put_theta(w, &c.theta),
        |p, w, _, n| p.take_theta(w, &mut vec![0.0; n]),
        |p, w, c, _| p.put_inputs(w, &c.x),
        |p, w, _, n| p.take(w, 1, &mut vec![0.0; n]),
    ];
    for (k, used) in uses.iter().enumerate() {
        used(&own, &mut own.workspace(), &case, n);
        used(&own.clone(), &mut own.workspace().clone(), &case, n);
        assert!(
            panics(|| used(&other, &mut own.workspace(), &case, n)),
            "{k}"
        );
    }
}
