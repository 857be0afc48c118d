"""Metrics registered in ``mmpose.registry.METRICS``: they accumulate, ``functional`` computes."""
from .keypoint_distance_metric import KeypointDistanceMetric
from .label_free_score import LabelFreeScore

__all__ = ['KeypointDistanceMetric', 'LabelFreeScore']
