# 50 of the 34,024 poses of projects/weizmann (README.md).
_base_ = ['../weizmann/ikp_weizmann.py']
prior = dict(poses='data/weizmann/prior_50.npz')
train_dataloader = dict(dataset=dict(prior=prior))
train_cfg = dict(prior_dataloader=dict(dataset=prior))
val_cfg = dict(
    pairs_dataloader=dict(dataset=dict(prior=prior)), pairs_evaluator=dict(prior=prior))
val_evaluator = test_evaluator = dict(prior=prior)
del prior
