"""Metrics; importing this package registers them."""

from mmxkd.evaluation.recognition import RecognitionMetric, mean_class_accuracy, topk_accuracy

__all__ = ["RecognitionMetric", "mean_class_accuracy", "topk_accuracy"]
