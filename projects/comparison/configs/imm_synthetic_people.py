# Jakab & Gupta et al. 2018 (IMM) on the synthetic people: 30 unnamed points, no prior.
_base_ = [
    '_base_/single_stage_runtime.py', '_base_/imm.py', '_base_/unnamed_people.py']
