//! The oracle, and what is judged: a design, its model file, its lift.

use std::collections::BTreeMap;
use symbias::design::answer::CertificateStatus;
use symbias::design::{Design, DesignSpec, Driver, Options, design, lifted};
use symbias::watch::Watch;
use symbias_model::data::Array;
use symbias_model::data::Folder;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::{Arrays, ScalarProgram};
use symbias_numerics::random::Stream;

pub fn short(target: &str, on: &str, sizes: &[u64]) -> Design {
    let spec = DesignSpec::short(target, on, Driver::Decay, sizes).expect("a design");
    made(&spec)
}

pub fn made(spec: &DesignSpec) -> Design {
    design(
        spec,
        &Folder::default(),
        &Options::default(),
        &Watch::default(),
    )
    .unwrap_or_else(|e| panic!("{}: {e}", spec.target))
}

pub fn file(text: &str) -> Design {
    made(&DesignSpec::parse(text).unwrap_or_else(|e| panic!("{e}")))
}

pub fn refusal(text: &str) -> String {
    match DesignSpec::parse(text) {
        Err(e) => e.to_string(),
        Ok(spec) => match design(
            &spec,
            &Folder::default(),
            &Options::default(),
            &Watch::default(),
        ) {
            Err(e) => e.to_string(),
            Ok(_) => panic!("built: {text}"),
        },
    }
}

pub struct Built {
    source: SourceFile,
    pub program: ScalarProgram,
    pub design: Design,
}

impl Built {
    pub fn new(design: Design) -> Built {
        let source = SourceFile::parse(&design.model, None).expect("a model file");
        let model = source.check(Copies::All).expect("a model");
        let arrays = Arrays::new(&model, &BTreeMap::new()).expect("constants");
        let program = ScalarProgram::lower(&model, &arrays).expect("a program");
        Built {
            source,
            program,
            design,
        }
    }

    pub fn value(&self, theta: &[f64]) -> Vec<f64> {
        self.program.value(theta, &[]).expect("a value")
    }

    pub fn lift(&self, name: &str, shape: &[usize], z: &[f64], charge: f64) -> Vec<f64> {
        let array = Array {
            shape: shape.to_vec(),
            entries: z.to_vec(),
        };
        let given = BTreeMap::from([(name.to_owned(), array)]);
        let answer = &self.design.answer.lift;
        let found = lifted(
            &self.source,
            &answer.parts,
            answer.weights.as_deref(),
            &given,
            charge,
        )
        .expect("a lift");
        assert!(found.error < 1e-12, "F(theta) = w to {:.1e}", found.error);
        found.arrays.into_iter().flat_map(|a| a.2).collect()
    }
}

pub fn energy(theta: &[f64]) -> f64 {
    theta.iter().map(|x| x * x).sum::<f64>() / 2.0
}

/// The largest violation of ½‖θ‖² ≥ R(F(θ)) over random θ, relative to R, and the error of the lift where it should be attained.
pub fn judged(
    built: &Built,
    (name, shape): (&str, &[usize]),
    r: &dyn Fn(&[f64]) -> f64,
) -> (f64, f64) {
    let mut stream = Stream::new(5, 0, 77);
    let (mut below, mut off) = (0.0_f64, 0.0_f64);
    for number in 0..3000 {
        let size = 10_f64.powf(f64::from(number % 7) / 3.0 - 1.0);
        let theta: Vec<f64> = (0..built.program.parameters())
            .map(|_| size * (2.0 * stream.next_uniform() - 1.0))
            .collect();
        let w = built.value(&theta);
        let wanted = r(&w);
        below = below.max((wanted - energy(&theta)) / wanted.max(1.0));
        if number % 100 == 0 && w.iter().all(|x| x.abs() < 1e3) {
            let lifted = built.lift(name, shape, &w, 0.0);
            off = off.max((energy(&lifted) - wanted).abs() / wanted.max(1.0));
        }
    }
    (below, off)
}

/// Asserts that the bias is r, and that a bias that is 2 % smaller or larger is refuted.
pub fn has_bias(design: Design, of: (&str, &[usize]), r: &dyn Fn(&[f64]) -> f64) {
    let shown = design.answer.target.formula.clone();
    assert!(design.holds(), "{shown}");
    assert_ne!(
        design.answer.certificate.status,
        CertificateStatus::Fails,
        "{shown}"
    );
    let built = Built::new(design);
    let (below, off) = judged(&built, of, r);
    assert!(
        below < 1e-9,
        "{shown}: a theta is below the target by {below:e}"
    );
    assert!(off < 1e-9, "{shown}: the lift has another norm, by {off:e}");
    // The twins: the oracle refutes what is not the bias.
    let (_, off) = judged(&built, of, &|w| 1.02 * r(w));
    assert!(off > 1e-3, "{shown}: the oracle sees nothing");
    let (_, off) = judged(&built, of, &|w| 0.98 * r(w));
    assert!(off > 1e-3, "{shown}: the oracle sees nothing");
}
