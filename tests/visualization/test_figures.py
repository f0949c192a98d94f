import numpy as np
import pytest
from PIL import Image

from mmxkd.visualization.figures import draw_grid, enlarge, write_gif, write_png

RED, BLUE = (np.full((20, 30, 3), colour, np.uint8) for colour in ((255, 0, 0), (0, 0, 255)))


def has_colour(picture, colour):
    return bool((picture == colour).all(-1).any())


def test_small_pictures_grow_and_large_ones_stay():
    assert enlarge(RED, 40).shape == (40, 60, 3)
    assert enlarge(np.zeros((200, 300), np.float32), 40).shape == (200, 300)


def test_grid_places_cells_under_their_labels():
    page = draw_grid([[RED, BLUE], [BLUE, RED]], ["input", "layer 1"], ["frame 0", "frame 7"], "title")
    red = np.argwhere((page == (255, 0, 0)).all(-1))
    assert len(red) == 2 * 20 * 30
    top, bottom = red[red[:, 0] < red[:, 0].mean()], red[red[:, 0] > red[:, 0].mean()]
    assert bottom[:, 1].min() - top[:, 1].min() == 36
    assert bottom[:, 0].min() - top[:, 0].min() == 26
    labels = page[: top[:, 0].min()]
    assert (labels < 128).any()  # there is ink above the cells
    assert (page[:, : top[:, 1].min()] < 128).any()  # and left of them


def test_wrong_numbers_are_refused():
    with pytest.raises(ValueError, match="1 row and 1 column labels"):
        draw_grid([[RED, BLUE]], ["input"], ["frame 0"])
    with pytest.raises(ValueError, match="pictures"):
        draw_grid([[RED, BLUE[:10]]], ["input", "layer 1"], ["frame 0"])


def test_files_hold_what_was_drawn(tmp_path):
    write_png(tmp_path / "new/strip.png", BLUE)
    assert (np.asarray(Image.open(tmp_path / "new/strip.png")) == BLUE).all()
    write_gif(tmp_path / "new/strip.gif", [RED, BLUE, RED], fps=2)
    with Image.open(tmp_path / "new/strip.gif") as animation:
        assert (animation.n_frames, animation.info["duration"]) == (3, 500)
        animation.seek(1)
        assert has_colour(np.asarray(animation.convert("RGB")), (0, 0, 255))
