# The synthetic default, tested on people who face any way (azimuth -180 to 180 degrees):
# tools/test.py configs/ikp_synthetic_full_turn.py work_dirs/demo/last_checkpoint
_base_ = ['ikp_synthetic.py']
test_dataloader = dict(dataset=dict(azimuth_deg=(-180.0, 180.0)))
