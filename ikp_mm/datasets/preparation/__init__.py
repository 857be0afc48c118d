"""Ready clips from videos and frame folders: ``tools/prepare_videos.py`` (docs/prepare.md)."""
from .croppers import CROPPERS
from .prepare import PrepareSettings, finished_report, prepare_video
from .reading import FrameFolder, UnreadableVideoError, VideoFile, find_sources
from .run import prepare_all

__all__ = ['CROPPERS', 'FrameFolder', 'PrepareSettings', 'UnreadableVideoError', 'VideoFile',
           'find_sources', 'finished_report', 'prepare_all', 'prepare_video']
