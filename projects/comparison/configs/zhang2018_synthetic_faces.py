# Zhang et al. 2018 on the synthetic faces: 30 unnamed points, single frames, no prior.
_base_ = [
    '_base_/single_stage_runtime.py', '_base_/zhang2018.py', '_base_/unnamed_faces.py']
num_points = 30
model = dict(head=dict(num_points=num_points), image_decoder=dict(num_points=num_points))
