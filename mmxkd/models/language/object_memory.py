"""A small text teacher of our own: factorised action embeddings, a recurrent network, and a memory of what was done to which object."""

from collections.abc import Collection, Sequence
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmxkd.errors import ConfigError
from mmxkd.models.base import ExtractModel, Outputs, check_want
from mmxkd.models.language.class_weights import weighted_cross_entropy
from mmxkd.registry import MODELS
from mmxkd.structures import DataSample, write_scores

#: Ages, counted in segments, up to which the memory has a step of its own, and steps per octave beyond.
_FINE_AGES, _STEPS_PER_OCTAVE = 6, 1.5
#: Segments whose noun gets a verb-to-verb table of its own.
_RECENT = 3
#: Age of what never happened.
_NEVER = 10**6
#: Bounds, in seconds, of the steps of the time since the last segment ended.
_GAPS = (-2.0, -0.5, 0.0, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


def age_steps(ages: Tensor, steps: int) -> Tensor:
    """Return the step of an age >= 1 (1 = the last segment), int64: one each up to 6, then 1.5 per octave, 0 for what never happened."""
    octaves = torch.log2(ages.float() / _FINE_AGES) * _STEPS_PER_OCTAVE
    found = torch.where(ages <= _FINE_AGES, ages, (_FINE_AGES + octaves).ceil().long())
    return torch.where(ages >= _NEVER, 0, found.clamp(max=steps - 1))


class ActionTable(nn.Module):
    """Verb and noun of every action; K, V and P stand for "none" behind the classes. Saved with the weights.

    Args:
        num_classes, num_verbs, num_nouns: K, V, P.
    """

    verb: Tensor
    noun: Tensor

    def __init__(self, num_classes: int, num_verbs: int, num_nouns: int) -> None:
        super().__init__()
        self.sizes = {"verb": num_verbs, "noun": num_nouns}
        for part, size in self.sizes.items():
            self.register_buffer(part, torch.full((num_classes + 1,), size))

    def fill(self, part: str, values: Any) -> None:
        """Take the verb (noun) of every action, (K,) int; -1 for none.

        Raises:
            ConfigError: another number of actions, or a class outside of the model's.
        """
        given, own, size = torch.as_tensor(values).long(), getattr(self, part), self.sizes[part]
        if given.shape != (len(own) - 1,) or int(given.max()) >= size:
            raise ConfigError(
                f"model: {len(own) - 1} actions over {size} {part}s; the data set tells of {len(given)} actions with {part}s up to "
                f"{int(given.max())}"
            )
        own[:-1] = torch.where(given < 0, size, given).to(own.device)


class ObjectMemory(nn.Module):
    """Additions to the action logits by what the whole history did to the action's noun.

    Learned tables: by recency of the same noun, verb and action; by recency of the noun for every verb; from the verbs of the last
    three segments to the verbs that may follow on the same noun; from the verb last done to a noun to the verbs that may follow on it.

    Args:
        table: verbs and nouns of the actions.
        steps: of recency.
    """

    def __init__(self, table: ActionTable, steps: int = 16) -> None:
        super().__init__()
        self.steps = steps
        verbs, self.num_nouns = table.sizes["verb"], table.sizes["noun"]
        self.noun_age, self.verb_age, self.action_age = (nn.Parameter(torch.zeros(steps)) for _ in range(3))
        self.noun_age_verb = nn.Parameter(torch.zeros(steps, verbs + 1))
        self.recent = nn.Parameter(torch.zeros(_RECENT, verbs + 1, verbs + 1))
        self.last_done = nn.Parameter(torch.zeros(verbs + 1, verbs + 1))

    def forward(self, actions: Tensor, ages: Tensor, table: ActionTable) -> Tensor:
        """Return (N, K).

        Args:
            actions: (N, T) int64, oldest first, K where there is none.
            ages: (N, T) int64, 1 for the last action, ``10**6`` where there is none.
            table: verbs and nouns of the actions.
        """
        verb, noun = table.verb[:-1], table.noun[:-1]
        verbs, nouns = table.verb[actions], table.noun[actions]
        last_noun, last_verb = _last(nouns, ages, self.num_nouns), _last(verbs, ages, table.sizes["verb"])
        noun_steps = age_steps(last_noun, self.steps)
        scores = self.noun_age[noun_steps][:, noun] + self.verb_age[age_steps(last_verb, self.steps)][:, verb]
        scores = scores + self.action_age[age_steps(_last(actions, ages, len(verb)), self.steps)][:, :-1]
        scores = scores + _pairs(self.noun_age_verb, noun_steps[:, noun], verb)
        place = (ages[:, :1] - last_noun).clamp(min=0)
        done = torch.where(last_noun >= _NEVER, table.sizes["verb"], verbs.gather(1, place.clamp(max=actions.shape[1] - 1)))
        scores = scores + _pairs(self.last_done, done[:, noun], verb)
        for age in range(1, _RECENT + 1):
            here = ages == age
            then_verb = torch.where(here, verbs, 0).sum(1)
            then_noun = torch.where(here, nouns, 0).sum(1)
            same = (noun == then_noun[:, None]) & here.any(1, keepdim=True)
            scores = scores + self.recent[age - 1][then_verb][:, verb] * same
        return scores


@MODELS.register_module()
class ObjectMemoryAnticipator(ExtractModel):
    """Predict the next action from the actions of the whole video before it; no encoder of the paper, and never under its name.

    An action is embedded as the sum of an action, a verb and a noun embedding, at the input and, with other tables, at the output. A GRU
    reads the last actions; ``ObjectMemory`` adds what the whole history says about the action's noun.

    Inputs: ``actions`` (N, T) int64 action classes, oldest first, and ``attention_mask`` (N, T), as ``ActionHistoryDataset`` and
    ``TextPreprocessor(ids_key='actions', pad_id=K, allow_empty=True)`` make them; with ``use_gap`` also ``since_stop`` (N, T) float, of
    which the last real column is read: seconds from the end of the last action to the start of what is asked for.

    Output keys: ``logits`` (N, K); ``feat`` (N, width), what the output embeddings are multiplied with; ``hidden`` (N, recent, hidden);
    ``mask`` (N, recent) bool.

    Args:
        num_classes, num_verbs, num_nouns: sizes; which verb and noun an action has is read from the training set by ``TrainingSetHook``.
        width: of the embeddings.
        hidden: of the GRU.
        recent: actions the GRU reads.
        dropout: of the GRU's inputs and of its last state.
        label_smoothing: of the loss.
        use_gap: embed the time since the last action.
        data_preprocessor: config; see ``TextPreprocessor``.
        init_cfg: MMEngine initialisation.

    Source: measured on EPIC-KITCHENS-55, fact sheet section 10b, model C.
    """

    def __init__(
        self,
        num_classes: int,
        num_verbs: int,
        num_nouns: int,
        width: int = 128,
        hidden: int = 256,
        recent: int = 12,
        dropout: float = 0.4,
        label_smoothing: float = 0.1,
        use_gap: bool = False,
        data_preprocessor: dict | nn.Module | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor, init_cfg)
        self.num_classes, self.recent, self.label_smoothing = num_classes, recent, label_smoothing
        self.table = ActionTable(num_classes, num_verbs, num_nouns)
        sizes = {"action": num_classes, "verb": num_verbs, "noun": num_nouns}
        self.inputs = nn.ModuleDict({part: _embedding(size + 1, width, 0.1) for part, size in sizes.items()})
        self.outputs = nn.ModuleDict({part: _embedding(size + 1, width, 0.05) for part, size in sizes.items()})
        self.biases = nn.ParameterDict({part: nn.Parameter(torch.zeros(size + 1)) for part, size in sizes.items()})
        self.gaps = _embedding(len(_GAPS) + 1, width, 0.1) if use_gap else None
        self.gru = nn.GRU(width, hidden, batch_first=True)
        self.query = nn.Linear(hidden, width)
        self.dropout = nn.Dropout(dropout)
        self.memory = ObjectMemory(self.table)

    def learn_from(self, dataset: Any) -> None:
        """Take every action's verb and noun from the data set's ``metainfo``: ``action_verb`` and ``action_noun``, (K,)."""
        for part in ("verb", "noun"):
            self.table.fill(part, dataset.metainfo[f"action_{part}"])

    def example_inputs(self, shape: tuple[int, ...] | None = None) -> dict[str, Tensor]:
        """Return one history of action 0; ``shape`` is (T,), as many as the GRU reads by default."""
        actions = torch.zeros(1, *(shape or (self.recent,)), dtype=torch.int64)
        return {"actions": actions, "attention_mask": torch.ones_like(actions), "since_stop": torch.zeros(actions.shape)}

    def available(self) -> frozenset[str]:
        """Return the keys ``extract`` accepts."""
        return frozenset({"logits", "feat", "hidden", "mask"})

    def extract(self, inputs: dict[str, Tensor], data_samples: Sequence[DataSample] | None, want: Collection[str]) -> Outputs:
        """Compute the wanted outputs; inputs, keys and shapes as in the class."""
        check_want(want, self.available(), type(self).__name__)
        actions, lengths = inputs["actions"], inputs["attention_mask"].sum(1, keepdim=True)
        places = lengths - self.recent + torch.arange(self.recent, device=actions.device)
        outputs: Outputs = {"mask": places >= 0}
        read = F.pad(actions, (0, max(self.recent - actions.shape[1], 0)), value=self.num_classes).gather(1, places.clamp(min=0))
        embedded = self._embed(torch.where(outputs["mask"], read, self.num_classes))
        if self.gaps is not None:
            embedded = torch.cat([embedded[:, :-1], embedded[:, -1:] + self._embed_gap(inputs["since_stop"], lengths)], dim=1)
        outputs["hidden"], _ = self.gru(self.dropout(embedded))
        outputs["feat"] = self.query(self.dropout(outputs["hidden"][:, -1]))
        if "logits" in want:
            ages = lengths - torch.arange(actions.shape[1], device=actions.device)
            ages = torch.where(inputs["attention_mask"].bool(), ages, _NEVER)
            outputs["logits"] = self._score(outputs["feat"]) + self.memory(actions, ages, self.table)
        return {key: outputs[key] for key in want}

    def loss_from(self, outputs: Outputs, data_samples: Sequence[DataSample]) -> dict[str, Tensor]:
        """Return ``loss_action``, the cross entropy of ``logits`` (N, K)."""
        logits = outputs["logits"]
        labels = torch.stack([sample.gt_label.reshape(()) for sample in data_samples]).to(logits.device)
        return {"loss_action": weighted_cross_entropy(logits, labels, label_smoothing=self.label_smoothing)}

    def predict_from(self, outputs: Outputs, data_samples: Sequence[DataSample]) -> list[DataSample]:
        """Write ``pred_score`` (K,) and ``pred_label`` from ``logits`` (N, K)."""
        return write_scores(data_samples, outputs["logits"].float().softmax(-1))

    def _embed(self, actions: Tensor) -> Tensor:
        ids = {"action": actions, "verb": self.table.verb[actions], "noun": self.table.noun[actions]}
        return torch.stack([embedding(ids[part]) for part, embedding in self.inputs.items()]).sum(0)

    def _embed_gap(self, gap: Tensor, lengths: Tensor) -> Tensor:
        """Return (N, 1, width) of the last real column; an empty history counts as the longest gap."""
        last = torch.where(lengths > 0, gap.gather(1, (lengths - 1).clamp(min=0)), torch.full_like(gap[:, :1], float("inf")))
        return self.gaps(torch.bucketize(last, torch.tensor(_GAPS, device=gap.device)))  # type: ignore[misc]

    def _score(self, query: Tensor) -> Tensor:
        parts = {part: F.linear(query, cast(nn.Embedding, table).weight, self.biases[part]) for part, table in self.outputs.items()}
        return parts["action"][:, :-1] + parts["verb"][:, self.table.verb[:-1]] + parts["noun"][:, self.table.noun[:-1]]


def _embedding(rows: int, width: int, deviation: float) -> nn.Embedding:
    embedding = nn.Embedding(rows, width)
    nn.init.normal_(embedding.weight, std=deviation)
    return embedding


def _last(classes: Tensor, ages: Tensor, count: int) -> Tensor:
    """Return (N, count + 1) the age of every class's last occurrence in ``classes`` (N, T), ``10**6`` for none and for "none"."""
    found = torch.full((len(classes), count + 1), _NEVER, device=ages.device, dtype=ages.dtype)
    found = found.scatter_reduce(1, classes, ages, "amin")
    found[:, count] = _NEVER
    return found


def _pairs(table: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Return ``table[rows, columns]`` (N, K) for rows (N, K) and columns (K,), with a gradient that is cheap on a CPU."""
    return F.embedding(rows * table.shape[1] + columns, table.reshape(-1, 1)).squeeze(-1)
