"""Independent check of models/expected.toml and examples/models/expected.toml.

Each model is written by hand in models.py. At random parameters the rank of J comes from a singular value decomposition, and the
symmetry is the null space, over fields A theta + b, of the conditions J(theta)(A theta + b) = 0 collected at many random points.
Classes of fields: `affine`, all of them (A a full d x d matrix); `lines`, A couples only entries of one tensor on a line along an axis,
plus b; `axes`, one matrix per axis of each tensor, plus b; `pairs`, sums of B_mi u_i v_i, where the full affine algebra is R^n exactly
if no two columns of B are proportional (checked) and none is zero.

Convention for translations: a constant symmetry b may be multiplied by any linear function of theta and stays an affine symmetry.
Such multiples move nothing new and are not counted: dimension = dim(null space) - k d for k independent translations.

    python catalogue_oracle.py [names ...] [--full]
"""
import sys
import time
import tomllib

import jax
import numpy as np

from models import EXAMPLES, HERE, MODELS, SPECTRAL, TV

LARGE = {"matrix_completion": "axes", "total_variation": "pairs", "spectral": "pairs"}


def jacobian(m, generous=1):
    """J at theta on enough probes, as a function of (theta, rng). ReLU networks have narrow regions: there, ask for many more."""
    n_out = int(np.size(m.f(m.unpack(np.ones(m.d)), m.probe(np.random.default_rng(0)))))
    probes = 1 if not m.inputs else generous * (-(-2 * m.d // n_out) + 4)
    jac = jax.jit(jax.vmap(jax.jacrev(lambda t, x: m.f(m.unpack(t), x).ravel()), (None, 0)))

    def at(theta, rng):
        xs = [m.probe(rng) for _ in range(probes)]
        stacked = {k: np.stack([x[k] for x in xs]) for k in m.inputs} if m.inputs else {"_": np.zeros((1, 1))}
        return np.asarray(jac(theta, stacked)).reshape(-1, m.d)
    return at


def rank_of(s):
    """Rank and gap (smallest kept over largest dropped) from singular values: the widest gap at or below 1e-6 of the largest."""
    s = np.append(s / s[0], 0) if len(s) else s
    keep = int(np.sum(s > 1e-9))
    return keep, s[keep - 1] / max(s[keep], 1e-17)


def field_class(m, kind):
    """Pairs (e, e') of the unknowns A[e, e'], with a map to fewer unknowns where matrices are shared."""
    d = m.d
    if kind == "affine":
        e, f = np.divmod(np.arange(d * d), d)
        return e, f, None
    es_, fs_, ids, first, count = [], [], [], 0, 0
    for shape in m.shapes.values():
        n = int(np.prod(shape))
        index = np.arange(n).reshape(shape) + first
        for ax, size in enumerate(shape):
            lines = np.moveaxis(index, ax, -1).reshape(-1, size)
            for i in range(size):
                for j in range(size):
                    es_.append(lines[:, i])
                    fs_.append(lines[:, j])
                    ids.append(np.full(len(lines), count + i * size + j))
            count += size * size
        if not shape:
            es_.append(np.array([first])), fs_.append(np.array([first])), ids.append(np.array([count]))
            count += 1
        first += n
    e, f, ids = map(np.concatenate, (es_, fs_, ids))
    if kind == "axes":
        return e, f, ids
    pairs = np.unique(np.stack([e, f], 1), axis=0)
    return pairs[:, 0], pairs[:, 1], None


def null_fields(m, kind, seed=0):
    """Basis of symmetric fields as (A, b), and the gap of the decision."""
    rng, jac, d = np.random.default_rng(seed), jacobian(m), m.d
    e, f, ids = field_class(m, kind)
    unknowns = (len(e) if ids is None else ids.max() + 1) + d
    if ids is not None:
        order = np.argsort(ids, kind="stable")
        starts = np.searchsorted(ids[order], np.arange(ids.max() + 1))
    normal, rows = np.zeros((unknowns, unknowns)), 0
    while rows < 1.6 * unknowns + 50:
        theta = rng.standard_normal(d)
        u, s, v = np.linalg.svd(jac(theta, rng), full_matrices=False)
        v = v[s > 1e-9 * s[0]]
        k = v[:, e] * theta[f]
        if ids is not None:
            k = np.add.reduceat(k[:, order], starts, axis=1)
        k = np.concatenate([k, v], 1)
        normal += k.T @ k
        rows += len(v)
    w, q = np.linalg.eigh(normal / rows)
    n = int(np.sum(w < 1e-11 * w[-1]))
    gap = (w[n] if n < len(w) else np.inf) / max(abs(w[:n]).max(initial=0), 1e-17)
    if n == 0:
        return np.zeros((0, d, d)), np.zeros((0, d)), gap
    coefficients = q[:, :n].T
    A = np.zeros((n, d, d))
    for i, c in enumerate(coefficients):
        np.add.at(A[i], (e, f), c[:-d] if ids is None else c[:-d][ids])
    fields = np.concatenate([A.reshape(n, -1), coefficients[:, -d:]], 1)
    if ids is not None:  # shared matrices: different unknowns can be one field
        u, s, v = np.linalg.svd(fields, full_matrices=False)
        fields = v[s > 1e-9 * s[0]]
    return fields[:, :-d].reshape(-1, d, d), fields[:, -d:], gap


def null(matrix):
    """Combinations c (rows) with matrix c = 0, for a tall matrix whose columns come from normalised fields."""
    w, q = np.linalg.eigh(matrix.T @ matrix)
    return q[:, w < 1e-12].T


def matrix_rank(x):
    return int(np.linalg.matrix_rank(x, tol=1e-8 * max(np.linalg.norm(x, 2), 1e-300))) if x.size and x.shape[0] else 0


def symmetry(m, kind):
    """Dimension, compact part, charges, independent charges, orbit dimension: the conventions of the module text."""
    d = m.d
    if kind == "pairs":
        B = np.cumsum(TV["ameas"][:, ::-1].astype(float), 1)[:, ::-1] if d == 400 else \
            np.cos(2 * np.pi * SPECTRAL["t_train"].astype(float) * np.arange(64))
        B = B / np.linalg.norm(B, axis=0)
        cosine = abs(B.T @ B) - np.eye(d // 2)
        n = d // 2 if cosine.max() < 1 - 1e-6 else -1
        return dict(dimension=n, compact=0, charges=n, independent=n, orbit_dimension=n), 1 - cosine.max()
    A, b, gap = null_fields(m, kind)
    n = len(A)
    if n == 0:
        return dict(dimension=0, compact=0, charges=0, independent=0, orbit_dimension=0), gap
    k = len(null(A.reshape(n, -1).T))                               # pure translations
    sym = null((A - np.swapaxes(A, 1, 2)).reshape(n, -1).T)
    multiples = k * d if kind == "affine" else 0
    assert k == 0 or kind == "affine"
    anti = null(np.concatenate([(A + np.swapaxes(A, 1, 2)).reshape(n, -1), b], 1).T)
    theta = np.random.default_rng(5).standard_normal(d)
    xi = A @ theta + b
    return dict(dimension=n - multiples, compact=len(anti) - k * (k - 1) // 2, charges=len(sym) - k * (k + 1) // 2,
                independent=matrix_rank(sym @ xi), orbit_dimension=matrix_rank(xi)), gap


def conserved(m, depth=5, seed=3):
    """d minus the rank, at a random point, of gradients and their nested brackets: an upper bound on the number of conserved
    functions of gradient flow for every loss [Marcotte, Gribonval, Peyre 2023], exact once the brackets have stopped growing."""
    rng, d = np.random.default_rng(seed), m.d
    n_out = int(np.size(m.f(m.unpack(np.ones(d)), m.probe(rng))))
    probes = 1 if not m.inputs else -(-2 * d // n_out) + 4
    xs = [m.probe(rng) for _ in range(probes)]
    stacked = {k: np.stack([x[k] for x in xs]) for k in m.inputs} if m.inputs else {"_": np.zeros((1, 1))}
    outputs = lambda t: jax.vmap(lambda x: m.f(m.unpack(t), x).ravel())(stacked).ravel()

    def field(c):
        return jax.grad(lambda t: c @ outputs(t))

    def bracket(cs):
        if len(cs) == 1:
            return field(cs[0])
        f, g = field(cs[0]), bracket(cs[1:])
        return lambda t: jax.jvp(g, (t,), (f(t),))[1] - jax.jvp(f, (t,), (g(t),))[1]

    theta, rank, spans, scale = rng.standard_normal(d), 0, [], 1.0
    for n in range(1, depth + 1):
        vectors = jax.jit(jax.vmap(lambda cs: bracket(list(cs))(theta)))(rng.standard_normal((2 * d, n, probes * n_out)))
        v = np.asarray(vectors)
        size = np.linalg.norm(v, axis=1).max()
        scale *= size if n == 1 else 1.0
        if size < 1e-9 * scale ** n:                               # the gradients commute
            break
        spans.append(v / size)
        s = np.linalg.svd(np.concatenate(spans), compute_uv=False)
        new = int(np.sum(s > 1e-9 * s[0]))
        if n > 2 and new == rank:
            break
        rank = new
    return d - rank


def algebra(name):
    """(dimension, antisymmetric part) of a name such as `gl(3)^2 + so(2) + R^16`."""
    dim = anti = 0
    for factor in [] if name == "0" else name.split(" + "):
        base, _, power = factor.partition("^")
        k = int(power or 1)
        if base == "R":
            dim += k
            continue
        n = int(base[3:-1])
        dim += k * (n * n if base.startswith("gl") else n * (n - 1) // 2)
        anti += k * n * (n - 1) // 2
    return dim, anti


def check(name, m, want, full):
    start = time.time()
    kind = LARGE.get(name) or ("affine" if m.d <= (66 if full else 52) else "lines")
    rng, jac = np.random.default_rng(11), jacobian(m, 200 if "relu" in name else 1)
    ranks = [rank_of(np.linalg.svd(np.linalg.qr(jac(rng.standard_normal(m.d), rng), "r"), compute_uv=False)) for _ in range(12)]
    rank = max(r for r, _ in ranks)
    attained = sum(r == rank for r, _ in ranks)
    got, gap = symmetry(m, kind)
    got |= dict(parameters=m.d, rank=rank, redundancy=m.d - rank)
    got["unexplained"] = got["redundancy"] - got["orbit_dimension"]
    if "conserved" in want and m.d <= 36:
        got["conserved"] = min(conserved(m, seed=s) for s in (3, 4))
    compact = got.pop("compact")
    bad = [f"{k}: found {v}, expected {want.get(k)}" for k, v in got.items() if k in want and v != want[k]]
    bad += [f"{k} missing" for k in got if k not in want and k != "conserved"]
    if algebra(want.get("name", "0")) != (got["dimension"], compact):
        bad.append(f"name {want.get('name')}: found dimension {got['dimension']}, antisymmetric {compact}")
    if want.get("compact") != (got["dimension"] == compact > 0):
        bad.append(f"compact: expected {want.get('compact')}")
    print(f"{name:22} d={m.d:4} rank={rank:4} ({attained}/12, gap {min(g for r, g in ranks if r == rank):.0e}) dim={got['dimension']:4} "
          f"compact={compact:3} charges={got['charges']:4}/{got['independent']:<4} orbit={got['orbit_dimension']:4} "
          f"rest={got['unexplained']:4} conserved={got.get('conserved', '-'):>3} {kind:6} gap {gap:.0e} {time.time() - start:5.1f}s "
          f"{'ok' if not bad else '; '.join(bad)}", flush=True)
    return not bad


def main():
    args = [a for a in sys.argv[1:] if not a.startswith("-")]
    ok = True
    for table, path in ((MODELS, HERE / "expected.toml"), (EXAMPLES, HERE.parent / "examples/models/expected.toml")):
        want = tomllib.loads(path.read_text()) if path.exists() else {}
        for name, m in table.items():
            if not args or name in args:
                ok &= check(name, m, want.get(name, {}), "--full" in sys.argv)
        missing = {p.stem for p in path.parent.glob("*.toml")} - {"expected"} - set(want)
        if missing and not args:
            print(f"{path.name}: no entry for {sorted(missing)}")
            ok = False
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
