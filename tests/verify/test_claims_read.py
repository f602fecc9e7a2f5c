"""Each claim that needs no run is broken once on purpose, in a course that is sound otherwise."""

import pytest

from grader.errors import UsageError
from grader.examine.seed import Seed

HINTS = "solutions/u01_pair/hints.md"
HIDDEN = "solutions/u01_pair/test_hidden_pair.py"
LESSON = "exercises/u01_pair/README.md"
PUBLIC = "exercises/u01_pair/test_pair.py"
RIGHT = "solutions/u01_pair/right_pair.py"
SOLUTION = "solutions/u01_pair/pair.py"
STUB = "exercises/u01_pair/pair.py"
WRONG = "solutions/u01_pair/wrong_pair.py"


def test_the_sound_course_breaks_nothing(broken):
    assert broken() == []


# -- what each exercise must have


def test_an_exercise_without_minutes(tiny, broken):
    tiny.edit(
        "course.yml", "        needs: [u01.double]\n        minutes: 5\n", "        needs: [u01.double]\n"
    )
    tiny.publish()
    assert broken() == [
        "u01.fourth does not say how many minutes it takes  (course.yml:11)  -> add `minutes: 15`"
    ]


def test_a_symbol_that_the_solution_lacks(tiny, broken):
    tiny.edit("course.yml", "symbols: [fourth]", "symbols: [fourth, fifth]")
    tiny.publish()
    mend = "write it, or take it out of `symbols` in course.yml"
    assert broken() == [f"u01.fourth: the solution does not define fifth  ({SOLUTION}:1)  -> {mend}"]


def test_a_lesson_that_is_missing(tiny, broken):
    tiny.drop(LESSON)
    assert broken() == [f"u01 has no lesson  ({LESSON}:1)  -> write it, and name every exercise in it"]


def test_a_lesson_that_leaves_an_exercise_out(tiny, broken):
    tiny.edit(LESSON, "`fourth`", "`fourths`")
    assert broken() == [f"the lesson does not mention u01.fourth  ({LESSON}:1)  -> write about fourth"]


def test_a_picture_that_is_missing(tiny, broken):
    tiny.edit(LESSON, "(line.svg)", "(lines.svg)")
    assert broken() == [f"the lesson shows lines.svg, which is missing  ({LESSON}:3)  -> kata stubs"]


def test_a_file_that_the_lesson_links_to(tiny, broken):
    tiny.edit(LESSON, "`fourth`", "`fourth`, [then play](play.py), [a heading](#later), [elsewhere](../x.py)")
    line = (tiny.root / LESSON).read_text("utf-8").partition("(play.py)")[0].count("\n") + 1
    fact = "the lesson shows play.py, which is missing"
    assert broken() == [f"{fact}  ({LESSON}:{line})  -> put it there, or do not link to it"]
    tiny.put("exercises/u01_pair/play.py", "\n")
    assert broken() == []


def test_hints_that_are_missing(tiny, broken):
    tiny.drop(HINTS)
    assert f"u01 has no hints  ({HINTS}:1)  -> write three hints for each exercise" in broken()


def test_a_hint_too_few(tiny, broken):
    tiny.edit(HINTS, "3. By two.\n", "")
    fact = f"u01.double has 2 hints, not 3  ({HINTS}:3)  -> write `## id` and under it three items"
    assert broken()[0].startswith(fact)


def test_a_test_without_exercise(tiny, broken):
    tiny.edit(PUBLIC, '@exercise("u01.fourth")\n', "")
    fact = "test_fourth_of_three does not say plainly which exercise it tests"
    assert broken()[0] == f'{fact}  ({PUBLIC}:10)  -> put @exercise("u01.name") above it'


def test_a_test_of_another_unit(tiny, broken):
    tiny.edit(HIDDEN, '@exercise("u01.double", weight=2)', '@exercise("u02.double", weight=2)')
    fact = "test_hidden_double_of_random_numbers belongs to u02.double, which u01 does not have"
    assert broken()[0] == f'{fact}  ({HIDDEN}:5)  -> put @exercise("u01.name") above it'


@pytest.mark.parametrize(
    ("file", "id", "fact"),
    [
        (PUBLIC, '@exercise("u01.fourth")\n', "u01.fourth has 0 public tests, not 1 or more"),
        (HIDDEN, '@exercise("u01.double")\n', "u01.double has 1 hidden test, not 2 or more"),
    ],
)
def test_too_few_tests(tiny, broken, file, id, fact):
    other = id.replace("fourth", "twice").replace("double", "fourth").replace("twice", "double")
    tiny.edit(file, id, other)
    assert broken() == [f"{fact}  ({file}:1)  -> write one with {id.strip()}"]


