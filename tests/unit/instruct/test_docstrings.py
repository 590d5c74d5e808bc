"""Exchanges from Python functions."""

import pytest

from auroram.instruct.docstrings import docstrings, functions
from auroram.instruct.published import Published

SOURCE = '''
class Box:
    def area(self, *,
             unit=1):
        """Area of the box,
        in square units.

        Never negative.
        """
        # The unit is linear.
        return self.width * self.height * unit ** 2

    def bare(self):
        return 1

    def empty(self):
        """Does nothing."""

    @property
    def decorated(self):
        """Has a decorator."""
        return 1
'''
CODE = """def area(self, *,
         unit=1):
    # The unit is linear.
    return self.width * self.height * unit ** 2"""


def test_a_function_is_taken_without_its_docstring_and_indentation():
    (function,) = functions(SOURCE)
    assert function.code == CODE
    assert function.signature == "def area(self, *,\n         unit=1):"
    assert function.purpose == "Area of the box, in square units."


def test_each_function_is_described_and_written():
    module = Published(
        text=SOURCE, url=None, record="Lib/box.py", source="py", licence="PSF-2.0", language="code"
    )
    describe, write = docstrings(module)
    assert (describe.answer, describe.language) == ("Area of the box, in square units.", "en")
    assert CODE in describe.request
    assert (write.answer, write.language) == (CODE, "code")
    assert "Area of the box" in write.request


@pytest.mark.parametrize("source", ["def broken(:", "\0", '"\\d"\ndef f(): pass'])
def test_text_that_is_not_python_has_no_functions(source):
    assert list(functions(source)) == []
