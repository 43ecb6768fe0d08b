"""YAML's own errors in words that say what to do. Both of PyYAML's parsers are understood."""

import re

from yaml import MarkedYAMLError

from catalog.errors import Place, Problem

_UNQUOTED = "text that begins with this character needs quotes"
_KINDS = (
    (r"scanning a quoted|scanning a (double|single)-quoted", "end of stream|document",
     "a quoted text is never closed", "close it with the same quote that opens it"),
    ("quoted scalar", "escape|hexdecimal|hexadecimal",
     "an unknown escape after a backslash", "write \\\\ for a backslash, or use single quotes"),
    ("flow sequence", "", "a list that opens with [ is not closed, or lacks a comma",
     "put commas between its items, and ] at its end"),
    ("flow mapping", "", "a map that opens with { is not closed, or lacks a comma",
     "put commas between its settings, and } at its end"),
    ("scanning (a directive|a tag)|parsing a (tag|node)", "", "a directive or tag is not read here",
     "remove it; text that begins with % or ! needs quotes"),
    ("scanning an (alias|anchor)", "", _UNQUOTED, "put the value in double quotes"),
    ("", "cannot start any token", _UNQUOTED, "put the value in double quotes"),
    ("block scalar", "", "text after | or > belongs on the next line, indented",
     "begin the text on the next line; text that begins with | or > needs quotes"),
    ("simple key", "", "a line is neither `setting: value` nor `- item`",
     "put a colon and a space after the name of the setting"),
    ("", "mapping values are not allowed",
     "a second colon in a line, no space after a colon, or an indentation that fits nothing",
     "put text that holds a colon in quotes, and settings of one level in one column"),
    ("block collection", "", "a setting stands among the items of a list",
     "begin the line with - , or move it to the column of its own level"),
    ("block mapping", "", "the indentation fits no level above, or text follows a closed value",
     "put settings of one level in one column, one to a line"),
    ("plain scalar", "':'", "a colon inside [ ] or { } that ends no name",
     "put text that holds a colon in quotes, and a space after the colon of a setting"),
    ("", "mapping keys are not allowed", "a ? where no setting can begin",
     "put text that begins with ? in quotes"),
    ("", "sequence entries are not allowed", "a list begins in the line of its setting",
     "put each - item on a line of its own"),
    ("", "document start", "text follows the end of the document", "remove the line of dots"),
    ("", "incompatible", "a directive asks for another version of YAML", "remove the % line"),
    ("", "node content", "a value is missing, or a bracket or comma is one too many",
     "write the value, or remove the character"),
)  # fmt: skip


def syntax_problem(error: MarkedYAMLError, file: str) -> Problem:
    """The place and the likely cause of a text that is no YAML."""
    problem, context = error.problem or "", error.context or ""
    opened = any(word in context for word in ("flow", "quoted", "scanning a"))
    mark = (error.context_mark if opened else None) or error.problem_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    for within, about, message, remedy in _KINDS:
        if re.search(within, context) and re.search(about, problem):
            return Problem(place, "SLW110", "", message, remedy)
    return Problem(place, "SLW110", "", "this is not YAML", "compare the line with its neighbours")
