"""News classifier: multinomial logistic regression on the weighted terms of a title."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from .artifact import write_artifact
from .contracts import artifact_folder, contract_of, tolerance_of
from .export.linear import linear_graph
from .faults import TrainingFault
from .job import Job, Model
from .libraries import library_version, load_library
from .parity import Score, open_graph, stream
from .results import ModelResult, ReportProgress
from .text_terms import TextTerms, fit_terms, text_vectors

DEFAULTS: Mapping[str, float | int] = {
    "regularisation": 20,
    "terms": 7000,
    "groupsMin": 3,
    "pieceMin": 3,
    "pieceMax": 5,
    "pieceWeight": 0.3,
}
"""`regularisation` is scikit-learn's C: the larger, the freer the weights. A term stands in at least `groupsMin` groups.

`pieceWeight` is what pieces of words weigh beside whole ones.
"""

GOLDEN_ROWS = 32
PARITY_ROWS = 10_000
"""Titles of the corpus and random texts on which the graph must agree with the library."""
BATCH_ROWS = 64
TOP_TERMS = 20

VALID_FROM_MS = 0
"""A corpus without dates has seen nothing of any market: its classifier may read the first article there is."""

Vector = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Corpus:
    titles: list[str]
    classes: Places
    """Places in the plan's classes."""
    groups: list[str]
    """Rows of a group are trained on together or tested on together."""


