"""An answer that changes its arguments, so that what a test expects changes with them."""

import msgspec

from grader.course.catalogue import Catalogue
from grader.course.load import load_course
from grader.engine.pool import Job, Pool
from grader.examine.seed import Seed

ZEROING = '''

def _zeroed(function):
    """Sets every array and every number in a list to 0, and answers rightly for that."""

    def call(*args, **kwargs):
        for argument in (*args, *kwargs.values()):
            if isinstance(argument, np.ndarray) and argument.ndim and argument.flags.writeable:
                argument[...] = 0
        return function(*args, **kwargs)

    return call


for _name, _function in list(globals().items()):
    if type(_function).__name__ == "function" and not _name.startswith("_"):
        globals()[_name] = _zeroed(_function)
'''


def test_what_is_expected_does_not_depend_on_what_the_answer_changed(rungs, request):
    catalogue = load_course(request.config.rootpath)
    course = msgspec.structs.replace(catalogue.course, units=catalogue.course.units[:1])
    catalogue = Catalogue(course, catalogue.root)
    (unit,) = catalogue.units
    text = catalogue.solution_file(unit).read_text("utf-8") + ZEROING
    with Pool(catalogue, Seed("a seed for the tests"), rung=rungs.strongest, workers=1) as pool:
        (result,) = pool.run([Job("zero", unit.id, {unit.file: text})])
    earned = {outcome.exercise: outcome.passed_share for outcome in result.outcomes}
    assert earned["u01.numerical_gradient"] < 0.5
    assert earned["u01.grad_check"] < 0.5
