"""Trained models at work: keypoints of images, folders, videos and webcams."""
from .arguments import add_source_arguments, from_arguments
from .checkpoints import Checkpoint, Detector, build_detector, read_checkpoint
from .prediction_run import FramePrediction, SourcePredictions, predict_source
from .predictor import Keypoints, Predictor, load_predictor
from .sources import SourceArguments, open_sources
from .tracking import square_of_frame, track_figure

__all__ = ['Checkpoint', 'Detector', 'FramePrediction', 'Keypoints', 'Predictor',
           'SourceArguments', 'SourcePredictions', 'add_source_arguments', 'build_detector',
           'from_arguments', 'load_predictor', 'open_sources', 'predict_source',
           'read_checkpoint', 'square_of_frame', 'track_figure']
