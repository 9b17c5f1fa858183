"""The folder that is left behind."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from hourglass_training.artifact import golden_bytes, json_bytes, write_artifact
from hourglass_training.faults import TrainingFault

INPUTS = np.arange(64, dtype=np.float32).reshape(32, 2)
OUTPUTS = np.linspace(-1, 1, 32).reshape(32, 1)


def test_every_file_but_the_contract_is_sealed(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "old.txt").write_text("of another run")
    written = write_artifact(tmp_path / "m", {"model": "m"}, b"graph", INPUTS, OUTPUTS, {"terms.json": b"{}"}, {"curve": np.nan})
    assert json.loads((tmp_path / "m" / "contract.json").read_text()) == written
    assert {path.name for path in (tmp_path / "m").iterdir()} == {"contract.json", *written["files"]}
    assert set(written["files"]) == {"model.onnx", "golden.bin", "report.json", "terms.json"}
    for name, seal in written["files"].items():
        content = (tmp_path / "m" / name).read_bytes()
        assert seal == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    assert json.loads((tmp_path / "m" / "report.json").read_text()) == {"curve": None}
    assert not (tmp_path / "m.part").exists()


def test_golden_rows_are_floats_then_doubles() -> None:
    content = golden_bytes(INPUTS.reshape(32, 1, 2), OUTPUTS)
    assert len(content) == 32 * 2 * 4 + 32 * 8
    assert np.array_equal(np.frombuffer(content, "<f4", 64), INPUTS.reshape(-1))
    assert np.array_equal(np.frombuffer(content, "<f8", 32, 256), OUTPUTS[:, 0])


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        (INPUTS[:31], OUTPUTS[:31], "31 golden rows"),
        (INPUTS, OUTPUTS[:, 0], "have shape"),
        (INPUTS, OUTPUTS * np.nan, "not finite"),
        (np.where(INPUTS == 5, np.float32(np.inf), INPUTS), OUTPUTS, "infinity"),
    ],
)
def test_rows_that_prove_nothing_are_refused(tmp_path: Path, inputs: np.ndarray, outputs: np.ndarray, message: str) -> None:
    with pytest.raises(TrainingFault, match=message):
        write_artifact(tmp_path / "m", {"model": "m"}, b"graph", inputs, outputs, {}, {})
    assert not (tmp_path / "m").exists()


def test_json_speaks_of_numpy_plainly() -> None:
    assert json.loads(json_bytes({"a": np.float32(0.5), "b": np.arange(2), "c": [np.inf], "d": (np.int64(3),)})) == {
        "a": 0.5,
        "b": [0, 1],
        "c": [None],
        "d": [3],
    }
