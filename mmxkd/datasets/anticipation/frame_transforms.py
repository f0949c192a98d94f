"""Transforms of anticipation samples: from an observation to frames or features, past labels and the teacher's text."""

from collections import OrderedDict
from typing import Any

import numpy as np
import torch

from mmxkd.datasets.anticipation.encoding import HistoryEncoder
from mmxkd.datasets.anticipation.sampling import STRATEGIES, sample_clip
from mmxkd.datasets.language.tokenizers import load_tokenizer
from mmxkd.datasets.transforms.pack import pack_sample, pack_views
from mmxkd.errors import ConfigError, DataError
from mmxkd.registry import TRANSFORMS

_CACHED_HISTORIES = 4096


class _Limit:
    """Counts frames that are not what was asked for and stops past a share of them."""

    def __init__(self, name: str, share: float, min_frames: int = 200) -> None:
        if not 0 <= share <= 1:
            raise ConfigError(f"{name}={share}; accepted: a share in 0..1")
        self.name, self.share, self.min_frames = name, share, min_frames
        self.bad = self.seen = 0

    def add(self, bad: int, seen: int, what: str) -> None:
        """Count; raise ``DataError`` when the share is passed."""
        self.bad, self.seen = self.bad + bad, self.seen + seen
        if self.seen >= self.min_frames and self.bad > self.share * self.seen:
            raise DataError(
                f"{self.bad} of {self.seen} frames ({self.bad / self.seen:.1%}) {what}; the limit is {self.name}={self.share:g}"
            )


@TRANSFORMS.register_module()
class SampleObservation:
    """Choose the frames of what is seen before an action, see ``sample_clip``.

    Reads ``observation`` (start, stop in seconds), the open ``video`` (or the ``features`` and their ``fps``) and, if there, the
    ``timeline``; sets ``frame_inds`` int64 (T,), ``frame_times`` float64 (T,), ``clamped`` (how many lay beyond the video's end) and
    ``past_labels``, ``past_verbs``, ``past_nouns`` int64 (T,), -1 for none.

    Args:
        frames: T.
        rate: frames per second.
        strategy: see ``sample_clip``.
        max_beyond: share of frames beyond the end of their video beyond which the run stops.

    Raises:
        ConfigError: a number that is not above 0, or an unknown strategy.
        DataError: more frames than ``max_beyond`` lie outside their video: the annotation is of other files.
    """

    def __init__(self, frames: int = 10, rate: float = 1.0, strategy: str = "last_clip", max_beyond: float = 0.01) -> None:
        if frames < 1 or rate <= 0:
            raise ConfigError(f"SampleObservation.frames={frames}, rate={rate}; accepted: at least 1 frame, a rate above 0 (1/s)")
        if strategy not in STRATEGIES:
            raise ConfigError(f"SampleObservation.strategy={strategy!r}; accepted: {', '.join(STRATEGIES)}")
        self.frames, self.rate, self.strategy = frames, rate, strategy
        self._limit = _Limit("SampleObservation.max_beyond", max_beyond)

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add the frames and what was done in them."""
        start, stop = results["observation"]
        video = results.get("video")
        fps = getattr(video, "fps", 0.0) or results["fps"]
        clip = sample_clip(start, stop, fps, self.frames, self.rate, self.strategy, results.get("rng"))
        # Frame 1 of RULSTM's count lies in row 0 of a video, and of features whose format does not number frames.
        frames = clip.ids if video is None and results["first_frame"] == 1 else clip.ids - 1
        total = results.get("total_frames")
        if total is not None:
            results["clamped"] = int((frames >= total).sum())
            if not results.get("broken"):
                name = results.get("video_name")
                self._limit.add(results["clamped"], len(frames), f"lie beyond the end of their video, last {name!r}")
            frames = np.minimum(frames, total - 1)
        results["frame_inds"], results["frame_times"] = frames, clip.times
        results["clip_len"], results["num_clips"], results["frame_interval"] = self.frames, 1, 1
        if "timeline" in results:
            line = results["timeline"]
            places = line.find(clip.times, results["past_rule"])
            for name, labels in (("past_labels", line.actions), ("past_verbs", line.verbs), ("past_nouns", line.nouns)):
                results[name] = np.where(places < 0, -1, labels[places]) if len(labels) else places
        return results

    def __repr__(self) -> str:
        return f"SampleObservation(frames={self.frames}, rate={self.rate}, strategy={self.strategy!r})"


@TRANSFORMS.register_module()
class ReadFeatures:
    """Read the features of the chosen frames; set ``frame_features`` (T, C) float32 and ``missing``, the counts of this sample's frames
    that were replaced by an earlier one, or by zeros, and of those asked for.

    Args:
        max_missing: share of frames answered with zeros beyond which the run stops.

    Raises:
        DataError: more frames than ``max_missing`` are missing.
    """

    def __init__(self, max_missing: float = 0.05) -> None:
        self._limit = _Limit("ReadFeatures.max_missing", max_missing)

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add the features."""
        store = results["features"]
        before = _missing(store)
        results["frame_features"] = store.read(results["video_name"], results["frame_inds"])
        replaced, zeros = (int(count) for count in _missing(store) - before)
        results["missing"] = {"replaced": replaced, "zeros": zeros, "frames": len(results["frame_inds"])}
        self._limit.add(zeros, len(results["frame_inds"]), f"have no features in {store.path}, last {results['video_name']!r}")
        return results

    def __repr__(self) -> str:
        return f"ReadFeatures(max_missing={self._limit.share:g})"


