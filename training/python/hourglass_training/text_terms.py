"""What a text model sees of a title: weighted terms.

The same as ``engine/signal/text-terms.ts``, to the bit; that file states the steps, and ``test/golden/text-terms.json`` holds
both to it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

TOKENISER = "latin-words-and-pieces-1"
TEXT_LENGTH_MAX = 2000

_DROPPED = frozenset(
    [0x27, 0xAD, 0x2BC, *range(0x300, 0x370), *range(0x200B, 0x200E), 0x2018, 0x2019, 0x2060, 0xFE0E, 0xFE0F, 0xFEFF]
)
_DECOMPOSED = ((0xC0, 0x24F), (0x1E00, 0x1EFF), (0xFB00, 0xFB06), (0xFF01, 0xFF5E), (0x1D400, 0x1D7FF))
_REPLACED = {
    **{"ß": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o"},
    **{"ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ð": "d", "Ð": "d", "þ": "th", "Þ": "th"},
    **{"ı": "i", "€": "$", "£": "$", "¥": "$", "₩": "$"},
}
_SCALE = " ?(?:thousand|million|billion|trillion|mln|mn|bn|tn|[kmbt])(?![a-z0-9])"
_NUMBER = "[0-9][0-9.,]*"
_TOKEN = re.compile(
    "|".join(
        [
            rf"(\$ ?{_NUMBER}(?:{_SCALE})?)",
            rf"({_NUMBER} ?(?:%|(?:percent|pct|bps)(?![a-z0-9])))",
            r"([0-9]{1,2}:[0-9]{2})",
            r"(\$[a-z][a-z0-9]*)",
            r"([a-z0-9]+/(?:usdt|usdc|usd|eur|btc|eth|krw|try|bnb|fdusd)(?![a-z0-9]))",
            rf"({_NUMBER}(?:{_SCALE})?)",
            r"[a-z][a-z0-9]*",
        ]
    ),
    re.ASCII,
)
_MARKS = ("#amount", "#percent", "#clock", "#cashtag", "#pair", "#number")


@dataclass(frozen=True)
class TextTerms:
    """Contents of ``terms.json``; field names as there, in snake case."""

    piece_min: int
    piece_max: int
    count_weights: list[float]
    terms: list[str]
    weights: list[float]

    def to_json(self) -> dict[str, object]:
        """The object that ``terms.json`` holds."""
        fields = asdict(self)
        return {
            "formatVersion": 1,
            "tokeniser": TOKENISER,
            **{_camel(name): fields[name] for name in fields},
        }

    @staticmethod
    def from_json(given: dict[str, object]) -> TextTerms:
        """Reads an object that ``to_json`` made; ``KeyError`` and ``ValueError`` for others."""
        if given["formatVersion"] != 1 or given["tokeniser"] != TOKENISER:
            raise ValueError(f"terms of another format: {given['formatVersion']}, {given['tokeniser']}")
        names = list(TextTerms.__dataclass_fields__)
        return TextTerms(**{name: given[_camel(name)] for name in names})  # type: ignore[arg-type]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def fold_text(text: str) -> str:
    """Lower-case ASCII of a text, at most ``TEXT_LENGTH_MAX`` characters."""
    folded: list[str] = []
    length = 0
    for letter in text:
        if length >= TEXT_LENGTH_MAX:
            break
        part = _fold_letter(letter)
        folded.append(part)
        length += len(part)
    return "".join(folded)[:TEXT_LENGTH_MAX]


def _fold_letter(letter: str) -> str:
    code = ord(letter)
    if code in _DROPPED:
        return ""
    if code < 0x80:
        return letter.lower()
    if letter in _REPLACED:
        return _REPLACED[letter]
    if not any(first <= code <= last for first, last in _DECOMPOSED):
        return " "
    parts = [part for part in unicodedata.normalize("NFKD", letter) if ord(part) not in _DROPPED]
    return "".join(part.lower() if part < "\x80" else " " for part in parts)


def text_tokens(title: str) -> list[str]:
    """Words and marks, in the order of the title."""
    return [
        match.group(0) if match.lastindex is None else _MARKS[match.lastindex - 1]
        for match in _TOKEN.finditer(fold_text(title))
    ]


def terms_of(title: str, piece_min: int, piece_max: int) -> list[str]:
    """Every term of a title, as often as it stands there."""
    tokens = text_tokens(title)
    terms: list[str] = []
    for index, token in enumerate(tokens):
        terms.append(token)
        if index > 0:
            terms.append(f"{tokens[index - 1]} {token}")
        if token.startswith("#"):
            continue
        framed = f"_{token}_"
        for length in range(piece_min, piece_max + 1):
            terms.extend(f"~{framed[at:at + length]}" for at in range(len(framed) - length + 1))
    return terms


def text_vectors(vocabulary: TextTerms, titles: Sequence[str]) -> np.ndarray:
    """Float32 ``[title][term]``; all zero for a title without a known term."""
    place_of = {term: place for place, term in enumerate(vocabulary.terms)}
    vectors = np.zeros((len(titles), len(vocabulary.terms)), dtype=np.float32)
    for row, title in enumerate(titles):
        _write_vector(vocabulary, place_of, title, vectors[row])
    return vectors


def _write_vector(vocabulary: TextTerms, place_of: dict[str, int], title: str, out: np.ndarray) -> None:
    counts: Counter[int] = Counter()
    for term in terms_of(title, vocabulary.piece_min, vocabulary.piece_max):
        place = place_of.get(term)
        if place is not None:
            counts[place] += 1
    count_weights = vocabulary.count_weights
    found = sorted(counts.items())
    values = [count_weights[min(count, len(count_weights) - 1)] * vocabulary.weights[place] for place, count in found]
    squares = 0.0
    for value in values:
        squares += value * value
    norm = math.sqrt(squares)
    # Terms that all weigh nothing are as good as none.
    if norm == 0.0:
        return
    for (place, _), value in zip(found, values, strict=True):
        out[place] = value / norm


def fit_terms(
    titles: Sequence[str],
    groups: Sequence[str],
    *,
    piece_min: int,
    piece_max: int,
    groups_min: int,
    terms_max: int,
    piece_weight: float,
) -> TextTerms:
    """Terms that stand in at least ``groups_min`` groups, the ``terms_max`` most frequent by group, in alphabetical order.

    A group counts once for a term, however often its titles repeat it: what a template or a coin's name repeats is no
    evidence. A term's weight is ln((1 + n) / (1 + titles with it)) + 1, times ``piece_weight`` for pieces of words.
    """
    group_sets: dict[str, set[str]] = {}
    title_counts: Counter[str] = Counter()
    for title, group in zip(titles, groups, strict=True):
        for term in set(terms_of(title, piece_min, piece_max)):
            group_sets.setdefault(term, set()).add(group)
            title_counts[term] += 1
    frequent = [(len(found), term) for term, found in group_sets.items() if len(found) >= groups_min]
    kept = sorted(term for _, term in sorted(frequent, key=lambda one: (-one[0], one[1]))[:terms_max])
    weights = [
        round((math.log((1 + len(titles)) / (1 + title_counts[term])) + 1) * (piece_weight if term[0] == "~" else 1), 6)
        for term in kept
    ]
    counts = [0.0, *(round(1 + math.log(count), 6) for count in range(1, 11))]
    return TextTerms(piece_min, piece_max, counts, kept, weights)
