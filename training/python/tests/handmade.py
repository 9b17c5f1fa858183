"""Model files that no training would write, in the libraries' own forms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Split:
    feature: int
    threshold: float
    decision: int
    """LightGBM's decision_type."""


NONE, ZERO, NAN = 0, 4, 8
LEFT = 2
CATEGORICAL = 1


def lightgbm_text(trees: list[str], features: int, objective: str = "binary sigmoid:1", per_iteration: int = 1, version: str = "v4") -> str:
    blocks = [f"Tree={place}\n{tree}\n\n" for place, tree in enumerate(trees)]
    names = " ".join(f"x{place}" for place in range(features))
    infos = " ".join(["[-1:1]"] * features)
    head = [
        *["tree", f"version={version}", f"num_class={per_iteration}", f"num_tree_per_iteration={per_iteration}", "label_index=0"],
        *[f"max_feature_idx={features - 1}", f"objective={objective}", f"feature_names={names}", f"feature_infos={infos}"],
        "tree_sizes=" + " ".join(str(len(block)) for block in blocks),
    ]
    return "\n".join(head) + "\n\n" + "".join(blocks) + "end of trees\n\nfeature_importances:\n\nparameters:\nend of parameters\n"


def lightgbm_tree(splits: list[Split], left: list[int], right: list[int], leaves: list[float], extra: str = "") -> str:
    count = len(leaves)
    lines = [f"num_leaves={count}", f"num_cat={sum(split.decision & CATEGORICAL for split in splits)}"]
    if count > 1:
        lines += [
            "split_feature=" + " ".join(str(split.feature) for split in splits),
            "split_gain=" + " ".join("1" for _ in splits),
            "threshold=" + " ".join(f"{split.threshold:.17g}" for split in splits),
            "decision_type=" + " ".join(str(split.decision) for split in splits),
            "left_child=" + " ".join(map(str, left)),
            "right_child=" + " ".join(map(str, right)),
        ]
    lines.append("leaf_value=" + " ".join(f"{leaf:.17g}" for leaf in leaves))
    if count > 1:
        lines += ["leaf_weight=" + " ".join("1" for _ in leaves), "leaf_count=" + " ".join("1" for _ in leaves)]
        lines += ["internal_value=" + " ".join("0" for _ in splits), "internal_weight=" + " ".join("1" for _ in splits)]
        lines.append("internal_count=" + " ".join("2" for _ in splits))
    if any(split.decision & CATEGORICAL for split in splits):
        lines += ["cat_boundaries=0 1", "cat_threshold=5"]
    lines += [f"is_linear={int('is_linear' in extra)}", "shrinkage=1"]
    return "\n".join(lines) + "\n"


def stump(split: Split) -> str:
    return lightgbm_tree([split], [-1], [-2], [-0.25, 0.75])


def chain(splits: list[Split]) -> str:
    """As deep as it has splits."""
    count = len(splits)
    right = [place + 1 for place in range(count - 1)] + [-count - 1]
    return lightgbm_tree(splits, [-1 - place for place in range(count)], right, [float(place) / 8 for place in range(count + 1)])


def grown(splits: list[Split], random: np.random.Generator) -> str:
    """A tree of any shape: each further split takes the place of some leaf."""
    left, right, places = [], [], []
    for node in range(len(splits)):
        if node > 0:
            parent, side = places.pop(int(random.integers(len(places))))
            (left if side == 0 else right)[parent] = node
        left.append(0)
        right.append(0)
        places += [(node, 0), (node, 1)]
    for leaf, (parent, side) in enumerate(places):
        (left if side == 0 else right)[parent] = -1 - leaf
    return lightgbm_tree(splits, left, right, random.normal(size=len(places)).tolist())
