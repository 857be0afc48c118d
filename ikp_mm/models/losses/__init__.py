from .gan_loss import GANLoss
from .perceptual_loss import PerceptualLoss
from .prior_coordinate_loss import PriorCoordinateLoss

__all__ = ['GANLoss', 'PerceptualLoss', 'PriorCoordinateLoss']
