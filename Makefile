# Two commands for everybody: `make grade` and `make test` set up what they need, into .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
GRADES ?= grades
SEEDS  ?= 50
REACHED = --unit u01 --unit u05 --unit u08  # as far as the example class has come
KILLS  ?= 200
FUZZ   ?= 300
FRAMES ?= 1000000
SEED   ?= 1

# Every install goes through constraints.txt, those of isolated builds too.
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: notebooks mutants grade test lint quick verify seeds bench kill-proof stubs clean fuzz-uploads fuzz attacks

grade: $(VENV)/.instructor  ## grade the example class
	$(BIN)/kata grade examples/class --out $(GRADES) $(REACHED)

test: $(VENV)/.dev lint quick  ## run every check and every test; `make verify` runs the rest of the course's answers
	$(BIN)/python -m pytest -p xdist -n auto

lint: $(VENV)/.dev  ## style, types, and the one way of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

quick: $(VENV)/.dev  ## prove the course with a part of its answers, and the tiny one that the tests use with all
	$(BIN)/kata verify --quick
	$(BIN)/kata verify --course tests/tiny_course/course.yml

verify: $(VENV)/.dev  ## prove that the course is sound, with every answer of its bank; takes ten minutes
	$(BIN)/kata verify

seeds: $(VENV)/.dev  ## prove that solutions and right answers pass under 50 course seeds; takes minutes
	$(BIN)/kata verify --seeds $(SEEDS)

notebooks: $(VENV)/.dev  ## run the notebook of every unit in a kernel, with the solutions; takes minutes
	$(BIN)/python tests/nbgrader_course/prove.py

attacks: $(VENV)/.dev  ## every attack, on every rung of this machine, as root and as a normal user; takes minutes
	$(BIN)/python tests/attacks/prove.py

mutants: $(VENV)/.dev  ## change the solutions in every small way: a hidden test notices each; takes many minutes
	$(BIN)/python -m pip install --quiet --editable ".[mutation]"
	$(BIN)/python tests/mutation/prove.py

stubs: $(VENV)/.dev  ## write the generated files anew
	$(BIN)/kata stubs

fuzz-uploads: $(VENV)/.dev  ## hand in random archives for minutes: each is read or refused in a line
	$(BIN)/python tests/collect/fuzz.py $(FUZZ)

fuzz: $(VENV)/.dev  ## a million malformed frames against the grader's end of the wire; takes minutes
	$(BIN)/python tests/remote/fuzz_wire.py --frames $(FRAMES) --seed $(SEED)

bench: $(VENV)/.dev  ## speed, as ratios side by side
	$(BIN)/python bench/grading.py
	$(BIN)/python bench/gradebook.py

kill-proof: $(VENV)/.dev  ## kill the grader at random moments and compare what the next run writes; takes minutes
	$(BIN)/python bench/kill.py $(KILLS)

clean:
	rm -rf $(VENV) $(GRADES) build dist *.egg-info

$(VENV)/.instructor: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable ".[instructor]"
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@ $(VENV)/.instructor
