"""Colour changes against their definitions in floating point."""

import colorsys

import numpy as np
import pytest

from mmxkd.datasets.transforms.color import ColorJitter, Jitter, RandomGrayscale, apply_jitter, draw_jitter, scale_around_mean, shift_hue
from mmxkd.errors import ConfigError

NEUTRAL = Jitter((0, 1, 2), 1.0, 1.0, 1.0, 0.0)


@pytest.fixture
def image():
    return np.random.RandomState(0).randint(0, 256, size=(17, 13, 3)).astype(np.uint8)


def expect(actual, wanted, tolerance=1):
    assert actual.dtype == np.uint8
    assert np.abs(actual.astype(float) - np.clip(wanted, 0, 255)).max() <= tolerance


def grey_of(image):
    return image @ np.array([0.299, 0.587, 0.114])


def test_brightness(image):
    expect(apply_jitter(image[None], NEUTRAL._replace(order=(0,), brightness=1.4))[0], image * 1.4)


def test_contrast_moves_away_from_the_mean_grey(image):
    expect(scale_around_mean(image[None], 0.6)[0], image * 0.6 + 0.4 * grey_of(image).mean())
    expect(scale_around_mean(image[None], 1.4)[0], image * 1.4 - 0.4 * grey_of(image).mean())


def test_saturation_moves_away_from_the_pixels_grey(image):
    expect(apply_jitter(image[None], NEUTRAL._replace(order=(2,), saturation=0.8))[0], image * 0.8 + 0.2 * grey_of(image)[..., None])


def test_hue_turns_primary_colours_into_each_other():
    red = np.zeros((1, 1, 1, 3), dtype=np.uint8)
    red[..., 0] = 255
    assert shift_hue(red, 1 / 3).tolist() == [[[[0, 255, 0]]]]
    assert shift_hue(red, -1 / 3).tolist() == [[[[0, 0, 255]]]]


@pytest.mark.parametrize("turns", [0.0, 0.1, -0.07, 0.5])
def test_hue_matches_the_colour_circle(image, turns):
    wanted = np.empty(image.shape)
    for place in np.ndindex(image.shape[:2]):
        hue, saturation, value = colorsys.rgb_to_hsv(*(image[place] / 255))
        wanted[place] = np.array(colorsys.hsv_to_rgb((hue + turns) % 1, saturation, value)) * 255
    # Hue is rounded to half a step when it is read and again when it is shifted; a step of 1/256 turn is 6 levels.
    shifted = shift_hue(image[None], turns)[0]
    expect(shifted, wanted, tolerance=7)
    assert abs((shifted - wanted).mean()) < 0.5


def test_changes_saturate_one_after_the_other():
    white = np.full((1, 2, 2, 3), 200, dtype=np.uint8)
    assert (apply_jitter(white, Jitter((0, 1), 1.4, 0.5, 1.0, 0.0)) == 255).all()


def test_neutral_draw_changes_nothing(image):
    expect(apply_jitter(image[None], NEUTRAL)[0], image, tolerance=0)


def test_a_clip_changes_as_its_frames_do(image):
    clip = np.stack([image, image // 2, image[::-1]])
    for seed in range(24):
        jitter = draw_jitter(np.random.RandomState(seed), 0.4, 0.4, 0.2, 0.1)
        changed = apply_jitter(clip, jitter)
        assert all(np.array_equal(changed[t : t + 1], apply_jitter(clip[t : t + 1], jitter)) for t in range(3))


def test_draws_cover_their_ranges_and_all_orders():
    rng = np.random.RandomState(0)
    draws = [draw_jitter(rng, 0.4, 1.5, 0.2, 0.1) for _ in range(500)]
    for name, low, high in (("brightness", 0.6, 1.4), ("contrast", 0.0, 2.5), ("saturation", 0.8, 1.2), ("hue", -0.1, 0.1)):
        values = [getattr(draw, name) for draw in draws]
        span = high - low
        assert low <= min(values) < low + 0.05 * span
        assert high - 0.05 * span < max(values) <= high
    assert len({draw.order for draw in draws}) == 24


def test_frames_flicker_unless_consistent(image):
    clip = [image] * 3
    per_frame = ColorJitter(prob=1.0)({"imgs": clip, "rng": np.random.RandomState(0)})["imgs"]
    assert not np.array_equal(per_frame[0], per_frame[1])
    one_draw = ColorJitter(prob=1.0, consistent=True)({"imgs": clip, "rng": np.random.RandomState(0)})["imgs"]
    assert np.array_equal(one_draw[0], one_draw[2])
    assert np.array_equal(one_draw[0], per_frame[0])


def test_same_generator_same_colours(image):
    first, second = (ColorJitter(prob=1.0)({"imgs": [image], "rng": np.random.RandomState(7)})["imgs"][0] for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize(("transform", "share"), [(ColorJitter(prob=0.8), 0.8), (RandomGrayscale(prob=0.2), 0.2)])
def test_probability(transform, share):
    rng = np.random.RandomState(0)
    image = np.array([[[250, 10, 90]]], dtype=np.uint8)
    changed = sum(transform({"imgs": [image], "rng": rng})["imgs"][0] is not image for _ in range(1000))
    assert abs(changed / 1000 - share) < 0.04


def test_grayscale_takes_the_whole_clip(image):
    clip = RandomGrayscale(prob=1.0)({"imgs": [image, image[::-1]], "rng": np.random.RandomState(0)})["imgs"]
    for frame, source in zip(clip, (image, image[::-1]), strict=True):
        expect(frame, np.repeat(grey_of(source)[..., None], 3, axis=2))
        assert (frame[..., 0] == frame[..., 2]).all()


def test_crops_that_are_views_are_not_written_to(image):
    before = image.copy()
    ColorJitter(prob=1.0)({"imgs": [image[2:9, 3:8]], "rng": np.random.RandomState(0)})
    assert np.array_equal(image, before)


@pytest.mark.parametrize("kwargs", [{"prob": 1.2}, {"hue": 0.6}, {"contrast": -0.1}])
def test_refused_values(kwargs):
    with pytest.raises(ConfigError, match="ColorJitter"):
        ColorJitter(**kwargs)
