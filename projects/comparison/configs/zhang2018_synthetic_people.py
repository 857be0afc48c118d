# Zhang et al. 2018 on the synthetic people: 16 unnamed points, single frames, no prior.
_base_ = [
    '_base_/single_stage_runtime.py', '_base_/zhang2018.py', '_base_/unnamed_people.py']
