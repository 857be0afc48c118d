"""A KeypointGAN of 16 px images and 8 px skeletons that steps in milliseconds."""
import torch
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmpose.registry import MODELS

TINY_STOCK = dict(
    type='TopdownPoseEstimator',
    data_preprocessor=dict(type='PoseDataPreprocessor', mean=[100, 110, 120], std=[50, 60, 70],
                           bgr_to_rgb=True),
    backbone=dict(type='SkeletonUNet', image_size=16, skeleton_size=8, base_channels=4,
                  num_levels=3),
    head=dict(type='SkeletonHead', skeleton='mouse4', skeleton_size=8, heatmap_size=4,
              base_channels=4, decoder=dict(type='RegressionLabel', input_size=(16, 16))))
TINY_GAN = dict(
    TINY_STOCK, type='KeypointGAN',
    generator=dict(type='ConditionalImageGenerator', image_size=16, skeleton_size=8,
                   feature_size=4, base_channels=4),
    discriminator=dict(type='MultiScalePatchDiscriminator', skeleton_size=8, base_channels=4,
                       scales=(1, ), num_strided=1),
    loss_reconstruction=dict(type='PerceptualLoss', features='random', channels=(4, 4)))

# Keys that a step of stage two logs.
GAN_LOG = {'loss_gan', 'loss_reconstruction', 'agreement', 'loss_d', 'd_real', 'd_fake',
           'loss_prior', 'loss_rerender'}


def build(**options):
    """The model, with options of KeypointGAN replaced."""
    return MODELS.build({**TINY_GAN, **options})


def pairs(num: int = 3) -> dict:
    """A collated batch of random frame pairs, as FramePairDataset lays it out."""
    def frames():
        return torch.randint(0, 256, (num, 3, 16, 16), dtype=torch.uint8)
    return dict(image=frames(), target=frames(), appearance=frames(),
                weight=torch.rand(num, 1, 16, 16), draw=torch.arange(num))


def optimizers(model, lr=1e-2):
    """The three optimizers of a KeypointGAN."""
    def wrap(*modules):
        parameters = [p for m in modules for p in m.parameters()]
        return OptimWrapper(torch.optim.Adam(parameters, lr=lr))
    return OptimWrapperDict(translator=wrap(model.backbone, model.generator),
                            discriminator=wrap(model.discriminator), head=wrap(model.head))


def prior(num=3):
    """A collated batch of random poses; the first lacks its last joint."""
    visible = torch.ones(num, 4, dtype=torch.bool)
    visible[0, 3] = False
    return dict(keypoints=torch.rand(num, 4, 2) * 1.6 - 0.8, visible=visible,
                draw=torch.arange(num))


def batch(stage):
    """What the training loop hands to train_step."""
    return dict(stage=stage, prior=prior(), **(dict(pairs=pairs()) if stage == 'gan' else {}))


def with_scenes(data):
    """A batch with what FramePairDataset gives for figures and heading."""
    num = len(data['prior']['keypoints'])
    data['pairs'] = dict(
        data.get('pairs') or pairs(num), motion=torch.full((num, 2), 0.05),
        scene=torch.randint(0, 256, (num, 3, 16, 16), dtype=torch.uint8),
        colours=torch.randint(0, 256, (num, 8, 3), dtype=torch.uint8))
    return data
