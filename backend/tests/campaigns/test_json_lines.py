import json

from app.campaigns.json_lines import json_lines


def test_each_value_has_the_line_on_which_it_begins() -> None:
    text = '\n{\n  "a": [1,\n    {"b": "x, ]}\\""}],\n  "c":\n    null\n}\n'

    lines = json_lines(text)

    assert json.loads(text) == {"a": [1, {"b": 'x, ]}"'}], "c": None}
    assert lines.of_values == {
        (): 2,
        ("a",): 3,
        ("a", 0): 3,
        ("a", 1): 4,
        ("a", 1, "b"): 4,
        ("c",): 6,
    }


def test_a_key_that_is_given_twice_is_found() -> None:
    lines = json_lines('{"a": 1,\n "b": {"a": 1},\n "a": 2}')

    assert lines.repeated == [(("a",), 3)]
