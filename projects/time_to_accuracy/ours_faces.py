# The first 800 iterations of projects/faces_300w/ikp_faces_300w.py, validated every 50.
_base_ = ['../faces_300w/ikp_faces_300w.py']
train_cfg = dict(pretrain_iters=800, max_iters=800, val_interval=50, val_begin=50)
default_hooks = dict(logger=dict(interval=25))
log_processor = dict(window_size=25)
