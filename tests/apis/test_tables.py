import pytest

from mmxkd.apis.tables import draw_table, format_markdown, format_table, paired_difference, summarize


def row(*values):
    return {"top1": summarize(values), "params": 163_386, "gmacs": 0.0056, "ms_per_clip": 4.2, "sees": "some clips"}


def test_summaries_and_paired_differences():
    assert summarize([0.5, 0.7]) == {"mean": 0.6, "std": pytest.approx(0.14142), "per_seed": [0.5, 0.7]}
    assert summarize([0.5])["std"] == 0.0
    difference = paired_difference(row(0.9, 0.8), row(0.5, 0.7), "top1")
    assert difference["per_seed"] == [0.4, 0.1]
    assert difference["mean"] == 0.25
    with pytest.raises(ValueError, match="zip"):
        paired_difference(row(0.9, 0.8), row(0.5), "top1")


def test_tables_show_what_was_measured(tmp_path):
    rows = {"student": row(0.5, 0.7), "distilled": row(0.9, 0.8)}
    text = format_table(rows, "top1")
    assert "60.0 +- 14.1" in text
    assert "90.0 80.0" in text
    markdown = format_markdown(rows, {"distilled": paired_difference(rows["distilled"], rows["student"], "top1")}, "top1")
    assert markdown.splitlines()[-1] == "| distilled | 85.0 ± 7.1 | 90.0 80.0 | +25.0 ± 21.2 |"
    draw_table(rows, "top1", "title", tmp_path / "table.png")
    assert (tmp_path / "table.png").stat().st_size > 5000
