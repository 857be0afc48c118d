# The first 400 iterations of configs/ikp_synthetic.py, validated every 20.
_base_ = ['../../configs/ikp_synthetic.py']
train_cfg = dict(pretrain_iters=400, max_iters=400, val_interval=20, val_begin=20)
default_hooks = dict(logger=dict(interval=20))
log_processor = dict(window_size=20)
