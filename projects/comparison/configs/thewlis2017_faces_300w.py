# Thewlis et al. 2017 on the clips of projects/faces_300w: 30 unnamed points, single frames, no prior.
_base_ = [
    '_base_/single_stage_runtime.py', '_base_/thewlis2017.py', '_base_/unnamed_faces.py']
