"""The program under test, as a person would call it: files in, `symbias fit`, files out. Nothing of it is re-implemented here."""

import json
import os
import resource
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from data import ROOT
from safetensors.numpy import load_file, save_file

PROGRAM = os.environ.get("SYMBIAS", str(ROOT / "target" / "release" / "symbias"))
POWERS = (1.0, 2 / 3, 0.5)
TARGETS = {
    "entries": ("sum[i](abs(z[i])^p)", ["i"]),
    "groups": ("sum[g](norm[k](z[g,k])^p)", ["g", "k"]),
    "matrix": ("schatten[i,j](z[i,j], p)", ["i", "j"]),
}


def design(block, shape, power):
    target, axes = TARGETS[block]
    sizes = ", ".join(f"{a} = {n}" for a, n in zip(axes, shape))
    names = json.dumps(axes)
    return (
        f'symbias = 1\ndriver = "decay"\ntarget = "{target}"\naxes = {{ {sizes} }}\n'
        f"components = {{ z = {names} }}\nconstants = {{ p = {power!r} }}\n"
    )


def block_of(problem):
    return {"groups": "groups", "completion": "matrix"}.get(problem.kind, "entries")


def call(block, shape, power, X, y, *options):
    """Answer and arrays of one fit, with the processor time and the wall time of the command."""
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        (at / "design.toml").write_text(design(block, shape, power))
        save_file({"x": np.ascontiguousarray(X.reshape((len(y),) + tuple(shape))), "y": np.ascontiguousarray(y)}, at / "data.safetensors")
        data = str(at / "data.safetensors")
        command = [PROGRAM, "fit", str(at / "design.toml"), "--x", data, "--x-key", "x", "--y", data, "--y-key", "y"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([*command, *options, "-o", str(at / "fit")], capture_output=True, text=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise RuntimeError(done.stderr)
        answer = json.loads((at / "fit" / "fit.json").read_text())
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        arrays = {f.stem: load_file(f) for f in (at / "fit").glob("*.safetensors")}
        return answer, arrays, seconds


def folds(problem, count, seed=0):
    """The samples that each fold of the program leaves out: the same for all inputs of as many samples."""
    X, y = np.ones((len(problem.y), 1)), problem.y
    answer, _, _ = call("entries", (1,), 1.0, X, y, "--no-intercept", "--cv", str(count), "--seed", str(seed), "--count", "2")
    return [np.array(f) for f in answer["left_out"]]


def evaluate(problem, count, values, ratio):
    """Rows like those of `crossval.evaluate`: each power alone, and the power of the least score, which is what `tune` does."""
    block, rows = block_of(problem), []
    for power in POWERS:
        options = ["--no-intercept", "--cv", str(count), "--count", str(values), "--ratio", repr(ratio)]
        answer, arrays, seconds = call(block, problem.shape, power, problem.X, problem.y, *options, *([] if block == "matrix" else ["--refit"]))
        again = arrays.get("least_squares")
        rows.append(
            {
                "data": problem.name,
                "method": f"design, p = {power:.3g}",
                "cv": problem.error(arrays["weights"]["z"]),
                "least_squares": None if again is None else problem.error(again["z"]),
                "oracle": min(problem.error(w) for w in arrays["path"]["z"]),
                "support": answer["chosen"]["support"],
                "score": answer["chosen"]["score"],
                "choice": None,
                "kkt": answer["chosen"]["kkt"]["residual"],
                "seconds": seconds,
            }
        )
    best = min(rows, key=lambda r: r["score"])
    tuned = best | {"method": "design, p tuned", "choice": best["method"], "seconds": sum(r["seconds"] for r in rows)}
    tuned["oracle"] = min(r["oracle"] for r in rows)
    return [*rows, tuned]
