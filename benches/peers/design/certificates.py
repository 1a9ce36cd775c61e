"""Targets under decay, and the least |theta|^2/2 over all parameters of a weight that `symbias design` finds by minimisation, in code
that knows no formula: `python certificates.py --out FILE`."""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import ours
from safetensors.numpy import save_file

TARGETS = ["abs(x)^0.5", "abs(x)^(2/3)", "abs(x)", "abs(x)^1.5", "log(1 + abs(x)/0.1)", "abs(x) + x^2/2"]
# Denser at 0, where targets bend.
SHARES = np.linspace(-1, 1, 33)
WEIGHTS = np.round(2 * SHARES * np.abs(SHARES), 6)


def at(target, weight):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "w.safetensors"
        save_file({"z": np.array([weight])}, file)
        command = [ours.PROGRAM, "design", "--target", target, "--size", "1", "--at", str(file), "--json"]
        answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        return answer["at"]["target"], answer["at"]["least_norm"], answer["certificate"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    rows = []
    for target in TARGETS:
        found = [at(target, w) for w in WEIGHTS]
        rows.append(
            {
                "target": target,
                "weights": WEIGHTS.tolist(),
                "wanted": [f[0] for f in found],
                "least_norm": [f[1] for f in found],
                "certificate": found[0][2]["error"],
                "status": found[0][2]["status"],
            }
        )
        print(target, max(abs(f[0] - f[1]) for f in found), rows[-1]["certificate"], flush=True)
    given.out.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main()
