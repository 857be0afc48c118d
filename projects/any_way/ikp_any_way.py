# Synthetic people who face any way, in clips and prior (projects/any_way/README.md).
_base_ = ['../../configs/ikp_synthetic.py']
azimuth_deg = (-180, 180)
prior = dict(_base_.prior, poses=dict(_base_.prior.poses, azimuth_deg=azimuth_deg))
facing = dict(azimuth_deg=azimuth_deg)
train_dataloader = dict(dataset=dict(clips=facing))
train_cfg = dict(prior_dataloader=dict(dataset=prior))
val_pairs = dict(_base_.val_pairs, prior=prior, clips=dict(_base_.val_pairs.clips, **facing))
custom_hooks = [
    dict(type='KeypointEMAHook', momentum=0.05),
    dict(type='PredictionSheetHook', pairs=val_pairs),
]
val_dataloader = dict(dataset=facing)
test_dataloader = dict(dataset=facing)
val_evaluator = test_evaluator = [dict(type='KeypointDistanceMetric', prior=prior)]
val_cfg = dict(
    pairs_dataloader=dict(dataset=val_pairs), pairs_evaluator=dict(prior=prior))
