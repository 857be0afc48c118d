from .keypoint_ema import KeypointEMAHook
from .prediction_sheet import PredictionSheetHook
from .stage_timer import StageTimerHook
from .training_state import PlainCheckpointHook, TrainingStateHook

__all__ = ['KeypointEMAHook', 'PlainCheckpointHook', 'PredictionSheetHook', 'StageTimerHook',
           'TrainingStateHook']
