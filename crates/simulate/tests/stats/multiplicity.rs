//! Many claims at once: adjusted p-values against SciPy and by hand.

use super::draws::{near, uniforms};
use symbias_simulate::stats::multiplicity::Correction;

#[test]
fn adjusted_p_values() {
    let p = [0.01, 0.04, 0.03, 0.005, 0.04, 0.6];
    let close = |correction: Correction, expected: [f64; 6]| {
        for (own, e) in correction.adjusted(&p).unwrap().iter().zip(expected) {
            near(*own, e, 1e-14);
        }
    };
    // scipy.stats.false_discovery_control.
    close(
        Correction::BenjaminiHochberg,
        [0.03, 0.048, 0.048, 0.03, 0.048, 0.6],
    );
    // By hand: sorted 0.005·6, 0.01·5, 0.03·4, 0.04·3, 0.04·2, 0.6·1, never falling.
    close(Correction::Holm, [0.05, 0.12, 0.12, 0.03, 0.12, 0.6]);
    close(Correction::Bonferroni, [0.06, 0.24, 0.18, 0.03, 0.24, 1.0]);
    assert_eq!(Correction::default(), Correction::Holm);
    assert!(Correction::Holm.adjusted(&[0.1, f64::NAN]).is_err());
    // Under true claims, Holm refutes any of ten with probability α at most; uncorrected, 40 %.
    let (mut any, mut plain) = (0, 0);
    for r in 0..1000 {
        let p = uniforms(24, r, 10);
        plain += u32::from(p.iter().any(|p| *p < 0.05));
        any += u32::from(
            Correction::Holm
                .adjusted(&p)
                .unwrap()
                .iter()
                .any(|p| *p < 0.05),
        );
    }
    assert!(any < 70 && plain > 330, "{any} {plain}");
}
