//! Moves along orbits: charges reached, F where it was, resumed to the bit, and signs that cross because of them.

use symbias_model::error::Result;
use symbias_model::expression::Model;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::Arrays;
use symbias_simulate::ensemble::{Ensemble, Monitor, Schedule};
use symbias_simulate::training::{Descent, OrbitMoves, Setting, Settings, Training};

/// A start without data.
struct Given(Vec<f64>);

impl Settings for Given {
    fn of(&self, _: u64) -> Result<Setting> {
        Ok(Setting {
            theta: self.0.clone(),
            ..Setting::default()
        })
    }
}

fn model(text: &str) -> Model {
    SourceFile::parse(text, None)
        .unwrap()
        .check(Copies::All)
        .unwrap()
}

/// z = u v against −1, with decay: from z > 0 the balanced point keeps its sign.
const PAIR: &str = r#"
symbias = 1
outputs = ["z"]
axes = {}
program = "z = u * v"
parameters = { u = [], v = [] }
loss = { kind = "expression", expr = "(z + 1)^2", reduce = "sum" }
"#;

/// z = a b c d against −1.
const FOUR: &str = r#"
symbias = 1
outputs = ["z"]
axes = {}
program = "z = a * b * c * d"
parameters = { a = [], b = [], c = [], d = [] }
loss = { kind = "expression", expr = "(z + 1)^2", reduce = "sum" }
"#;

/// Four factors of two entries, nothing to lower: only moves change θ.
const STILL: &str = r#"
symbias = 1
outputs = ["z"]
axes = { i = 2 }
program = "z[i] = a[i] * b[i] * c[i]^2"
parameters = { a = ["i"], b = ["i"], c = ["i"] }
loss = { kind = "expression", expr = "0*sum[i](z[i])", reduce = "sum" }
"#;

fn training(text: &str, decay: f64, orbit: Option<OrbitMoves>) -> Training {
    let model = model(text);
    Training {
        arrays: Arrays::new(&model, &Default::default()).unwrap(),
        model,
        feeds: Vec::new(),
        samples: 1,
        refresh: true,
        batch: None,
        descent: Descent {
            rate: 0.02,
            momentum: 0.0,
            decay,
            l1: Vec::new(),
        },
        orbit,
        seed: 1,
    }
}

fn pair_moves(every: u64, charges: f64, half_life: Option<f64>) -> OrbitMoves {
    OrbitMoves {
        every,
        charges,
        half_life,
        generators: vec![vec![(0, -1.0), (1, 1.0)]],
    }
}

fn thetas(training: &Training, start: &[f64], steps: Vec<u64>) -> Vec<Vec<f64>> {
    steps
        .iter()
        .map(|s| {
            Ensemble {
                process: training,
                settings: &Given(start.to_vec()),
                replicas: 0..1,
                schedule: &Schedule::at(vec![*s]).unwrap(),
                observables: &[],
                threads: 1,
                keep: None,
                values: None,
            }
            .run::<f64>(&Monitor::default())
            .unwrap()
            .theta
        })
        .collect()
}

/// Charges are those asked for to 1e-10 and F is where it was to 1e-12: of two generators that share factors, from far off.
#[test]
fn charges_are_reached_and_f_stays() {
    // a²−b² and c²−2b², on entries 0 and 1: parameters a0 a1 b0 b1 c0 c1.
    let generators = (0..2)
        .flat_map(|i| {
            [
                vec![(i, 1.0), (2 + i, -1.0)],
                vec![(4 + i, 1.0), (2 + i, -2.0)],
            ]
        })
        .collect();
    let moves = OrbitMoves {
        every: 1,
        charges: 3.0,
        half_life: Some(4.0),
        generators,
    };
    let start = [0.7, -1.3, 1e-6, 0.4, -2.0, 0.3];
    let still = training(STILL, 0.0, Some(moves));
    let found = thetas(&still, &start, vec![2, 5]);
    let charges = |t: &[f64], i: usize| {
        [
            (t[i] * t[i] - t[2 + i] * t[2 + i]) / 2.0,
            (t[4 + i] * t[4 + i] - 2.0 * t[2 + i] * t[2 + i]) / 2.0,
        ]
    };
    let f = |t: &[f64], i: usize| t[i] * t[2 + i] * t[4 + i] * t[4 + i];
    // The last move is before the last step.
    for (t, last) in found.iter().zip([1.0_f64, 4.0]) {
        let share = 3.0 * (-last / 4.0).exp2();
        for i in 0..2 {
            for (now, first) in charges(t, i).iter().zip(charges(&start, i)) {
                assert!(
                    (now - share * first).abs() < 1e-10,
                    "{now} and {}",
                    share * first
                );
            }
            assert!((f(t, i) - f(&start, i)).abs() <= 1e-12 * f(&start, i).abs());
        }
    }
    // The twin: without moves θ does not move at all.
    assert_eq!(
        thetas(&training(STILL, 0.0, None), &start, vec![5])[0],
        start
    );
}

