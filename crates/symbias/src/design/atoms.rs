//! Norms and gauges by atoms (theory §7.1): w = Σ_k a_k y_k has the least Σ|y_k|, and y_k the penalty |y_k| by u_k v_k. So the gauge of a
//! polytope is built of its vertices: given ones, `atomic[i,k](w[i], A[i,k])` of the hull of ±a_k (Chandrasekaran et al. 2012) and
//! `gauge[i,k](w[i], A[i,k])` of that of 0 and a_k, y_k = s_k²/2 ≥ 0; and those of Σ_k c_k|(Ωw)_k| ≤ 1, intervals for a chain.

use super::calls::{Called, CalledLeaf};
use super::linear::{Row, lead, rename};
use super::norms::{positive, vector};
use super::target::{Target, Term};
use super::vertices::{Without, vertices};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::TensorId;
use symbias_numerics::dense::{Matrix, svd};
use symbias_numerics::simplex::{Solved, simplex};

/// Pairs of vertices that are built, at most: 10⁵ vertices.
const PAIRS: usize = 50_000;
/// Entries of an array of atoms, at most.
const WRITTEN: usize = 1_000_000;
/// What counts as equal entries of Ω.
const SAME: f64 = 1e-12;
/// Where atoms are compared with the target by linear programs, their array has at most so many entries.
const COMPARED: usize = 200_000;

/// Signs of the coefficients of atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signs {
    /// The hull is symmetric.
    Both,
    /// Coefficients are not negative.
    Positive,
}

/// Atoms that a component is made of, of penalty 1 each.
#[derive(Clone, Debug)]
pub(super) struct Atoms {
    pub signs: Signs,
    /// Entries of the weights × atoms.
    pub array: Matrix,
    /// c_k Ω_k where they are vertices of Σ|c_k(Ωw)_k| ≤ 1; none where they are given.
    pub rows: Vec<Vec<f64>>,
}

impl Atoms {
    /// The least Σ|y| with w = Σ a_k y_k, and the largest ⟨w, λ⟩ with |⟨a_k, λ⟩| ≤ 1, which is the same.
    pub fn gauge(&self, w: &[f64]) -> Result<Option<[f64; 2]>> {
        let found = cheapest(&self.array, w, &vec![1.0; self.array.cols], &|_| self.signs)?;
        Ok(found.map(|(y, dual)| {
            let value = y.iter().map(|y| y.abs()).sum();
            [value, w.iter().zip(dual).map(|(w, l)| w * l).sum()]
        }))
    }

    /// Weights at which atoms are compared with the target, and whether that costs little enough.
    pub fn compared(&self) -> bool {
        self.array.rows * self.array.cols <= COMPARED
    }
}

/// y of least Σ c_k|y_k| with Ay = w, and the multipliers; `None` where no y has these weights.
pub(super) fn cheapest(
    a: &Matrix,
    w: &[f64],
    costs: &[f64],
    signs: &dyn Fn(usize) -> Signs,
) -> Result<Option<(Vec<f64>, Vec<f64>)>> {
    let k = a.cols;
    let both: Vec<usize> = (0..k).filter(|j| signs(*j) == Signs::Both).collect();
    let column = |j: usize| if j < k { (j, 1.0) } else { (both[j - k], -1.0) };
    let wide = Matrix::from_fn(a.rows, k + both.len(), |i, j| {
        let (j, sign) = column(j);
        sign * a[(i, j)]
    });
    let costs: Vec<f64> = (0..wide.cols).map(|j| costs[column(j).0]).collect();
    let found =
        simplex(&wide, w, &costs).map_err(|e| Error::new(ErrorKind::Numerical, e.to_string()))?;
    let Solved::Optimal { x, dual } = found else {
        return Ok(None);
    };
    let mut y = vec![0.0; k];
    for (j, x) in x.iter().enumerate() {
        let (j, sign) = column(j);
        y[j] += sign * x;
    }
    Ok(Some((y, dual)))
}

fn list(letters: &[&str]) -> toml::Value {
    let each = letters.iter().map(|l| toml::Value::String((*l).into()));
    toml::Value::Array(each.collect())
}

