"""The class in nbgrader's database, read with nbgrader's own gradebook."""

import sys
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from grader.collect.roster import Person
from grader.gradebook import nbstore
from grader.gradebook.session import grade_class

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="grading is for Linux"),
    pytest.mark.skipif(bool(nbstore.missing()), reason="nbgrader is not installed"),
]


@pytest.fixture
def graded(invented, tmp_path):
    """graded(**course): the small class of the tests, some of whom are late; nothing is written but files."""
    made = []

    def grade(students=None, answers=None, **course):
        class_, usual = invented.small_class()
        catalogue = invented.make_catalogue(tmp_path, **course)
        pool = invented.FakePool(catalogue, usual if answers is None else answers)
        made.append(tmp_path / f"out{len(made)}")
        return grade_class(catalogue, students or class_, pool, made[-1], seed=invented.SEED)

    return grade


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'gradebook.db'}"


@pytest.fixture
def opened(url):
    """opened(): nbgrader's own gradebook."""
    nbstore.require(url)  # imports nbgrader in half the time
    from nbgrader.api import Gradebook

    books = []

    def open_it():
        books.append(Gradebook(url, "backprop"))
        return books[-1]

    yield open_it
    for book in books:
        book.close()


def late_total(book, student):
    """What nbgrader's exporter calls the score, over all assignments."""
    submissions = book.student_submissions(student)
    return sum(max(0.0, s.score - s.late_submission_penalty) for s in submissions)


# ------------------------------------------------------------------------------------------- what it holds


def test_the_course_as_nbgrader_sees_it(graded, url, opened, invented):
    stored = nbstore.store(graded(), url)
    assert stored.notes == ()
    book = opened()
    assert [(a.name, a.course_id, a.duedate) for a in book.assignments] == [
        ("u05_value", "backprop", None),
        ("u01_slopes", "backprop", invented.DUE.replace(tzinfo=None)),
    ]
    assert [(a.name, a.max_score, a.max_code_score) for a in book.assignments] == [
        ("u05_value", 6, 6),
        ("u01_slopes", 4, 4),
    ]
    notebook = book.find_notebook("slopes", "u01_slopes")
    assert [(c.name, c.max_score) for c in sorted(notebook.grade_cells, key=lambda c: c.name)] == [
        ("u01-central_difference", 1),
        ("u01-forward_difference", 1),
        ("u01-grad_check", 2),
    ]
    assert len(book.students) == 7


def test_nbgraders_totals_are_ours(graded, url, opened):
    class_ = graded()
    nbstore.store(class_, url)
    book = opened()
    assert {s.id: late_total(book, s.id) for s in class_.students} == pytest.approx(
        {s.id: s.points for s in class_.students}, abs=1e-9
    )
    june = book.find_submission("u01_slopes", "june")
    assert june.late_submission_penalty == pytest.approx(0.2 * june.score, abs=1e-3)
    points = next(s for s in class_.students if s.id == "june").records[1].points
    grade = book.find_grade("u01-central_difference", "slopes", "u01_slopes", "june")
    assert grade.auto_score * 0.8 == pytest.approx(points, abs=1e-4)
    assert june.timestamp == datetime(2026, 9, 17, 3, 0)
    assert book.find_submission("u05_value", "june").late_submission_penalty == 0
    assert book.find_submission("u01_slopes", "sam").timestamp is None


def test_only_our_own_errors_wait_for_a_person(graded, url, opened):
    nbstore.store(graded(), url)
    book = opened()
    waiting = [
        (grade.name, grade.student.id, grade.auto_score)
        for submission in book.assignment_submissions("u01_slopes") + book.assignment_submissions("u05_value")
        for notebook in submission.notebooks
        for grade in notebook.grades
        if grade.needs_manual_grade
    ]
    assert waiting == [("u01-grad_check", "yara", None)]


