# Lorenz et al. 2019 on the synthetic people: 16 unnamed points, single frames, no prior.
_base_ = [
    '_base_/single_stage_runtime.py', '_base_/lorenz2019.py', '_base_/unnamed_people.py']
