from grader.words import listed


def test_lists_in_words():
    assert [listed(list("abcd"[:n])) for n in range(5)] == ["", "a", "a and b", "a, b and c", "a, b, c and d"]
    assert listed("abcde", 5) == "a, b, c, d and e"
    assert listed("abcdef", 5) == "a, b, c, d and 2 more"
