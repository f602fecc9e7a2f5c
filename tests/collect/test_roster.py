"""roster.csv: whatever a spreadsheet makes of it is read, every bad line is told, and nobody gets lost."""

from datetime import timedelta

import pytest

from grader.collect.folder import class_entries
from grader.collect.ids import safe_ids
from grader.collect.roster import Person, Roster
from grader.collect.rosterfile import find_roster, read_roster
from grader.errors import UsageError

SLOPES = "u01_slopes/slopes.py"


@pytest.fixture
def roster(tmp_path):
    """roster(text): the roster that this file is."""

    def read(text):
        (tmp_path / "roster.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_roster(tmp_path / "roster.csv")

    return read


def wrong(roster, text):
    """The lines of the one error, without the path."""
    with pytest.raises(UsageError) as caught:
        roster(text)
    assert caught.value.help
    return [line.partition("roster.csv:")[2].strip() for line in caught.value.rationale.split("\n")]


def test_every_column(roster):
    people = roster(
        "id,given,family,email,section,extension_hours,excused,login,sis_id,canvas_id\n"
        'ada,Ada,"Lovelace, Countess",ada@x.org,Mon,48,,al,S1,77\n'
        "bob,Bob,Byte,,,1.5,yes,,,\n"
        "cem\n"
    ).people
    assert people == (
        Person("ada", "Ada", "Lovelace, Countess", "ada@x.org", "Mon", 48.0, False, "al", "S1", "77"),
        Person("bob", "Bob", "Byte", extension_hours=1.5, excused=True),
        Person("cem"),
    )
    assert people[0].name == "Ada Lovelace, Countess"
    assert people[1].extension == timedelta(hours=1, minutes=30)


@pytest.mark.parametrize(
    "text",
    [
        "id,given,family\nada,Ada,Lovelace\n",
        b"\xef\xbb\xbfid,given,family\r\nada,Ada,Lovelace\r\n",
        " ID ; First Name;Last-Name \nada;Ada;Lovelace",
        "Student ID\tFull name\nada\t Ada   Lovelace \n\n\t\n",
        'name,id\n"Lovelace, Ada",ada\n',
        "Surname,GIVEN_NAME,id,,\nLovelace,Ada,ada,,\n",
    ],
)
def test_headers_and_forms_are_forgiven(roster, text):
    assert roster(text).people == (Person("ada", "Ada", "Lovelace"),)


@pytest.mark.parametrize("word", ["yes", "Y", "TRUE", "1", "x", "excused"])
def test_words_for_yes(roster, word):
    assert roster(f"id,excused\nada,{word}\nbob,no\n").people == (Person("ada", excused=True), Person("bob"))


def test_every_bad_line_is_told_once_with_its_number(roster):
    text = (
        "id,email,extension_hours,excused\n"
        "ada,a@x.org,two days,perhaps\n"  # 2
        "bob,b@x.org,,\n"
        ",c@x.org,,\n"  # 4
        "\n"
        "bob,d@x.org,-3,\n"  # 6
        "dan,e@x.org,,,,surplus\n"  # 7
        "e\u200bve,f@x.org,1e9,\n"  # 8
    )
    assert wrong(roster, text) == [
        "2: extension_hours is `two days`, not a number of hours such as 48; "
        "excused is `perhaps`, not yes or no",
        "4: has no id",
        "6: extension_hours is `-3`, not a number of hours such as 48; `bob` stands on line 3 already",
        "7: has 6 cells where the header has 4",
        "8: the id `e\\u200bve` holds an invisible character; "
        "extension_hours is `1e9`, not a number of hours such as 48",
    ]


def test_a_quote_swallows_no_student(roster):
    assert wrong(roster, 'id,given\nada,"Ada\nbob,Bob"\ncem,Cem\n') == [
        "2: goes on to line 3: a quote is not closed"
    ]
    assert wrong(roster, 'id,given\nada,"Ada\nbob,Bob\n') == [
        "2: a quote is not closed, or something stands behind one"
    ]
    assert wrong(roster, 'id,given\nada,"A"da\nbob,Bob\n') == [
        "2: a quote is not closed, or something stands behind one"
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("given,family\nAda,Lovelace\n", "1: has no column `id`"),
        ("id,extention_hours\nada,48\n", "1: `extention_hours` is no column: did you mean extension_hours?"),
        ("id,given,first name\nada,A,B\n", "1: two columns say the same: given"),
    ],
)
def test_a_header_that_would_lose_something(roster, text, told):
    assert wrong(roster, text) == [told]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "is empty"),
        (b"id,given\n", "holds no student"),
        ("id\nad\u00e9\n".encode("latin-1"), "is not UTF-8 text on line 2"),
        ("id\nada\n".encode("utf-16"), "UTF-16"),
        (b"id\nad\0a\n", "null byte on line 2"),
        (b"id\n" + b"x" * (4 << 20), "larger than 4 MiB"),
    ],
)
def test_files_that_are_none(roster, raw, told):
    with pytest.raises(UsageError, match=told):
        roster(raw)


def test_columns_that_are_not_used_are_named(roster):
    assert roster("id,phone,Degree\nada,1,2\n").notes == (
        "roster.csv: columns that are not used: `phone`, `Degree`",
    )


def test_where_it_is_looked_for(tmp_path):
    assert find_roster(tmp_path) is None
    with pytest.raises(UsageError, match="cannot be read"):
        find_roster(tmp_path, tmp_path / "list.csv")
    (tmp_path / "roster.csv").write_text("id\nada\n")
    (tmp_path / "list.csv").write_text("id\nbob\n")
    assert find_roster(tmp_path).people == (Person("ada"),)
    assert find_roster(tmp_path, tmp_path / "list.csv").people == (Person("bob"),)


def test_everybody_has_an_entry_and_a_person_only_their_own(handed_in, catalogue):
    names = ["ada", "Bo B", "dan_", "guest", "e\u0301"]  # as some systems spell é
    for name in names:
        handed_in.put(name, {SLOPES: f"# {name}\n"})
    roster = Roster(tuple(map(Person, ("ada", "Bo B", "cem", "dan ", "é", "_"))))
    entries = class_entries(handed_in.folder, catalogue, roster=roster)
    found = {entry.id: (entry.person, entry.read()) for entry in entries}
    assert {id: submission.sources.get(SLOPES) for id, (_, submission) in found.items()} == {
        "Bo_B": "# Bo B\n", "ada": "# ada\n", "cem": None, "dan_": "# dan_\n", "dan__2": None,
        "guest": "# guest\n", "x_": "# e\u0301\n", "x__2": None,
    }  # fmt: skip
    people = {id: person.id if person else None for id, (person, _) in found.items()}
    assert people == {id: None if id in ("guest", "dan_") else id for id in found}
    assert all(submission.person is person for person, submission in found.values())


def test_a_roster_may_name_the_id_that_a_name_became():
    ids = safe_ids(["Ada L", "Ada_L", "Bo B"])
    assert ids == {"Ada L": "Ada_L_2", "Ada_L": "Ada_L", "Bo B": "Bo_B"}
    matched = Roster((Person("Bo_B"), Person("Ada L"), Person("Ada_L_2"))).matched(ids)
    assert {id: person.id for id, person in matched.items()} == {
        "Bo_B": "Bo_B", "Ada_L_2": "Ada_L_2", "Ada_L_2_2": "Ada_L_2_2",
    }  # fmt: skip
