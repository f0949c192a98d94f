"""Writing the token features of questions."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from mmxkd.datasets.features import FeatureWriter, build_feature_writer
from mmxkd.datasets.grounding import read_queries
from mmxkd.datasets.grounding.queries import GroundingQuery
from mmxkd.errors import ConfigError, DataError
from mmxkd.models.language.text_features import TextFeatureExtractor, backend_of


class TextReport(NamedTuple):
    """How many queries were written now, were there already, had no sentence, and were cut to the model's positions."""

    written: int
    present: int
    empty: int
    truncated: int

    def __str__(self) -> str:
        """Return the line a tool prints."""
        return f"{self.written} written, {self.present} there already, {self.empty} without a sentence left out, {self.truncated} cut"


def extract_text_features(
    extractor: TextFeatureExtractor,
    lists: Sequence[str | Path],
    out: str | Path,
    *,
    layout: str = "list",
    durations: str | None = None,
    kind: str = "npz-lmdb",
    batch_size: int = 64,
) -> TextReport:
    """Write the features (n_tokens, D) of every query of ``lists`` under its id; what is there already is not computed again.

    Args:
        extractor: the text model.
        lists: annotation files; an id may occur again if its sentence is the same.
        out: the feature store.
        layout, durations: of the lists, see ``read_queries``.
        kind: format of the store, see ``build_feature_writer``.
        batch_size: sentences at a time.

    Raises:
        ConfigError: an unknown format or layout, a batch size below 1.
        DataError: a list cannot be used, or one id has two sentences.
    """
    if batch_size < 1:
        raise ConfigError(f"batch_size={batch_size}; accepted: at least 1")
    queries: dict[str, GroundingQuery] = {}
    for path in lists:
        for query in read_queries(str(path), layout, durations):
            if queries.setdefault(query.query_id, query).query != query.query:
                raise DataError(f"{path}: query id {query.query_id!r} has another sentence in a former list")
    named = [query for query in queries.values() if query.query.strip()]
    before = extractor.truncated
    with build_feature_writer(out, kind) as writer:
        todo = [query for query in named if query.query_id not in writer]
        for batch in _batches(todo, batch_size):
            _write(extractor, writer, batch)
    return TextReport(len(todo), len(named) - len(todo), len(queries) - len(named), extractor.truncated - before)


def _batches(queries: Sequence[GroundingQuery], size: int) -> Iterator[Sequence[GroundingQuery]]:
    for start in range(0, len(queries), size):
        yield queries[start : start + size]


def _write(extractor: TextFeatureExtractor, writer: FeatureWriter, batch: Sequence[GroundingQuery]) -> None:
    for query, features in zip(batch, extractor([query.query for query in batch]), strict=True):
        writer.write(query.query_id, features.cpu().numpy())


def load_text_model(
    model: str | Path, checkpoint: str | Path | None = None, tokenizer: str | Path | None = None, canonical: bool = True
) -> TextFeatureExtractor:
    """Return the extractor of a local Hugging Face folder, or of a language model trained here.

    Args:
        model: the folder, or the config file of the model.
        checkpoint: of the model trained here.
        tokenizer: folder of its tokenizer.
        canonical: see ``TextFeatureExtractor``.

    Raises:
        ConfigError: a config without checkpoint or tokenizer, or a model without an encoder.
        DataError: a file cannot be used.
    """
    if Path(model).suffix != ".py":
        return TextFeatureExtractor.from_folder(model, canonical)
    from mmxkd.apis.configs import find_student, load_config
    from mmxkd.checkpoints import load_state_dict
    from mmxkd.datasets.language.tokenizers import load_tokenizer
    from mmxkd.registry import MODELS

    if checkpoint is None or tokenizer is None:
        raise ConfigError(f"{model}: a model trained here needs its checkpoint and the folder of its tokenizer")
    settings = {key: value for key, value in find_student(load_config(model)).model.items() if key != "init_cfg"}
    built = MODELS.build(settings)
    if not hasattr(built, "encoder"):
        raise ConfigError(f"{model}: model.type={settings['type']!r} has no text encoder; accepted: MaskedLM, TextAnticipator")
    try:
        built.load_state_dict(load_state_dict(checkpoint))
    except RuntimeError as error:
        raise DataError(f"{checkpoint} does not fit {model}: {str(error).splitlines()[-1].strip()}") from None
    return TextFeatureExtractor(built.encoder, backend_of(load_tokenizer(tokenizer)), canonical)


def choose_device(name: str | None) -> torch.device:
    """Return the named device, by default the first GPU or else the CPU."""
    return torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))
