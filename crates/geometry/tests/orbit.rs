//! The geometry of orbits of many generators, against closed forms and against dense matrices.

use symbias_geometry::discover::structural::factors;
use symbias_geometry::field::AffineField;
use symbias_geometry::leaf::leaf_drift;
use symbias_geometry::orbit::OrbitFrame;
use symbias_geometry::orbit::gram::{gram, matrix};
use symbias_geometry::structure::orthonormal;
use symbias_model::Model;
use symbias_model::language::{Copies, SourceFile};
use symbias_numerics::dense::{Matrix, symmetric_eigen};
use symbias_numerics::random::Stream;

fn hadamard(n: usize) -> Model {
    let text = format!(
        "symbias = 1\noutputs = [\"w\"]\naxes = {{ i = {n} }}\nprogram = \"w[i] = u[i] * v[i]\"\n\
         parameters = {{ u = [\"i\"], v = [\"i\"] }}\n"
    );
    let source = SourceFile::parse(&text, None).expect("a model file");
    source.check(Copies::All).expect("a model")
}

fn normals(seed: u64, n: usize) -> Vec<f64> {
    let mut x = vec![0.0; n];
    Stream::new(seed, 0, 5).fill_normal(&mut x);
    x
}

fn near(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-11 * (1.0 + b.abs()), "{a} and {b}");
}

/// Each pair (u, v) moves along (u, −v): Γ is diagonal, with u² + v², and all else is that of a plane.
#[test]
fn many_scalings_have_the_geometry_of_as_many_planes() {
    let n = 1500;
    let model = hadamard(n);
    let found = factors(&model);
    let split = orthonormal(&model, &found);
    let fields = split.all();
    let mut theta = normals(1, 2 * n);
    let frame = OrbitFrame::new(&fields, &theta).expect("a frame");
    assert_eq!((frame.dimension(), frame.stabiliser_dimension()), (n, 0));
    let square = |i: usize| theta[i].powi(2) + theta[n + i].powi(2);
    let volume: f64 = (0..n).map(|i| square(i).ln() / 2.0).sum();
    near(frame.log_volume(), volume);
    near(
        gram(&fields, &theta).expect("a Gram matrix").log_pdet,
        2.0 * volume,
    );
    let v = normals(2, 2 * n);
    let (flat, slope, curved) = (
        frame.horizontal(&v),
        frame.log_volume_gradient(),
        frame.mean_curvature(),
    );
    for i in 0..n {
        let (x, y) = (theta[i], theta[n + i]);
        let along = (x * v[i] - y * v[n + i]) / square(i);
        near(flat[i], v[i] - along * x);
        near(flat[n + i], v[n + i] + along * y);
        // ∇ ½ log(u² + v²), and its part along (v, u), the normal: the group is one of symmetric matrices.
        near(slope[i], x / square(i));
        let normal = 2.0 * x * y / square(i).powi(2);
        near(curved[i], normal * y);
        near(curved[n + i], normal * x);
    }
    let drift = leaf_drift(&split, &fields, &theta).expect("a drift");
    assert_eq!(drift.restoring.as_ref().map(|r| r.rank), Some(n));
    // tr(A P_H), A = diag(1, −1): −(u² − v²)/(u² + v²).
    for i in 0..n {
        let (x, y) = (theta[i], theta[n + i]);
        near(drift.drift[i].abs(), ((x * x - y * y) / square(i)).abs());
    }
    // The twin: one dead pair takes away one dimension, and its generator is the stabiliser.
    (theta[7], theta[n + 7]) = (0.0, 0.0);
    let frame = OrbitFrame::new(&fields, &theta).expect("a frame");
    assert_eq!(
        (frame.dimension(), frame.stabiliser_dimension()),
        (n - 1, 1)
    );
    let still = frame.stabiliser();
    let field = fields
        .iter()
        .position(|f| f.linear.iter().any(|e| e.0 == 7));
    for (a, c) in still.column(0).iter().enumerate() {
        near(c.abs(), f64::from(Some(a) == field));
    }
}

