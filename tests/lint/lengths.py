# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""No source file is over 600 lines, no function over 100."""

import ast
import re

import tree

FILE_MAX = 600
FUNCTION_MAX = 100


def braced_functions(text):
    """(first line, last line) of each body between a line that opens one in C or shell and the
    next line that is a closing brace alone."""
    start = None
    for number, line in enumerate(text.splitlines(), 1):
        if start is None and (line == "{" or re.match(r"\w+\(\) \{$", line)):
            start = number
        elif start is not None and line == "}":
            yield start, number
            start = None


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            yield node.lineno, node.end_lineno


def main():
    complaints = []
    sources = {file: braced_functions for file in [*tree.files(".c", ".h"), *tree.scripts()]}
    sources.update({file: python_functions for file in tree.files(".py")})
    for file, functions in sources.items():
        text = file.read_text(encoding="utf-8")
        length = len(text.splitlines())
        if length > FILE_MAX:
            complaints.append((file, length, f"the file has {length} lines, {FILE_MAX} at most"))
        for first, last in functions(text):
            if last - first + 1 > FUNCTION_MAX:
                complaints.append((file, first, f"a function of {last - first + 1} lines, "
                                                f"{FUNCTION_MAX} at most"))
    tree.finish(complaints)


main()
