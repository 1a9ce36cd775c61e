//! What is judged: the answer of symbias for small models at given points.

use std::sync::atomic::{AtomicU32, Ordering};
use symbias::analyze::{Analysis, Chart, Options, Temper, analyze};
use symbias::answer::{Answer, Bias};
use symbias::watch::Watch;
use symbias_geometry::factor::Split;
use symbias_geometry::structure::orthonormal;
use symbias_model::data;
use symbias_model::language::SourceFile;

/// A model: its text without head, and its tensors with their shapes, in the order of θ.
pub struct Model {
    pub text: String,
    pub tensors: Vec<(&'static str, Vec<usize>)>,
}

fn model(
    axes: &str,
    program: &str,
    parameters: &str,
    tensors: Vec<(&'static str, Vec<usize>)>,
) -> Model {
    Model {
        text: format!(
            "symbias = 1\noutputs = [\"w\"]\naxes = {{ {axes} }}\nprogram = \"\"\"\n{program}\"\"\"\nparameters = {{ {parameters} }}\n"
        ),
        tensors,
    }
}

const FACTORS: [&str; 4] = ["a", "b", "c", "e"];

/// w = a ⊙ b ⊙ …, n entries.
pub fn products(depth: usize, n: usize) -> Model {
    let names = &FACTORS[..depth];
    let program: Vec<String> = names.iter().map(|f| format!("{f}[i]")).collect();
    let parameters: Vec<String> = names.iter().map(|f| format!("{f} = [\"i\"]")).collect();
    model(
        &format!("i = {n}"),
        &format!("w[i] = {}", program.join(" * ")),
        &parameters.join(", "),
        names.iter().map(|f| (*f, vec![n])).collect(),
    )
}

/// w = s v, v of n entries.
pub fn group(n: usize) -> Model {
    model(
        &format!("i = {n}"),
        "w[i] = s * v[i]",
        "s = [], v = [\"i\"]",
        vec![("s", vec![]), ("v", vec![n])],
    )
}

/// One term of three factors.
pub fn rank_one(dims: [usize; 3]) -> Model {
    let [i, j, k] = dims;
    model(
        &format!("i = {i}, j = {j}, k = {k}"),
        "w[i,j,k] = a[i] * b[j] * c[k]",
        "a = [\"i\"], b = [\"j\"], c = [\"k\"]",
        vec![("a", vec![i]), ("b", vec![j]), ("c", vec![k])],
    )
}

/// W = PQ, P m × r, Q r × n.
pub fn pair(m: usize, n: usize, r: usize) -> Model {
    model(
        &format!("m = {m}, n = {n}, r = {r}"),
        "w[m,n] = P[m,r] * Q[r,n]",
        "P = [\"m\",\"r\"], Q = [\"r\",\"n\"]",
        vec![("P", vec![m, r]), ("Q", vec![r, n])],
    )
}

/// W = … C B A of square matrices, at most four.
pub fn chain(depth: usize, n: usize) -> Model {
    let names = &["A", "B", "C", "E"][..depth];
    let axes: Vec<String> = (0..=depth).map(|k| format!("i{k} = {n}")).collect();
    let factor = |(k, t): (usize, &&str)| format!("{t}[i{},i{k}]", k + 1);
    let factors: Vec<String> = names.iter().enumerate().rev().map(factor).collect();
    let shape = |(k, t): (usize, &&str)| format!("{t} = [\"i{}\",\"i{k}\"]", k + 1);
    let shapes: Vec<String> = names.iter().enumerate().map(shape).collect();
    model(
        &axes.join(", "),
        &format!("w[i{depth},i0] = {}", factors.join(" * ")),
        &shapes.join(", "),
        names.iter().map(|t| (*t, vec![n, n])).collect(),
    )
}

/// S = XXᵀ, X n × r.
pub fn square(n: usize, r: usize) -> Model {
    model(
        &format!("i = {n}, j = \"i\", r = {r}"),
        "w[i,j] = X[i,r] * X[j,r]",
        "X = [\"i\",\"r\"]",
        vec![("X", vec![n, r])],
    )
}

/// The direction of a vector of n entries.
pub fn direction(n: usize) -> Model {
    model(
        &format!("i = {n}"),
        "w[i] = normalize[i](v[i])",
        "v = [\"i\"]",
        vec![("v", vec![n])],
    )
}

impl Model {
    pub fn dim(&self) -> usize {
        let size = |s: &Vec<usize>| s.iter().product::<usize>();
        self.tensors.iter().map(|t| size(&t.1)).sum()
    }

    pub fn analysis(&self, theta: &[f64], chart: Chart, temper: Temper) -> Analysis {
        static FILES: AtomicU32 = AtomicU32::new(0);
        let number = FILES.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!(
            "symbias-claims-{}-{number}.safetensors",
            std::process::id()
        ));
        assert_eq!(theta.len(), self.dim());
        let mut at = 0;
        let mut named = Vec::new();
        for (name, shape) in &self.tensors {
            let size = shape.iter().product::<usize>();
            let entries = theta[at..at + size].to_vec();
            named.push(((*name).to_owned(), shape.clone(), entries));
            at += size;
        }
        data::write(&path, &named).expect("a file");
        let source = SourceFile::parse(&self.text, None).unwrap_or_else(|e| panic!("{e}"));
        let options = Options {
            at: Some((&path).into()),
            temper,
            chart,
            ..Options::default()
        };
        let found = analyze(&source, &options, &Watch::default());
        std::fs::remove_file(&path).expect("the file");
        found.unwrap_or_else(|e| panic!("{e}"))
    }

    pub fn answer(&self, theta: &[f64]) -> Answer {
        self.analysis(theta, Chart::Charges, Temper::default())
            .answer
    }

    /// Generators that rules find, orthonormal, by symmetry; in the order of this model's tensors.
    pub fn generators(&self) -> Split {
        let source = SourceFile::parse(&self.text, None).expect("a model");
        let found = symbias::analyze::structure(&source, 2000, &Default::default());
        let structure = found.expect("a structure");
        let order: Vec<String> = structure
            .model()
            .parameters()
            .map(|t| structure.model().tensor(t).name.clone())
            .collect();
        let own: Vec<&str> = self.tensors.iter().map(|t| t.0).collect();
        assert_eq!(order, own);
        orthonormal(structure.model(), &structure.factors)
    }
}

/// R by numbers.
#[track_caller]
pub fn value(bias: &Bias) -> f64 {
    bias.value.expect("a value")
}

/// What is known of the hypothesis of this topic.
pub fn status<'a>(bias: &'a Bias, topic: &str) -> Option<&'a str> {
    bias.hypotheses
        .iter()
        .find(|h| h.topic == topic)
        .map(|h| h.status.name())
}
