"""Metrics registered in ``mmpose.registry.METRICS``: they accumulate, ``functional`` computes."""
from .failure_prediction_metric import FailurePredictionMetric
from .keypoint_distance_metric import KeypointDistanceMetric
from .label_free_score import LabelFreeScore

__all__ = ['FailurePredictionMetric', 'KeypointDistanceMetric', 'LabelFreeScore']
