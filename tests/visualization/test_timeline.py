import numpy as np
import pytest

from mmxkd.visualization.timeline import draw_timeline


def test_bars_lie_where_the_windows_do():
    rows = [("where?", [(2.5, 5.0, 0.5), (7.5, 10.0, 0.25)]), ("who?", [])]
    page = draw_timeline(10.0, rows, [np.full((20, 30, 3), 7, np.uint8)] * 4, truth=[[(0.0, 1.0)], []], width=400)
    assert page.shape[1] == 400
    assert (page[10, :396] == 7).all()
    blue = (page == (31, 119, 180)).all(axis=2)
    columns = np.flatnonzero(blue.any(axis=0))
    assert abs(columns.min() - 100) <= 1
    assert abs(columns.max() - 200) <= 1
    assert draw_timeline(10.0, rows).shape[1] == 960
    for wrong in (dict(duration=0.0, rows=rows), dict(duration=1.0, rows=rows, truth=[[]])):
        with pytest.raises(ValueError, match="rows of true windows"):
            draw_timeline(**wrong)
