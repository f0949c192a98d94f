"""Which frames of a video a clip shows: segment sampling (TSN, Wang et al. 2016) and its multi-view testing.

A video of F frames is cut into N segments; a segment gives one tube of ``clip_len`` frames that are ``frame_interval`` apart and
span o = clip_len * frame_interval frames. Same rules as TalalWasim/Video-FocalNets and hayatkhan8660-maker/DVFL-Net.
"""

from typing import Any

import numpy as np

from mmxkd.errors import ConfigError
from mmxkd.registry import TRANSFORMS

OUT_OF_BOUND = ("loop", "repeat_last")


def draw_offsets(total_frames: int, num_clips: int, span: int, rng: np.random.RandomState) -> np.ndarray:
    """Return the first frame of each tube as training draws it, int64 (num_clips,).

    With a = (F - o + 1) // N: a uniform draw inside every segment of a frames; F > max(N, o) but a = 0: sorted uniform draws;
    a = 0: evenly spaced; video shorter than the tube: all zero. One call of ``rng`` at most.
    """
    room = total_frames - span + 1
    interval = room // num_clips
    if interval > 0:
        return np.arange(num_clips) * interval + rng.randint(interval, size=num_clips)
    if total_frames > max(num_clips, span):
        return np.sort(rng.randint(room, size=num_clips))
    if interval == 0:
        return np.around(np.arange(num_clips) * (room / num_clips)).astype(np.int64)
    return np.zeros(num_clips, dtype=np.int64)


def fixed_offsets(total_frames: int, num_clips: int, span: int, phase: float = 0.5) -> np.ndarray:
    """Return the first frame of each tube as testing places it, int64 (num_clips,).

    ``phase`` in 0..1 is the place inside every segment of (F - o + 1) / N frames: 0.5 its centre, 0 its beginning. All zero when
    the video is shorter than the tube.
    """
    if total_frames < span:
        return np.zeros(num_clips, dtype=np.int64)
    interval = (total_frames - span + 1) / num_clips
    return (np.arange(num_clips) * interval + interval * phase).astype(np.int64)


def expand_tubes(offsets: np.ndarray, clip_len: int, frame_interval: int, total_frames: int, out_of_bound_opt: str = "loop") -> np.ndarray:
    """Return all frame indices of the tubes that start at ``offsets``, int64 (len(offsets) * clip_len,).

    Beyond the video's end ``loop`` starts again at frame 0, ``repeat_last`` repeats the tube's last frame inside the video.
    """
    inds = offsets[:, None] + np.arange(clip_len)[None] * frame_interval
    if out_of_bound_opt == "loop":
        inds = inds % total_frames
    else:
        inside = np.where(inds < total_frames, inds, 0)
        inds = np.where(inds < total_frames, inds, inside.max(axis=1, keepdims=True))
    return inds.reshape(-1)


def sample_segments(
    total_frames: int,
    *,
    clip_len: int = 1,
    frame_interval: int = 4,
    num_clips: int = 8,
    test_mode: bool = False,
    twice_sample: bool = False,
    out_of_bound_opt: str = "loop",
    views: int = 1,
    rng: np.random.RandomState | None = None,
) -> np.ndarray:
    """Return frame indices, int64 (views * num_clips * clip_len,), view after view.

    Args:
        total_frames: F, at least 1.
        clip_len: Frames of a tube.
        frame_interval: Frames from one frame of a tube to the next.
        num_clips: N, segments (for ``clip_len=1`` the frames of the model's clip).
        test_mode: Fixed places instead of draws. View v of V lies at (v + 1/2) / V of every segment; one view: the centre.
        twice_sample: Testing with two views, at the centre and at the beginning of every segment. As published, a video shorter
            than a tube gives one view only.
        out_of_bound_opt: ``loop`` or ``repeat_last``, see ``expand_tubes``.
        views: V. Without ``test_mode`` the views are independent draws, one after the other from ``rng``.
        rng: Needed without ``test_mode``.
    """
    if total_frames < 1:
        raise ValueError(f"total_frames={total_frames}; a video has at least one frame")
    span = clip_len * frame_interval
    if not test_mode:
        if rng is None:
            raise ValueError("random sampling (test_mode=False) needs rng")
        offsets = [draw_offsets(total_frames, num_clips, span, rng) for _ in range(views)]
    else:
        phases = [(view + 0.5) / views for view in range(views)]
        if twice_sample:
            phases = [0.5, 0.0] if total_frames >= span else [0.5]
        offsets = [fixed_offsets(total_frames, num_clips, span, phase) for phase in phases]
    return expand_tubes(np.concatenate(offsets), clip_len, frame_interval, total_frames, out_of_bound_opt)


