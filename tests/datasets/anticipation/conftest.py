"""A made-up annotation in RULSTM's layout."""

import pytest

ACTIONS = """id,action,verb,noun
0, take_pan,0,1
1, wash_board:chopping:wood,1,2
2, turn-on_tap,2,3
3, put_plate:small,3,4
"""
# uid, video, frames, verb, noun, action; not in the order of time.
TRAINING = """00007, P01, 0000000600, 0000000660, 001, 002, 0001
00003, P01, 0000000120, 0000000180, 000, 001, 0000
00004, P01, 0000000240, 0000000700, 000, 001, 0000
00009, P02, 0000000030, 0000000090, 003, 004, 0003
00011, P02, 0000000300, 0000000330, 002, 003, 0002
"""
VALIDATION = """00005, P01, 0000000450, 0000000480, 002, 003, 0002
00020, P03, 0000000090, 0000000120, 002, 003, 0002
"""


@pytest.fixture
def rulstm(tmp_path):
    """Folder with training.csv, validation.csv and actions.csv."""
    folder = tmp_path / "annotations"
    folder.mkdir()
    for name, text in (("actions", ACTIONS), ("training", TRAINING), ("validation", VALIDATION)):
        (folder / f"{name}.csv").write_text(text)
    return folder