fn constant(target: &mut Target, name: &str, axes: &[&str], values: toml::Value) {
    let mut table = toml::Table::new();
    table.insert("axes".into(), list(axes));
    table.insert("values".into(), values);
    target.spec.constants.insert(name.into(), table.into());
}

/// Declares the constants of a synthesis, named as it is told, and gives the factor of the coefficients of an axis.
type Factor<'a> = dyn Fn(&mut Target, &str, &dyn Fn(&str) -> String) -> String + 'a;

/// Puts coefficients of atoms in the place of a component.
struct Place<'a> {
    target: &'a mut Target,
    name: String,
    letter: String,
}

impl Place<'_> {
    fn fresh(&self, base: &str) -> String {
        let spec = &self.target.spec;
        let mut name = base.to_owned();
        while [&spec.axes, &spec.components, &spec.constants]
            .iter()
            .any(|t| t.contains_key(&name))
        {
            name.push('_');
        }
        name
    }

    /// The term; `of` gives the factor of the coefficients in the statement, from the axis.
    fn built(
        self,
        base: &str,
        signs: Signs,
        array: Matrix,
        rows: Vec<Vec<f64>>,
        of: &Factor<'_>,
    ) -> Term {
        let axis = self.fresh(base);
        let component = self.fresh(&format!("{}_{base}s", self.name));
        let names: Vec<String> = ["from", "to", "cost", &format!("{}_synthesis", self.name)]
            .iter()
            .map(|n| self.fresh(n))
            .collect();
        let Place {
            target,
            name,
            letter,
        } = self;
        let count = toml::Value::Integer(array.cols as i64);
        target.spec.axes.insert(axis.clone(), count);
        let known = |base: &str| match base {
            "from" => names[0].clone(),
            "to" => names[1].clone(),
            "cost" => names[2].clone(),
            _ => names[3].clone(),
        };
        let factor = of(target, &axis, &known);
        rename(target, &name, &component, &axis);
        lead(
            target,
            format!("{name}[{letter}] = {factor} * {component}[{axis}]"),
        );
        let atoms = Atoms { signs, array, rows };
        Term::atoms(component, axis, atoms)
    }

    /// Of atoms that are written out.
    fn written(self, signs: Signs, array: Matrix, rows: Vec<Vec<f64>>) -> Term {
        let letter = self.letter.clone();
        let entries = array.clone();
        let row = |i: usize| -> toml::Value {
            let each = (0..entries.cols).map(|k| toml::Value::Float(entries[(i, k)]));
            toml::Value::Array(each.collect())
        };
        let values = toml::Value::Array((0..entries.rows).map(row).collect());
        self.built("atom", signs, array, rows, &|target, axis, named| {
            let name = named("synthesis");
            constant(target, &name, &[&letter, axis], values.clone());
            format!("{name}[{letter},{axis}]")
        })
    }
}