/// A pair has the closed form y(y + 2C) = z².
#[test]
fn pairs_have_their_closed_form() {
    let mut still = training(PAIR, 0.0, Some(pair_moves(1, 2.0, None)));
    still.descent.rate = 1e-300;
    let found = &thetas(&still, &[0.3, 1.1], vec![2])[0];
    let c = 1.1_f64 * 1.1 - 0.3 * 0.3;
    let z = 0.33_f64;
    let y = (c * c + z * z).sqrt() - c;
    assert!(
        (found[0] - y.sqrt()).abs() < 1e-12 && (found[1] - (y + 2.0 * c).sqrt()).abs() < 1e-12,
        "{found:?}"
    );
}

/// Four factors whose charges decay has used up are frozen at 0 (theory §7.1); charges that are put back on let the sign cross.
#[test]
fn frozen_signs_cross() {
    let generators = (1..4).map(|k| vec![(0, -1.0), (k, 1.0)]).collect();
    let moves = OrbitMoves {
        every: 25,
        charges: 300.0,
        half_life: Some(500.0),
        generators,
    };
    let end = |start: &[f64], orbit| {
        let t = &thetas(&training(FOUR, 0.1, orbit), start, vec![8000])[0];
        t.iter().product::<f64>()
    };
    // Charges of 0.0009: z falls from 0.66 to 0, and what is left of them holds it there.
    let start = [0.9, 0.901, 0.901, 0.901];
    let without = end(&start, None);
    assert!(without.abs() < 1e-6, "{without}");
    // The minimum of (z + 1)² + 0.1·2|z|^½ with z < 0: 2(z + 1) = 0.1/√−z.
    let (mut low, mut high) = (-1.0_f64, -0.8_f64);
    for _ in 0..60 {
        let z = (low + high) / 2.0;
        if 2.0 * (z + 1.0) < 0.1 / (-z).sqrt() {
            low = z;
        } else {
            high = z;
        }
    }
    let with = end(&start, Some(moves.clone()));
    assert!((with - low).abs() < 1e-4, "{with} and {low}");
    // An exactly balanced start has no charges to put back on.
    assert!(end(&[0.9; 4], Some(moves)).abs() < 1e-6);
}

/// A run that is stopped and resumed has the bits of one that was not.
#[test]
fn resumed_to_the_bit() {
    use symbias_simulate::ensemble::{BLOCK, Process, Tile};
    let mut own = training(PAIR, 0.1, Some(pair_moves(7, 200.0, Some(300.0))));
    own.descent.momentum = 0.5;
    let setting = Setting {
        theta: vec![0.9, 0.901],
        ..Setting::default()
    };
    let compiled = Process::compile::<f64>(&own, 1).unwrap();
    let settings = [setting];
    let mut whole = own.tile(&compiled, 0, &settings, false);
    whole.run(3 * BLOCK);
    let mut first = own.tile(&compiled, 0, &settings, false);
    first.run(BLOCK);
    let state = first.state();
    let mut second = own.tile(&compiled, 0, &settings, false);
    second.restore(&state);
    second.run(3 * BLOCK);
    assert_eq!(whole.state().theta, second.state().theta);
    assert_eq!(whole.state().velocity, second.state().velocity);
    // The twin: another schedule has other bits.
    let mut twin = own.clone();
    twin.orbit = Some(pair_moves(11, 200.0, Some(300.0)));
    let mut other = twin.tile(&compiled, 0, &settings, false);
    other.run(3 * BLOCK);
    assert_ne!(whole.state().theta, other.state().theta);
}

/// Schedules that mean nothing are refused.
#[test]
fn mistakes_are_refused() {
    let said = |moves: OrbitMoves| {
        training(PAIR, 0.1, Some(moves))
            .validate()
            .unwrap_err()
            .to_string()
    };
    assert!(said(pair_moves(0, 1.0, None)).contains("every 0 steps"));
    assert!(said(pair_moves(1, f64::NAN, None)).contains("NaN"));
    assert!(said(pair_moves(1, 1.0, Some(-2.0))).contains("-2"));
    let none = OrbitMoves {
        generators: Vec::new(),
        ..pair_moves(1, 1.0, None)
    };
    assert!(said(none).contains("without scalings"));
}
