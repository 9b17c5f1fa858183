"""Models that were trained elsewhere."""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
from handmade import CATEGORICAL, NAN, Split, lightgbm_text, stump
from hourglass_training.convert import convert_command
from hourglass_training.faults import TrainingFault

NAMES = ["one", "two", "three", "still"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model, its rows with raw outputs, and a request."""
    random = np.random.default_rng(1)
    rows = random.normal(size=(800, 4)).astype(np.float32).astype(float)
    rows[random.random(rows.shape) < 0.05] = np.nan
    rows[:, 3] = 2
    labels = (np.nan_to_num(rows[:, 0]) + random.normal(size=800) > 0).astype(float)
    booster = lightgbm.train({"objective": "binary", "verbosity": -1, "num_threads": 1}, lightgbm.Dataset(rows, labels, feature_name=NAMES), 30)
    booster.save_model(str(tmp_path / "model.txt"))
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["three", "one", "raw", "two", "still"])
        for row, raw in zip(rows, booster.predict(rows, raw_score=True), strict=True):
            one, two, three, still = ("" if np.isnan(value) else repr(float(value)) for value in row)
            writer.writerow([three, one, repr(float(raw)), two, still])
    request = {"formatVersion": 1, "model": "buy-elsewhere", "strategy": "trial", "side": "buy", "gateLogit": 1.0, "validFromMs": 1, "seed": 1}
    (tmp_path / "request.json").write_text(json.dumps(request))
    return tmp_path


def convert(folder: Path, rows: str | None = None, file: str = "model.txt", **request: Any) -> dict[str, Any]:
    given = json.loads((folder / "request.json").read_text()) | request
    (folder / "request.json").write_text(json.dumps(given))
    arguments = argparse.Namespace(
        file=folder / file, request=folder / "request.json", out=folder / "out", rows=None if rows is None else folder / rows
    )
    return convert_command(arguments)


def test_rows_by_name_match(folder: Path) -> None:
    told = convert(folder, "rows.csv")
    assert told["expected"]["rows"] == 800 and told["expected"]["columns"] == ["raw"]
    assert told["expected"]["deviationMax"] < 1e-6
    assert told["deadFeatures"] == ["still"] and told["unusedFeatures"] == ["still"]
    contract = json.loads((folder / "out" / "contract.json").read_text())
    assert contract["size"] == "converted" and contract["folds"] is None and contract["dataset"] is None
    assert contract["train"]["fromMs"] is None and contract["train"]["toMs"] is None
    assert contract["input"]["features"] == NAMES and contract["version"] == told["version"]
    assert contract["target"]["kind"] == "unknown"


def test_without_rows_the_comparison_still_runs(folder: Path) -> None:
    told = convert(folder)
    assert told["expected"] is None
    assert told["parity"]["rows"] >= 10_000 and told["parity"]["deviationMax"] < 1e-5


def test_rows_of_another_model_are_refused(folder: Path) -> None:
    text = (folder / "rows.csv").read_text()
    (folder / "rows.csv").write_text(text.replace("three,one", "one,three", 1))
    with pytest.raises(TrainingFault, match="rows deviate from the expected") as caught:
        convert(folder, "rows.csv")
    assert caught.value.code == "rows-differ"
    assert not (folder / "out").exists()


def test_faults_of_rows_are_told_at_once(folder: Path) -> None:
    lines = (folder / "rows.csv").read_text().splitlines()
    cells = lines[3].split(",")
    lines[3] = ",".join(["abc", *cells[1:]])
    lines[5] = ",".join(["inf", *lines[5].split(",")[1:]])
    (folder / "rows.csv").write_text("\n".join(lines))
    with pytest.raises(TrainingFault) as caught:
        convert(folder, "rows.csv")
    assert "row 4, three: 'abc' is no number" in caught.value.message
    assert "row 6, three: 'inf' is not finite" in caught.value.message


@pytest.mark.parametrize(
    ("request_fields", "message"),
    [
        ({"features": ["two", "one", "three", "still"]}, "place 0 is two in the list and one in the model"),
        ({"features": ["one"]}, "1 are listed, and the model has 4"),
        ({"classes": ["a", "b"]}, "the model has 0, and 2 are named"),
        ({"side": "long", "validFromMs": "soon"}, "2 faults"),
        ({"rawColumns": ["nowhere"]}, "no column nowhere"),
    ],
)
def test_requests_are_refused(folder: Path, request_fields: dict[str, Any], message: str) -> None:
    with pytest.raises(TrainingFault, match=message):
        convert(folder, "rows.csv", **request_fields)


def test_what_is_no_model_or_cannot_be_expressed(folder: Path) -> None:
    (folder / "nothing.txt").write_text("treasure\n")
    (folder / "categories.txt").write_text(lightgbm_text([stump(Split(0, 0.0, NAN)), stump(Split(1, 0.0, CATEGORICAL))], 2))
    (folder / "binary.txt").write_bytes(b"\x00\x01\x02")
    for file, message in [
        ("nothing.txt", "is neither LightGBM text"),
        ("categories.txt", "tree 1 splits the categorical feature x1"),
        ("binary.txt", "is neither LightGBM text"),
        ("absent.txt", "cannot be read"),
    ]:
        with pytest.raises(TrainingFault, match=message):
            convert(folder, file=file)
