"""Writes what was measured into the gallery of the book: `python tables.py` fills every table between `<!-- peers: NAME -->` and
`<!-- end -->` of docs/gallery.md from the files of `results`."""

import json
from pathlib import Path

import numpy as np
from data import ROOT

RESULTS = Path(__file__).resolve().parent / "results"
CHAPTER = ROOT / "docs" / "gallery.md"
RESAMPLES = 10_000


def read(name):
    return json.loads((RESULTS / f"{name}.json").read_text())


def short(x):
    return "" if x is None else f"{x:.2g}" if abs(x) >= 0.1 else f"{x:.4f}".lstrip("0")


def seeds(rows, method, key):
    return np.array([r[key] for r in rows if r["method"] == method and r["data"] != "published"], dtype=float)


def ratio(ours, peer):
    """Ratio of medians with the middle 95 % of resampled seeds, the same seeds for both."""
    r = np.random.default_rng(0)
    picks = r.integers(0, len(ours), (RESAMPLES, len(ours)))
    ratios = np.median(ours[picks], axis=1) / np.median(peer[picks], axis=1)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return f"{np.median(ours) / np.median(peer):.2f} ({low:.2f} to {high:.2f})"


def errors(kind):
    """A row for each method: the published draw, medians over the others, and where there is a support least squares on it."""
    rows = read(kind)
    methods = list(dict.fromkeys(r["method"] for r in rows))
    published = {r["method"]: r for r in rows if r["data"] == "published"}
    refits = any(r["least_squares"] is not None for r in rows)
    head = ["method"] + (["published", "its least squares"] if published else [])
    head += ["CV"] + (["least squares"] if refits else []) + ["oracle", "support" if refits else "rank", "seconds"]
    lines = [head, ["---"] * len(head)]
    for method in methods:
        own = [method]
        if published:
            own += [short(published[method]["cv"]), short(published[method]["least_squares"])]
        own.append(short(np.median(seeds(rows, method, "cv"))))
        if refits:
            own.append(short(np.median(seeds(rows, method, "least_squares"))))
        own.append(short(np.median(seeds(rows, method, "oracle"))))
        own += [f"{np.median(seeds(rows, method, 'support')):g}", f"{np.median(seeds(rows, method, 'seconds')):.2g}"]
        lines.append(own)
    return lines


def ratios():
    """The design with its power tuned over the best peer of the same column."""
    lines = [["data", "seeds", "CV: best peer", "ratio", "least squares: best peer", "ratio"], ["---"] * 6]
    for kind in ("spectrum", "step", "groups", "completion"):
        rows = read(kind)
        own = [kind, str(len(seeds(rows, "design, p tuned", "cv")))]
        peers = [m for m in dict.fromkeys(r["method"] for r in rows) if not m.startswith("design")]
        for key in ("cv", "least_squares"):
            ours = seeds(rows, "design, p tuned", key)
            if np.isnan(ours).any():
                own += ["", ""]
                continue
            best = min(peers, key=lambda m: np.median(seeds(rows, m, key)))
            own += [best, ratio(ours, seeds(rows, best, key))]
        lines.append(own)
    return lines


def recovery(block):
    table = read(f"recovery_{block}")
    what = {"entries": "weights that are not 0", "groups": "groups that are not 0", "matrix": "rank"}[block]
    lines = [[what, *map(str, table["levels"]), "seconds"], ["---"] * (len(table["levels"]) + 2)]
    for name, hits in table["found"].items():
        shares = [f"{np.mean(h):.2f}".removeprefix("0").replace("1.00", "1").replace(".00", "0") for h in hits]
        lines.append([name, *shares, f"{table['seconds'][name]:.2g}"])
    return lines


def convex():
    head = ["data", "difference", "of Clarabel as it comes", "KKT residual", "support or rank", "`symbias fit`", "Clarabel", "ratio"]
    lines = [head, ["---"] * len(head)]
    for r in read("convex")["single"]:
        a, b = r["ours_seconds"], r["clarabel_seconds"]
        numbers = [f"{r['difference']:.0e}", f"{r['usual_difference']:.0e}", f"{r['kkt']:.0e}", str(r["support"])]
        lines.append([r["data"], *numbers, f"{1e3 * a:.0f} ms", f"{1e3 * b:.0f} ms", f"{a / b:.1f}"])
    return lines


def paths():
    lines = [["data", "solver", "solver", "`symbias fit`", "ratio"], ["---"] * 5]
    for r in read("convex")["paths"]:
        a, b = r["ours_seconds"], r["solver_seconds"]
        lines.append([r["data"], r["solver"], f"{b:.1f} s", f"{a:.1f} s", f"{a / b:.2f}"])
    return lines


def diabetes():
    table = read("diabetes")
    sizes = list(table)
    head = ["method"] + [text for n in sizes for text in (f"error, {n} predictors", "weights")]
    lines = [head, ["---"] * len(head)]
    for name in table[sizes[0]]:
        own = [name]
        for n in sizes:
            e = np.array(table[n][name]["error"])
            own += [f"{e.mean():.0f} ± {e.std(ddof=1) / len(e) ** 0.5:.0f}", f"{np.median(table[n][name]['support']):g}"]
        lines.append(own)
    return lines


def differences():
    """Outer folds are shared, so that differences to LassoCV are paired."""
    table = read("diabetes")
    lines = [["method", *(f"{n} predictors" for n in table)], ["---"] * (1 + len(table))]
    for name in table[next(iter(table))]:
        if name in ("LassoCV", "mean of the rows"):
            continue
        own = [name]
        for n in table:
            d = np.array(table[n][name]["error"]) - np.array(table[n]["LassoCV"]["error"])
            own.append(f"{d.mean():+.0f} ± {d.std(ddof=1) / len(d) ** 0.5:.0f}")
        lines.append(own)
    return lines


def deals():
    lines = [["method", "CV: median", "least", "largest", "least squares: median", "least", "largest"], ["---"] * 7]
    for name, rows in read("deals").items():
        own = [name]
        for column in np.array(rows).T:
            own += [short(np.median(column)), short(column.min()), short(column.max())]
        lines.append(own)
    return lines


def targets():
    lines = [["target", "largest difference at 33 weights", "error of the certificate"], ["---"] * 3]
    for r in read("targets"):
        off = np.abs(np.array(r["wanted"]) - np.array(r["least_norm"])).max()
        lines.append([f"`{r['target']}`", f"{off:.0e}", f"{r['certificate']:.0e}, {r['status']}"])
    return lines


TABLES = {
    "spectrum": lambda: errors("spectrum"),
    "step": lambda: errors("step"),
    "groups": lambda: errors("groups"),
    "completion": lambda: errors("completion"),
    "ratios": ratios,
    "recovery entries": lambda: recovery("entries"),
    "recovery groups": lambda: recovery("groups"),
    "recovery matrix": lambda: recovery("matrix"),
    "convex": convex,
    "paths": paths,
    "diabetes": diabetes,
    "differences": differences,
    "deals": deals,
    "targets": targets,
}


def filled(text):
    out, inside = [], False
    for line in text.splitlines():
        if inside and line != "<!-- end -->":
            continue
        inside = False
        out.append(line)
        if line.startswith("<!-- peers: "):
            lines = TABLES[line.removeprefix("<!-- peers: ").removesuffix(" -->")]()
            out += ["| " + " | ".join(cells) + " |" if cells[0] != "---" else "|" + "|".join(cells) + "|" for cells in lines]
            inside = True
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    CHAPTER.write_text(filled(CHAPTER.read_text()))
