from .gan_loss import GANLoss
from .head_losses import PriorCoordinateLoss, RerenderLoss
from .perceptual_loss import PerceptualLoss

__all__ = ['GANLoss', 'PerceptualLoss', 'PriorCoordinateLoss', 'RerenderLoss']