def test_who_handed_in_nothing_has_no_submission_until_something_comes(graded, url, opened, invented):
    class_ = graded()
    nbstore.store(class_, url)
    by_name = lambda name: {s.student.id for s in opened().assignment_submissions(name)}  # noqa: E731
    assert by_name("u01_slopes") == {"ann", "june", "kim", "sam", "yara"}
    assert by_name("u05_value") == {"ann", "june", "kim", "sam"}  # yara's value.py could not be read
    nbstore.store(graded([invented.handed_in("vic")], {}), url)
    assert "vic" in by_name("u05_value")
    nbstore.store(graded([invented.handed_in("vic", {invented.SLOPES: "x"})], {}), url)
    assert "vic" in by_name("u05_value")
    assert opened().find_submission("u05_value", "vic").score == 0


def test_what_the_roster_says_of_people(graded, url, opened):
    class_ = graded()
    ann = Person("ann", "Ann", "O'Hara", "ann@example.org", extension_hours=36.5, canvas_id="77")
    long = Person("kim", "\x1b[31mK", "x" * 500)
    people = {"ann": ann, "kim": long}
    named = replace(class_, students=tuple(replace(s, person=people.get(s.id)) for s in class_.students))
    nbstore.store(named, url)
    nbstore.store(class_, url)  # without a roster what is known stays
    book = opened()
    row = book.find_student("ann")
    assert (row.first_name, row.last_name, row.email, row.lms_user_id) == (
        "Ann", "O'Hara", "ann@example.org", "77",
    )  # fmt: skip
    assert book.find_student("kim").first_name == "\\x1b[31mK"
    assert len(book.find_student("kim").last_name) == 128
    assert book.find_student("sam").last_name is None
    submission = book.find_submission("u01_slopes", "ann")
    assert submission.extension == timedelta(hours=36.5)
    assert submission.total_seconds_late == 0
    assert book.find_submission("u05_value", "ann").extension is None  # no due date to extend


# ------------------------------------------------------------------------------------------- comments


def comments(book):
    rows = {}
    for name in ("u01_slopes", "u05_value"):
        for submission in book.assignment_submissions(name):
            for comment in submission.notebooks[0].comments:
                rows[submission.student.id, comment.name] = comment.auto_comment
    return rows


def test_comments_are_public_and_name_the_cause(graded, url, opened):
    nbstore.store(graded(), url)
    said = comments(opened())
    assert said["june", "u01-central_difference"] == "wrong: 2x too large: missing factor 1/2"
    assert said["sam", "u05-backward"] == "too slow"
    assert said["kim", "u05-value_ops"] == "crashed: hidden test: A parabola is exact"
    assert said["kim", "u05-backward"] == "not checked: needs u05.value_ops"
    assert said["yara", "u01-grad_check"].startswith("not graded yet: that is our fault")
    assert said["ann", "u01-grad_check"] is None
    assert "SECRET" not in str(said)
    assert "test_hidden_name" not in str(said)


def test_a_comment_is_no_markup_in_nbgraders_feedback(graded, url, opened, invented):
    hostile = (
        "<script>alert(1)</script><img src=x onerror=y> [a](http://evil) ![b](http://evil) "
        "$\\href{javascript:alert(2)}{x}$ \\(x\\) \x1b[31m\u202e \x00 \ud800 end"
    )
    finding = invented.Finding(hostile)
    wrong = invented.outcome(
        "u05.backward",
        invented.Verdict.WRONG,
        invented.check(invented.Verdict.WRONG, public=True, finding=finding),
    )
    nbstore.store(graded([invented.handed_in("ann")], {("ann", "u05.backward"): wrong}), url)
    said = comments(opened())["ann", "u05-backward"]
    from nbconvert.filters.markdown import markdown2html

    page = markdown2html(said)
    assert "end" in page
    assert not [
        sign for sign in ("<script", "<img", "<a ", "href=", "\x1b", "\u202e", "$", "\\(") if sign in page
    ]


# ------------------------------------------------------------------------------------------- by hand


