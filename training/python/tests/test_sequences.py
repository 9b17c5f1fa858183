import numpy as np
import pytest

from hourglass_training.sequences import HOUR_MS, sequence_table


def scattered(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of three coins in random order, a third of the hours missing, a tenth of the values absent."""
    rng = np.random.default_rng(seed)
    coin, hour = np.nonzero(rng.random((3, 60)) < 0.67)
    order = rng.permutation(len(coin))
    values = rng.standard_normal((len(coin), 2)).astype(np.float32)
    values[rng.random(values.shape) < 0.1] = np.nan
    return np.array(["A", "B", "C"])[coin[order]], 1_700_006_400_000 + hour[order] * HOUR_MS, values


@pytest.mark.parametrize("steps, stride", [(1, 1), (5, 1), (4, 7), (30, 24)])
def test_windows_are_hours_back_from_the_row(steps: int, stride: int) -> None:
    symbol, ts, values = scattered(steps)
    table = sequence_table(symbol, ts, values, steps, stride)
    known = {(coin, time): row for row, (coin, time) in enumerate(zip(symbol, ts, strict=True))}
    absent = np.full(2, np.nan, np.float32)
    wanted = np.array([
        [
            values[known[coin, time - back * HOUR_MS]] if (coin, time - back * HOUR_MS) in known else absent
            for back in range((steps - 1) * stride, -1, -stride)
        ]
        for coin, time in zip(symbol, ts, strict=True)
    ])
    np.testing.assert_array_equal(table.gather(np.arange(len(ts))), wanted)
    np.testing.assert_allclose(table.nan_share(), np.isnan(wanted).mean(axis=(1, 2)))


def test_refuses_two_rows_of_one_hour_and_half_hours() -> None:
    symbol, ts, values = scattered(1)
    with pytest.raises(ValueError, match="two rows"):
        sequence_table(np.append(symbol, symbol[0]), np.append(ts, ts[0]), np.vstack([values, values[:1]]), 2, 1)
    with pytest.raises(ValueError, match="whole hour"):
        sequence_table(symbol, ts + HOUR_MS // 2, values, 2, 1)
