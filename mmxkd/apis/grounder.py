"""A localizer with everything it needs in one file, so that a video and questions are enough."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from mmengine.config import Config

from mmxkd.apis.configs import find_student, load_config
from mmxkd.apis.features import FeaturePreset, WindowEncoder
from mmxkd.apis.visualize import build_model
from mmxkd.checkpoints import load_state_dict, read_file
from mmxkd.datasets.readers import open_video
from mmxkd.errors import ConfigError, DataError
from mmxkd.models.grounding.moment_localizer import MomentLocalizer
from mmxkd.models.language.text_features import TextFeatureExtractor
from mmxkd.structures import DataSample

_FORMAT = "mmxkd grounder 1"
_FRAME_KEYS = ("fps", "feat_stride", "feat_num_frames")


class Answer(NamedTuple):
    """A question and the windows that answer it: (start, end, score), seconds, best first."""

    question: str
    windows: list[tuple[float, float, float]]


def write_grounder(
    out: str | Path,
    localizer: tuple[str | Path, str | Path],
    video_model: tuple[str | Path, str | Path],
    text_model: TextFeatureExtractor,
    preset: FeaturePreset,
) -> None:
    """Put localizer, video backbone, text model, tokenizer and preprocessing into one file of plain values and tensors.

    Args:
        out: the file.
        localizer: config and checkpoint; of a distillation config the student is taken.
        video_model: config and checkpoint of what the video features were extracted with.
        text_model: what the text features were extracted with.
        preset: how videos were cut into features.

    Raises:
        ConfigError: configs that do not belong together: other widths, or another rate of features than the localizer was trained on.
        DataError: a checkpoint cannot be read.
    """
    config, video_config = (find_student(load_config(path)) for path, _ in (localizer, video_model))
    data = config.test_dataloader.dataset
    frames = {key: float(data.get(key, default)) for key, default in zip(_FRAME_KEYS, (30.0, 16.043, 16.043), strict=True)}
    rate = frames["fps"] / (frames["feat_stride"] * data.get("downsample_rate", 1))
    if data.get("downsample_rate", 1) != 1 or abs(rate - preset.rate) > 1e-3 * rate:
        raise ConfigError(
            f"{localizer[0]} was trained on {rate:.4f} features a second (fps / feat_stride), the preset makes {preset.rate:.4f}"
        )
    bundle = {
        "format": _FORMAT,
        "localizer": {"config": _self_contained(config.model), "state_dict": load_state_dict(localizer[1])},
        "video": {
            "config": _self_contained(video_config.model),
            "pipeline": _plain(video_config.test_dataloader.dataset.pipeline),
            "state_dict": load_state_dict(video_model[1]),
        },
        "text": text_model.to_bundle(),
        "preset": asdict(preset),
        "frames": frames,
    }
    Grounder.from_bundle(bundle, str(out))
    path = Path(out)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.part")
    torch.save(bundle, partial)
    partial.replace(path)


class Grounder:
    """Answers questions about videos.

    Args:
        localizer: the model, in eval mode.
        video: makes features of a video.
        text: makes features of questions.
        preset: how a video is cut into features.
        frames: ``fps``, ``feat_stride`` and ``feat_num_frames`` of the localizer's training data.
    """

    def __init__(
        self,
        localizer: MomentLocalizer,
        video: WindowEncoder,
        text: TextFeatureExtractor,
        preset: FeaturePreset,
        frames: Mapping[str, float],
    ) -> None:
        self.localizer, self.video, self.text, self.preset, self.frames = localizer, video, text, preset, dict(frames)

    @classmethod
    def load(cls, path: str | Path, device: str | torch.device = "cpu") -> Self:
        """Read what ``write_grounder`` wrote.

        Raises:
            DataError: no such file, or another kind of file.
        """
        return cls.from_bundle(read_file(path), str(path), device)

    @classmethod
    def from_bundle(cls, bundle: Any, source: str, device: str | torch.device = "cpu") -> Self:
        """Build from the content of a file; ``source`` is its name, for errors."""
        if not isinstance(bundle, Mapping) or bundle.get("format") != _FORMAT:
            raise DataError(f"{source}: not a file of tools/make_grounder.py ({_FORMAT!r})")
        localizer = _filled(bundle["localizer"], f"{source}: the localizer's checkpoint")
        if not isinstance(localizer, MomentLocalizer):
            raise DataError(f"{source}: {type(localizer).__name__} finds no moments; accepted: MomentLocalizer")
        backbone: Any = _filled(bundle["video"], f"{source}: the video model's checkpoint")
        text = TextFeatureExtractor.from_bundle(bundle["text"]).to(device)
        if text.dim != localizer.backbone.text_dim:
            raise ConfigError(f"{source}: text features are {text.dim} wide, the localizer takes {localizer.backbone.text_dim}")
        steps = Config(dict(test_dataloader=dict(dataset=dict(pipeline=bundle["video"]["pipeline"]))))
        video = WindowEncoder(steps, backbone.to(device).eval())
        return cls(localizer.to(device).eval(), video, text, FeaturePreset(**bundle["preset"]), bundle["frames"])

    @torch.no_grad()
    def ask(self, video: str | Path, questions: Sequence[str], reader: str = "decord") -> tuple[list[Answer], float]:
        """Return an answer to every question and the video's length in seconds; the video is looked at once.

        Raises:
            ConfigError: no question.
            DataError: the video cannot be read or is too long, or a question has no word.
        """
        if not questions:
            raise ConfigError("no question; accepted: one or more sentences")
        opened = open_video(str(video), reader)
        features, _ = self.video.encode(opened, self.preset)
        duration = len(opened) / opened.fps
        limit, width = self.localizer.backbone.max_seq_len, self.localizer.backbone.video_dim
        if len(features) > limit:
            raise DataError(f"{video}: {duration:.0f} s make {len(features)} features, the model takes {limit}: cut the video")
        if features.shape[1] != width:
            raise DataError(f"video features are {features.shape[1]} wide, the localizer takes {width}")
        windows = self._locate(torch.from_numpy(features), self.text(questions), duration)
        return [Answer(question, found) for question, found in zip(questions, windows, strict=True)], duration

    def _locate(self, video: torch.Tensor, texts: Sequence[torch.Tensor], duration: float) -> list[list[tuple[float, float, float]]]:
        """Return the windows of each question, given features (T, C) of the video and (n, D) of the questions."""
        device = next(self.localizer.parameters()).device
        encoding = self.localizer.encode_video(video.T[None].to(device), torch.ones(1, len(video), dtype=torch.bool, device=device))
        text = torch.nn.utils.rnn.pad_sequence(list(texts), batch_first=True).transpose(1, 2).to(device)
        lengths = torch.tensor([len(one) for one in texts], device=device)
        mask = torch.arange(text.shape[2], device=device) < lengths[:, None]
        outputs = self.localizer.ask(encoding, text, mask)
        samples = [DataSample(metainfo={"duration": duration, **self.frames}) for _ in texts]
        found = []
        for sample in self.localizer.predict_from(outputs, samples):
            pairs = np.column_stack([sample.pred_windows.numpy(), sample.pred_scores.numpy()])
            found.append([(float(start), float(end), float(score)) for start, end, score in pairs])
        return found


def _filled(part: Mapping[str, Any], source: str) -> Any:
    """Return the model of a part of the bundle with its weights."""
    cfg = Config(dict(model=part["config"]))
    return build_model(cfg, dict(part["state_dict"]), source)


def _plain(node: Any) -> Any:
    """Return a config as dicts, lists and tuples."""
    if isinstance(node, Mapping):
        return {str(key): _plain(value) for key, value in node.items()}
    return type(node)(_plain(item) for item in node) if isinstance(node, (list, tuple)) else node


def _self_contained(node: Any) -> Any:
    """Return a model's config without what names other files: initial weights go, a Hugging Face folder becomes its config."""
    if isinstance(node, Mapping):
        kept = {str(key): _self_contained(value) for key, value in node.items() if key != "init_cfg"}
        if str(kept.get("type", "")).startswith("transformers.") and "pretrained" in kept:
            from transformers import AutoConfig

            kept["config"] = {
                **AutoConfig.from_pretrained(kept.pop("pretrained"), local_files_only=True).to_dict(),
                **kept.get("config", {}),
            }
        return kept
    return type(node)(_self_contained(item) for item in node) if isinstance(node, (list, tuple)) else node
