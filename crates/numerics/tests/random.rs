//! Random streams: addressing, moments, independence of neighbours. Tolerances are 5 standard errors unless said
//! otherwise: with about 40 statistics per run and fixed seeds, a correct generator would fail at a chance of 2e-5.

use symbias_numerics::lanes::Real;
use symbias_numerics::random::{Stream, ensemble_normals, ensemble_uniforms, threefry2x64};

const N: usize = 1 << 18;
const SIGMAS: f64 = 5.0;

#[test]
fn draws_are_functions_of_the_address() {
    let stream = Stream::new(5, 6, 7);
    let mut cursor = stream;
    for i in 0..100 {
        assert_eq!(cursor.next_u64(), stream.u64_at(i));
    }
    assert_eq!(
        cursor.next_normal().to_bits(),
        stream.normal_at(100).to_bits()
    );
    assert_eq!(cursor.next_uniform(), stream.uniform_at(101));
    assert_eq!(cursor.position(), 102);
    assert_eq!(stream.u64_at(9), threefry2x64([5, 6], [7, 4])[1]);
    let others = [
        Stream::new(6, 6, 7),
        Stream::new(5, 7, 7),
        Stream::new(5, 6, 8),
        Stream::new(6, 5, 7),
    ];
    assert!(
        others
            .iter()
            .all(|other| other.u64_at(0) != stream.u64_at(0))
    );
}

fn same_everywhere<T: Real>() {
    let (seed, step, first_replica) = (42, 17, 1_000_000);
    let whole: Vec<Vec<T>> = (0..37)
        .map(|r| {
            let mut z = vec![T::ZERO; 301];
            Stream::new(seed, first_replica + r, step).normals_at(0, &mut z);
            z
        })
        .collect();
    // Any part of a stream, from any start, is that part of the whole.
    for (start, length) in [
        (0, 1),
        (1, 1),
        (3, 2),
        (5, 64),
        (7, 130),
        (63, 65),
        (100, 201),
    ] {
        let mut part = vec![T::ZERO; length];
        Stream::new(seed, first_replica, step).normals_at(start as u64, &mut part);
        assert_eq!(part, whole[0][start..start + length]);
    }
    // Lanes over replicas give the same numbers as lanes over indices.
    for (first_index, indices, replicas) in
        [(0, 4, 37), (3, 9, 5), (2, 1, 16), (0, 301, 1), (1, 6, 33)]
    {
        let mut out = vec![T::ZERO; indices * replicas];
        ensemble_normals(
            seed,
            first_replica,
            step,
            first_index as u64,
            replicas,
            &mut out,
        );
        for i in 0..indices {
            for r in 0..replicas {
                assert_eq!(
                    out[i * replicas + r],
                    whole[r][first_index + i],
                    "index {i}, replica {r}"
                );
            }
        }
    }
}

#[test]
fn layout_does_not_change_numbers() {
    same_everywhere::<f64>();
    same_everywhere::<f32>();
}

/// The angle of a word from its quarter: around the axis that the upper two bits name, by the other bits.
fn angle(word: u64) -> f64 {
    use std::f64::consts::{FRAC_PI_2, PI};
    let t = ((word & 0x000f_ffff_ffff_ffff) | 1) as f64 / 2f64.powi(52) - 0.5;
    let tau = FRAC_PI_2 * t;
    match word >> 62 {
        0 => tau,
        1 => PI - tau,
        2 => FRAC_PI_2 - tau,
        _ => tau - FRAC_PI_2,
    }
}

/// The scalar definition by the platform's libm.
#[test]
fn normals_are_box_muller_of_the_words() {
    let stream = Stream::new(1, 2, 3);
    let mut swapped = 0;
    for block in 0..1000 {
        let u = stream.uniform_at(2 * block);
        let radius = (-2.0 * u.ln()).sqrt();
        let (sin, cos) = angle(stream.u64_at(2 * block + 1)).sin_cos();
        let z = [2 * block, 2 * block + 1].map(|index| stream.normal_at(index));
        assert!((z[0] - radius * cos).abs() < 1e-14);
        assert!((z[1] - radius * sin).abs() < 1e-14);
        swapped += u32::from((z[1] - radius * cos).abs() < 1e-14);
    }
    assert_eq!(swapped, 0);
}

/// |mean of f(xᵢ) − expected| in standard errors, the deviation estimated from the sample.
fn standard_errors(values: impl Iterator<Item = f64> + Clone, expected: f64) -> f64 {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    let variance = values.map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean - expected).abs() / (variance / n).sqrt()
}

fn normal_moments<T: Real>() {
    let mut z = vec![T::ZERO; N];
    Stream::new(2026, 0, 0).normals_at(0, &mut z);
    let z: Vec<f64> = z.into_iter().map(T::to_f64).collect();
    for (power, expected) in [(1, 0.0), (2, 1.0), (3, 0.0), (4, 3.0), (6, 15.0)] {
        let off = standard_errors(z.iter().map(|z| z.powi(power)), expected);
        assert!(
            off < SIGMAS,
            "moment {power} of {}: {off} standard errors",
            T::NAME
        );
    }
    // The tail beyond 3: 2.699796e-3 of a normal.
    let off = standard_errors(
        z.iter().map(|z| if z.abs() > 3.0 { 1.0 } else { 0.0 }),
        2.699796063e-3,
    );
    assert!(off < SIGMAS, "tail: {off}");
    // Numbers of the same block, and of neighbouring blocks.
    for lag in [1, 2, 3, 4, 8, 16] {
        for power in [1, 2] {
            let centre = if power == 2 { 1.0 } else { 0.0 };
            let off = standard_errors(
                z.windows(lag + 1)
                    .map(|w| (w[0].powi(power) - centre) * (w[lag].powi(power) - centre)),
                0.0,
            );
            assert!(
                off < SIGMAS,
                "lag {lag}, power {power} of {}: {off}",
                T::NAME
            );
        }
    }
}

