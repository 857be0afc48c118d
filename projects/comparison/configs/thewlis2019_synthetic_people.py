# Thewlis et al. 2019 (DVE) on the synthetic people: 30 unnamed points, single frames, no prior.
_base_ = [
    '_base_/single_stage_runtime.py', '_base_/thewlis2019.py', '_base_/unnamed_people.py']