@dataclass(frozen=True)
class Fitted:
    terms: TextTerms
    weights: NDArray[np.float64]
    """`[classes, terms]`."""
    base: Vector
    iterations: int

    def logits(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Raw scores in double precision, as the library adds them up."""
        return np.asarray(vectors.astype(np.float64) @ self.weights.T + self.base)


def train_text(job: Job, model: Model, report_progress: ReportProgress) -> list[ModelResult]:
    """One final model; its folds, which keep groups apart, are told in `report.json`. Raises `TrainingFault`."""
    started = time.monotonic()
    names = [str(name) for name in model.spec["classes"]]
    settings = _settings_of(model)
    assert job.text is not None
    corpus = read_corpus(job, names)
    steps = job.text.folds + 2
    folds = _folds_of(corpus, job.text.folds, job.seed)
    predicted = np.zeros(len(corpus.titles), np.int64)
    for fold in range(job.text.folds):
        report_progress(f"fold {fold + 1} of {job.text.folds}: {model.name}", fold / steps)
        fitted = fit_text(_part(corpus, folds != fold), len(names), settings)
        tests = np.flatnonzero(folds == fold)
        for batch in _batches(tests):
            titles = [corpus.titles[place] for place in batch]
            predicted[batch] = fitted.logits(text_vectors(fitted.terms, titles)).argmax(axis=1)
    report_progress(f"final: {model.name}", (steps - 2) / steps)
    final = fit_text(corpus, len(names), settings)
    report_progress(f"export: {model.name}", (steps - 1) / steps)
    scores = class_scores(corpus.classes, predicted, names)
    parity = _export(job, model, names, settings, corpus, final, scores)
    note = f"macro-F1 {scores['macroF1']:.3f} over {job.text.folds} folds that keep groups apart"
    return [ModelResult(model.name, None, len(corpus.titles), parity, time.monotonic() - started, (note,))]


def read_corpus(job: Job, names: Sequence[str]) -> Corpus:
    """Raises `bad-rows` for a table without its columns, a class nobody knows, or one without rows."""
    assert job.text is not None
    path = job.text.corpus
    try:
        table = pq.read_table(path)
    except (OSError, ValueError) as error:
        raise TrainingFault("bad-rows", f"{path.name} cannot be read: {error}") from error
    missing = [name for name in ("title", "class", "group") if name not in table.column_names]
    if missing:
        raise TrainingFault("bad-rows", f"{path.name} has no column {', '.join(missing)}")
    titles, classes, groups = (table.column(name).to_pylist() for name in ("title", "class", "group"))
    faults = [f"row {row + 1}: class {name!r} is none of {', '.join(names)}" for row, name in enumerate(classes) if name not in names]
    faults += [f"row {row + 1}: no title or no group" for row, pair in enumerate(zip(titles, groups, strict=True)) if not all(pair)]
    faults += [f"no row of class {name}" for name in names if name not in classes]
    if faults:
        raise TrainingFault("bad-rows", f"{path.name}: {len(faults)} faults\n  " + "\n  ".join(faults[:20]))
    return Corpus(titles, np.array([names.index(name) for name in classes], np.int64), groups)


def _settings_of(model: Model) -> dict[str, float | int]:
    unknown = [name for name in model.hyperparameters if name not in DEFAULTS]
    if unknown:
        raise TrainingFault("bad-job", f"{model.name}: hyperparameters {', '.join(unknown)} are not known; known are {', '.join(DEFAULTS)}")
    return {**DEFAULTS, **{name: value for name, value in model.hyperparameters.items()}}  # type: ignore[dict-item]


def fit_text(corpus: Corpus, class_count: int, settings: Mapping[str, float | int]) -> Fitted:
    """Terms and weights from these rows alone. Classes weigh the same, however many rows they have."""
    load_library("scikit-learn")
    from sklearn.linear_model import LogisticRegression

    terms = fit_terms(
        corpus.titles,
        corpus.groups,
        piece_min=int(settings["pieceMin"]),
        piece_max=int(settings["pieceMax"]),
        groups_min=int(settings["groupsMin"]),
        terms_max=int(settings["terms"]),
        piece_weight=float(settings["pieceWeight"]),
    )
    if not terms.terms or np.unique(corpus.classes).size < class_count:
        raise TrainingFault("bad-rows", "the corpus leaves a fold without a class or without terms: give it more groups")
    regression = LogisticRegression(
        C=float(settings["regularisation"]), class_weight="balanced", solver="lbfgs", max_iter=2000, tol=1e-6
    )
    regression.fit(_sparse(terms, corpus.titles), corpus.classes)
    return Fitted(terms, regression.coef_, regression.intercept_, int(regression.n_iter_.max()))


def _sparse(terms: TextTerms, titles: Sequence[str]) -> Any:
    """Vectors of the titles in double precision, as scikit-learn takes them."""
    from scipy import sparse

    parts = [
        sparse.csr_matrix(text_vectors(terms, titles[at : at + BATCH_ROWS]).astype(np.float64))
        for at in range(0, len(titles), BATCH_ROWS)
    ]
    return sparse.vstack(parts, format="csr")


def _part(corpus: Corpus, rows: NDArray[np.bool_]) -> Corpus:
    places = np.flatnonzero(rows)
    return Corpus([corpus.titles[place] for place in places], corpus.classes[places], [corpus.groups[place] for place in places])


def _folds_of(corpus: Corpus, count: int, seed: int) -> Places:
    """Fold of each row. Groups are dealt out in a seeded order, class by class, so that every fold tests every class."""
    random = stream(seed, "text-folds")
    fold_of: dict[str, int] = {}
    for one in np.unique(corpus.classes):
        groups = sorted({corpus.groups[row] for row in np.flatnonzero(corpus.classes == one)} - fold_of.keys())
        for turn, place in enumerate(random.permutation(len(groups))):
            fold_of[groups[place]] = turn % count
    return np.array([fold_of[group] for group in corpus.groups], np.int64)


def _batches(places: Places) -> Iterator[Places]:
    for at in range(0, places.size, BATCH_ROWS):
        yield places[at : at + BATCH_ROWS]


def class_scores(truth: Places, predicted: Places, names: Sequence[str]) -> dict[str, Any]:
    """Confusion by true class (row) and predicted one (column), with what follows from it; NaN where a class has no row."""
    count = len(names)
    confusion = np.zeros((count, count), np.int64)
    np.add.at(confusion, (truth, predicted), 1)
    hits = np.diag(confusion).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        recall = hits / confusion.sum(axis=1)
        precision = hits / confusion.sum(axis=0)
        f1 = 2 * hits / (confusion.sum(axis=1) + confusion.sum(axis=0))
    return {
        "classes": list(names),
        "rows": int(truth.size),
        "confusion": confusion,
        "accuracy": float(hits.sum() / truth.size),
        "macroF1": float(np.nanmean(f1)),
        "recall": dict(zip(names, recall, strict=True)),
        "precision": dict(zip(names, precision, strict=True)),
        "f1": dict(zip(names, f1, strict=True)),
    }


def _export(
    job: Job,
    model: Model,
    names: Sequence[str],
    settings: Mapping[str, float | int],
    corpus: Corpus,
    fitted: Fitted,
    scores: Mapping[str, Any],
) -> dict[str, Any]:
    """Writes the artifact and gives its parity. Raises `export-refused`."""
    graph = linear_graph(fitted.weights, fitted.base, model.name)
    texts = parity_texts(corpus.titles, job.seed)
    tolerance = tolerance_of("class-logits")
    parity = _check(model, fitted, open_graph(graph), texts, tolerance)
    golden = text_vectors(fitted.terms, texts[:: len(texts) // GOLDEN_ROWS][:GOLDEN_ROWS])
    contract = contract_of(
        job,
        model,
        None,
        input={
            "kind": "text",
            "features": [],
            "featureSet": None,
            "dtype": "float32",
            "steps": 1,
            "strideHours": 1,
            "nan": "refused",
            "nanShareMax": 0,
        },
        output={"kind": "class-logits", "classes": list(names)},
        target={"kind": "news-class"},
        library={"name": "scikit-learn", "version": library_version("scikit-learn"), "exporter": "own"},
        hyperparameters=settings,
        seed=job.seed,
        train={"fromMs": None, "toMs": None, "rows": len(corpus.titles)},
        tolerance=tolerance,
        parity=parity,
    )
    undated = {**contract, "validFromMs": VALID_FROM_MS, "dataset": None, "folds": None, "train": {**contract["train"], "sampling": []}}
    terms = (json.dumps(fitted.terms.to_json(), ensure_ascii=False, separators=(",", ":")) + "\n").encode()
    report = {
        "kind": "text",
        "scores": scores,
        "folds": job.text.folds if job.text else 0,
        "iterations": fitted.iterations,
        "terms": len(fitted.terms.terms),
        "topTerms": _top_terms(fitted, names),
    }
    write_artifact(artifact_folder(job, model, None), undated, graph, golden, fitted.logits(golden), {"terms.json": terms}, report)
    return parity


def _check(model: Model, fitted: Fitted, score: Score, texts: Sequence[str], tolerance: float) -> dict[str, Any]:
    """The contract's parity: the graph against the library, in batches of the size that it is run in."""
    deviation = 0.0
    for at in range(0, len(texts), BATCH_ROWS):
        vectors = text_vectors(fitted.terms, texts[at : at + BATCH_ROWS])
        outputs, native = score(vectors).astype(np.float64), fitted.logits(vectors)
        if not np.isfinite(outputs).all() or not np.isfinite(native).all():
            raise TrainingFault("export-refused", f"{model.name}: an output is not finite")
        deviation = max(deviation, float(np.abs(outputs - native).max()))
    if not deviation < tolerance:
        raise TrainingFault("export-refused", f"{model.name}: the graph deviates from the library by {deviation:.3g}, and {tolerance:g} is allowed")
    return {"rows": len(texts), "deviationMax": deviation, "gateFlips": 0, "gateLogit": None}


def parity_texts(titles: Sequence[str], seed: int) -> list[str]:
    """10,000 texts: titles as they are, titles cut up and mixed, and characters at random, in turns; the last one is empty."""
    random = stream(seed, "text-parity")
    letters = [chr(code) for code in [*range(0x20, 0x7F), *range(0xC0, 0x100), 0x2019, 0x20AC, 0x1F680]]
    texts: list[str] = []
    while len(texts) < PARITY_ROWS - 1:
        one, two = (titles[place] for place in random.integers(0, len(titles), 2))
        cut = int(random.integers(0, len(one) + 1))
        noise = "".join(letters[place] for place in random.integers(0, len(letters), int(random.integers(1, 120))))
        texts += [one, one[:cut] + two[cut:], noise]
    return [*texts[: PARITY_ROWS - 1], ""]


def _top_terms(fitted: Fitted, names: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """By class, the terms that speak for it most, whole words and pairs alone: for people."""
    words = [place for place, term in enumerate(fitted.terms.terms) if not term.startswith("~")]
    weights = fitted.weights * np.array(fitted.terms.weights)
    return {
        name: [
            {"term": fitted.terms.terms[place], "weight": float(weights[row, place])}
            for place in sorted(words, key=lambda place: -weights[row, place])[:TOP_TERMS]
        ]
        for row, name in enumerate(names)
    }