#[test]
fn moments_of_normals() {
    normal_moments::<f64>();
    normal_moments::<f32>();
}

#[test]
fn moments_of_uniforms_and_bits() {
    let stream = Stream::new(7, 7, 7);
    let u: Vec<f64> = (0..N as u64).map(|i| stream.uniform_at(i)).collect();
    assert!(u.iter().all(|&u| u > 0.0 && u < 1.0));
    assert!(standard_errors(u.iter().copied(), 0.5) < SIGMAS);
    assert!(standard_errors(u.iter().map(|u| u * u), 1.0 / 3.0) < SIGMAS);
    for bit in 0..64 {
        let ones = (0..N as u64).map(|i| (stream.u64_at(i) >> bit & 1) as f64);
        assert!(standard_errors(ones, 0.5) < SIGMAS, "bit {bit}");
    }
    // Pearson's statistic of 100 cells: mean 99, standard deviation √198.
    let mut cells = [0.0; 100];
    for i in 0..N as u64 {
        cells[stream.below_at(i, 100) as usize] += 1.0;
    }
    let expected = N as f64 / 100.0;
    let pearson: f64 = cells
        .iter()
        .map(|c| (c - expected) * (c - expected) / expected)
        .sum();
    assert!((pearson - 99.0).abs() < SIGMAS * 198f64.sqrt(), "{pearson}");
    assert_eq!(stream.below_at(0, 0), 0);
}

/// Correlation of the streams at two addresses, in standard errors.
fn correlation(a: Stream, b: Stream) -> f64 {
    let (mut x, mut y) = (vec![0.0; N], vec![0.0; N]);
    a.normals_at(0, &mut x);
    b.normals_at(0, &mut y);
    standard_errors(x.iter().zip(&y).map(|(x, y)| x * y), 0.0)
}

#[test]
fn neighbouring_seeds_replicas_and_steps_are_independent() {
    let base = Stream::new(100, 200, 300);
    let near = [
        Stream::new(101, 200, 300),
        Stream::new(100, 201, 300),
        Stream::new(100, 200, 301),
        Stream::new(200, 100, 300),
        Stream::new(100 ^ (1 << 63), 200, 300),
        Stream::new(100, 200 ^ (1 << 63), 300),
    ];
    for other in near {
        let off = correlation(base, other);
        assert!(off < SIGMAS, "{other:?}: {off}");
    }
    // The statistic sees dependence when there is some.
    assert!(correlation(base, base) > 100.0);
    // Across replicas at one index, the direction in which an ensemble averages.
    let mut z = vec![0.0f64; 1 << 16];
    ensemble_normals(1, 0, 0, 0, 1 << 16, &mut z);
    for lag in [1, 2, 8] {
        let off = standard_errors(z.windows(lag + 1).map(|w| w[0] * w[lag]), 0.0);
        assert!(off < SIGMAS, "replica lag {lag}: {off}");
    }
}

/// Mean, variance and the largest distance of the empirical distribution from u itself.
fn uniform_law<T: Real>() {
    let n = 200_000;
    let mut u = vec![T::ZERO; n];
    Stream::new(5, 6, 7).uniforms_at(1 << 40, &mut u);
    let mut u: Vec<f64> = u.iter().map(|x| x.to_f64()).collect();
    assert!(u.iter().all(|x| *x > 0.0 && *x < 1.0));
    u.sort_by(f64::total_cmp);
    let distance = u
        .iter()
        .enumerate()
        .map(|(i, x)| (x - (i as f64 + 0.5) / n as f64).abs())
        .fold(0.0, f64::max);
    // Kolmogorov: P(√n D > 2.2) = 1.3e-4.
    assert!(distance * (n as f64).sqrt() < 2.2, "{distance}");
    // The same numbers by replica and by index, and in f64 those of `uniform_at`.
    let mut rows = vec![T::ZERO; 7 * 19];
    ensemble_uniforms(5, 3, 7, 11, 19, &mut rows);
    for r in 0..19 {
        let mut own = vec![T::ZERO; 7];
        Stream::new(5, 3 + r as u64, 7).uniforms_at(11, &mut own);
        for (i, x) in own.iter().enumerate() {
            assert_eq!(x.to_f64(), rows[i * 19 + r].to_f64());
            if T::NAME == "f64" {
                assert_eq!(
                    x.to_f64(),
                    Stream::new(5, 3 + r as u64, 7).uniform_at(11 + i as u64)
                );
            }
        }
    }
}

#[test]
fn uniforms_have_their_law_and_do_not_depend_on_the_layout() {
    uniform_law::<f32>();
    uniform_law::<f64>();
}