@TRANSFORMS.register_module()
class SampleFrames:
    """Choose the frames of a video.

    Reads ``total_frames`` and ``rng``; sets ``frame_inds`` int64 (views * num_clips * clip_len,), ``clip_len``, ``num_clips`` (over
    all views) and ``frame_interval``. The rules are those of ``sample_segments``; a video too short for ``twice_sample`` shows its
    one view twice, so every sample has the same shape.

    Args:
        random_views: Test as the DVFL-Net release does: every view is an independent draw of the *training* rule with
            ``frame_interval=1``, whatever ``frame_interval`` says. Default: fixed views.

    Raises:
        ConfigError: A number below 1, an unknown ``out_of_bound_opt``, ``twice_sample`` without ``test_mode`` or together with
            ``views``, ``random_views`` without ``test_mode``.
    """

    def __init__(
        self,
        clip_len: int = 1,
        frame_interval: int = 4,
        num_clips: int = 8,
        test_mode: bool = False,
        twice_sample: bool = False,
        out_of_bound_opt: str = "loop",
        views: int = 1,
        random_views: bool = False,
    ) -> None:
        for name, value in (("clip_len", clip_len), ("frame_interval", frame_interval), ("num_clips", num_clips), ("views", views)):
            if value < 1:
                raise ConfigError(f"SampleFrames.{name}={value}; accepted: an integer of at least 1")
        if out_of_bound_opt not in OUT_OF_BOUND:
            raise ConfigError(f"SampleFrames.out_of_bound_opt={out_of_bound_opt!r}; accepted: {', '.join(OUT_OF_BOUND)}")
        if twice_sample and (not test_mode or views > 1 or random_views):
            raise ConfigError("SampleFrames.twice_sample=True; accepted only with test_mode=True, views=1, random_views=False")
        if random_views and not test_mode:
            raise ConfigError("SampleFrames.random_views=True is a way of testing; accepted only with test_mode=True")
        self.clip_len = clip_len
        self.frame_interval = 1 if random_views else frame_interval
        self.num_clips = num_clips
        self.test_mode = test_mode and not random_views
        self.twice_sample = twice_sample
        self.out_of_bound_opt = out_of_bound_opt
        self.views = views

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add the indices to ``results``."""
        inds = sample_segments(
            results["total_frames"],
            clip_len=self.clip_len,
            frame_interval=self.frame_interval,
            num_clips=self.num_clips,
            test_mode=self.test_mode,
            twice_sample=self.twice_sample,
            out_of_bound_opt=self.out_of_bound_opt,
            views=self.views,
            rng=results.get("rng"),
        )
        wanted = self.num_clips * self.clip_len * (2 if self.twice_sample else self.views)
        results["frame_inds"] = np.resize(inds, wanted)
        results["clip_len"] = self.clip_len
        results["num_clips"] = wanted // self.clip_len
        results["frame_interval"] = self.frame_interval
        return results

    def __repr__(self) -> str:
        return (
            f"SampleFrames(clip_len={self.clip_len}, frame_interval={self.frame_interval}, num_clips={self.num_clips}, "
            f"views={self.views}, test_mode={self.test_mode})"
        )