def _missing(store: Any) -> np.ndarray:
    """Return (replaced, zeros) counted so far; of several stores the worst."""
    counts = [(part.missing.replaced, part.missing.zeros) for part in getattr(store, "stores", [store])]
    return np.max(counts, axis=0)


@TRANSFORMS.register_module()
class AddHistory:
    """Write the token ids of what was done before, (L,) int64, as ``teacher_inputs``: the input of an online text teacher.

    The data set makes the history (``history=dict(...)`` of ``AnticipationVideoDataset``).

    Args:
        tokenizer: a local Hugging Face folder, or a tokenizer.
        hist_len: see ``HistoryEncoder``; so the other arguments. They must be those the teacher was trained with.
        max_len: ids at most.
        keep_cls: keep the first special token.
        clean_text: see ``action_texts``.
    """

    def __init__(
        self, tokenizer: Any, hist_len: int | None = None, max_len: int = 512, keep_cls: bool = False, clean_text: bool = False
    ) -> None:
        self.tokenizer = tokenizer
        self.options: dict[str, Any] = {"hist_len": hist_len, "max_len": max_len, "keep_cls": keep_cls, "clean_text": clean_text}
        self._encoder: HistoryEncoder | None = None
        self._known: OrderedDict[tuple[int, ...], np.ndarray] = OrderedDict()

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add the ids.

        Raises:
            ConfigError: the data set makes no histories.
        """
        if "history" not in results:
            raise ConfigError("AddHistory: the sample has no history; set dataset.history=dict(rule=..., gap=...)")
        if self._encoder is None:
            tokenizer = load_tokenizer(self.tokenizer) if isinstance(self.tokenizer, str) else self.tokenizer
            self._encoder = HistoryEncoder(results["vocabulary"], tokenizer, **self.options)
        history = tuple(results["history"])
        history = history if self._encoder.hist_len is None else history[-self._encoder.hist_len :]
        if history not in self._known:
            self._known[history] = self._encoder([history])[0]
            if len(self._known) > _CACHED_HISTORIES:
                self._known.popitem(last=False)
        results["teacher_inputs"] = torch.from_numpy(self._known[history].copy())
        return results

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
        return f"AddHistory(tokenizer={self.tokenizer if isinstance(self.tokenizer, str) else type(self.tokenizer).__name__!r}, {options})"


@TRANSFORMS.register_module()
class PackObservation:
    """Finish a pipeline: ``{'inputs': (V, C, T, H, W), 'data_samples': DataSample}``.

    Images give uint8, features float32 with H = W = 1. The sample has ``gt_label``, ``gt_verb``, ``gt_noun`` (int64 scalars, -1 unknown),
    and, where the pipeline made them, ``past_labels``, ``past_verbs``, ``past_nouns`` (frames,) int64 and ``teacher_inputs``; meta
    fields besides the usual ones: ``missing``, ``clamped``.

    Args:
        num_frames: T. All chosen frames: one clip (V = 1, or the crops); 1: every frame is a clip of its own (V = frames, crop after crop).

    Raises:
        ConfigError: the frames do not make whole clips.
    """

    def __init__(self, num_frames: int) -> None:
        if num_frames < 1:
            raise ConfigError(f"PackObservation.num_frames={num_frames}; accepted: an integer of at least 1")
        self.num_frames = num_frames

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Return the packed sample; nothing else of ``results`` survives."""
        count = len(results["imgs"] if "imgs" in results else results["frame_features"])
        if not count or count % self.num_frames:
            raise ConfigError(
                f"PackObservation.num_frames={self.num_frames} does not divide the {count} frames of a sample; "
                "accepted: SampleObservation.frames, or a divisor"
            )
        if "imgs" in results:
            inputs = pack_views(results["imgs"], self.num_frames)
        else:
            features = torch.from_numpy(results["frame_features"]).reshape(-1, self.num_frames, results["frame_features"].shape[1])
            inputs = features.transpose(1, 2)[..., None, None].contiguous()
        sample = pack_sample(results)
        for part in ("verb", "noun"):
            sample.set_data({f"gt_{part}": torch.tensor(int(results.get(part, -1)), dtype=torch.int64)})
        for name in ("past_labels", "past_verbs", "past_nouns"):
            if name in results:
                sample.set_data({name: torch.from_numpy(np.asarray(results[name], dtype=np.int64))})
        if "teacher_inputs" in results:
            sample.set_data({"teacher_inputs": results["teacher_inputs"]})
        sample.set_metainfo({name: results[name] for name in ("missing", "clamped") if name in results})
        return {"inputs": inputs, "data_samples": sample}

    def __repr__(self) -> str:
        return f"PackObservation(num_frames={self.num_frames})"
