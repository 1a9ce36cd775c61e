//! Sizes are judged before memory is taken: absurd ones are refused at once, by what a check and a scalar program would need.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use symbias_model::Result;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::program::{Layout as Lanes, Options, Program, Task};
use symbias_model::scalar::{Arrays, ScalarProgram};

/// Bytes that are held, and the most that were.
struct Peak;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);
/// One measurement at a time: the counters are everybody's.
static ALONE: Mutex<()> = Mutex::new(());

#[allow(unsafe_code)]
// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Peak {
    unsafe fn alloc(&self, memory: Layout) -> *mut u8 {
        let held = HELD.fetch_add(memory.size(), Ordering::Relaxed) + memory.size();
        MOST.fetch_max(held, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(memory) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, memory: Layout) {
        HELD.fetch_sub(memory.size(), Ordering::Relaxed);
        // SAFETY: the pointer is one of `alloc`.
        unsafe { System.dealloc(pointer, memory) }
    }
}

#[global_allocator]
static ALLOCATOR: Peak = Peak;

/// The result of some work, in little memory and time.
fn within<T>(what: &str, megabytes: usize, work: impl FnOnce() -> T) -> T {
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let start = Instant::now();
    let result = work();
    let (taken, most) = (start.elapsed(), MOST.load(Ordering::Relaxed) - before);
    drop(alone);
    assert!(most < megabytes << 20, "{what}: {most} bytes");
    // Well under a second alone; others may run beside it.
    assert!(taken.as_secs_f64() < 5.0, "{what}: {taken:?}");
    result
}

fn text(axes: &str, program: &str, more: &str) -> String {
    format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ {axes} }}\nprogram = '''\n{program}\n'''\n{more}\n"
    )
}

fn scalars(text: &str, copies: Copies) -> Result<ScalarProgram> {
    let model = SourceFile::parse(text, None)?.check(copies)?;
    let _ = model.space();
    ScalarProgram::fits(&model)?;
    let arrays = Arrays::new(&model, &Default::default())?;
    ScalarProgram::lower(&model, &arrays)
}

fn lanes(text: &str) -> Result<Program<f64>> {
    let model = SourceFile::parse(text, None)?.check(Copies::All)?;
    let arrays = Arrays::new(&model, &Default::default())?;
    Program::compile(&model, &arrays, Options::new(Task::Value, Lanes::Single))
}

/// Forty letters a0, …, a39 of size 2, and what to do with them.
fn forty(part: impl Fn(usize) -> String, between: &str) -> String {
    (0..40).map(part).collect::<Vec<_>>().join(between)
}

fn absurd() -> Vec<(&'static str, String)> {
    let axes = forty(|k| format!("a{k} = 2"), ", ");
    let letters = forty(|k| format!("a{k}"), ",");
    let quoted = forty(|k| format!("\"a{k}\""), ",");
    let vectors = forty(|k| format!("v{k} = [\"a{k}\"]"), ", ");
    let product = forty(|k| format!("v{k}[a{k}]"), "*");
    let squares = forty(|k| format!("v{k}[a{k}]*v{k}[a{k}]"), "*");
    let big = "d = 100000000";
    vec![
        (
            "an axis of 10^8, parameters",
            text(
                big,
                "y = w[d]*x[d]",
                "parameters = { w = [\"d\"] }\ninputs = { x = [\"d\"] }",
            ),
        ),
        (
            "an axis of 10^8, inputs",
            text(
                big,
                "y = k*sum[d](x[d])",
                "parameters = { k = [] }\ninputs = { x = [\"d\"] }",
            ),
        ),
        (
            "an axis of 10^8, a constant",
            text(
                big,
                "y = k*sum[d](c[d])",
                "parameters = { k = [] }\nconstants = { c = { axes = [\"d\"], law = \"normal\" } }",
            ),
        ),
        (
            "an axis of 10^8, positions",
            text(big, "y = sum[d](sin(k*pos(d)))", "parameters = { k = [] }"),
        ),
        (
            "an axis of 10^8, an output",
            text(big, "y[d] = sin(k*pos(d))", "parameters = { k = [] }"),
        ),
        (
            "an axis of 10^8, powers",
            text(big, "y = sum[d](k^pos(d))", "parameters = { k = [] }"),
        ),
        (
            "an axis of 10^8, a running sum",
            text(big, "y[d] = cumsum[d](k*pos(d))", "parameters = { k = [] }"),
        ),
        (
            "forty axes, one tensor",
            text(
                &axes,
                &format!("y = norm[{letters}](w[{letters}])"),
                &format!("parameters = {{ w = [{quoted}] }}"),
            ),
        ),
        (
            "forty axes, an output",
            text(
                &axes,
                &format!("y[{letters}] = {product}"),
                &format!("parameters = {{ {vectors} }}"),
            ),
        ),
        (
            "forty axes, one sum",
            text(
                &axes,
                &format!("y = {squares}"),
                &format!("parameters = {{ {vectors} }}"),
            ),
        ),
        (
            "forty axes, a softmax",
            text(
                &axes,
                &format!("y = sum[{letters}](softmax[{letters}]({product}))"),
                &format!("parameters = {{ {vectors} }}"),
            ),
        ),
        (
            "2^63 - 1 repetitions",
            text(
                "c = 2",
                "y[c] = layer(x)",
                "inputs = { x = [\"c\"] }\n[blocks.layer]\ncount = 9223372036854775807\ncarry = \"h\"\n\
                 parameters = { g = [\"c\"] }\nprogram = \"h'[c] = h[c] + g[c]*h[c]\"",
            ),
        ),
        (
            "sizes of 2^62",
            text(
                "i = 4611686018427387904, j = 4",
                "y = sum[i,j](w[i,j])",
                "parameters = { w = [\"i\",\"j\"] }",
            ),
        ),
        (
            "sizes that overflow",
            text(
                "i = 2, j = \"i^100\"",
                "y = sum[j](w[j])",
                "parameters = { w = [\"j\"] }",
            ),
        ),
        (
            "a tower of sizes",
            text(
                "i = 9, j = \"i^i^i^i\"",
                "y = sum[j](w[j])",
                "parameters = { w = [\"j\"] }",
            ),
        ),
        (
            "many tensors that are too many together",
            text(
                "i = 4611686018427387904",
                "y = sum[i](a[i]*b[i]*c[i])",
                "parameters = { a = [\"i\"], b = [\"i\"], c = [\"i\"] }",
            ),
        ),
    ]
}

