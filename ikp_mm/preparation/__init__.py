"""Ready clips from videos and frame folders: ``tools/prepare_videos.py`` (docs/your_videos.md)."""
from ikp_mm.io.frame_sources import FrameFolder, UnreadableVideoError, VideoFile, find_sources

from .croppers import CROPPERS, CropError, Cropper
from .prepare import finished_report, prepare_all, prepare_video
from .settings import PrepareSettings

__all__ = ['CROPPERS', 'CropError', 'Cropper', 'FrameFolder', 'PrepareSettings',
           'UnreadableVideoError', 'VideoFile', 'find_sources', 'finished_report', 'prepare_all',
           'prepare_video']