def by_hand(book, student="june"):
    grade = book.find_grade("u01-central_difference", "slopes", "u01_slopes", student)
    comment = book.find_comment("u01-central_difference", "slopes", "u01_slopes", student)
    return grade, comment


def test_what_people_enter_survives_every_regrade(graded, url, opened):
    nbstore.store(graded(), url)
    book = opened()
    grade, comment = by_hand(book)
    grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 0.75, 0.5, False
    comment.manual_comment = "Talk to me."
    grade.notebook.flagged = True
    book.find_grade("u01-grad_check", "slopes", "u01_slopes", "yara").manual_score = 1.5
    book.db.commit()
    before = grade.auto_score
    for answers in ({}, None, {}):
        nbstore.store(graded(answers=answers), url)
    book = opened()
    grade, comment = by_hand(book)
    assert (grade.manual_score, grade.extra_credit, grade.score) == (0.75, 0.5, 1.25)
    assert (comment.manual_comment, comment.comment) == ("Talk to me.", "Talk to me.")
    assert grade.notebook.flagged
    assert grade.auto_score == 1 != before  # what is ours is brought up to date
    nbstore.store(graded(), url)
    yara = opened().find_grade("u01-grad_check", "slopes", "u01_slopes", "yara")
    assert (yara.auto_score, yara.score, yara.needs_manual_grade) == (None, 1.5, False)


def test_points_by_hand_are_as_late_as_ours(graded, url, opened):
    """As with nbgrader's own rules for lateness, which see the score with what people gave."""
    nbstore.store(graded(), url)
    book = opened()
    grade, _ = by_hand(book)
    grade.manual_score, grade.extra_credit = 1.0, -3.0
    book.db.commit()
    nbstore.store(graded(), url)
    others = 0.2 * (1 + 2)  # of u01.forward_difference and u01.grad_check
    assert opened().find_submission("u01_slopes", "june").late_submission_penalty == pytest.approx(others)
    book = opened()
    by_hand(book)[0].extra_credit = 0.5
    book.db.commit()
    nbstore.store(graded(), url)
    late = opened().find_submission("u01_slopes", "june").late_submission_penalty
    assert late == pytest.approx(others + 0.2 * 1.5)


# ------------------------------------------------------------------------------------- the course changes


def test_new_exercises_other_points_and_exercises_that_are_gone(graded, url, opened, invented):
    nbstore.store(graded(), url)
    book = opened()
    book.find_grade("u05-backward", "value", "u05_value", "ann").manual_score = 2.5
    book.find_comment("u05-value_ops", "value", "u05_value", "kim").manual_comment = "See me."
    book.db.commit()
    value = (invented.exercise("u05.value_ops", 4), invented.exercise("u05.no_grad", 5))
    units = [
        replace_unit(invented, "u01", (invented.exercise("u01.grad_check", 7),)),
        replace_unit(invented, "u05", value),
    ]
    class_ = graded(answers={}, units=tuple(units))
    notes = nbstore.store(class_, url).notes
    assert notes == ("u05_value: u05-backward is gone from course.yml; points given by hand stay, and count",)
    book = opened()
    cells = {c.name: c.max_score for c in book.find_notebook("value", "u05_value").grade_cells}
    assert cells == {"u05-backward": 3, "u05-no_grad": 5, "u05-value_ops": 4}
    assert [c.name for c in book.find_notebook("slopes", "u01_slopes").grade_cells] == ["u01-grad_check"]
    totals = {s.id: late_total(book, s.id) for s in class_.students}
    want = {s.id: s.points for s in class_.students}
    want["ann"] += 2.5
    assert totals == pytest.approx(want)
    assert book.find_comment("u05-value_ops", "value", "u05_value", "kim").comment == "See me."


def replace_unit(invented, id, exercises):
    from pathlib import Path

    from msgspec.structs import replace as changed

    return changed(invented.make_catalogue(Path()).unit(id), exercises=exercises)