#[test]
fn absurd_sizes_are_refused_before_memory_is_taken() {
    // Forty sums of two factors are forty small sums, and no table of 2^40.
    for (what, text) in absurd()
        .into_iter()
        .filter(|(what, _)| *what != "forty axes, one sum")
    {
        let found = within(what, 8, || scalars(&text, Copies::All));
        let error = found
            .err()
            .unwrap_or_else(|| panic!("{what} is not refused"))
            .to_string();
        let clear = ["more than", "too many", "2^63", "overflows"];
        assert!(clear.iter().any(|c| error.contains(c)), "{what}: {error}");
    }
}

#[test]
fn what_is_abridged_is_checked_in_little_memory() {
    // Rules need no numbers: the checked expression of any size is small.
    for (what, text) in absurd() {
        let found = within(what, 8, || {
            let model = SourceFile::parse(&text, None)?.check(Copies::AtMost(2))?;
            Ok((model.parameter_count(), model.reads().len()))
        });
        let refused = ["2^62", "overflow", "tower", "together"]
            .iter()
            .any(|w| what.contains(w));
        let found: Result<(u128, usize)> = found;
        assert_eq!(found.is_err(), refused, "{what}: {found:?}");
    }
    let deep = &absurd()[11].1;
    let model = SourceFile::parse(deep, None)
        .and_then(|s| s.check(Copies::AtMost(2)))
        .expect("a model");
    assert_eq!(model.parameter_count(), (1 << 64) - 2);
}

#[test]
fn the_program_over_lanes_is_bounded_too() {
    for (what, text) in absurd() {
        let found = within(what, 64, || lanes(&text));
        // Forty sums of two factors are forty small sums, and no table of 2^40.
        assert_eq!(found.is_err(), what != "forty axes, one sum", "{what}");
    }
    // The triangle of ones of a running sum.
    let running = text(
        "i = 200000",
        "y[i] = cumsum[i](k*pos(i))",
        "parameters = { k = [] }",
    );
    let error = within("a running sum", 64, || lanes(&running)).expect_err("an error");
    assert!(error.to_string().contains("more than"), "{error}");
}

#[test]
fn profiles_that_unfold_are_bounded() {
    for body in [
        "p(z)*p(z)",
        "p(z) + p(z)",
        "p(z)^16",
        "p(z)*sin(p(z)) + p(z)",
    ] {
        let mut profiles = String::from("p0 = \"z + 1\"\n");
        for k in 1..31 {
            let body = body.replace('p', &format!("p{}", k - 1));
            profiles.push_str(&format!("p{k} = \"{body}\"\n"));
        }
        let text = text(
            "i = 1",
            "y = p30(a)",
            &format!("parameters = {{ a = [] }}\n[profiles]\n{profiles}"),
        );
        let model = within(body, 64, || {
            SourceFile::parse(&text, None)?.check(Copies::All)
        });
        let model = model.unwrap_or_else(|e| panic!("{e}"));
        within(body, 64, || model.reads());
    }
}

#[test]
fn copies_of_long_statements_are_counted_by_their_pieces() {
    let long = vec!["g[c]*h[c]"; 2000].join(" + ");
    let block = |count: usize| {
        let more = format!(
            "inputs = {{ x = [\"c\"] }}\n[blocks.layer]\ncount = {count}\ncarry = \"h\"\nparameters = {{ g = [\"c\"] }}\n\
             program = \"h'[c] = {long}\"",
        );
        text("c = 2", "y[c] = layer(x)", &more)
    };
    let check = |count: usize| {
        within("long statements", 256, || {
            SourceFile::parse(&block(count), None)?.check(Copies::All)
        })
    };
    assert!(check(3).is_ok());
    let error = check(200_000).expect_err("an error").to_string();
    assert!(error.contains("too many to write out"), "{error}");
}

#[test]
fn ordinary_models_are_not_refused() {
    // The twin: what is large and has room.
    let wide = text(
        "i = 500, j = 200",
        "y[j] = M[j,i]*w[i]*w[i]",
        "parameters = { w = [\"i\"] }\nconstants = { M = { axes = [\"j\",\"i\"], law = \"normal\" } }",
    );
    let program = scalars(&wide, Copies::All).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(program.outputs(), 200);
}
