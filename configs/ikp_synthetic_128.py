# Synthetic people at the reference's sizes and hyper-parameters, for a GPU. No pretrained VGG19
# can be had on the machine this was written on: "reference recipe, random VGG19 features".
_base_ = [
    '_base_/default_runtime.py',
    '_base_/models/keypoint_gan_reference.py',
    '_base_/datasets/synthetic_people_128.py',
    '_base_/schedules/two_stage_reference.py',
]
model = dict(
    head=dict(skeleton='h36m17'),
    loss_reconstruction=dict(features='vgg19_random', checkpoint=None))
train_cfg = dict(prior_dataloader=_base_.prior_dataloader)
custom_hooks = [
    dict(type='KeypointEMAHook', momentum=0.001),
    dict(type='PredictionSheetHook', pairs=_base_.val_pairs),
]
