//! A run of a program allocates nothing: counted by the allocator.

use std::alloc::{GlobalAlloc, Layout as Memory, System};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use symbias_model::language::{Copies, SourceFile};
use symbias_model::program::{Arguments, Layout, Options, Program, Task};
use symbias_model::scalar::Arrays;

struct Counting;

static COUNT: AtomicUsize = AtomicUsize::new(0);

#[allow(unsafe_code)]
// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, memory: Memory) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(memory) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, memory: Memory) {
        // SAFETY: the pointer is one of `alloc`.
        unsafe { System.dealloc(pointer, memory) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_run_allocates_nothing() {
    for name in [
        "factorization",
        "transformer_untied",
        "attention_rope",
        "deep_relu",
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../models")
            .join(name)
            .with_extension("toml");
        let model = SourceFile::read(&path)
            .and_then(|s| s.check(Copies::All))
            .expect("a model");
        let inputs = symbias_model::scalar::Inputs::random(&model, 0, 0);
        let arrays = Arrays::new(&model, &Default::default())
            .expect("arrays")
            .with(&inputs);
        for layout in [Layout::Single, Layout::Replicas(16)] {
            let program: Program<f64> =
                Program::compile(&model, &arrays, Options::new(Task::Vjp, layout))
                    .expect("a program");
            let replicas = if layout == Layout::Single { 1 } else { 16 };
            let theta: Vec<f64> = (0..model.space().dim() * replicas)
                .map(|i| (i as f64 * 0.7).sin())
                .collect();
            let mut value = vec![0.0; program.result_len(0)];
            let mut gradient = vec![0.0; program.result_len(1)];
            let cotangent = vec![1.0; program.result_len(0)];
            let mut workspace = program.workspace();
            let arguments = Arguments {
                cotangent: &cotangent,
                ..Arguments::at(&theta, &inputs.flat)
            };
            program.run(&mut workspace, &arguments, &mut [&mut value, &mut gradient]);
            let before = COUNT.load(Ordering::Relaxed);
            for _ in 0..10 {
                program.run(&mut workspace, &arguments, &mut [&mut value, &mut gradient]);
            }
            assert_eq!(COUNT.load(Ordering::Relaxed), before, "{name}: {layout:?}");
            assert!(gradient.iter().any(|g| *g != 0.0), "{name}");
        }
    }
}
