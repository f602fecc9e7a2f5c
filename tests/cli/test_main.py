import subprocess
import sys
from types import ModuleType

import pytest

import grader.cli
from grader import __version__
from grader.cli import main
from grader.errors import KataError, SandboxError, UsageError

MODULE = "katagrad_commands_of_a_test"


@pytest.fixture
def command(monkeypatch):
    """Makes `kata boom` run a function, and `kata absent` a command whose module is not there."""
    module = ModuleType(MODULE)
    monkeypatch.setitem(sys.modules, MODULE, module)
    monkeypatch.setattr(grader.cli, "COMMANDS", {"boom": MODULE, "absent": "katagrad_no_such_module"})
    monkeypatch.delenv("KATA_DEBUG", raising=False)

    def install(error: BaseException | None) -> None:
        def boom() -> None:
            """Do it."""
            if error is not None:
                raise error

        module.boom = boom

    return install


def test_a_command_that_works_ends_with_0_and_no_other_is_imported(command):
    command(None)
    assert main(["boom"]) == 0


@pytest.mark.parametrize("kind", [UsageError, SandboxError, KataError])
def test_an_expected_error_is_one_line_and_its_help(command, capsys, kind):
    command(kind("grades: is a file", "Choose another folder."))
    assert main(["boom"]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", "kata: grades: is a file\n  Choose another folder.\n")


def test_errors_of_several_lines_keep_them(command, capsys):
    command(KataError("course.yml:3: a\ncourse.yml:7: b"))
    main(["boom"])
    assert capsys.readouterr().err == "kata: course.yml:3: a\ncourse.yml:7: b\n"


def test_an_error_of_ours_is_one_line_without_a_traceback(command, capsys):
    command(ZeroDivisionError("division by zero"))
    assert main(["boom"]) == 70
    err = capsys.readouterr().err
    assert err.startswith("kata: an error of ours, ZeroDivisionError: division by zero\n  Please report it")
    assert "Traceback" not in err


def test_debug_shows_the_traceback(command, capsys, monkeypatch):
    command(ZeroDivisionError("x"))
    for arguments in (["--debug", "boom"], ["boom", "--debug"]):
        assert main(arguments) == 70
        assert "Traceback (most recent call last)" in capsys.readouterr().err
    monkeypatch.setenv("KATA_DEBUG", "1")
    main(["boom"])
    assert "Traceback" in capsys.readouterr().err
    monkeypatch.setenv("KATA_DEBUG", "0")
    main(["boom"])
    assert "Traceback" not in capsys.readouterr().err


def test_hostile_error_text_is_escaped(command, capsys):
    command(KataError("bad \x1b[2J name", "do \x07 this"))
    main(["boom"])
    assert capsys.readouterr().err == "kata: bad \\x1b[2J name\n  do \\x07 this\n"


@pytest.mark.parametrize(("module", "extra"), [("ruamel.yaml", "instructor"), ("torch", "torch")])
def test_a_missing_extra_is_one_line_that_tells_how_to_install_it(command, capsys, module, extra):
    command(ModuleNotFoundError(f"No module named {module!r}", name=module))
    assert main(["boom"]) == 2
    err = capsys.readouterr().err
    assert (
        err
        == f'kata: this command needs {module}, which is not installed\n  pip install "katagrad[{extra}]"\n'
    )


def test_another_missing_module_is_our_error(command, capsys):
    command(ModuleNotFoundError("No module named 'grader.nothing'", name="grader.nothing"))
    assert main(["boom"]) == 70
    assert "error of ours" in capsys.readouterr().err


def test_ctrl_c_ends_without_a_traceback(command, capsys):
    command(KeyboardInterrupt())
    assert main(["boom"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_wrong_command_or_option_ends_with_2(command, capsys, monkeypatch):
    command(None)
    assert main(["boom", "--no-such-option"]) == 2
    assert "no-such-option" in capsys.readouterr().err
    monkeypatch.setattr(grader.cli, "COMMANDS", {"boom": MODULE})
    assert main(["bomo"]) == 2
    assert "bomo" in capsys.readouterr().err


def test_alone_it_shows_the_overview(monkeypatch, capsys):
    student = ModuleType("grader.cli.student")
    student.overview = lambda: print("the map")
    monkeypatch.setitem(sys.modules, "grader.cli.student", student)
    assert main([]) == 0
    assert capsys.readouterr().out == "the map\n"


def test_the_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"katagrad {__version__}\n"


WITHOUT_EXTRAS = """
import sys
for absent in ("ruamel", "ruamel.yaml", "torch"):
    sys.modules[absent] = None
from grader.cli import main
sys.exit(main(sys.argv[1:]))
"""


def without_extras(*arguments, cwd):
    command = [sys.executable, "-c", WITHOUT_EXTRAS, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_help_names_every_command_where_a_student_works(tmp_path):
    done = without_extras("--help", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for name in grader.cli.COMMANDS:
        assert f"  {name} " in done.stdout


def test_grading_without_a_yaml_reader_says_what_to_install(tmp_path):
    (tmp_path / "course.yml").write_text("id: x\n")
    done = without_extras("grade", "submissions", cwd=tmp_path)
    assert done.returncode == 2
    assert "katagrad[instructor]" in done.stderr
    assert "Traceback" not in done.stderr


def test_python_m_grader_is_the_same_command():
    done = subprocess.run(
        [sys.executable, "-m", "grader", "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"katagrad {__version__}\n")


def test_a_gpu_that_is_not_there_is_one_clear_line(monkeypatch, capsys):
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert main(["verify", "--device", "cuda"]) == 2
    assert capsys.readouterr().err == (
        "kata: --device cuda: torch finds no CUDA GPU here\n  Leave --device out to run on the CPU.\n"
    )
