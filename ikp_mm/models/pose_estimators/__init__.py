from .keypoint_gan import KeypointGAN

__all__ = ['KeypointGAN']