def test_only_the_units_of_this_run_change(graded, url, dump, invented):
    nbstore.store(graded(), url)
    before = [line for line in dump(url) if " u05_value |" in line]
    catalogue = graded(answers={}).catalogue
    class_ = graded(answers={}, units=(catalogue.unit("u01"),))
    nbstore.store(class_, url)
    assert [line for line in dump(url) if " u05_value |" in line] == before


def test_a_notebook_that_nbgrader_made_keeps_its_cells(graded, url, opened, invented):
    """As after `nbgrader generate_assignment`, which refuses to go on where cells were added."""
    nbstore.store(graded([invented.handed_in("ann")], {}), url)
    book = opened()
    book.remove_assignment("u05_value")
    book.add_assignment("u05_value", course_id="backprop")
    book.add_notebook("value", "u05_value")
    book.add_notebook("essay", "u05_value")
    for name, points in (("u05-value_ops", 3), ("u05-backward", 3), ("u05-words", 4)):
        book.add_grade_cell(name, "value", "u05_value", max_score=points, cell_type="code")
    for name in ("solution-u05-backward", "u05-value_ops-solution", "u05-words"):
        book.add_solution_cell(name, "value", "u05_value")
    book.add_task_cell("task", "essay", "u05_value", max_score=9, cell_type="markdown")
    book.close()
    wrong = invented.outcome("u05.backward", invented.Verdict.WRONG)
    nbstore.store(graded([invented.handed_in("ann")], {("ann", "u05.backward"): wrong}), url)
    book = opened()
    notebook = book.find_notebook("value", "u05_value")
    assert sorted(c.name for c in notebook.solution_cells) == [
        "solution-u05-backward",
        "u05-value_ops-solution",
        "u05-words",
    ]
    assert len(notebook.grade_cells) == 3
    said = book.find_comment("solution-u05-backward", "value", "u05_value", "ann").auto_comment
    assert said == "wrong: hidden test: A parabola is exact"
    words = book.find_grade("u05-words", "value", "u05_value", "ann")
    assert (words.auto_score, words.needs_manual_grade) == (None, True)  # a person's, as nbgrader leaves it
    assert book.find_grade("task", "essay", "u05_value", "ann").needs_manual_grade
    words.auto_score, words.needs_manual_grade = 1.25, False
    book.db.commit()
    nbstore.store(graded([invented.handed_in("ann")], {}), url)
    book = opened()
    assert book.find_grade("u05-words", "value", "u05_value", "ann").score == 1.25
    assert book.find_comment("solution-u05-backward", "value", "u05_value", "ann").auto_comment is None


def test_nbgraders_fractions_of_a_second_stay(graded, url, opened, invented):
    nbstore.store(graded(), url)
    book = opened()
    exact = datetime(2026, 9, 15, 11, 0, 0, 123456)
    book.find_submission("u01_slopes", "ann").timestamp = exact
    book.db.commit()
    nbstore.store(graded(), url)
    assert opened().find_submission("u01_slopes", "ann").timestamp == exact


def test_an_assignment_of_nbgraders_own_course_stays_in_it(graded, url, opened):
    nbstore.store(graded(), url)
    book = opened()
    book.check_course("course101")
    book.find_assignment("u01_slopes").course_id = "course101"
    book.db.commit()
    nbstore.store(graded(answers={}), url)
    assert opened().find_assignment("u01_slopes").course_id == "course101"


# ------------------------------------------------------------------------------------------- the same again


def test_the_same_class_makes_the_same_bytes_and_a_second_time_nothing(graded, url, tmp_path, dump):
    class_ = graded()
    first, second = tmp_path / "gradebook.db", tmp_path / "second.db"
    nbstore.store(class_, url)
    nbstore.store(class_, str(second))
    data = first.read_bytes()
    assert data == second.read_bytes()
    nbstore.store(class_, url)
    assert first.read_bytes() == data
    nbstore.store(graded(answers={}), url)
    assert dump(url) != dump(str(second))
    nbstore.store(class_, url)
    assert dump(url) == dump(str(second))