/// Random fields on a few coordinates each, some of them dependent, some zero.
fn random_fields(d: usize) -> Vec<AffineField> {
    let mut stream = Stream::new(9, 0, 0);
    let mut fields = Vec::new();
    for group in 0..4 {
        let coords: Vec<usize> = (0..d / 4).map(|k| 4 * k + group).collect();
        for _ in 0..3 {
            let mut place = || coords[(stream.next_u64() % coords.len() as u64) as usize];
            let places: Vec<(usize, usize)> = (0..4).map(|_| (place(), place())).collect();
            let linear = places.iter().map(|(i, j)| (*i, *j, stream.next_normal()));
            let linear = linear.collect();
            let constant = vec![(coords[0], stream.next_normal())];
            fields.push(AffineField { linear, constant });
        }
        if group > 1 {
            let sum = fields[fields.len() - 2].scaled(2.0);
            fields.push(sum);
        }
    }
    fields.push(AffineField::default());
    fields
}

#[test]
fn blocks_of_fields_are_one_matrix() {
    let d = 24;
    let (fields, theta) = (random_fields(d), normals(4, d));
    let frame = OrbitFrame::new(&fields, &theta).expect("a frame");
    let n = fields.len();
    let xi: Vec<Vec<f64>> = fields.iter().map(|f| f.at(&theta)).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let dense = Matrix::from_fn(n, n, |a, b| dot(&xi[a], &xi[b]));
    let own = matrix(&fields, &theta).expect("a matrix");
    assert!(own.add_scaled(-1.0, &dense).expect("shapes").max_abs() < 1e-13);
    let eigen = symmetric_eigen(&dense).expect("eigenvalues");
    let kept: Vec<usize> = (0..n).filter(|k| eigen.values[*k] > 1e-9).collect();
    assert_eq!((frame.dimension(), kept.len()), (12, 12));
    near(
        frame.log_volume(),
        kept.iter().map(|k| eigen.values[*k].ln() / 2.0).sum(),
    );
    // Γ⁺Ξᵀv, and v without what is along the orbit.
    let v = normals(6, d);
    let components: Vec<f64> = xi.iter().map(|x| dot(x, &v)).collect();
    let vertical: Vec<f64> = (0..n)
        .map(|a| {
            let term = |k: &usize| {
                let u = eigen.vectors.column(*k);
                u[a] * dot(&u, &components) / eigen.values[*k]
            };
            kept.iter().map(term).sum()
        })
        .collect();
    frame
        .vertical(&v)
        .iter()
        .zip(&vertical)
        .for_each(|(a, b)| near(*a, *b));
    frame
        .components(&v)
        .iter()
        .zip(&components)
        .for_each(|(a, b)| near(*a, *b));
    for (i, x) in frame.horizontal(&v).iter().enumerate() {
        let along: f64 = xi.iter().zip(&vertical).map(|(x, c)| c * x[i]).sum();
        near(*x, v[i] - along);
    }
    // tr(A P_H) over unit vectors, and ½ log pdet by differences, the dependent fields among them.
    let traces = frame.horizontal_traces(&fields);
    for (field, trace) in fields.iter().zip(&traces) {
        let term = |i: usize| {
            let mut unit = vec![0.0; d];
            unit[i] = 1.0;
            let mut moved = vec![0.0; d];
            field.add_linear(&frame.horizontal(&unit), 1.0, &mut moved);
            moved[i]
        };
        near(*trace, (0..d).map(term).sum());
    }
    let slope = frame.log_volume_gradient();
    let still = frame.stabiliser();
    assert_eq!((still.rows, still.cols), (n, 3));
    for k in 0..still.cols {
        let c = still.column(k);
        near(dot(&c, &c), 1.0);
        (0..d).for_each(|i| near(xi.iter().zip(&c).map(|(x, c)| c * x[i]).sum(), 0.0));
    }
    for i in 0..d {
        let h = 1e-5;
        let at = |s: f64| {
            let mut theta = theta.clone();
            theta[i] += s * h;
            OrbitFrame::new(&fields, &theta)
                .expect("a frame")
                .log_volume()
        };
        let difference = (at(1.0) - at(-1.0)) / (2.0 * h);
        assert!((slope[i] - difference).abs() < 1e-6 * (1.0 + difference.abs()));
    }
}

#[test]
fn what_no_memory_holds_is_refused_with_its_size() {
    let d = 60_000;
    let fields: Vec<AffineField> = (0..30_000)
        .map(|k| AffineField {
            linear: vec![(k, k, 1.0), (k + 1, k + 1, 1.0), (k + 30_000, k, 1.0)],
            constant: Vec::new(),
        })
        .collect();
    let error = gram(&fields, &vec![1.0; d])
        .expect_err("a refusal")
        .to_string();
    assert!(
        error.contains("30000 generators move 60000 parameters"),
        "{error}"
    );
}