/// `gauge` and `atomic`: of given atoms.
pub(super) fn given(
    target: &mut Target,
    id: TensorId,
    leaf: &CalledLeaf,
) -> Result<(Term, Option<String>)> {
    let (name, letter, n) = vector(target, id, leaf.span)?;
    let (entries, k) = leaf.array(target)?;
    // c·gauge(s·w): atoms over c·s.
    let c = positive(leaf, target)?;
    let signs = match leaf.call.function {
        Called::Gauge => Signs::Positive,
        _ => Signs::Both,
    };
    let c = if leaf.turns(target) { -c } else { c };
    let array = Matrix::from_fn(n, k, |i, j| entries[i * k + j] / c);
    let word = leaf.call.function.word();
    if entries.len() > WRITTEN {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("{k} atoms of {n} entries in `{word}`"),
        )
        .at(leaf.span)
        .remedy("at most 1e6 entries, for they are written into the model: use fewer atoms"));
    }
    if let Some(j) = (0..k).find(|j| (0..n).all(|i| array[(i, *j)] == 0.0)) {
        return Err(
            Error::new(ErrorKind::Value, format!("atom {j} of `{word}` is zero"))
                .at(leaf.span)
                .remedy("0 is in the hull already: leave the column out"),
        );
    }
    let f = svd(&array).map_err(|e| Error::new(ErrorKind::Numerical, e.to_string()))?;
    let rank = f.s.iter().take_while(|s| **s > 1e-10 * f.s[0]).count();
    if rank < n {
        // The direction that the atoms do not have.
        let system: Vec<f64> = (0..n)
            .map(|i| (0..rank).map(|l| f.u[(i, l)] * f.u[(i, l)]).sum())
            .collect();
        let worst = (0..n)
            .min_by(|a, b| system[*a].total_cmp(&system[*b]))
            .unwrap_or(0);
        let d: Vec<f64> = (0..n)
            .map(|i| {
                let own: f64 = (0..rank).map(|l| f.u[(i, l)] * f.u[(worst, l)]).sum();
                f64::from(u8::from(i == worst)) - own
            })
            .collect();
        return Err(Error::new(
            ErrorKind::Value,
            format!(
                "the {k} atoms of `{word}` span {rank} of {n} dimensions: weights with {} != 0 have an infinite penalty",
                shown(&d, &name)
            ),
        )
        .at(leaf.span)
        .remedy("add atoms, ± unit vectors with a large penalty say; or take the coefficients as components, with weights = \"w[i] = A[i,k]*y[k]\""));
    }
    let warning = match signs {
        Signs::Both => None,
        Signs::Positive => cone(&array)?.map(|d| {
            format!(
                "weights with {} < 0 have an infinite penalty: no combination of the atoms of `gauge` with coefficients >= 0 has them, and the bias is the gauge on the others",
                shown(&d, &name)
            )
        }),
    };
    let place = Place {
        target,
        name,
        letter,
    };
    Ok((place.written(signs, array, Vec::new()), warning))
}

/// d with ⟨a_k, d⟩ ≥ 0 for all atoms, where one exists: an atom whose opposite the others do not make.
fn cone(array: &Matrix) -> Result<Option<Vec<f64>>> {
    let minus: Vec<f64> = (0..array.rows)
        .map(|i| -(0..array.cols).map(|k| array[(i, k)]).sum::<f64>())
        .collect();
    let found = simplex(array, &minus, &vec![1.0; array.cols])
        .map_err(|e| Error::new(ErrorKind::Numerical, e.to_string()))?;
    Ok(match found {
        Solved::Infeasible(ray) => {
            let size = ray.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
            Some(ray.iter().map(|x| -x / size).collect())
        }
        _ => None,
    })
}

/// A linear form of the weights, by its largest terms.
fn shown(d: &[f64], name: &str) -> String {
    let mut order: Vec<usize> = (0..d.len()).filter(|i| d[*i].abs() > 1e-9).collect();
    order.sort_by(|a, b| d[*b].abs().total_cmp(&d[*a].abs()).then(a.cmp(b)));
    let more = if order.len() > 4 { " + …" } else { "" };
    let terms: Vec<String> = order
        .iter()
        .take(4)
        .map(|i| {
            format!(
                "{}*{name}[{i}]",
                super::form::number((d[*i] * 1e6).round() / 1e6)
            )
        })
        .collect();
    terms.join(" + ") + more
}

