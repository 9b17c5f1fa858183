"""The three networks. Each takes raw sequences [rows, steps, inputs] with NaN and gives raw class logits [rows, classes].

Filling gaps, scaling and masking are part of the network, so that a graph made from it needs nothing beside its input.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class InputScaling:
    """What the training rows say of the inputs: arrays of shape [inputs], float32.

    value -> (value, or `fill` where it is NaN) - `centre`, times `factor`.
    """

    fill: np.ndarray
    centre: np.ndarray
    factor: np.ndarray

    @staticmethod
    def neutral(inputs: int) -> InputScaling:
        """Nothing but zeros for gaps."""
        return InputScaling(np.zeros(inputs, np.float32), np.zeros(inputs, np.float32), np.ones(inputs, np.float32))


ROW_SCALE_EPSILON = 1e-5
"""Added to the mean square of a row's scaled steps: a row that hardly moves stays small."""
ROW_SCALE_MAX = 6.0
"""Steps scaled by their row are cut off beyond this many of its root mean squares."""


class InputLayer(nn.Module):
    """Median for NaN, scale of the training rows, and a mask that holds unselected inputs at zero. Nothing in it is learnt.

    With `by_row` each input is then divided by its own root mean square over the row's steps and clipped: what is left
    is the shape of a row's moves, and not how volatile the coin is.
    """

    def __init__(self, scaling: InputScaling, mask: np.ndarray | None, by_row: bool = False) -> None:
        super().__init__()
        self.by_row = by_row
        self.register_buffer("fill", torch.from_numpy(scaling.fill.astype(np.float32)))
        self.register_buffer("centre", torch.from_numpy(scaling.centre.astype(np.float32)))
        self.register_buffer("factor", torch.from_numpy(scaling.factor.astype(np.float32)))
        self.register_buffer("mask", None if mask is None else torch.from_numpy(mask.astype(np.float32)))

    def forward(self, sequence: Tensor) -> Tensor:
        filled = torch.where(torch.isnan(sequence), self.fill, sequence)
        scaled = (filled - self.centre) * self.factor
        if self.by_row:
            square = scaled.square().mean(dim=1, keepdim=True) + ROW_SCALE_EPSILON
            scaled = (scaled * square.rsqrt()).clamp(-ROW_SCALE_MAX, ROW_SCALE_MAX)
        return scaled if self.mask is None else scaled * self.mask


class LstmPair(nn.Module):
    """Two LSTM layers, dropout between them; the last step's state goes through a linear layer."""

    def __init__(self, inputs: InputLayer, width: int, hidden: int, layers: int, dropout: float, classes: int) -> None:
        super().__init__()
        self.inputs = inputs
        self.lstm = nn.LSTM(width, hidden, layers, batch_first=True, dropout=dropout)
        self.head = nn.Linear(hidden, classes)

    def forward(self, sequence: Tensor) -> Tensor:
        states, _ = self.lstm(self.inputs(sequence))
        return self.head(states[:, -1])


class LstmNorm(nn.Module):
    """One LSTM layer, layer normalisation of the last step's state, and a linear layer of two classes.

    With 79 inputs and 48 units it has 24,768 + 96 + 98 = 24,962 parameters (two bias vectors in the LSTM).
    """

    def __init__(self, inputs: InputLayer, width: int, hidden: int) -> None:
        super().__init__()
        self.inputs = inputs
        self.lstm = nn.LSTM(width, hidden, batch_first=True)
        self.norm = nn.LayerNorm(hidden)
        self.head = nn.Linear(hidden, 2)

    def forward(self, sequence: Tensor) -> Tensor:
        states, _ = self.lstm(self.inputs(sequence))
        return self.head(self.norm(states[:, -1]))


class TcnBlock(nn.Module):
    """Two causal convolutions of one dilation with ReLU, dropout of whole channels after each, and a residual connection."""

    def __init__(self, width: int, channels: int, kernel: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.kernel = kernel
        self.dilation = dilation
        self.first = nn.Conv1d(width, channels, kernel)
        self.second = nn.Conv1d(channels, channels, kernel)
        self.skip = nn.Conv1d(width, channels, 1) if width != channels else None
        self.dropout = nn.Dropout1d(dropout)

    def residual(self, values: Tensor) -> Tensor:
        return values if self.skip is None else self.skip(values)

    def every_step(self, values: Tensor) -> Tensor:
        """[rows, width, steps] -> [rows, channels, steps]: a step sees itself and earlier ones."""
        inner = self.dropout(torch.relu(self._causal(self.first, values)))
        outer = self.dropout(torch.relu(self._causal(self.second, inner)))
        return torch.relu(outer + self.residual(values))

    def halved(self, values: Tensor) -> Tensor:
        """[rows, width, steps] on this block's grid -> [rows, channels, ceil(steps / 2)] on the next one's.

        The last step reads every block on a grid of the block's own dilation. On that grid the convolution is a plain
        one, and of its output only every second step, counted from the last, is read by the next block.
        """
        drop = (values.shape[-1] - 1) % 2
        inner = self.dropout(torch.relu(self.first(nn.functional.pad(values, (self.kernel - 1, 0)))))
        padded = nn.functional.pad(inner, (self.kernel - 1 - drop, 0))
        outer = nn.functional.conv1d(padded, self.second.weight, self.second.bias, stride=2)
        return torch.relu(self.dropout(torch.relu(outer)) + self.residual(values[:, :, drop::2]))

    def _causal(self, layer: nn.Conv1d, values: Tensor) -> Tensor:
        padded = nn.functional.pad(values, ((self.kernel - 1) * self.dilation, 0))
        return nn.functional.conv1d(padded, layer.weight, layer.bias, dilation=self.dilation)


class Tcn(nn.Module):
    """Blocks of dilations 1, 2, 4, …; the last step's channels go through a linear layer.

    `forward` computes what the last step reads and nothing else, `every_step` the whole sequence; the last step of both
    is the same (Bai, Kolter and Koltun 2018 for the block).
    """

    def __init__(
        self, inputs: InputLayer, width: int, channels: int, kernel: int, blocks: int, dropout: float, classes: int
    ) -> None:
        super().__init__()
        self.inputs = inputs
        self.blocks = nn.ModuleList(
            TcnBlock(width if index == 0 else channels, channels, kernel, 2**index, dropout) for index in range(blocks)
        )
        self.head = nn.Linear(channels, classes)

    def forward(self, sequence: Tensor) -> Tensor:
        values = self.inputs(sequence).transpose(1, 2)
        for block in self.blocks:
            values = block.halved(values)
        return self.head(values[:, :, -1])

    def every_step(self, sequence: Tensor) -> Tensor:
        """[rows, steps, inputs] -> [rows, steps, classes]."""
        values = self.inputs(sequence).transpose(1, 2)
        for block in self.blocks:
            values = block.every_step(values)
        return self.head(values.transpose(1, 2))


Network = LstmPair | LstmNorm | Tcn


def parameter_count(network: nn.Module) -> int:
    """Learnt numbers; filling, scaling and mask are fitted before and not among them."""
    return sum(parameter.numel() for parameter in network.parameters())


def receptive_field(network: Tcn) -> int:
    """Steps that the last one sees, itself among them."""
    return 1 + sum(2 * (block.kernel - 1) * block.dilation for block in network.blocks)
