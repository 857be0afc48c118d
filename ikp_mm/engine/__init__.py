"""Loops, optimizer constructor and hooks, registered in ``mmpose.registry``."""
from .file_backend import AtomicLocalBackend
from .hooks import (FiniteTrainingHook, KeypointEMAHook, PredictionSheetHook, SaveOnSignalHook,
                    StageTimerHook, TrainingStateHook)
from .log_processor import StageLogProcessor
from .loops import KeypointGANTrainLoop, LabelFreeValLoop
from .optim import NamedOptimWrapperConstructor
from .wrappers import (AllReduceAmpOptimWrapper, AllReduceOptimWrapper,
                       BroadcastModelWrapper)

__all__ = [
    'AllReduceAmpOptimWrapper', 'AllReduceOptimWrapper', 'AtomicLocalBackend',
    'BroadcastModelWrapper', 'FiniteTrainingHook', 'KeypointEMAHook', 'KeypointGANTrainLoop',
    'LabelFreeValLoop', 'NamedOptimWrapperConstructor', 'PredictionSheetHook', 'SaveOnSignalHook',
    'StageLogProcessor', 'StageTimerHook', 'TrainingStateHook'
]
