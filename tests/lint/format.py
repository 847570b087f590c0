# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The irc-conn authors

"""The layout of C is what clang-format makes of it."""

import subprocess
import sys

import tree

sys.exit(subprocess.run(
    ["clang-format", "--dry-run", "--Werror", "--style=file", *tree.files(".c", ".h")],
    check=False).returncode)
