"""Data of action anticipation: annotation tables, histories for text teachers, observations for video students."""

from mmxkd.datasets.anticipation.epic import EgteaTable, Epic55Table, Epic100Table, RulstmTable
from mmxkd.datasets.anticipation.framewise import BreakfastTable, FiftySaladsTable
from mmxkd.datasets.anticipation.histories import HistoryBuilder, HistoryRecord, build_histories
from mmxkd.datasets.anticipation.history_dataset import ActionHistoryDataset, HistoryTextDataset
from mmxkd.datasets.anticipation.own import CsvTable
from mmxkd.datasets.anticipation.segments import ActionVocabulary, Segment, SegmentTable
from mmxkd.datasets.anticipation.sources import TableSource, build_table
from mmxkd.datasets.anticipation.video_dataset import AnticipationVideoDataset

__all__ = [
    "ActionHistoryDataset",
    "ActionVocabulary",
    "AnticipationVideoDataset",
    "BreakfastTable",
    "CsvTable",
    "EgteaTable",
    "Epic100Table",
    "Epic55Table",
    "FiftySaladsTable",
    "HistoryBuilder",
    "HistoryRecord",
    "HistoryTextDataset",
    "RulstmTable",
    "Segment",
    "SegmentTable",
    "TableSource",
    "build_histories",
    "build_table",
]
