"""Hostile input ends here: what students hand in becomes `Submission`s."""
