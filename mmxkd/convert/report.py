"""What a conversion returns."""

from dataclasses import dataclass, field

from torch import Tensor


@dataclass
class Conversion:
    """Weights in our layout and what became of the rest.

    Attributes:
        state_dict: our keys -> tensors.
        dropped: official key or entry -> why it was left out.
    """

    state_dict: dict[str, Tensor]
    dropped: dict[str, str] = field(default_factory=dict)
