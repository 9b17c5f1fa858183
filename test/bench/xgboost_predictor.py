"""XGBoost's own predictor for the scoring benchmark: one prediction of all rows for every line read, its seconds on a line."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import xgboost


def main(model: Path, rows: Path, margins: Path, features: int) -> None:
    """Rows are Float32 `[N][features]`; raw margins of the last prediction go to `margins` as Float32."""
    booster = xgboost.Booster()
    booster.load_model(model)
    booster.set_param({"nthread": 1})
    table = np.fromfile(rows, dtype="<f4").reshape(-1, features)
    for _ in sys.stdin:
        begun = time.perf_counter()
        predicted = booster.inplace_predict(table, predict_type="margin")
        seconds = time.perf_counter() - begun
        np.asarray(predicted, dtype="<f4").tofile(margins)
        print(seconds, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
