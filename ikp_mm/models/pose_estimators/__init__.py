from .imm import IMM
from .keypoint_gan import KeypointGAN
from .unnamed_points import UnnamedPointEstimator
from .zhang2018 import Zhang2018

__all__ = ['IMM', 'KeypointGAN', 'UnnamedPointEstimator', 'Zhang2018']
