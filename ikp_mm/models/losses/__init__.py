from .gan_loss import GANLoss
from .head_losses import PriorCoordinateLoss, RerenderLoss
from .perceptual_loss import PerceptualLoss
from .point_losses import ConcentrationLoss, PointEquivarianceLoss, SeparationLoss

__all__ = [
    'ConcentrationLoss', 'GANLoss', 'PerceptualLoss', 'PointEquivarianceLoss',
    'PriorCoordinateLoss', 'RerenderLoss', 'SeparationLoss'
]
