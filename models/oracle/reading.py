"""A second, small reading of the model language, rules 3-15, and the check that each file's text is the model written by hand.

It evaluates a program on numbers with named axes; it checks no errors beyond those it meets. Uses nothing of the project.

    python reading.py        # compares every file of models/ and examples/models/ with models.py at random points
"""
import re
import sys
import tomllib

import numpy as np
from safetensors.numpy import load_file
from scipy.special import erf

from models import EXAMPLES, HERE, MODELS

TOKEN = re.compile(r"\s*(\d+\.?\d*(?:e[+-]?\d+)?|[A-Za-z_][A-Za-z_0-9]*'?|<=|>=|==|//|\S)")
REDUCE = {"sum", "mean", "max", "logsumexp", "norm"}
KEEP = {"softmax", "log_softmax", "cumsum", "normalize", "rmsnorm", "layernorm", "standardize", "rope"}
POINT = {"relu": lambda x: np.where(x > 0, x, 0), "leaky_relu": lambda x, s: np.where(x > 0, x, s * x), "abs": abs, "square": lambda x: x * x,
         "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh, "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
         "gelu": lambda x: x * (1 + erf(x / np.sqrt(2))) / 2, "silu": lambda x: x / (1 + np.exp(-x)), "sin": np.sin, "cos": np.cos,
         "conj": np.conj, "re": np.real, "im": np.imag, "abs2": lambda x: x.real ** 2 + x.imag ** 2}


class Parser:
    def __init__(self, text):
        self.t, self.i = TOKEN.findall(text), 0

    def peek(self):
        return self.t[self.i] if self.i < len(self.t) else ""

    def take(self, want=None):
        token = self.peek()
        assert token and want in (None, token), (want, token, self.t)
        self.i += 1
        return token

    def list(self, close, item):
        out = []
        while self.peek() != close:
            out.append(item())
            if self.peek() == ",":
                self.take()
        self.take(close)
        return out

    def sum(self):
        terms = [("+", self.product())]
        while self.peek() in ("+", "-"):
            terms.append((self.take(), self.product()))
        return terms[0][1] if len(terms) == 1 else ("sum", terms)

    def product(self):
        factors = [("*", self.unary())]
        while self.peek() in ("*", "/", "//"):
            factors.append((self.take(), self.unary()))
        return factors[0][1] if len(factors) == 1 else ("product", factors)

    def unary(self):
        if self.peek() == "-":
            self.take()
            return ("negative", self.unary())
        base = self.atom()
        if self.peek() == "^":
            self.take()
            return ("power", base, self.unary())
        return base

    def condition(self):
        left, op, right = self.sum(), self.take(), self.sum()
        return ("compare", op, left, right)

    def argument(self):
        if re.match(r"[a-z]", self.peek()) and self.t[self.i + 1] == "=":
            key = self.take()
            self.take("=")
            return ("named", key, self.sum())
        return self.sum()

    def atom(self):
        t = self.take()
        if t == "(":
            e = self.sum()
            self.take(")")
            return e
        if t[0].isdigit():
            return ("number", float(t))
        if t in ("pi", "inf"):
            return ("number", np.pi if t == "pi" else np.inf)
        if t in ("pos", "size"):
            self.take("(")
            letter = self.take()
            self.take(")")
            return (t, letter)
        if t == "where":
            self.take("(")
            c = self.condition()
            self.take(",")
            a, b = self.list(")", self.sum)
            return ("where", c, a, b)
        index = None
        if self.peek() == "[":
            self.take()
            index = self.list("]", self.sum)
        if (t in REDUCE | KEEP) and index is not None:
            self.take("(")
            return ("bind", t, [i[1] for i in index], self.list(")", self.argument))
        if self.peek() == "(":
            self.take()
            return ("call", t, self.list(")", self.argument))
        return ("tensor", t, index or [])


def letters_of(i):
    """Letters of an index expression: a bare name is a letter there."""
    if i[0] == "tensor":
        return [l for x in i[2] for l in letters_of(x)] if i[2] else [i[1]]
    return [l for _, x in i[1] for l in letters_of(x)] if i[0] in ("sum", "product") else []


def occurrences(e):
    """Free occurrences of letters in an expression (a list)."""
    k = e[0]
    if k in ("number", "size"):
        return []
    if k == "pos":
        return [e[1]]
    if k == "tensor":
        return [l for i in e[2] for l in letters_of(i)]
    if k in ("sum", "product"):
        return [l for _, x in e[1] for l in occurrences(x)]
    if k == "bind":
        inner = [l for x in e[3] for l in occurrences(x)]
        return [l for l in inner if l not in e[2]] if e[1] in REDUCE else inner
    if k == "call":
        return [l for x in e[2] for l in occurrences(x)]
    if k == "named":
        return []
    return [l for x in e[1:] if isinstance(x, tuple) for l in occurrences(x)]


