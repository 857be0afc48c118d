from .finite_training import FiniteTrainingHook
from .keypoint_ema import KeypointEMAHook
from .prediction_sheet import PredictionSheetHook
from .save_on_signal import SaveOnSignalHook
from .stage_timer import StageTimerHook
from .training_state import PlainCheckpointHook, TrainingStateHook

__all__ = ['FiniteTrainingHook', 'KeypointEMAHook', 'PlainCheckpointHook', 'PredictionSheetHook',
           'SaveOnSignalHook', 'StageTimerHook', 'TrainingStateHook']
