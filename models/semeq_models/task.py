"""What it is to be trained: a network, the batches of an epoch, and what is lost on a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from semeq_models.architectures import Architecture
from semeq_models.cleaning import Contribution
from semeq_models.layers import Net

Rows = Sequence[Contribution]
Batch = tuple[Tensor, Tensor]
"""What goes in (settings or curves), and the number of each row's word."""
Losses = dict[str, Tensor]
"""By name. ``total`` is what is made smaller; ``settled``, where there is one, is the same with the weights of the end:
while weights still grow, only that tells whether there is progress."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """A network, the batches of an epoch, and the losses of a batch after a share (0 to 1) of all epochs.

    ``batch_of`` makes one batch of any rows, to look how those are met that are not learnt from.
    """

    design: Architecture
    net: Net
    batches: Callable[[torch.Generator], Iterator[Batch]]
    losses: Callable[[Batch, float, torch.Generator], Losses]
    batch_of: Callable[[Rows], Batch]
    batch_width: int = 0
    """How many numbers go in, where that is not what settings or curves have."""


def contrast(embedded: Tensor, words: Tensor, temperature: float) -> Tensor:
    """How much nearer rows of one word are than others (P. Khosla et al., Supervised contrastive learning, 2020)."""
    unit_length = nn.functional.normalize(embedded, dim=-1)
    alike = unit_length @ unit_length.T / temperature
    oneself = torch.eye(len(words), dtype=torch.bool, device=words.device)
    alike = alike.masked_fill(oneself, -1e9)
    friends = (words[:, None] == words[None]) & ~oneself
    some = friends.any(dim=1)
    if not some.any():
        return embedded.sum() * 0.0
    log_share = alike - torch.logsumexp(alike, dim=1, keepdim=True)
    each = -(log_share * friends).sum(dim=1)[some] / friends.sum(dim=1)[some]
    return each.mean()
