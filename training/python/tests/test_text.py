"""The news classifier end to end on the corpus that comes with the package, and the vectors it shares with TypeScript."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hourglass_training.faults import TrainingFault
from hourglass_training.job import read_job
from hourglass_training.parity import open_graph
from hourglass_training.runner import run_job
from hourglass_training.text import class_scores, parity_texts, read_corpus
from hourglass_training.text_terms import TextTerms, fit_terms, text_tokens, text_vectors

ROOT = Path(__file__).parents[3]
CLASSES = ["listing", "hack", "regulatory", "partnership", "tokenomics", "macro", "neutral"]


def corpus_rows(every: int) -> list[dict[str, str]]:
    with (ROOT / "training/corpus/headlines.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))[::every]


def text_job(folder: Path, rows: list[dict[str, str]], **hyperparameters: float) -> Path:
    folder.mkdir(parents=True)
    table = {name: [row[name] for row in rows] for name in ("title", "class", "group")}
    pq.write_table(pa.table(table), folder / "headlines.parquet")
    model = {"name": "news", "kind": "text", "side": None, "gateLogit": None, "classes": CLASSES, "hyperparameters": hyperparameters}
    job = {
        **{"formatVersion": 1, "strategy": "btc-residual", "version": "v", "size": "ci-small", "seed": 1, "threads": 1},
        **{"rows": None, "labels": [], "folds": [], "models": [model], "outOfFold": None, "keepFolds": True},
        "contract": {
            **{"dataset": {"name": "planted", "hash": "0"}, "featureSet": None, "folds": None, "validFromMs": 1_700_000_000_000},
            "train": {"fromMs": None, "toMs": None, "rows": None, "sampling": ["of 20 coins"]},
        },
        "text": {"corpus": "headlines.parquet", "folds": 3},
    }
    (folder / "job.json").write_text(json.dumps(job), "utf-8")
    return folder


def test_vectors_are_those_of_the_shared_file() -> None:
    shared = json.loads((ROOT / "test/golden/text-terms.json").read_text("utf-8"))
    vocabulary = TextTerms.from_json(shared["terms"])
    titles = [case["title"] for case in shared["cases"]]
    vectors = text_vectors(vocabulary, titles)
    for case, vector in zip(shared["cases"], vectors, strict=True):
        assert text_tokens(case["title"]) == case["tokens"], case["title"]
        assert base64.b64encode(vector.astype("<f4").tobytes()).decode() == case["vector"], case["title"]


def test_terms_count_groups_and_not_their_repetitions() -> None:
    titles = ["Zorlux hacked", "Zorlux hacked again", "Kyndex hacked", "Kyndex quiet"]
    terms = fit_terms(titles, ["a", "a", "b", "c"], piece_min=9, piece_max=9, groups_min=2, terms_max=10, piece_weight=1)
    assert terms.terms == ["hacked", "kyndex"]
    assert TextTerms.from_json(json.loads(json.dumps(terms.to_json()))) == terms


def test_trains_exports_and_repeats_itself(tmp_path: Path) -> None:
    rows = corpus_rows(4)
    hashes = []
    for run in ("first", "second"):
        job = read_job(text_job(tmp_path / run, rows, terms=600))
        run_job(job, lambda _stage, _share: None)
        artifact = job.out / "news"
        hashes.append([hashlib.sha256((artifact / name).read_bytes()).hexdigest() for name in ("model.onnx", "terms.json", "golden.bin")])
    assert hashes[0] == hashes[1]
    contract = json.loads((artifact / "contract.json").read_text("utf-8"))
    assert contract["validFromMs"] == 0
    assert contract["train"] == {"fromMs": None, "toMs": None, "rows": len(rows), "sampling": []}
    assert contract["parity"]["rows"] == 10_000
    assert contract["parity"]["deviationMax"] < 1e-5
    report = json.loads((artifact / "report.json").read_text("utf-8"))
    # Groups that the fold has never seen: far above the share of the most frequent class.
    assert report["scores"]["macroF1"] > 0.6
    assert sum(map(sum, report["scores"]["confusion"])) == len(rows)
    terms = TextTerms.from_json(json.loads((artifact / "terms.json").read_text("utf-8")))
    assert len(terms.terms) == 600
    golden = (artifact / "golden.bin").read_bytes()
    inputs = np.frombuffer(golden[: 32 * 600 * 4], "<f4").reshape(32, 600)
    outputs = np.frombuffer(golden[32 * 600 * 4 :], "<f8").reshape(32, 7)
    graph = open_graph((artifact / "model.onnx").read_bytes())
    assert np.abs(graph(inputs) - outputs).max() < contract["tolerance"]
    probe = ["Hackers stole funds from exchange wallet", "Exchange lists token, spot trading opens", "Fed cuts rates as inflation cools"]
    assert [CLASSES[place] for place in graph(text_vectors(terms, probe)).argmax(axis=1)] == ["hack", "listing", "macro"]


def test_tells_every_fault_of_a_corpus(tmp_path: Path) -> None:
    rows = [{"title": "A token is hacked", "class": "hack", "group": "a"}, {"title": "", "class": "rumour", "group": "b"}]
    job = read_job(text_job(tmp_path / "job", rows))
    with pytest.raises(TrainingFault) as caught:
        read_corpus(job, CLASSES)
    for part in ("row 2: class 'rumour'", "row 2: no title", "no row of class listing", "no row of class neutral"):
        assert part in caught.value.message
    assert len(parity_texts(["one title"], 1)) == 10_000


def test_unknown_hyperparameters_are_refused(tmp_path: Path) -> None:
    job = read_job(text_job(tmp_path / "job", corpus_rows(40), depth=3))
    with pytest.raises(TrainingFault, match="depth"):
        run_job(job, lambda _stage, _share: None)


def test_scores_of_classes() -> None:
    scores = class_scores(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), ["a", "b"])
    assert scores["confusion"].tolist() == [[1, 1], [0, 2]]
    assert scores["accuracy"] == 0.75
    assert scores["macroF1"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert scores["recall"] == {"a": 0.5, "b": 1.0}