class Scope:
    def __init__(self, sizes, tensors):
        self.sizes, self.tensors = sizes, tensors

    def align(self, letters, values):
        """Arrays with their letters -> arrays on one common list of letters."""
        out = []
        for array, own in values:
            order = [own.index(l) for l in letters if l in own]
            array = np.transpose(array, order)
            out.append(array[tuple(slice(None) if l in own else None for l in letters)])
        return out

    def join(self, values):
        letters = list(dict.fromkeys(l for _, own in values for l in own))
        return letters, self.align(letters, values)

    def run(self, e, need):
        k = e[0]
        if k == "number":
            return np.array(e[1]), []
        if k == "pos":
            return np.arange(float(self.sizes[e[1]])), [e[1]]
        if k == "size":
            return np.array(float(self.sizes[e[1]])), []
        if k == "negative":
            a, l = self.run(e[1], need)
            return -a, l
        if k == "power":
            a, l = self.run(e[1], need)
            return a ** self.run(e[2], need)[0], l
        if k == "compare":
            letters, (a, b) = self.join([self.run(e[2], need | set(occurrences(e[2]))), self.run(e[3], need | set(occurrences(e[3])))])
            return {"<=": a <= b, ">=": a >= b, "<": a < b, ">": a > b, "==": a == b}[e[1]], letters
        if k == "where":
            need = need | set(occurrences(e[1]))
            letters, (c, a, b) = self.join([self.run(x, need) for x in e[1:]])
            return np.where(c, a, b), letters
        if k == "sum":
            letters, arrays = self.join([self.run(x, need) for _, x in e[1]])
            return sum(a if s == "+" else -a for (s, _), a in zip(e[1], arrays)), letters
        if k == "product":
            sets = [set(occurrences(x)) for _, x in e[1]]
            summed = {l for l in set().union(*sets) if l not in need and sum(l in s for s in sets) >= 2}
            letters, arrays = self.join([self.run(x, need | summed) for _, x in e[1]])
            out = 1.0
            for (op, _), a in zip(e[1], arrays):
                out = out * a if op == "*" else out / a
            out = np.broadcast_to(out, [self.sizes[l] for l in letters])
            return out.sum(tuple(i for i, l in enumerate(letters) if l in summed)), [l for l in letters if l not in summed]
        if k == "call" and e[1] == "zero":
            return self.tensor(e[2][0], need, zero=True)
        if k == "call":
            letters, arrays = self.join([self.run(x, need) for x in e[2]])
            return POINT[e[1]](*arrays), letters
        if k == "bind":
            return self.bind(e, need)
        return self.tensor(e, need)

    def bind(self, e, need):
        _, op, bound, args = e
        a, letters = self.run(args[0], need | set(bound))
        ax = tuple(letters.index(l) for l in bound)
        if op == "rope":
            return self.rope(a, letters, ax[0], self.run(args[1], need))
        if op in REDUCE:
            f = {"sum": np.sum, "mean": np.mean, "max": np.max, "norm": lambda x, axis: np.sqrt((x * x).sum(axis)),
                 "logsumexp": lambda x, axis: np.log(np.exp(x).sum(axis))}[op]
            return f(a, axis=ax), [l for l in letters if l not in bound]
        kw = dict(axis=ax, keepdims=True)
        if op in ("softmax", "log_softmax"):
            p = np.exp(a - a.max(**kw))
            p = p / p.sum(**kw)
            return (p if op == "softmax" else np.log(p)), letters
        if op == "cumsum":
            return np.cumsum(a, ax[0]), letters
        if op in ("layernorm", "standardize"):
            a = a - a.mean(**kw)
        return a / np.sqrt((a * a).sum(**kw) if op == "normalize" else (a * a).mean(**kw)), letters

    def rope(self, a, letters, ax, position):
        """Rule 12 with the default base and layout."""
        a = np.moveaxis(a, ax, -1)
        rest = letters[:ax] + letters[ax + 1:]
        n = a.shape[-1]
        p, = self.align(rest, [position])
        phi = p[..., None] * 10000.0 ** (-2 * np.arange(n // 2) / n)
        x, y = a[..., :n // 2], a[..., n // 2:]
        return np.concatenate([x * np.cos(phi) - y * np.sin(phi), x * np.sin(phi) + y * np.cos(phi)], -1), rest + [letters[ax]]

    def index(self, e, grid):
        """Integer value of an index expression on the grid of its letters."""
        if e[0] == "number":
            return int(e[1])
        if e[0] == "tensor":
            return grid[e[1]] if not e[2] else self.tensors[e[1]][tuple(self.index(i, grid) for i in e[2])]
        if e[0] == "sum":
            return sum(self.index(x, grid) * (1 if s == "+" else -1) for s, x in e[1])
        out = 1
        for op, x in e[1]:
            out = out * self.index(x, grid) if op == "*" else out // self.index(x, grid)
        return out

    def tensor(self, e, need, zero=False):
        array, found = self.tensors[e[1]], occurrences(e)
        letters = list(dict.fromkeys(found))
        grid = dict(zip(letters, np.meshgrid(*[np.arange(self.sizes[l]) for l in letters], indexing="ij")))
        index = [np.asarray(self.index(i, grid)) for i in e[2]]
        inside = np.ones([self.sizes[l] for l in letters], bool)
        for i, n in zip(index, array.shape):
            inside = inside & (i >= 0) & (i < n)
        assert zero or inside.all(), f"{e[1]}: out of bounds"
        assert len(index) == array.ndim, f"{e[1]} has {array.ndim} axes"
        out = np.asarray(array[tuple(np.where(inside, i, 0) for i in index)])
        out = np.where(inside, out, 0) if zero else np.broadcast_to(out, inside.shape)
        summed = [l for l in letters if l not in need]
        assert all(found.count(l) >= 2 for l in summed), f"left over in {e[1]}: {summed}"
        return out.sum(tuple(letters.index(l) for l in summed)), [l for l in letters if l not in summed]


def statements(text):
    """(name, left letters, right side text), in order of definition."""
    lines, depth = [""], 0
    for line in text.splitlines():
        line = line.split("#")[0]
        lines[-1] += " " + line
        depth += sum(line.count(c) for c in "([") - sum(line.count(c) for c in ")]")
        if depth == 0:
            lines.append("")
    for line in filter(str.strip, lines):
        left, right = line.split("=", 1)
        m = re.fullmatch(r"\s*(\w+'?)\s*(?:\[(.*)\])?\s*", left)
        yield m[1], [l.strip() for l in m[2].split(",")] if m[2] else [], right.strip()


def execute(program, sizes, tensors, blocks=None, prefix=""):
    for name, left, right in statements(program):
        call = re.fullmatch(r"(\w+)\((\w+)\)", right)
        if call and blocks and call[1] in blocks:
            b, z = blocks[call[1]], tensors[call[2]]
            for i in range(b["count"]):
                own = {k: tensors[k if k in b.get("tied", []) else f"{call[1]}.{i}.{k}"] for k in b["parameters"]}
                z = execute(b["program"], sizes, own | {b["carry"]: z})[b["carry"] + "'"]
            tensors[name] = z
            continue
        e = Parser(right).sum()
        assert set(left) <= set(occurrences(e)), f"{name}: a left index does not occur on the right"
        s = Scope(sizes, tensors)
        array, letters = s.run(e, set(left))
        assert set(letters) == set(left), (name, letters, left)
        tensors[name] = np.transpose(array, [letters.index(l) for l in left])
    return tensors


def shapes_of(doc, sizes):
    def entry(p):
        axes, cx = (p, False) if isinstance(p, list) else (p["axes"], p.get("field") == "complex")
        return tuple(sizes[a] for a in axes) + ((2,) if cx else ())
    out = {k: entry(p) for k, p in doc["parameters"].items()}
    for name, b in doc.get("blocks", {}).items():
        for i in range(b["count"]):
            out |= {f"{name}.{i}.{k}": entry(p) for k, p in b["parameters"].items()}
    return out


def compare(path, m):
    doc = tomllib.loads(path.read_text())
    sizes = {}
    for k, v in doc["axes"].items():
        sizes[k] = v if isinstance(v, int) else sizes[v]
    shapes = shapes_of(doc, sizes)
    assert shapes == m.shapes and list(shapes) == list(m.shapes), (shapes, m.shapes)
    rng, worst = np.random.default_rng(7), 0.0
    for _ in range(3):
        theta, probe = rng.standard_normal(m.d), m.probe(rng)
        tensors = {k: np.asarray(v) for k, v in m.unpack(theta).items()} | {k: np.asarray(v) for k, v in probe.items()}
        for k, c in doc.get("constants", {}).items():
            tensors[k] = load_file(path.parent / c["file"])[c["key"]] if "file" in c else np.asarray(m.constants[k])
            tensors[k] = tensors[k] if "index" in c else tensors[k].astype(float)
            assert "file" not in c or tensors[k].shape == tuple(sizes[a] for a in c["axes"])
        for k, c in (doc["parameters"] | doc.get("constants", {})).items():
            if isinstance(c, dict) and c.get("field") == "complex":
                tensors[k] = tensors[k][..., 0] + 1j * tensors[k][..., 1]
        if "batch" in doc:
            sizes[doc["batch"]] = len(next(iter(probe.values())))
        values = execute(doc["program"], sizes, tensors, doc.get("blocks"))
        got = np.concatenate([np.ravel(values[o]) for o in doc["outputs"]])
        want = np.ravel(m.f(m.unpack(theta), probe))
        assert got.shape == want.shape, (got.shape, want.shape)
        worst = max(worst, abs(got - want).max() / (1 + abs(want).max()))
    return worst


def main():
    ok = True
    for folder, table in ((HERE, MODELS), (HERE.parent / "examples/models", EXAMPLES)):
        for path in sorted(folder.glob("*.toml")):
            if path.stem == "expected" or path.stem not in table:
                print(f"{path.stem:24} {'not compared (too large to run)' if path.stem == 'transformer_1b' else ''}")
                continue
            try:
                error = compare(path, table[path.stem])
            except Exception as e:
                print(f"{path.stem:24} FAILS {type(e).__name__} {e}")
                ok = False
                continue
            ok &= error < 1e-12
            print(f"{path.stem:24} {error:.1e} {'ok' if error < 1e-12 else 'DIFFERS'}")
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
