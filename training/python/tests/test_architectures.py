import numpy as np
import onnx
import pytest
import torch

from hourglass_training.architectures import (
    InputLayer,
    InputScaling,
    LstmNorm,
    LstmPair,
    Network,
    Tcn,
    parameter_count,
    receptive_field,
)
from hourglass_training.network_export import native_outputs
from hourglass_training.network_graph import graph_of
from hourglass_training.parity import open_graph

ALLOWED = set(
    """Add Sub Mul MatMul Gemm Conv Relu LSTM LayerNormalization BatchNormalization Transpose Reshape Squeeze Unsqueeze Slice Gather
    Concat Pad Where IsNaN Identity Constant Cast Shape ReduceMean ConstantOfShape Expand""".split()
)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(3)


def inputs(width: int, mask: np.ndarray | None = None, by_row: bool = False) -> InputLayer:
    rng = np.random.default_rng(width)
    scaling = InputScaling(
        rng.standard_normal(width).astype(np.float32),
        rng.standard_normal(width).astype(np.float32),
        rng.uniform(0.2, 3, width).astype(np.float32),
    )
    return InputLayer(scaling, mask, by_row)


def tcn(width: int = 1, blocks: int = 4) -> Tcn:
    return Tcn(inputs(width), width, channels=12, kernel=7, blocks=blocks, dropout=0.1, classes=3).eval()


def networks() -> dict[str, tuple[Network, int, int]]:
    """Name -> network, steps, inputs: published shapes, and shapes whose grids do not halve evenly."""
    mask = (np.arange(79) % 8 != 0).astype(np.float32)
    return {
        "lstm-pair": (LstmPair(inputs(1), 1, 64, 2, 0.1, 3), 30, 1),
        "lstm-norm": (LstmNorm(inputs(79, mask), 79, 48), 24, 79),
        "tcn": (Tcn(inputs(1), 1, 24, 7, 4, 0.1, 3), 168, 1),
        "tcn-odd": (tcn(2), 101, 2),
        "tcn-short": (tcn(3, 2), 5, 3),
        "lstm-deep": (LstmPair(inputs(2), 2, 16, 3, 0.0, 2), 7, 2),
        "lstm-by-row": (LstmPair(inputs(1, by_row=True), 1, 64, 2, 0.1, 3), 30, 1),
        "tcn-by-row": (Tcn(inputs(3, by_row=True), 3, 24, 7, 4, 0.1, 3), 168, 3),
    }


def sequences(rows: int, steps: int, width: int) -> np.ndarray:
    rng = np.random.default_rng(rows)
    drawn = (rng.standard_t(3, (rows, steps, width)) * 2).astype(np.float32)
    drawn[rng.random(drawn.shape) < 0.15] = np.nan
    drawn[0] = np.nan
    return drawn


def test_confidence_network_has_24962_parameters() -> None:
    network = LstmNorm(inputs(79), 79, 48)
    assert parameter_count(network.lstm) == 24_768
    assert parameter_count(network.norm) == 96
    assert parameter_count(network.head) == 98
    assert parameter_count(network) == 24_962


def test_tcn_sees_181_steps_and_no_more() -> None:
    network = tcn()
    assert receptive_field(network) == 181
    values = torch.from_numpy(np.random.default_rng(0).standard_normal((1, 200, 1)).astype(np.float32)).requires_grad_()
    network.every_step(values)[0, -1].sum().backward()
    seen = np.flatnonzero(values.grad[0, :, 0].numpy())
    assert 200 - seen.min() == 181


@pytest.mark.parametrize("name", ["tcn", "tcn-odd", "tcn-short"])
def test_tcn_is_causal(name: str) -> None:
    network, steps, width = networks()[name]
    network.eval()
    values = sequences(4, steps, width)
    before = network.every_step(torch.from_numpy(values)).detach().numpy()
    for step in (0, 1, steps // 2, steps - 2):
        changed = values.copy()
        changed[:, step + 1 :] = 1e3
        after = network.every_step(torch.from_numpy(changed)).detach().numpy()
        assert np.array_equal(after[:, : step + 1], before[:, : step + 1])
        assert not np.array_equal(after[:, step + 1 :], before[:, step + 1 :])


@pytest.mark.parametrize("name", ["tcn", "tcn-odd", "tcn-short"])
def test_last_step_alone_is_last_step_of_all(name: str) -> None:
    network, steps, width = networks()[name]
    network.eval()
    values = torch.from_numpy(sequences(50, steps, width))
    with torch.no_grad():
        assert torch.allclose(network(values), network.every_step(values)[:, -1], atol=2e-5)


def test_masked_inputs_change_nothing_and_gaps_are_medians() -> None:
    network, steps, width = networks()["lstm-norm"]
    network.eval()
    values = sequences(20, steps, width)
    masked = np.flatnonzero(network.inputs.mask.numpy() == 0)
    changed = values.copy()
    changed[:, :, masked] = 12345
    filled = np.where(np.isnan(values), network.inputs.fill.numpy(), values)
    with torch.no_grad():
        outputs = [network(torch.from_numpy(one)).numpy() for one in (values, changed, filled)]
    assert np.array_equal(outputs[0], outputs[1])
    assert np.array_equal(outputs[0], outputs[2])


def test_scaled_by_row_size_of_moves_is_nothing_and_wild_steps_are_cut() -> None:
    rng = np.random.default_rng(5)
    layer = InputLayer(InputScaling.neutral(2), None, by_row=True)
    values = rng.standard_normal((6, 60, 2)).astype(np.float32)
    values[0, 3, 1] = -400
    given = layer(torch.from_numpy(values)).numpy()
    wanted = np.clip(values / np.sqrt((values.astype(np.float64) ** 2).mean(axis=1, keepdims=True)), -6, 6)
    assert np.abs(given - wanted).max() < 1e-4
    assert given[0, 3, 1] == -6
    larger = layer(torch.from_numpy(values * np.array([8, 0.5], np.float32))).numpy()
    assert np.abs(larger - given).max() < 1e-4
    # A row of nothing stays nothing.
    assert not layer(torch.zeros(1, 60, 2)).numpy().any()


@pytest.mark.parametrize("name", list(networks()))
def test_graph_is_the_network_in_any_batch(name: str) -> None:
    network, steps, width = networks()[name]
    network.eval()
    values = sequences(2_048, steps, width)
    run = open_graph(graph_of(network, steps, width))
    whole = run(values)
    with torch.no_grad():
        native = native_outputs(network, np.concatenate([network(torch.from_numpy(part)).numpy() for part in np.split(values, 8)]))
    assert whole.shape == native.shape
    assert np.abs(whole.astype(np.float64) - native).max() < 1e-5
    for size in (1, 2, 3, 7, 64, 1000):
        rows = min(len(values), 40 * size)
        parts = np.concatenate([run(values[start : min(rows, start + size)]) for start in range(0, rows, size)])
        assert parts.tobytes() == whole[:rows].tobytes(), size


@pytest.mark.parametrize("name", list(networks()))
def test_graph_holds_allowed_operators_only(name: str) -> None:
    network, steps, width = networks()[name]
    graph = graph_of(network.eval(), steps, width)
    model = onnx.load_from_string(graph)
    assert {node.op_type for node in model.graph.node} <= ALLOWED
    assert {(one.domain, one.version) for one in model.opset_import} == {("", 17)}
    assert model.graph.input[0].name == "sequence"
    assert model.graph.output[0].name == "output"
    assert graph == graph_of(network, steps, width)