def test_a_test_file_that_is_no_python(tiny, broken):
    tiny.put(HIDDEN, "def test_(:\n")
    assert (
        broken()[0]
        == f"test_hidden_pair.py cannot be read: invalid syntax  ({HIDDEN}:1)  -> write it in Python"
    )


def test_a_test_file_that_is_missing(tiny, broken):
    tiny.drop(PUBLIC)
    assert broken() == [
        f"u01 has no public tests  ({PUBLIC}:1)  -> write it, with 1 or more for each exercise"
    ]


# -- the bank


def test_too_few_wrong_answers(tiny, broken):
    tiny.edit(WRONG, '@wrong("u01.double")\ndef double(x):\n    """Gives x back."""\n    return x\n', "")
    fact = "u01.double has 2 wrong answers, not 3 or more"
    assert broken() == [f'{fact}  ({WRONG}:12)  -> add @wrong("u01.double") answers']


def test_no_right_answers_at_all(tiny, broken):
    tiny.drop(RIGHT)
    assert broken() == [
        f'{id} has 0 right answers, not 2 or more  ({RIGHT}:1)  -> add @right("{id}") answers'
        for id in ("u01.double", "u01.fourth")
    ]


def test_an_answer_that_repeats_another(tiny, broken):
    again = '\n\n@wrong("u01.fourth")\ndef fourth(x):\n    """Adds again."""\n    return np.float64(x + 4)\n'
    tiny.put(WRONG, (tiny.root / WRONG).read_text("utf-8") + again)
    fact = f'u01.fourth: the wrong answer "Adds again." is "Adds four." ({WRONG}:28) again'
    assert broken() == [f"{fact}  ({WRONG}:40)  -> take it out, or make it another one"]


def test_an_answer_that_is_the_reference(tiny, broken):
    tiny.edit(
        WRONG,
        "return np.float64(x + 4)",
        "once = double(x)\n    twice = double(once)\n    return np.float64(twice)",
    )
    assert 'u01.fourth: the wrong answer "Adds four." is the reference again' in broken()[0]


def test_an_answer_to_no_exercise_of_the_unit(tiny, broken):
    tiny.put(WRONG, (tiny.root / WRONG).read_text("utf-8") + '\n\n@wrong("u09.x")\ndef x():\n    pass\n')
    fact = "u09.x is not an exercise of u01"
    assert broken() == [f"{fact}  ({WRONG}:40)  -> correct the answer's id"]


def test_an_answer_to_something_else(tiny, broken):
    tiny.edit(WRONG, 'def fourth(x):\n    """Adds four."""', 'def forth(x):\n    """Adds four."""')
    fact = "forth is not what u01.fourth asks for"
    assert broken() == [f"{fact}  ({WRONG}:28)  -> answer for one of fourth"]


def test_a_bank_that_cannot_be_read(tiny, broken):
    tiny.edit(RIGHT, "import math", "import math math")
    assert broken()[0].startswith(f"cannot be read: invalid syntax  ({RIGHT}:1)  -> ")


# -- the folder that students get


def test_a_stub_that_was_edited(tiny, broken):
    tiny.edit(STUB, '"""Twice x."""', '"""Two times x."""')
    mend = "edit the source in solutions/ or course.yml, then kata stubs"
    assert broken() == [f"pair.py is not what its source gives  ({STUB}:7)  -> {mend}"]


def test_a_stub_with_other_line_ends(tiny, broken):
    stub = tiny.root / STUB
    stub.write_bytes(stub.read_bytes().replace(b"\n", b"\r\n"))
    assert [line for line in broken() if line.startswith("pair.py is not what its source gives")]


def test_a_generated_file_that_is_missing(tiny, broken):
    tiny.drop("exercises/.kata/hints.json")
    fact = "hints.json is generated, and missing"
    assert broken() == [f"{fact}  (exercises/.kata/hints.json:1)  -> kata stubs"]


def test_a_solution_without_markers(tiny, broken):
    tiny.put(SOLUTION, (tiny.root / SOLUTION).read_text("utf-8").replace("    # END SOLUTION\n", ""))
    assert broken()[0].startswith(f"the block of line 8 is still open  ({SOLUTION}:14)  -> write `# BEGIN")


def test_a_unit_without_stub_is_not_run(tiny, pool, broken):
    tiny.drop(STUB)
    fact = "nothing of u01 was run: it has no stub"
    assert broken() == [f"{fact}  ({STUB}:1)  -> kata stubs"]
    assert pool.jobs == []


def test_a_solution_that_is_no_python(tiny, pool, broken):
    tiny.edit(SOLUTION, "import numpy as np", "import numpy as")
    assert broken()[0].startswith(
        f"nothing of u01 was run: its solution cannot be read: invalid syntax  ({SOLUTION}:3)"
    )
    assert pool.jobs == []