/// Σ_k c_k|(Ωw)_k| of rows with their c, by the vertices of its unit ball.
pub(super) fn analysis(
    target: &mut Target,
    (name, letter, n): (&str, &str, usize),
    rows: &[(f64, Row)],
    refused: &dyn Fn(String, &str) -> Error,
) -> Result<Term> {
    let place = Place {
        target,
        name: name.into(),
        letter: letter.into(),
    };
    let omega: Vec<Vec<f64>> = rows
        .iter()
        .map(|(c, r)| r.entries.iter().map(|x| c * x).collect())
        .collect();
    let many = |count: String| {
        refused(
            format!(
                "the unit ball of the target of `{name}` has {count} vertices, each of them a parameter"
            ),
            "at most 100000: use fewer entries, or fewer linear combinations; `sum[j](abs(w[j+1] - w[j])) + abs(w[0])` has as many as entries, and is invertible",
        )
    };
    if let Some(ends) = Ends::of(&omega, n) {
        let count = n * (n + 1) / 2;
        if count > PAIRS {
            return Err(many((2 * count).to_string()));
        }
        return ends.intervals(place, omega, refused);
    }
    let found = vertices(&omega, n, PAIRS).map_err(|e| match e {
        Without::Many => many("more than 100000".into()),
        Without::Free(d) => refused(
            format!(
                "the {} linear combinations of `{name}` do not see a direction: weights along ({}) have no penalty",
                omega.len(),
                shown(&d, name)
            ),
            "nothing is free of decay: add a term, `1e-3*sum[i](abs(w[i]))` say",
        ),
    })?;
    if found.len() * n > WRITTEN {
        return Err(many(format!("{} (of {n} entries)", 2 * found.len())));
    }
    let array = Matrix::from_fn(n, found.len(), |i, k| found[k][i]);
    Ok(place.written(Signs::Both, array, omega))
}

/// A chain: c_i|w_i| and d_i|w_{i+1} − w_i|, whose vertices are intervals.
struct Ends {
    single: Vec<f64>,
    between: Vec<f64>,
}

impl Ends {
    fn of(omega: &[Vec<f64>], n: usize) -> Option<Ends> {
        let (mut single, mut between) = (vec![0.0; n], vec![0.0; n.saturating_sub(1)]);
        for row in omega {
            let places: Vec<usize> = (0..n).filter(|k| row[*k].abs() > SAME).collect();
            match places.as_slice() {
                [i] => single[*i] += row[*i].abs(),
                [i, j] if *j == i + 1 && (row[*i] + row[*j]).abs() <= SAME => {
                    between[*i] += row[*i].abs();
                }
                _ => return None,
            }
        }
        Some(Ends { single, between })
    }

    /// Σ_I 1_I y_I/c_I with c_I = λ₁|I| + λ₂·(inner ends).
    fn intervals(
        &self,
        place: Place<'_>,
        omega: Vec<Vec<f64>>,
        refused: &dyn Fn(String, &str) -> Error,
    ) -> Result<Term> {
        let n = self.single.len();
        let (mut first, mut last, mut costs) = (Vec::new(), Vec::new(), Vec::new());
        for a in 0..n {
            for b in a..n {
                let mut c: f64 = self.single[a..=b].iter().sum();
                if a > 0 {
                    c += self.between[a - 1];
                }
                if b + 1 < n {
                    c += self.between[b];
                }
                if c.is_nan() || c <= 0.0 {
                    return Err(refused(
                        format!(
                            "the entries {a} to {b} of `{}` may move together without any penalty",
                            place.name
                        ),
                        "nothing is free of decay: add a term, `1e-3*sum[i](abs(w[i]))` say",
                    ));
                }
                first.push(a);
                last.push(b);
                costs.push(c);
            }
        }
        let array = Matrix::from_fn(n, costs.len(), |i, k| {
            if (first[k]..=last[k]).contains(&i) {
                1.0 / costs[k]
            } else {
                0.0
            }
        });
        let letter = place.letter.clone();
        let integers = |v: &[usize]| {
            toml::Value::Array(v.iter().map(|x| toml::Value::Integer(*x as i64)).collect())
        };
        let floats = toml::Value::Array(costs.iter().map(|c| toml::Value::Float(*c)).collect());
        let ends = [("from", integers(&first)), ("to", integers(&last))];
        Ok(place.built("interval", Signs::Both, array, omega, &|target, axis, named| {
            for (base, values) in &ends {
                constant(target, &named(base), &[axis], values.clone());
                if let Some(toml::Value::Table(t)) = target.spec.constants.get_mut(&named(base)) {
                    t.insert("index".into(), toml::Value::String(letter.clone()));
                }
            }
            constant(target, &named("cost"), &[axis], floats.clone());
            format!(
                "where({from}[{axis}] <= pos({letter}) and pos({letter}) <= {to}[{axis}], 1/{cost}[{axis}], 0)",
                from = named("from"),
                to = named("to"),
                cost = named("cost")
            )
        }))
    }
}
