# make demo   train, test and draw the synthetic default (no set-up needed before)
# make test   the test suite (no set-up needed before)
# make test-all   with the slow tests
# make bench  speed, beside what it is compared to, with extras: work_dirs/bench (run it alone)
# make reliability  kills, full disks, spoilt files, long runs: docs/reliability.md
# make setup  only the virtual environment, in .venv
# make extras the same with what reads and writes other formats: requirements/extras*.txt
# MMCV=full   any of these in .venv-full, with the compiled mmcv instead of mmcv-lite
MMCV ?= lite
ifeq ($(MMCV),full)
VENV := .venv-full
else ifeq ($(MMCV),lite)
VENV := .venv
else
$(error MMCV is lite (the default) or full, not "$(MMCV)")
endif
PYTHON ?= python3
RUN := $(VENV)/bin/python
DEMO := work_dirs/demo
SETUP := PYTHON=$(PYTHON) VENV=$(VENV) MMCV=$(MMCV) bash tools/setup_env.sh

.PHONY: setup extras demo test test-all bench reliability clean

setup:
	@$(SETUP)

extras:
	@EXTRAS=1 $(SETUP)

# Interrupted, `make demo` goes on where it stopped; `rm -r work_dirs/demo` starts over.
demo: setup
	$(RUN) tools/train.py configs/ikp_synthetic.py --work-dir $(DEMO) --resume
	$(RUN) tools/test.py configs/ikp_synthetic.py $(DEMO)/last_checkpoint --work-dir $(DEMO) \
		--show-dir $(DEMO) --out $(DEMO)/metrics.json
	$(RUN) tools/report.py $(DEMO)

# Two processes of one thread each, the tests of a file in one of them.
PYTEST := OMP_NUM_THREADS=1 $(RUN) -m pytest -n 2 --dist loadfile

test: extras
	$(PYTEST)

test-all: extras
	$(PYTEST) -m "slow or not slow"

# Two threads a process on two cores.
bench: extras
	OMP_NUM_THREADS=2 $(RUN) -m benchmarks

# One thread a process: two run at a time.
reliability: extras
	OMP_NUM_THREADS=1 $(RUN) -W ignore tests/reliability

clean:
	rm -rf work_dirs .pytest_cache
