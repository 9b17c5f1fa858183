"""Jobs and tables, parsed at the edge."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hourglass_training.faults import TrainingFault
from hourglass_training.job import read_job
from hourglass_training.rows import read_rows
from jobs import FEATURES, booster, write_job

MODEL = booster("m", "lightgbm", "binary", "buy_first", 5)


def changed(folder: Path, column: str, values: pa.Array | None) -> None:
    """The first table with another column in place of one, or without it."""
    path = folder / "rows-00000.parquet"
    table = pq.read_table(path)
    place = table.column_names.index(column)
    pq.write_table(table.remove_column(place) if values is None else table.set_column(place, column, values), path)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    folder = write_job(tmp_path, [{**MODEL, "label": "sell_first"}, {**MODEL, "library": "sklearn"}], seed=1)
    job = json.loads((folder / "job.json").read_text())
    job |= {"threads": 0, "size": "", "formatVersion": 2}
    job["folds"][1]["testToMs"] = 0
    job["rows"]["files"].append("rows-00009.parquet")
    del job["contract"]["train"]["sampling"]
    (folder / "job.json").write_text(json.dumps(job))
    with pytest.raises(TrainingFault) as caught:
        read_job(folder)
    for place in (
        "threads: must be at least 1",
        "size: must be a text",
        "formatVersion: is 2",
        "folds[1].testToMs: must be later",
        "rows.files: there is no rows-00009.parquet",
        "contract.train.sampling: is missing",
        "models[0].label: is 'sell_first'",
        "models[1].library: is 'sklearn'",
        "models: named twice: m",
    ):
        assert place in caught.value.message


def test_a_job_that_is_none_ends_with_a_fault_line(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "hourglass_training", "run", str(tmp_path)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert ended.returncode == 1
    assert json.loads(ended.stdout.splitlines()[-1])["fault"]["code"] == "bad-job"


def test_absent_features_are_nan_and_splits_are_the_engines(tmp_path: Path) -> None:
    folder = write_job(tmp_path, [MODEL])
    rows = read_rows(read_job(folder))
    table = pq.read_table([folder / "rows-00000.parquet", folder / "rows-00001.parquet"])
    for name in FEATURES:
        assert np.isnan(rows.matrix([name])[:, 0]).sum() == table[name].null_count
    label = rows.labels["buy_first"]
    trains, tests = label.split(1)
    marks = table["buy_first_fold_1"].to_numpy()
    known = ~np.isnan(label.values)
    assert np.array_equal(trains, np.flatnonzero((marks == 1) & known))
    assert np.array_equal(tests, np.flatnonzero((marks == 2) & known))
    assert rows.features.dtype == np.float32 and rows.count == table.num_rows


def test_tables_are_refused_with_every_fault(tmp_path: Path) -> None:
    folder = write_job(tmp_path, [MODEL])
    count = pq.read_metadata(folder / "rows-00000.parquet").num_rows
    changed(folder, "f3", None)
    changed(folder, "f4", pa.array(["a"] * count))
    with pytest.raises(TrainingFault, match="no column f3\n.*f4 is string"):
        read_rows(read_job(folder))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("f3", np.float32(np.inf), "f3 holds an infinity"),
        ("buy_first_end_ms", None, "buy_first_end_ms is absent"),
        ("buy_first_end_ms", 9_000_000_000_000, "labels that end after its test begins"),
    ],
)
def test_what_would_spoil_a_training_is_refused(tmp_path: Path, column: str, value: object, message: str) -> None:
    folder = write_job(tmp_path, [MODEL])
    table = pq.read_table(folder / "rows-00000.parquet")
    changed(folder, column, pa.array([value] * table.num_rows, table.schema.field(column).type))
    with pytest.raises(TrainingFault, match=message):
        read_rows(read_job(folder))
