#!/bin/sh
# Everything that is measured, one process at a time: sh run.sh PYTHON
set -e
cd "$(dirname "$0")"
mkdir -p results
for kind in spectrum step groups completion; do "$1" compare.py "$kind" --seeds 20 --out "results/$kind.json"; done
for block in entries groups matrix; do "$1" recovery.py "$block" --trials 50 --out "results/recovery_$block.json"; done
"$1" convex.py --out results/convex.json
"$1" deals.py --out results/deals.json
"$1" certificates.py --out results/targets.json
"$1" diabetes.py --out results/diabetes.json