def test_a_solution_that_is_missing(tiny, broken):
    tiny.drop(SOLUTION)
    assert [line for line in broken() if f"({SOLUTION}" in line] == [
        f"nothing of u01 was run: it has no solution  ({SOLUTION}:1)  -> write it"
    ]


def test_solution_lines_in_the_lesson(tiny, broken):
    lines = "\n    once = double(x)\n\n      twice = double(once)\n    return np.float64(twice)\n"
    tiny.put(LESSON, (tiny.root / LESSON).read_text("utf-8") + lines)
    fact = f"3 lines of the solution ({SOLUTION}:16) stand in what students get"
    assert broken() == [f"{fact}  ({LESSON}:5)  -> take them out"]


def test_two_solution_lines_are_no_leak(tiny, broken):
    tiny.put(
        LESSON, (tiny.root / LESSON).read_text("utf-8") + "\n    once = double(x)\n    twice = double(once)\n"
    )
    assert broken() == []


def test_solution_lines_in_a_hint(tiny, broken):
    lines = (
        "3. On its own result.\n   once = double(x)\n   twice = double(once)\n   return np.float64(twice)\n"
    )
    tiny.edit(HINTS, "3. On its own result.\n", lines)
    tiny.publish()
    fact = f"3 lines of the solution ({SOLUTION}:16) stand in what students get"
    assert broken() == [f"{fact}  (exercises/.kata/hints.json:1)  -> take them out"]


def test_the_name_of_a_hidden_test_in_the_lesson(tiny, broken):
    tiny.put(LESSON, (tiny.root / LESSON).read_text("utf-8") + "\nSee test_hidden_double_of_zero.\n")
    fact = f"the hidden test test_hidden_double_of_zero ({HIDDEN}:13) is named in what students get"
    assert broken() == [f"{fact}  ({LESSON}:5)  -> rename the hidden test, or take the name out"]


def test_the_seed_in_a_public_test(tiny, broken):
    tiny.put(PUBLIC, (tiny.root / PUBLIC).read_text("utf-8") + "# 0123456789abcdef\n")
    assert broken(seed=Seed("0123456789abcdef")) == [
        f"the secret seed stands in what students get  ({PUBLIC}:14)  -> take it out, then kata seed --force"
    ]
    assert broken(seed=Seed("demo", demo=True)) == []


@pytest.mark.parametrize(
    "name", ["notes.txt", "u01_pair/solution.py", "u01_pair/old/test_pair.py", ".kata/more.json", "test_x.py"]
)
def test_a_file_that_is_not_listed(tiny, broken, name):
    tiny.put(f"exercises/{name}", "\n")
    mend = "delete it, or move it out of exercises/"
    assert broken() == [f"this file is no part of the course  (exercises/{name}:1)  -> {mend}"]


@pytest.mark.parametrize(
    "name",
    [
        "__pycache__/x.pyc",
        "u01_pair/__pycache__/x.pyc",
        ".kata/state.json",
        ".kata/backups/pair.py.1",
        ".pytest_cache/x",
    ],
)
def test_what_tools_leave_behind_is_passed_over(tiny, broken, name):
    tiny.put(f"exercises/{name}", "\n")
    assert broken() == []


def test_a_second_public_test_file_is_listed(tiny, broken):
    tiny.put("exercises/u01_pair/test_more.py", "\n")
    assert broken() == []


def test_a_link_in_the_folder(tiny, broken):
    (tiny.root / "exercises/u01_pair/test_more.py").symlink_to(tiny.root / HIDDEN)
    (tiny.root / "exercises/more").symlink_to(tiny.root / "solutions")
    assert [line.partition("  -> ")[0] for line in broken() if "link" in line] == [
        "a link lies in what students get  (exercises/more:1)",
        "a link lies in what students get  (exercises/u01_pair/test_more.py:1)",
    ]


def test_a_page_that_is_missing(tiny, broken):
    tiny.drop("exercises/README.md")
    fact = "README.md is missing from what students get"
    assert broken() == [f"{fact}  (exercises/README.md:1)  -> write it: how students begin"]


# -- only a part of the course


def test_a_part_is_not_held_to_what_lies_elsewhere(tiny, broken):
    tiny.put("exercises/notes.txt", "\n")
    tiny.edit(LESSON, "`fourth`", "`fourths`")
    assert broken("u01.double") == []
    assert len(broken("u01")) == 2


def test_an_unknown_exercise(broken):
    with pytest.raises(UsageError, match=r"no exercise u01\.doubel"):
        broken("u01.doubel")


def test_a_unit_without_exercises(broken):
    with pytest.raises(UsageError, match="u07 has no exercises yet"):
        broken("u07")
