"""The tests in here are the course's own: the grader runs them, never the house's test run."""

collect_ignore = ["exercises", "solutions"]
