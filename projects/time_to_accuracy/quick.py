# configs/ikp_synthetic_without_figures.py made to be half right soon, not best in the end: a shorter stage one,
# batches of 8, an average over fewer iterations.
_base_ = ['../../configs/ikp_synthetic_without_figures.py']
train_dataloader = dict(batch_size=8)
train_cfg = dict(pretrain_iters=300, max_iters=440, val_interval=20, val_begin=300)
param_scheduler = dict(
    head=[dict(_base_.param_scheduler['head'][0], milestones=[300]),
          _base_.param_scheduler['head'][1]])
custom_hooks = [dict(type='KeypointEMAHook', momentum=0.1)]
default_hooks = dict(logger=dict(interval=20))
log_processor = dict(window_size=20)
